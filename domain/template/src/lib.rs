#![doc = include_str!("../README.md")]

pub mod archive;
pub mod bootstrap;
pub mod graph;
pub mod hcl;
pub mod parameters;
pub mod tags;

pub use archive::ArchiveError;
pub use hcl::Module;
