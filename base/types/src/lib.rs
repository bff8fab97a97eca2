#![doc = include_str!("../README.md")]

mod compatibility;

pub use compatibility::{COMPATIBILITY_VERSION, PROVISIONER_API_VERSION, TAILNET_API_VERSION};
