#![doc = include_str!("../README.md")]

pub mod audit;
pub mod authcheck;
mod build_errors;
mod config;
mod cx;
pub mod deployment;
mod error;
mod examples;
mod extensions;
pub mod files;
pub mod health;
pub mod keys;
mod logs;
mod names;
pub mod notifications;
pub mod organizations;
pub mod provisioning;
mod refs;
mod resolve;
pub mod search;
pub mod templates;
mod terms;
pub mod users;
pub mod versions;
mod view;
pub mod workspace_builds;
pub mod workspaces;

pub use config::{Config, SameSite, Secret, ShownOptions};
pub use cx::{Cx, RequestInfo};
pub use error::{Error, Result};
pub use examples::list_examples;
pub use extensions::{AgentPresence, AgentState, Extensions, Services, now};
pub use logs::log_text;
pub use names::{check_display_name, check_name, check_real_name, check_version_name, generated_name};
pub use refs::{OrgRef, UserRef};
pub use view::{AppNames, agent as workspace_agent};
