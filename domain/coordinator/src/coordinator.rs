//! The machine: requests and connections in, woken connections out.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::Ipv6Addr;
use std::sync::Arc;

use indexmap::IndexSet;
use jiff::Timestamp;
use warren_proto::tailnet::coordinate_request::{ReadyForHandshake, UpdateSelf};
use warren_proto::tailnet::{CoordinateRequest, Node};

use crate::auth::{Denied, PeerAuth};
use crate::outbox::{CloseReason, Outbox, Output};
use crate::tunnels::Tunnels;
use crate::{ConnId, LocalEvent, PeerId, PublishedNode, limits};

#[cfg(test)]
mod properties;
mod remote;
mod snapshot;
#[cfg(test)]
mod tests;

pub use snapshot::PeerSnapshot;

const OVERWRITTEN: &str = "peer ID overwritten by new connection";

/// The connections that have something to send: each must call [`Coordinator::take_output`].
pub type Woken = Vec<ConnId>;

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    /// It said so, by the protocol's disconnect or by a caller that ends it on purpose: partners forget it at once.
    Graceful,
    /// The stream broke, or the server stops: partners keep the data path for a while.
    Lost,
}

/// What is known of a peer, here or elsewhere.
#[derive(Debug, Default)]
struct Peer {
    conn: Option<ConnId>,
    /// The newest node, whoever published it.
    node: Option<Arc<PublishedNode>>,
    /// The node that another replica holds; what remains when the local connection ends.
    remote: Option<Arc<PublishedNode>>,
}

#[derive(Debug)]
struct Conn {
    peer: PeerId,
    auth: PeerAuth,
    name: String,
    connected_at: Timestamp,
    last_request_at: Timestamp,
    overwrites: u32,
    granted: BTreeSet<PeerId>,
    outbox: Outbox,
}

/// See the crate's documentation.
#[derive(Debug, Default)]
pub struct Coordinator {
    next_conn: u64,
    conns: BTreeMap<ConnId, Conn>,
    peers: BTreeMap<PeerId, Peer>,
    tunnels: Tunnels,
    /// Who publishes an address. Two peers only while one node is known under two peer ids.
    claims: HashMap<Ipv6Addr, Vec<PeerId>>,
    woken: IndexSet<ConnId>,
    replicated: bool,
    events: Vec<LocalEvent>,
}

impl Coordinator {
    /// The coordinator of a deployment with one replica.
    pub fn new() -> Self {
        Self::default()
    }

    /// A coordinator whose caller collects [`Coordinator::take_local_events`] after every call.
    pub fn replicated() -> Self {
        Self { replicated: true, ..Self::default() }
    }

    /// A stream of `peer` begins; `name` is for diagnostics. An older connection of the same peer is closed, its
    /// tunnels go on as far as `auth` allows.
    pub fn connect(
        &mut self,
        peer: PeerId,
        auth: PeerAuth,
        name: impl Into<String>,
        now: Timestamp,
    ) -> (ConnId, Woken) {
        let id = ConnId(self.next_conn);
        self.next_conn += 1;
        let overwrites = self.overwrite(peer, &auth);
        let conn = Conn {
            peer,
            auth,
            name: name.into(),
            connected_at: now,
            last_request_at: now,
            overwrites,
            granted: BTreeSet::new(),
            outbox: Outbox::default(),
        };
        self.conns.insert(id, conn);
        self.peers.entry(peer).or_default().conn = Some(id);
        for partner in self.tunnels.partners_of(peer) {
            self.tell_node(peer, partner, "init");
        }
        (id, self.take_woken())
    }

    /// A user's client may open a tunnel to `destination`. The caller has checked the user's right just now.
    pub fn grant_tunnel(&mut self, conn: ConnId, destination: PeerId) {
        if let Some(conn) = self.conns.get_mut(&conn)
            && conn.granted.len() < limits::MAX_TUNNELS
        {
            conn.granted.insert(destination);
        }
    }

