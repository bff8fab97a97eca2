#![doc = include_str!("../README.md")]

#[macro_use]
pub mod output;
pub mod agent_wait;
pub mod build;
pub mod commands;
pub mod config;
pub mod configssh;
pub mod frame;
pub mod params;
pub mod progress;
pub mod prompt;
pub mod resolve;
pub mod signals;
pub mod ssh;
pub mod template_dir;
pub mod tunnel;
pub mod version;

pub use frame::dispatch::{Hook, HookRun, main};
pub use frame::{Cx, Exit};
