//! Which peers exist: what coordination says, turned into "program this peer" and "remove that one".

use std::collections::{BTreeMap, VecDeque};
use std::net::Ipv6Addr;
use std::time::Instant;

use uuid::Uuid;
use warren_disco::{DiscoPublic, NodePublic};
use warren_proto::tailnet as proto;

use super::RegionId;
use crate::addr;
use crate::defaults::{LOST_AFTER, MAX_PEER_ADDRESSES, MAX_PEERS, READY_WAIT};

/// What a peer publishes of itself, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PeerNode {
    pub key: NodePublic,
    pub disco: DiscoPublic,
    pub home: RegionId,
    pub addresses: Vec<Ipv6Addr>,
}

/// Why a peer's record is not usable.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadNode {
    #[error("no home region")]
    NoHome,
    #[error("key: {0}")]
    Key(#[from] warren_disco::Error),
    #[error("no usable address")]
    NoAddress,
}

impl TryFrom<&proto::Node> for PeerNode {
    type Error = BadNode;

    fn try_from(node: &proto::Node) -> Result<Self, BadNode> {
        let home = RegionId::try_from(node.preferred_derp).ok().filter(|id| *id != 0).ok_or(BadNode::NoHome)?;
        let key = NodePublic::from_prefixed_bytes(&node.key)?;
        if key.is_zero() {
            return Err(warren_disco::Error::KeyDigits.into());
        }
        let disco = node.disco.parse()?;
        // An address counts if the peer both has it and may use it; anything but single addresses is a route, not ours.
        let addresses: Vec<_> = node
            .allowed_ips
            .iter()
            .take(MAX_PEER_ADDRESSES)
            .filter(|text| node.addresses.iter().take(MAX_PEER_ADDRESSES).any(|own| own == *text))
            .filter_map(|text| addr::parse_single(text))
            .collect();
        if addresses.is_empty() {
            return Err(BadNode::NoAddress);
        }
        Ok(Self { key, disco, home, addresses })
    }
}

/// News about one peer.
#[derive(Debug, Clone)]
pub(crate) enum Update {
    Node(PeerNode),
    ReadyForHandshake,
    Disconnected,
    Lost,
}

/// What to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    /// Install the peer, or bring it up to date. `keepalive`: keep the path warm.
    Program {
        id: Uuid,
        node: PeerNode,
        keepalive: bool,
    },
    /// It now knows our key: a handshake that was lost may be repeated at once.
    Ready(Uuid),
    Remove(Uuid),
}

#[derive(Debug, Default)]
struct Entry {
    node: Option<PeerNode>,
    /// We opened the tunnel: wait until the other end is ready.
    destination: bool,
    ready: bool,
    ready_at: Option<Instant>,
    /// Out of coordination's sight, and when to look whether it still lives.
    lost: Option<Instant>,
    programmed: Option<PeerNode>,
}

/// All peers. Transitions follow `docs/protocol/tailnet.md`, "Peers".
#[derive(Debug, Default)]
pub(crate) struct Lifecycle {
    entries: BTreeMap<Uuid, Entry>,
    changes: VecDeque<Change>,
    /// No timer of an entry is earlier than this.
    due: Option<Instant>,
}

impl Lifecycle {
    /// A tunnel to this peer is about to be asked for.
    pub fn expect(&mut self, id: Uuid) {
        self.entries.entry(id).or_default().destination = true;
    }

    /// The tunnel to this peer is no longer wanted.
    pub fn forget(&mut self, id: Uuid) {
        if let Some(entry) = self.entries.remove(&id)
            && entry.programmed.is_some()
        {
            self.changes.push_back(Change::Remove(id));
        }
    }

