#![doc = include_str!("../README.md")]

pub mod daemon;
pub mod extract;
mod job;
mod lines;
pub mod terraform;

pub use daemon::{Daemon, DaemonOptions, Dial};
pub use terraform::{Terraform, TerraformOptions};
