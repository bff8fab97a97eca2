//! The node's core: peers, tunnels, paths and the TCP/IP stack put together.

mod install;
mod table;

use std::collections::HashMap;
use std::net::Ipv6Addr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use uuid::Uuid;
use warren_disco::{DiscoPrivate, Message, NodePrivate, NodePublic, Ping, Pong, TransactionId, derp_pseudo_address};

use super::outbox::{Outbox, RegionId};
use super::peers::Lifecycle;
use super::ping::{Probe, Questions, TSMP, Token};
use crate::defaults::{ACTIVE, HASTE, PING_TIMEOUT, PROBE_LIFE, WAITING_PROBES};
use crate::netstack::{Doorbell, Header, Sink as _, Stack};
use crate::wg::Scratch;
use table::{EngineSink, Peer, PeerWire, Peers, copy, schedule};

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
    /// Probes of peers that are not known yet.
    waiting_probes: Vec<(Uuid, oneshot::Sender<()>)>,
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
            waiting_probes: Vec::new(),
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

    /// Sends a reachability probe through the tunnel: now, or as soon as the peer is known.
    pub fn probe(&mut self, now: Instant, id: &Uuid, asker: oneshot::Sender<()>) {
        let Some(own) = self.addresses.first().copied() else { return };
        let Self { peers, outbox, waiting_probes, .. } = self;
        let Some(peer) = peers.by_id(id) else {
            waiting_probes.retain(|(_, asker)| !asker.is_closed());
            if waiting_probes.len() < WAITING_PROBES {
                waiting_probes.push((*id, asker));
            }
            return;
        };
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
