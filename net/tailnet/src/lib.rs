#![doc = include_str!("../README.md")]

mod addr;
mod command;
mod coordinate;
mod core;
mod defaults;
mod driver;
mod error;
mod forward;
mod links;
mod map;
mod netstack;
mod node;
mod relay;
mod wg;

pub use addr::{address_of, desktop_address_of, random_address};
pub use coordinate::{CoordinationEnd, Role};
pub use error::Error;
pub use forward::{Forwarder, Listener, UdpForwarder};
pub use map::rewrite_embedded;
pub use netstack::{PendingConnection, TcpStream, UdpFlow};
pub use node::{Node, NodeOptions, Pong, Stats};
pub use relay::{DuplexStream, RelayDialer};
