#![doc = include_str!("../README.md")]

mod config;
mod data_dir;
mod database;
mod files;
mod listen;
mod options;
mod run;
mod shown;
mod signals;
mod tls;
mod wire;

pub use run::{Hooks, Ready, run};
pub use warren_core::organizations::default_organization_id;
