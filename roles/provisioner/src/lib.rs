#![doc = include_str!("../README.md")]

pub mod daemon;
pub mod extract;
mod job;
mod lines;
mod link;
pub mod terraform;
mod updates;

pub use daemon::{Daemon, DaemonOptions, Dial, DialError};
pub use terraform::{LazyTerraform, ProviderBinary, Terraform, TerraformOptions};
