//! The node's core: peers, tunnels, paths and the TCP/IP stack put together.

use std::collections::HashMap;
use std::net::Ipv6Addr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use uuid::Uuid;
use warren_disco::{
    DiscoPrivate, Message, NodePrivate, NodePublic, Ping, Pong, SharedKey, TransactionId, derp_pseudo_address,
};

use super::outbox::{Outbox, RegionId};
use super::path::Paths;
use super::peers::{Change, Lifecycle, PeerNode, Update};
use super::ping::{Probe, Questions, TSMP, Token};
use crate::defaults::{ACTIVE, HASTE, PING_TIMEOUT, PROBE_LIFE, WIREGUARD_TICK};
use crate::netstack::{Doorbell, Header, Sink, Stack};
use crate::wg::{Scratch, Tunnel, Wire};

/// A node's secrets.
pub(crate) struct Keys {
    pub node: NodePrivate,
    pub disco: DiscoPrivate,
}

impl Keys {
    pub fn generate() -> Self {
        Self { node: NodePrivate::generate(), disco: DiscoPrivate::generate() }
    }
}

/// The answer to a DISCO ping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Answer {
    pub latency: Duration,
    pub region: RegionId,
}

/// Packets and bytes that passed through the tunnel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Traffic {
    pub rx_packets: u64,
    pub rx_bytes: u64,
    pub tx_packets: u64,
    pub tx_bytes: u64,
}

struct Peer {
    id: Uuid,
    node: PeerNode,
    shared: SharedKey,
    paths: Paths,
    tunnel: Tunnel,
    /// When a packet of the stack last went to it.
    used: Option<Instant>,
}

/// The installed peers, found by id, relay key and address.
#[derive(Default)]
struct Peers {
    slots: Vec<Option<Peer>>,
    by_id: HashMap<Uuid, usize>,
    by_key: HashMap<NodePublic, usize>,
    by_address: HashMap<Ipv6Addr, usize>,
}

impl Peers {
    fn by_id(&mut self, id: &Uuid) -> Option<&mut Peer> {
        self.slots.get_mut(*self.by_id.get(id)?)?.as_mut()
    }

    fn by_key(&mut self, key: &NodePublic) -> Option<&mut Peer> {
        self.slots.get_mut(*self.by_key.get(key)?)?.as_mut()
    }

    fn iter(&mut self) -> impl Iterator<Item = &mut Peer> {
        self.slots.iter_mut().flatten()
    }
}

pub(crate) struct Engine {
    keys: Keys,
    addresses: Vec<Ipv6Addr>,
    lifecycle: Lifecycle,
    peers: Peers,
    next_index: u32,
    pub stack: Stack,
    pub outbox: Outbox,
    pings: Questions<TransactionId, oneshot::Sender<Answer>>,
    probes: Questions<Token, oneshot::Sender<()>>,
    traffic: Traffic,
    /// When tunnels are looked at next: all together, so that a packet need not look at all of them.
    sweep: Option<Instant>,
    scratch: Box<Scratch>,
}

impl Engine {
    pub fn new(keys: Keys, addresses: Vec<Ipv6Addr>, doorbell: Arc<Doorbell>, seed: u64) -> Self {
        let stack = Stack::new(&addresses, doorbell, seed);
        Self {
            keys,
            addresses,
            lifecycle: Lifecycle::default(),
            peers: Peers::default(),
            next_index: 1,
            stack,
            outbox: Outbox::default(),
            pings: Questions::new(PING_TIMEOUT),
            probes: Questions::new(PROBE_LIFE),
            traffic: Traffic::default(),
            sweep: None,
            scratch: Box::new([0; size_of::<Scratch>()]),
        }
    }

    pub fn set_addresses(&mut self, addresses: Vec<Ipv6Addr>) {
        self.stack.set_addresses(&addresses);
        self.addresses = addresses;
    }

    /// A packet that a relay delivered.
    pub fn handle_packet(&mut self, now: Instant, region: RegionId, source: &NodePublic, packet: &[u8]) {
        let Self { peers, outbox, scratch, .. } = self;
        let Some(peer) = peers.by_key(source) else {
            tracing::trace!(?source, "packet of an unknown peer dropped");
            return;
        };
        if warren_disco::looks_like_disco(packet) {
            return self.handle_disco(now, region, source, packet);
        }
        peer.paths.heard(region);
        schedule(&mut self.sweep, now);
        let mut wire = PeerWire::new(&peer.paths, &peer.node.key, outbox);
        let Some(length) = peer.tunnel.decapsulate(now, packet, &mut scratch[..], &mut wire) else { return };
        // Cryptokey routing: a peer speaks for its own addresses only.
        let Some((header, payload)) = Header::parse(&self.scratch[..length]) else { return };
        if !peer.node.addresses.contains(&header.source) || !self.addresses.contains(&header.destination) {
            tracing::debug!(source = %header.source, "packet with a foreign address dropped");
            return;
        }
        self.traffic.rx_packets += 1;
        self.traffic.rx_bytes += length as u64;
        if header.next == TSMP {
            let probe = Probe::parse(payload);
            return self.handle_probe(now, header, probe);
        }
        let Self { peers, outbox, scratch, stack, traffic, sweep, .. } = self;
        let mut sink = EngineSink { now, peers, outbox, traffic, sweep, last: None };
        stack.receive(now, &scratch[..length], &mut sink);
    }

