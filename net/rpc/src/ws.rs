//! Byte pipes over websockets, and dialling them.

mod dial;
mod pipe;
mod socket;

pub use dial::{DialError, DialOptions, dial};
pub use pipe::{WsCloser, WsPipe};
pub use socket::WsMessage;
