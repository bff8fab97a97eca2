//! What a node decides, without sockets, tasks or clocks: packets and `now` in, packets and deadlines out.

mod engine;
mod outbox;
mod path;
mod peers;
mod ping;

pub(crate) use engine::{Answer, Engine, Keys, Traffic};
pub(crate) use outbox::{Outbox, RegionId};
pub(crate) use peers::{PeerNode, Update};

#[cfg(test)]
mod tests;
