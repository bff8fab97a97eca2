#![doc = include_str!("../README.md")]

pub mod audit;
pub mod authcheck;
mod config;
mod cx;
mod error;
pub mod deployment;
mod extensions;
pub mod keys;
mod names;
pub mod notifications;
pub mod organizations;
mod refs;
pub mod search;
pub mod users;

pub use config::{Config, SameSite, Secret};
pub use cx::{Cx, RequestInfo};
pub use error::{Error, Result};
pub use extensions::{AgentPresence, AgentState, Extensions, Services, now};
pub use names::{check_display_name, check_name, check_real_name, check_version_name, generated_name};
pub use refs::{OrgRef, UserRef};