    /// Takes news; returns whether it was a node that is now known.
    pub fn handle(&mut self, now: Instant, id: Uuid, update: Update) -> bool {
        if !self.entries.contains_key(&id) && self.entries.len() >= MAX_PEERS {
            return false;
        }
        match update {
            Update::Node(mut node) => {
                let entry = self.entries.entry(id).or_default();
                if entry.destination {
                    // Destinations are agents, whose addresses follow from their ids: nobody can take another's.
                    node.addresses.retain(|own| *own == addr::address_of(id) || *own == addr::desktop_address_of(id));
                    if node.addresses.is_empty() {
                        return false;
                    }
                }
                entry.lost = None;
                entry.node = Some(node);
                if entry.destination && !entry.ready && entry.ready_at.is_none() {
                    entry.ready_at = Some(now + READY_WAIT);
                    self.due = earlier(self.due, now + READY_WAIT);
                }
                self.program(id);
                true
            }
            Update::ReadyForHandshake => {
                let entry = self.entries.entry(id).or_default();
                entry.ready = true;
                entry.ready_at = None;
                self.program(id);
                self.changes.push_back(Change::Ready(id));
                false
            }
            Update::Disconnected => {
                self.remove(id);
                false
            }
            Update::Lost => {
                self.lose(now, id);
                false
            }
        }
    }

    /// Coordination itself is lost: nothing is known of anybody.
    pub fn lose_all(&mut self, now: Instant) {
        let ids: Vec<_> = self.entries.keys().copied().collect();
        for id in ids {
            self.lose(now, id);
        }
    }

    fn lose(&mut self, now: Instant, id: Uuid) {
        if let Some(entry) = self.entries.get_mut(&id)
            && entry.node.is_some()
            && entry.lost.is_none()
        {
            entry.lost = Some(now);
            self.due = earlier(self.due, now);
        }
    }

    fn remove(&mut self, id: Uuid) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        if entry.programmed.is_some() {
            self.changes.push_back(Change::Remove(id));
        }
        if entry.destination {
            *entry = Entry { destination: true, ..Entry::default() };
        } else {
            self.entries.remove(&id);
        }
    }

    fn program(&mut self, id: Uuid) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        let Some(node) = &entry.node else { return };
        if (entry.destination && !entry.ready) || entry.programmed.as_ref() == Some(node) {
            return;
        }
        entry.programmed = Some(node.clone());
        let keepalive = entry.destination;
        self.changes.push_back(Change::Program { id, node: node.clone(), keepalive });
    }

    /// The next thing to do.
    pub fn poll_change(&mut self) -> Option<Change> {
        self.changes.pop_front()
    }

    /// When [`Self::handle_timeout`] must be called.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.due
    }

    /// Stops waiting for those who do not answer; removes lost peers that are silent. `last_handshake` tells when the
    /// peer last proved to be alive.
    pub fn handle_timeout(&mut self, now: Instant, last_handshake: &dyn Fn(&Uuid) -> Option<Instant>) {
        let due: Vec<_> = self
            .entries
            .iter()
            .filter(|(_, entry)| [entry.ready_at, entry.lost].into_iter().flatten().any(|at| at <= now))
            .map(|(id, _)| *id)
            .collect();
        for id in due {
            let Some(entry) = self.entries.get_mut(&id) else { continue };
            if entry.ready_at.is_some_and(|at| at <= now) {
                entry.ready_at = None;
                entry.ready = true; // old agents never say so
                self.program(id);
            }
            let Some(entry) = self.entries.get_mut(&id) else { continue };
            if entry.lost.is_some_and(|at| at <= now) {
                match last_handshake(&id).map(|at| at + LOST_AFTER) {
                    Some(later) if later > now => entry.lost = Some(later),
                    _ => self.remove(id),
                }
            }
        }
        self.due = self.entries.values().flat_map(|entry| [entry.ready_at, entry.lost]).flatten().min();
    }
}

fn earlier(one: Option<Instant>, other: Instant) -> Option<Instant> {
    Some(one.map_or(other, |one| one.min(other)))
}

#[cfg(test)]
mod tests;
