#![doc = include_str!("../README.md")]

mod auth;
mod coordinator;
mod id;
pub mod limits;
mod node;
mod outbox;
mod replica;
mod tunnels;

pub use auth::{Denied, PeerAuth};
pub use coordinator::{Coordinator, Leave, PeerSnapshot, Woken, wanted_tunnel};
pub use id::{ConnId, PeerId};
pub use node::PublishedNode;
pub use outbox::{CloseReason, Output};
pub use replica::{LocalEvent, RemoteEvent};
