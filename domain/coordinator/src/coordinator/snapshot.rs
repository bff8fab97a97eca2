//! A look into the machine, for diagnostics.

use std::sync::Arc;

use jiff::Timestamp;

use super::Coordinator;
use crate::{PeerAuth, PeerId, PublishedNode};

/// One connected peer, for diagnostics.
#[derive(Debug, Clone)]
pub struct PeerSnapshot {
    /// Who.
    pub peer: PeerId,
    /// As what.
    pub auth: PeerAuth,
    /// Name given at [`Coordinator::connect`].
    pub name: String,
    /// When this connection came.
    pub connected_at: Timestamp,
    /// When its last request came.
    pub last_request_at: Timestamp,
    /// How many connections of this peer were replaced by a newer one.
    pub overwrites: u32,
    /// What it published.
    pub node: Option<Arc<PublishedNode>>,
    /// Everybody with whom it shares a tunnel.
    pub partners: Vec<PeerId>,
}

impl Coordinator {
    /// All peers connected here, in the order of their ids.
    pub fn snapshot(&self) -> Vec<PeerSnapshot> {
        let connected =
            self.peers.iter().filter_map(|(peer, entry)| Some((*peer, entry, self.conns.get(&entry.conn?)?)));
        connected
            .map(|(peer, entry, conn)| PeerSnapshot {
                peer,
                auth: conn.auth.clone(),
                name: conn.name.clone(),
                connected_at: conn.connected_at,
                last_request_at: conn.last_request_at,
                overwrites: conn.overwrites,
                node: entry.node.clone(),
                partners: self.tunnels.partners_of(peer).into_iter().collect(),
            })
            .collect()
    }
}
