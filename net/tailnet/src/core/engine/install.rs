//! Which peers are installed: what coordination says becomes tunnels, paths and addresses.

use std::time::{Duration, Instant};

use uuid::Uuid;

use super::Engine;
use super::table::{Peer, PeerWire, schedule};
use crate::core::path::Paths;
use crate::core::peers::{Change, PeerNode, Update};
use crate::wg::Tunnel;

impl Engine {
    /// A tunnel to this peer is wanted.
    pub fn expect(&mut self, id: Uuid) {
        self.lifecycle.expect(id);
    }

    /// A tunnel to this peer is no longer wanted.
    pub fn forget(&mut self, now: Instant, id: Uuid) {
        self.lifecycle.forget(id);
        self.apply_changes(now);
    }

    /// News about a peer; returns whether its node is now known (and so to be acknowledged).
    pub fn handle_update(&mut self, now: Instant, id: Uuid, update: Update) -> bool {
        let known = self.lifecycle.handle(now, id, update);
        self.apply_changes(now);
        known
    }

    /// Coordination is lost; tunnels go on.
    pub fn handle_coordination_lost(&mut self, now: Instant) {
        self.lifecycle.lose_all(now);
    }

    pub(super) fn apply_changes(&mut self, now: Instant) {
        while let Some(change) = self.lifecycle.poll_change() {
            match change {
                Change::Program { id, node, keepalive } => self.program(now, id, node, keepalive),
                Change::Ready(id) => {
                    let Self { peers, outbox, .. } = self;
                    if let Some(peer) = peers.by_id(&id) {
                        let mut wire = PeerWire::new(&peer.paths, &peer.node.key, outbox);
                        peer.tunnel.hasten(now, Duration::ZERO, &mut wire);
                    }
                }
                Change::Remove(id) => self.remove(id, true),
            }
        }
    }

    fn program(&mut self, now: Instant, id: Uuid, mut node: PeerNode, keepalive: bool) {
        node.addresses.retain(|address| !self.addresses.contains(address));
        let Some(first) = node.addresses.first().copied() else { return };
        if node.key == self.keys.node.public() {
            return;
        }
        let same_key = self.peers.by_id(&id).is_some_and(|peer| peer.node.key == node.key);
        if !same_key {
            // A new key is a new peer; its TCP connections are reset by the peer itself, or go on if it is the same
            // process behind a new key.
            self.remove(id, false);
        }
        let shared = self.keys.disco.shared_with(&node.disco);
        let slot = match self.peers.by_id.get(&id) {
            Some(slot) => *slot,
            None => {
                let free = self.peers.slots.iter().position(Option::is_none);
                free.unwrap_or_else(|| {
                    self.peers.slots.push(None);
                    self.peers.slots.len() - 1
                })
            }
        };
        let Self { peers, outbox, keys, next_index, .. } = self;
        if let Some(Some(peer)) = peers.slots.get_mut(slot) {
            for address in &peer.node.addresses {
                if peers.by_address.get(address) == Some(&slot) {
                    peers.by_address.remove(address);
                }
            }
            peer.paths.set_home(node.home);
            peer.shared = shared;
            peer.node = node;
        } else {
            let mut tunnel = Tunnel::new(&keys.node, &node.key, first.into(), *next_index);
            *next_index = (*next_index + 1) & 0x00FF_FFFF;
            tunnel.keepalive = keepalive;
            let paths = Paths::new(node.home);
            peers.by_id.insert(id, slot);
            peers.by_key.insert(node.key, slot);
            peers.slots[slot] = Some(Peer { id, node, shared, paths, tunnel, used: None });
        }
        let Some(Some(peer)) = peers.slots.get_mut(slot) else { return };
        for address in &peer.node.addresses {
            peers.by_address.insert(*address, slot);
        }
        if keepalive {
            // The handshake is under way before the first byte of the user's asks for it.
            let mut wire = PeerWire::new(&peer.paths, &peer.node.key, outbox);
            peer.tunnel.tick(now, &mut wire);
        }
        schedule(&mut self.sweep, now);
        if !same_key {
            // What was sent before the peer was known need not wait for its next repetition.
            let addresses = peer.node.addresses.clone();
            self.stack.hurry(|address| addresses.contains(address));
        }
        let (ready, waiting) = std::mem::take(&mut self.waiting_probes).into_iter().partition(|(peer, _)| *peer == id);
        self.waiting_probes = waiting;
        for (peer, asker) in ready {
            self.probe(now, &peer, asker);
        }
    }

    fn remove(&mut self, id: Uuid, reset: bool) {
        let Some(slot) = self.peers.by_id.remove(&id) else { return };
        let Some(peer) = self.peers.slots[slot].take() else { return };
        self.peers.by_key.remove(&peer.node.key);
        for address in peer.node.addresses {
            if self.peers.by_address.get(&address) == Some(&slot) {
                self.peers.by_address.remove(&address);
                if reset {
                    self.stack.reset(address);
                }
            }
        }
    }
}
