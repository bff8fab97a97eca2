#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod defaults;
mod error;
pub mod frame;
mod session;
mod stream;

pub use error::{CloseReason, OpenError, Violation};
pub use session::{Config, Event, Read, Role, Session};
pub use stream::StreamId;