    fn handle_probe(&mut self, now: Instant, header: Header, probe: Option<Probe>) {
        match probe {
            Some(Probe::Ping(token)) => {
                let pong = Probe::Pong(token).packet(header.destination, header.source);
                self.send_packet(now, header.source, &pong, 51);
            }
            Some(Probe::Pong(token)) => {
                if let Some((_, asker)) = self.probes.answered(&token) {
                    let _ = asker.send(()); // whoever asked may have lost patience
                }
            }
            None => {}
        }
    }

    fn handle_disco(&mut self, now: Instant, region: RegionId, source: &NodePublic, packet: &[u8]) {
        let Some(peer) = self.peers.by_key(source) else { return };
        if warren_disco::sender(packet) != Ok(peer.node.disco) {
            return;
        }
        let message = match warren_disco::open(&peer.shared, packet) {
            Ok(message) => message,
            Err(error) => {
                tracing::debug!(%error, "disco packet refused");
                return;
            }
        };
        match message {
            Some(Message::Ping(ping)) => {
                let pong = Message::Pong(Pong::padded(ping.transaction, derp_pseudo_address(region)));
                let own = self.keys.disco.public();
                let reply = warren_disco::seal(&own, &peer.shared, &warren_disco::random_nonce(), &pong);
                // The answer goes where the question came from, whatever path is best.
                self.outbox.send(region, source, reply.len(), &mut |room| copy(&reply, room));
            }
            Some(Message::Pong(pong)) => {
                if let Some((asked, asker)) = self.pings.answered(&pong.transaction) {
                    let latency = now.saturating_duration_since(asked);
                    let _ = asker.send(Answer { latency, region });
                }
            }
            // Direct paths: the place where a peer's endpoints would be taken up.
            Some(Message::CallMeMaybe(_)) | None => {}
        }
    }

    /// A relay says that it cannot reach a peer.
    pub fn handle_peer_gone(&mut self, region: RegionId, key: &NodePublic) {
        if let Some(peer) = self.peers.by_key(key) {
            peer.paths.gone(region);
        }
    }

    /// A relay connection is there (again): what waited goes now.
    pub fn handle_region_open(&mut self, now: Instant, region: RegionId) {
        self.outbox.lane(region).open = true;
        let Self { peers, outbox, stack, .. } = self;
        let mut back = Vec::new();
        for peer in peers.iter() {
            if peer.paths.choose(|region| outbox.is_open(region)) == region {
                back.extend_from_slice(&peer.node.addresses);
                let mut wire = PeerWire::new(&peer.paths, &peer.node.key, outbox);
                peer.tunnel.hasten(now, Duration::ZERO, &mut wire);
            }
        }
        stack.unblock();
        stack.hurry(|address| back.contains(address));
    }

    /// A relay connection took what waited in its lane.
    pub fn handle_room(&mut self) {
        self.stack.unblock();
    }

    /// A relay connection ended. What it had not taken is lost, as on any network.
    pub fn handle_region_closed(&mut self, region: RegionId) {
        let lane = self.outbox.lane(region);
        lane.open = false;
        lane.buffer = Vec::new();
    }

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

