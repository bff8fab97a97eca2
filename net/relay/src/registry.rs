//! Who is connected: key → connections, sharded so that packets of different peers do not meet at one lock.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use parking_lot::RwLock;
use warren_disco::NodePublic;

use crate::client::Client;

const SHARDS: usize = 64;

/// The connections of a key; packets go to the last one. Never empty inside the map.
type Connections = Vec<Arc<Client>>;

#[derive(Debug)]
pub(crate) struct Registry {
    hasher: RandomState,
    shards: Vec<RwLock<HashMap<NodePublic, Connections>>>,
}

impl Registry {
    pub(crate) fn new() -> Self {
        let shards = std::iter::repeat_with(RwLock::default).take(SHARDS).collect();
        Self { hasher: RandomState::new(), shards }
    }

    fn shard(&self, key: &NodePublic) -> &RwLock<HashMap<NodePublic, Connections>> {
        &self.shards[self.hasher.hash_one(key) as usize % SHARDS]
    }

    /// `true` if the key was not connected before.
    pub(crate) fn add(&self, client: &Arc<Client>) -> bool {
        let mut shard = self.shard(&client.key).write();
        let connections = shard.entry(client.key).or_default();
        connections.push(client.clone());
        mark_duplicates(connections);
        connections.len() == 1
    }

    /// The connection that packets to this key go to.
    pub(crate) fn find(&self, key: &NodePublic) -> Option<Arc<Client>> {
        self.shard(key).read().get(key)?.last().cloned()
    }

    /// All connections of a key.
    pub(crate) fn find_all(&self, key: &NodePublic) -> Connections {
        self.shard(key).read().get(key).cloned().unwrap_or_default()
    }

    /// Of several connections with one key, the one that sent last gets the packets.
    pub(crate) fn note_activity(&self, client: &Client) {
        let mut shard = self.shard(&client.key).write();
        if let Some(connections) = shard.get_mut(&client.key)
            && let Some(index) = connections.iter().position(|other| other.number == client.number)
        {
            connections[index..].rotate_left(1);
        }
    }

    /// The connection that gets the packets from now on; `None` if it was the key's last.
    pub(crate) fn remove(&self, client: &Client) -> Option<Arc<Client>> {
        let mut shard = self.shard(&client.key).write();
        let connections = shard.get_mut(&client.key)?;
        connections.retain(|other| other.number != client.number);
        mark_duplicates(connections);
        let heir = connections.last().cloned();
        if heir.is_none() {
            shard.remove(&client.key);
            if shard.len() * 4 < shard.capacity() {
                shard.shrink_to_fit();
            }
        }
        heir
    }

    /// All connections, in no order.
    pub(crate) fn all(&self) -> Vec<Arc<Client>> {
        self.shards.iter().flat_map(|shard| shard.read().values().flatten().cloned().collect::<Vec<_>>()).collect()
    }

    pub(crate) fn keys(&self) -> usize {
        self.shards.iter().map(|shard| shard.read().len()).sum()
    }
}

fn mark_duplicates(connections: &Connections) {
    for client in connections {
        client.duplicated.store(connections.len() > 1, Relaxed);
    }
}
