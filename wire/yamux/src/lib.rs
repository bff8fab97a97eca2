#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod config;
pub mod defaults;
mod error;
pub mod frame;
mod map;
mod session;
mod stream;

pub use config::Config;
pub use error::{CloseReason, OpenError, Violation};
pub use map::StreamMap;
pub use session::{Event, Read, Role, Session};
pub use stream::StreamId;