    fn apply_changes(&mut self, now: Instant) {
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

    /// Sends a DISCO ping over the relay. The asker is dropped at once if the peer is not known.
    pub fn ping(&mut self, now: Instant, id: &Uuid, asker: oneshot::Sender<Answer>) {
        let Some(peer) = self.peers.by_id(id) else { return };
        let transaction = TransactionId::random();
        let ping = Message::Ping(Ping::padded(transaction, self.keys.node.public()));
        let own = self.keys.disco.public();
        let packet = warren_disco::seal(&own, &peer.shared, &warren_disco::random_nonce(), &ping);
        let region = peer.paths.choose(|region| self.outbox.is_open(region));
        self.outbox.send(region, &peer.node.key, packet.len(), &mut |room| copy(&packet, room));
        self.pings.ask(now, transaction, asker);
    }

    /// Sends a reachability probe through the tunnel. The asker is dropped at once if the peer is not known.
    pub fn probe(&mut self, now: Instant, id: &Uuid, asker: oneshot::Sender<()>) {
        let Some(own) = self.addresses.first().copied() else { return };
        let Self { peers, outbox, .. } = self;
        let Some(peer) = peers.by_id(id) else { return };
        let Some(address) = peer.node.addresses.first().copied() else { return };
        let mut wire = PeerWire::new(&peer.paths, &peer.node.key, outbox);
        peer.tunnel.hasten(now, HASTE, &mut wire);
        let token = rand::random();
        self.send_packet(now, address, &Probe::Ping(token).packet(own, address), 49);
        self.probes.ask(now, token, asker);
    }

    fn send_packet(&mut self, now: Instant, to: Ipv6Addr, padded: &[u8], length: usize) {
        let Self { peers, outbox, traffic, sweep, .. } = self;
        EngineSink { now, peers, outbox, traffic, sweep, last: None }.send(to, padded, length);
    }

    /// Lets everything that is due send. Call after each batch of input.
    pub fn flush(&mut self, now: Instant) {
        let Self { peers, outbox, traffic, stack, sweep, .. } = self;
        let mut sink = EngineSink { now, peers, outbox, traffic, sweep, last: None };
        stack.serve_requests(now, &mut sink);
        stack.flush(now, &mut sink);
    }

    /// Timers other than the stack's.
    pub fn handle_timeout(&mut self, now: Instant) {
        let Self { peers, outbox, lifecycle, sweep, .. } = self;
        if sweep.is_some_and(|at| at <= now) {
            *sweep = None;
            for peer in peers.iter() {
                if peer.tunnel.next_tick().is_some_and(|at| at <= now) {
                    let mut wire = PeerWire::new(&peer.paths, &peer.node.key, outbox);
                    peer.tunnel.tick(now, &mut wire);
                }
                if let Some(next) = peer.tunnel.next_tick() {
                    *sweep = Some(sweep.map_or(next, |at| at.min(next)));
                }
            }
        }
        if lifecycle.poll_timeout().is_some_and(|at| at <= now) {
            let handshakes: HashMap<_, _> =
                peers.iter().filter_map(|peer| Some((peer.id, peer.tunnel.last_handshake(now)?))).collect();
            lifecycle.handle_timeout(now, &|id| handshakes.get(id).copied());
            self.apply_changes(now);
        }
        self.pings.expire(now);
        self.probes.expire(now);
    }

    /// When [`Self::handle_timeout`] and [`Self::flush`] must be called, if nothing else happens.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let own = [self.lifecycle.poll_timeout(), self.pings.poll_timeout(), self.probes.poll_timeout()];
        [self.sweep, self.stack.next_deadline()].into_iter().chain(own).flatten().min()
    }

    /// Peers to which something was sent lately.
    pub fn active_peers(&mut self, now: Instant) -> Vec<Uuid> {
        let active = |peer: &&mut Peer| peer.used.is_some_and(|at| now.saturating_duration_since(at) < ACTIVE);
        self.peers.iter().filter(active).map(|peer| peer.id).collect()
    }

    /// How many peers are installed.
    pub fn peer_count(&mut self) -> usize {
        self.peers.by_id.len()
    }

    /// Whether a packet to this peer would find it installed.
    pub fn knows(&self, id: &Uuid) -> bool {
        self.peers.by_id.contains_key(id)
    }

    /// Counters since the last call.
    pub fn take_traffic(&mut self) -> Traffic {
        std::mem::take(&mut self.traffic)
    }
}

/// A tunnel is in use: its timers want to be looked at soon.
fn schedule(sweep: &mut Option<Instant>, now: Instant) {
    let soon = now + WIREGUARD_TICK;
    *sweep = Some(sweep.map_or(soon, |at| at.min(soon)));
}

fn copy(from: &[u8], room: &mut [u8]) -> usize {
    room[..from.len()].copy_from_slice(from);
    from.len()
}

/// The relay lane to one peer.
struct PeerWire<'a> {
    region: RegionId,
    key: NodePublic,
    outbox: &'a mut Outbox,
}

impl<'a> PeerWire<'a> {
    fn new(paths: &Paths, key: &NodePublic, outbox: &'a mut Outbox) -> Self {
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
struct EngineSink<'a> {
    now: Instant,
    peers: &'a mut Peers,
    outbox: &'a mut Outbox,
    traffic: &'a mut Traffic,
    sweep: &'a mut Option<Instant>,
    /// The last destination: a flush sends runs of packets to one.
    last: Option<(Ipv6Addr, usize, RegionId)>,
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
