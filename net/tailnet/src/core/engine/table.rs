//! The installed peers, and the two ways to them: a relay lane for their tunnel, and the tunnel for the stack's packets.

use std::collections::HashMap;
use std::net::Ipv6Addr;
use std::time::Instant;

use uuid::Uuid;
use warren_disco::{NodePublic, SharedKey};

use super::Traffic;
use crate::core::outbox::{Outbox, RegionId};
use crate::core::path::Paths;
use crate::core::peers::PeerNode;
use crate::defaults::WIREGUARD_TICK;
use crate::netstack::Sink;
use crate::wg::{Tunnel, Wire};

pub(super) struct Peer {
    pub id: Uuid,
    pub node: PeerNode,
    pub shared: SharedKey,
    pub paths: Paths,
    pub tunnel: Tunnel,
    /// When a packet of the stack last went to it.
    pub used: Option<Instant>,
}

/// The installed peers, found by id, relay key and address.
#[derive(Default)]
pub(super) struct Peers {
    pub slots: Vec<Option<Peer>>,
    pub by_id: HashMap<Uuid, usize>,
    pub by_key: HashMap<NodePublic, usize>,
    pub by_address: HashMap<Ipv6Addr, usize>,
}

impl Peers {
    pub fn by_id(&mut self, id: &Uuid) -> Option<&mut Peer> {
        self.slots.get_mut(*self.by_id.get(id)?)?.as_mut()
    }

    pub fn by_key(&mut self, key: &NodePublic) -> Option<&mut Peer> {
        self.slots.get_mut(*self.by_key.get(key)?)?.as_mut()
    }

    pub fn iter(&mut self) -> impl Iterator<Item = &mut Peer> {
        self.slots.iter_mut().flatten()
    }
}

/// A tunnel is in use: its timers want to be looked at soon.
pub(super) fn schedule(sweep: &mut Option<Instant>, now: Instant) {
    let soon = now + WIREGUARD_TICK;
    *sweep = Some(sweep.map_or(soon, |at| at.min(soon)));
}

pub(super) fn copy(from: &[u8], room: &mut [u8]) -> usize {
    room[..from.len()].copy_from_slice(from);
    from.len()
}

/// The relay lane to one peer.
pub(super) struct PeerWire<'a> {
    region: RegionId,
    key: NodePublic,
    outbox: &'a mut Outbox,
}

impl<'a> PeerWire<'a> {
    pub fn new(paths: &Paths, key: &NodePublic, outbox: &'a mut Outbox) -> Self {
        let region = paths.choose(|region| outbox.is_open(region));
        Self { region, key: *key, outbox }
    }
}

impl Wire for PeerWire<'_> {
    fn send(&mut self, room: usize, fill: &mut dyn FnMut(&mut [u8]) -> usize) {
        self.outbox.send(self.region, &self.key, room, fill);
    }
}

/// Where the stack's packets go: the peer that owns the address, encrypted into its lane.
pub(super) struct EngineSink<'a> {
    pub now: Instant,
    pub peers: &'a mut Peers,
    pub outbox: &'a mut Outbox,
    pub traffic: &'a mut Traffic,
    pub sweep: &'a mut Option<Instant>,
    /// The last destination: a flush sends runs of packets to one.
    pub last: Option<(Ipv6Addr, usize, RegionId)>,
}

impl EngineSink<'_> {
    fn find(&mut self, to: Ipv6Addr) -> Option<(usize, RegionId)> {
        if let Some((address, slot, region)) = self.last
            && address == to
        {
            return Some((slot, region));
        }
        let slot = *self.peers.by_address.get(&to)?;
        let peer = self.peers.slots.get_mut(slot)?.as_mut()?;
        let region = peer.paths.choose(|region| self.outbox.is_open(region));
        peer.used = Some(self.now);
        schedule(self.sweep, self.now);
        self.last = Some((to, slot, region));
        Some((slot, region))
    }
}

impl Sink for EngineSink<'_> {
    fn has_room(&mut self, to: Ipv6Addr) -> bool {
        match self.find(to) {
            Some((_, region)) => self.outbox.has_room(region),
            // Nobody has the address: the packet is taken and lost, so that the connection times out.
            None => true,
        }
    }

    fn send(&mut self, to: Ipv6Addr, padded: &[u8], length: usize) {
        let Some((slot, region)) = self.find(to) else { return };
        let Some(Some(peer)) = self.peers.slots.get_mut(slot) else { return };
        self.traffic.tx_packets += 1;
        self.traffic.tx_bytes += length as u64;
        let mut wire = PeerWire { region, key: peer.node.key, outbox: self.outbox };
        peer.tunnel.encapsulate(self.now, padded, &mut wire);
    }
}
