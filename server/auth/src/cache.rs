//! Keys that were used lately, with the compiled actor of their user.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use parking_lot::Mutex;
use uuid::Uuid;
use warren_rbac::Actor;

/// How long an entry is believed without looking again: the backing of lost invalidations.
const MAX_AGE: Duration = Duration::from_secs(30);
/// The same while this replica cannot hear invalidations from others.
const MAX_AGE_DEAF: Duration = Duration::from_secs(2);
/// Most entries kept; the oldest half goes when it is reached.
const CAPACITY: usize = 20_000;

/// A key as authentication needs it.
#[derive(Debug)]
pub(crate) struct CachedKey {
    pub(crate) hashed_secret: Vec<u8>,
    pub(crate) actor: Actor,
    pub(crate) status: String,
    pub(crate) lifetime_seconds: i64,
    pub(crate) times: Mutex<KeyTimes>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct KeyTimes {
    pub(crate) last_used: Timestamp,
    pub(crate) expires_at: Timestamp,
}

#[derive(Debug, Default)]
pub(crate) struct Cache(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    entries: HashMap<String, (Arc<CachedKey>, Instant)>,
    /// Counts invalidations, so that a row read before one is not kept after it.
    generation: u64,
}

impl Cache {
    pub(crate) fn find(&self, id: &str, deaf: bool) -> Option<Arc<CachedKey>> {
        let state = self.0.lock();
        let (key, since) = state.entries.get(id)?;
        let max_age = if deaf { MAX_AGE_DEAF } else { MAX_AGE };
        (since.elapsed() < max_age).then(|| key.clone())
    }

    /// To be read before the row is loaded, and given to [`Cache::insert`].
    pub(crate) fn generation(&self) -> u64 {
        self.0.lock().generation
    }

    pub(crate) fn insert(&self, id: &str, key: Arc<CachedKey>, generation: u64) {
        let mut state = self.0.lock();
        if state.generation != generation {
            return;
        }
        if state.entries.len() >= CAPACITY {
            let mut ages: Vec<Instant> = state.entries.values().map(|(_, since)| *since).collect();
            let (_, median, _) = ages.select_nth_unstable(CAPACITY / 2);
            let median = *median;
            state.entries.retain(|_, (_, since)| *since > median);
        }
        state.entries.insert(id.to_owned(), (key, Instant::now()));
    }

    pub(crate) fn forget_key(&self, id: &str) {
        let mut state = self.0.lock();
        state.generation += 1;
        state.entries.remove(id);
    }

    pub(crate) fn forget_user(&self, user: Uuid) {
        let mut state = self.0.lock();
        state.generation += 1;
        state.entries.retain(|_, (key, _)| key.actor.user_id != user);
    }

    pub(crate) fn forget_all(&self) {
        let mut state = self.0.lock();
        state.generation += 1;
        state.entries.clear();
    }
}
