//! Connections to relays: dial, upgrade or websocket, frames in and out, reconnect.

mod client;
mod dial;
mod measure;
mod pipe;

pub(crate) use client::{Event, EventKind, Link, Reporter, run};
pub(crate) use dial::{Dialer, Target};
pub use dial::{DuplexStream, RelayDialer};
pub(crate) use measure::measure;