    /// Processes one request. A request that breaks a rule ends its connection, as far as others see by a loss.
    /// Requests of a connection that was replaced or closed are ignored.
    pub fn handle_request(&mut self, conn: ConnId, request: CoordinateRequest, now: Timestamp) -> Woken {
        if let Some(entry) = self.conns.get_mut(&conn)
            && !entry.outbox.is_closed()
        {
            entry.last_request_at = now;
            if let Err(denied) = self.process(conn, request) {
                self.deny(conn, &denied);
            }
        }
        self.take_woken()
    }

    /// The stream ended. Without effect for a connection that was replaced or closed before.
    pub fn disconnect(&mut self, conn: ConnId, leave: Leave) -> Woken {
        if let Some(entry) = self.conns.remove(&conn)
            && !entry.outbox.is_closed()
        {
            self.leave(entry.peer, leave);
        }
        self.take_woken()
    }

    /// What a connection has to send now; empty for one that is not known.
    pub fn take_output(&mut self, conn: ConnId) -> Output {
        let Some(entry) = self.conns.get_mut(&conn) else { return Output::default() };
        let output = entry.outbox.take();
        if output.closed.is_some() {
            self.conns.remove(&conn);
        }
        output
    }

    /// The newest node of a peer, here or on another replica.
    pub fn node(&self, peer: PeerId) -> Option<Arc<PublishedNode>> {
        self.peers.get(&peer)?.node.clone()
    }

    /// Whether the peer has a connection here.
    pub fn is_connected(&self, peer: PeerId) -> bool {
        self.peers.get(&peer).is_some_and(|entry| entry.conn.is_some())
    }

    /// What happened here since the last call; empty unless [`Coordinator::replicated`].
    pub fn take_local_events(&mut self) -> Vec<LocalEvent> {
        std::mem::take(&mut self.events)
    }

    fn overwrite(&mut self, peer: PeerId, auth: &PeerAuth) -> u32 {
        let Some(old) = self.peers.get(&peer).and_then(|entry| entry.conn) else { return 0 };
        for destination in self.tunnels.destinations_of(peer) {
            if !auth.keeps_tunnel_to(destination) {
                self.end_own_tunnel(peer, destination);
            }
        }
        let remote = self.peers.get(&peer).and_then(|entry| entry.remote.clone());
        self.set_node(peer, remote);
        self.woken.insert(old);
        let Some(old) = self.conns.get_mut(&old) else { return 0 };
        old.outbox.close(CloseReason::Overwritten, Some(OVERWRITTEN.into()));
        old.overwrites + 1
    }

    /// Checks everything first, so that a refused request changes nothing.
    fn process(&mut self, conn: ConnId, request: CoordinateRequest) -> Result<(), Denied> {
        let Some(entry) = self.conns.get(&conn) else { return Ok(()) };
        let peer = entry.peer;
        entry.auth.check_ready(&request)?;
        let add = request.add_tunnel.as_ref().map(|tunnel| parse_id(&tunnel.id)).transpose()?;
        let remove = request.remove_tunnel.as_ref().map(|tunnel| parse_id(&tunnel.id)).transpose()?;
        let parse_ready = |ready: &ReadyForHandshake| parse_id(&ready.id);
        let ready = request.ready_for_handshake.iter().map(parse_ready).collect::<Result<Vec<_>, _>>()?;
        if let Some(destination) = add {
            entry.auth.check_tunnel(destination, &entry.granted)?;
            if destination == peer {
                return Err(Denied::NoSuchAgent);
            }
            if self.tunnels.count_from(peer) >= limits::MAX_TUNNELS {
                return Err(Denied::TooMany);
            }
        }
        let update = match request.update_self {
            Some(UpdateSelf { node: Some(node) }) => Some(self.check_node(entry, node)?),
            _ => None,
        };

        if let Some(node) = update {
            self.publish(peer, node);
        }
        if let Some(destination) = add {
            self.add_tunnel(peer, destination);
        }
        if let Some(destination) = remove {
            self.end_own_tunnel(peer, destination);
        }
        if request.disconnect.is_some() {
            self.leave(peer, Leave::Graceful);
            self.close(conn, CloseReason::Disconnected, None);
            return Ok(());
        }
        for destination in ready {
            self.ready(peer, destination);
        }
        Ok(())
    }

