#![doc = include_str!("../README.md")]

pub mod daemon;
pub mod external;
pub mod extract;
mod job;
pub mod keeper;
mod lines;
mod link;
pub mod terraform;
mod updates;

pub use daemon::{Daemon, DaemonOptions, Dial, DialError};
pub use external::{Credential, External};
pub use terraform::{LazyTerraform, ProviderBinary, Terraform, TerraformOptions};
