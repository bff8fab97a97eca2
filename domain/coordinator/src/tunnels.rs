//! The set of tunnels, indexed from both ends.

use std::collections::{BTreeMap, BTreeSet};

use crate::PeerId;

/// Source → destination pairs.
#[derive(Debug, Default)]
pub(crate) struct Tunnels {
    by_source: BTreeMap<PeerId, BTreeSet<PeerId>>,
    by_destination: BTreeMap<PeerId, BTreeSet<PeerId>>,
}

impl Tunnels {
    /// Whether the pair is new.
    pub(crate) fn add(&mut self, source: PeerId, destination: PeerId) -> bool {
        self.by_destination.entry(destination).or_default().insert(source);
        self.by_source.entry(source).or_default().insert(destination)
    }

    /// Whether the pair existed.
    pub(crate) fn remove(&mut self, source: PeerId, destination: PeerId) -> bool {
        remove_from(&mut self.by_destination, destination, source);
        remove_from(&mut self.by_source, source, destination)
    }

    pub(crate) fn destinations_of(&self, source: PeerId) -> Vec<PeerId> {
        self.by_source.get(&source).into_iter().flatten().copied().collect()
    }

    pub(crate) fn count_from(&self, source: PeerId) -> usize {
        self.by_source.get(&source).map_or(0, BTreeSet::len)
    }

    /// Everybody who shares a tunnel with `peer`, in either direction, once each.
    pub(crate) fn partners_of(&self, peer: PeerId) -> BTreeSet<PeerId> {
        let destinations = self.by_source.get(&peer).into_iter().flatten();
        let sources = self.by_destination.get(&peer).into_iter().flatten();
        destinations.chain(sources).copied().collect()
    }

    pub(crate) fn share(&self, a: PeerId, b: PeerId) -> bool {
        let has =
            |source, destination| self.by_source.get(source).is_some_and(|set: &BTreeSet<_>| set.contains(destination));
        has(&a, &b) || has(&b, &a)
    }
}

fn remove_from(index: &mut BTreeMap<PeerId, BTreeSet<PeerId>>, key: PeerId, value: PeerId) -> bool {
    let Some(set) = index.get_mut(&key) else { return false };
    let removed = set.remove(&value);
    if set.is_empty() {
        index.remove(&key);
    }
    removed
}