    fn check_node(&self, conn: &Conn, node: Node) -> Result<Arc<PublishedNode>, Denied> {
        let addresses = conn.auth.addresses(conn.peer, &node)?;
        let node = PublishedNode::new(node, addresses)?;
        if conn.auth.is_client()
            && let Some(address) = self.foreign_claim(conn.peer, &node)
        {
            return Err(Denied::BadAddress(address.to_string()));
        }
        Ok(Arc::new(node))
    }

    /// An address of `node` that another peer has. The same node under another peer id does not count: a client that
    /// comes back without its resume token still is the only owner of its node key.
    fn foreign_claim(&self, peer: PeerId, node: &PublishedNode) -> Option<Ipv6Addr> {
        let foreign = |other: &PeerId| {
            let key = self.peers.get(other).and_then(|entry| entry.node.as_ref()).map(|other| other.key());
            *other != peer && key.is_some_and(|key| key != node.key())
        };
        let taken = |address: &&Ipv6Addr| self.claims.get(*address).is_some_and(|peers| peers.iter().any(foreign));
        node.addresses().iter().find(taken).copied()
    }

    fn publish(&mut self, peer: PeerId, node: Arc<PublishedNode>) {
        self.evict_squatters(peer, &node);
        self.set_node(peer, Some(node.clone()));
        self.record(|| LocalEvent::Node(peer, node));
        for partner in self.tunnels.partners_of(peer) {
            self.tell_node(partner, peer, "node update");
        }
    }

    /// Whoever else publishes an address that follows from an agent's UUID has taken it before the agent came.
    fn evict_squatters(&mut self, peer: PeerId, node: &PublishedNode) {
        let claims = node.addresses().iter().filter_map(|address| self.claims.get(address));
        let others: Vec<_> = claims.flatten().copied().filter(|other| *other != peer).collect();
        for other in others {
            let Some(conn) = self.peers.get(&other).and_then(|entry| entry.conn) else { continue };
            let client = self.conns.get(&conn).is_some_and(|entry| entry.auth.is_client());
            let same_node = self.node(other).is_some_and(|other| other.key() == node.key());
            if client && !same_node {
                self.deny(conn, &Denied::BadAddress("it belongs to an agent".into()));
            }
        }
    }

    fn add_tunnel(&mut self, source: PeerId, destination: PeerId) {
        if self.tunnels.add(source, destination) {
            self.record(|| LocalEvent::TunnelAdded(source, destination));
        }
        self.tell_node(source, destination, "add tunnel");
        self.tell_node(destination, source, "add tunnel");
    }

    fn end_own_tunnel(&mut self, source: PeerId, destination: PeerId) {
        self.record(|| LocalEvent::TunnelRemoved(source, destination));
        self.end_tunnel(source, destination);
    }

    fn end_tunnel(&mut self, source: PeerId, destination: PeerId) {
        if self.tunnels.remove(source, destination) && !self.tunnels.share(source, destination) {
            self.tell(source, |outbox| outbox.gone(destination, false, "remove tunnel"));
            self.tell(destination, |outbox| outbox.gone(source, false, "remove tunnel"));
        }
    }

    fn ready(&mut self, agent: PeerId, destination: PeerId) {
        if !self.tunnels.share(agent, destination) {
            let text = format!("ready for handshake error: you do not share a tunnel with \"{destination}\"");
            self.tell(agent, |outbox| outbox.warn(text));
        } else if self.is_connected(destination) {
            self.tell(destination, |outbox| outbox.ready(agent));
        } else {
            self.record(|| LocalEvent::Ready(agent, destination));
        }
    }

