#![doc = include_str!("../README.md")]

mod client;
mod error;
mod ops;
mod stream;

pub use client::{Client, ClientOptions, FirstResponse, Hook, TOKEN_HEADER};
pub use error::{ApiError, Error};
pub use ops::agent::AgentClient;
pub use ops::template::{ArchiveResult, JobRef};
pub use ops::workspace::BuildState;
pub use stream::{JsonStream, RawSocket};

/// The result of a call.
pub type Result<T, E = Error> = std::result::Result<T, E>;
