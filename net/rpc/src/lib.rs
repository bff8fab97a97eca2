#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod call;
mod client;
pub mod defaults;
mod error;
mod receive;
mod router;
mod serve;
mod session;
pub mod ws;

pub use call::Sender;
pub use client::ClientStreaming;
pub use error::{CloseReason, Error, RpcError};
pub use receive::Receiver;
pub use router::Router;
pub use serve::serve;
pub use session::{Session, end_of_second};
pub use warren_proto::{Bidi, ClientStream, Method, ServerStream, Unary};
pub use ws::{DialError, DialOptions, WsCloser, WsMessage, WsPipe, dial};

/// Two connected byte pipes in this process, for built-in daemons and tests.
pub fn pipe() -> (tokio::io::DuplexStream, tokio::io::DuplexStream) {
    tokio::io::duplex(defaults::WRITE_BATCH)
}