    /// A local connection of `peer` has ended: tell its partners, unless another replica has the peer.
    fn leave(&mut self, peer: PeerId, leave: Leave) {
        let lost = leave == Leave::Lost;
        let remote = {
            let Some(entry) = self.peers.get_mut(&peer) else { return };
            entry.conn = None;
            entry.remote.clone()
        };
        self.record(|| LocalEvent::Gone { peer, lost });
        match remote {
            Some(node) => {
                self.set_node(peer, Some(node));
                for partner in self.tunnels.partners_of(peer) {
                    self.tell_node(partner, peer, "node update");
                }
            }
            None => self.forget(peer, lost),
        }
    }

    fn forget(&mut self, peer: PeerId, lost: bool) {
        let reason = if lost { "lost" } else { "graceful disconnect" };
        for partner in self.tunnels.partners_of(peer) {
            self.tell(partner, |outbox| outbox.gone(peer, lost, reason));
        }
        for destination in self.tunnels.destinations_of(peer) {
            self.tunnels.remove(peer, destination);
        }
        self.set_node(peer, None);
        self.peers.remove(&peer);
    }

    fn deny(&mut self, conn: ConnId, denied: &Denied) {
        let Some(peer) = self.conns.get(&conn).map(|entry| entry.peer) else { return };
        self.leave(peer, Leave::Lost);
        self.close(conn, CloseReason::Denied, Some(denied.to_string()));
    }

    fn close(&mut self, conn: ConnId, reason: CloseReason, error: Option<String>) {
        if let Some(entry) = self.conns.get_mut(&conn) {
            entry.outbox.close(reason, error);
            self.woken.insert(conn);
        }
    }

    fn set_node(&mut self, peer: PeerId, node: Option<Arc<PublishedNode>>) {
        let Some(entry) = self.peers.get_mut(&peer) else { return };
        let old = std::mem::replace(&mut entry.node, node.clone());
        for address in old.iter().flat_map(|node| node.addresses()) {
            if let Some(peers) = self.claims.get_mut(address) {
                peers.retain(|other| *other != peer);
                if peers.is_empty() {
                    self.claims.remove(address);
                }
            }
        }
        for address in node.iter().flat_map(|node| node.addresses()) {
            self.claims.entry(*address).or_default().push(peer);
        }
    }

    /// Tells `to` the node of `about`, if it has one.
    fn tell_node(&mut self, to: PeerId, about: PeerId, reason: &'static str) {
        if let Some(node) = self.node(about) {
            self.tell(to, |outbox| outbox.node(about, node, reason));
        }
    }

    fn tell(&mut self, to: PeerId, news: impl FnOnce(&mut Outbox)) {
        let Some(id) = self.peers.get(&to).and_then(|entry| entry.conn) else { return };
        if let Some(conn) = self.conns.get_mut(&id)
            && !conn.outbox.is_closed()
        {
            news(&mut conn.outbox);
            self.woken.insert(id);
        }
    }

    fn record(&mut self, event: impl FnOnce() -> LocalEvent) {
        if self.replicated {
            self.events.push(event());
        }
    }

    fn take_woken(&mut self) -> Woken {
        std::mem::take(&mut self.woken).into_iter().collect()
    }
}

/// The destination of a request's `add_tunnel`: for a [`PeerAuth::UserClient`] the caller checks the user's right
/// to it and calls [`Coordinator::grant_tunnel`] before it hands the request over.
pub fn wanted_tunnel(request: &CoordinateRequest) -> Option<PeerId> {
    PeerId::from_slice(&request.add_tunnel.as_ref()?.id)
}

fn parse_id(bytes: &[u8]) -> Result<PeerId, Denied> {
    PeerId::from_slice(bytes).ok_or(Denied::BadId)
}
