#![doc = include_str!("../README.md")]

mod client;
pub mod defaults;
mod error;
mod http_routes;
mod queue;
mod registry;
mod relay;
mod session;
mod stats;
pub mod stun;
mod websocket;

pub use error::ServeError;
pub use warren_disco::NodePrivate;
pub use http_routes::router;
pub use relay::{Relay, RelayOptions};
pub use stats::{DropReason, PacketKind, StatsSnapshot};
pub use websocket::WebSocketStream;
