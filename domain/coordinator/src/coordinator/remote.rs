//! Events of other replicas.

use std::sync::Arc;

use warren_proto::tailnet::Node;

use super::{Coordinator, Woken};
use crate::node::parse_addresses;
use crate::{PeerId, PublishedNode, RemoteEvent};

impl Coordinator {
    /// Takes what happened on another replica.
    pub fn apply_remote(&mut self, event: RemoteEvent) -> Woken {
        match event {
            RemoteEvent::Node(peer, node) => self.remote_node(peer, node),
            RemoteEvent::Gone { peer, lost } => self.remote_gone(peer, lost),
            RemoteEvent::TunnelAdded(source, destination) => {
                self.tunnels.add(source, destination);
                self.tell_node(source, destination, "add tunnel");
                self.tell_node(destination, source, "add tunnel");
            }
            RemoteEvent::TunnelRemoved(source, destination) => self.end_tunnel(source, destination),
            RemoteEvent::Ready(agent, peer) => {
                if self.tunnels.share(agent, peer) {
                    self.tell(peer, |outbox| outbox.ready(agent));
                }
            }
        }
        self.take_woken()
    }

    fn remote_node(&mut self, peer: PeerId, node: Node) {
        let addresses = parse_addresses(&node.addresses);
        let Ok(Ok(node)) = addresses.map(|addresses| PublishedNode::new(node, addresses)) else { return };
        let node = Arc::new(node);
        self.peers.entry(peer).or_default().remote = Some(node.clone());
        self.set_node(peer, Some(node));
        for partner in self.tunnels.partners_of(peer) {
            self.tell_node(partner, peer, "node update");
        }
    }

    fn remote_gone(&mut self, peer: PeerId, lost: bool) {
        let Some(entry) = self.peers.get_mut(&peer) else { return };
        entry.remote = None;
        if entry.conn.is_none() {
            self.forget(peer, lost);
        }
    }
}
