//! One registered connection, as others see it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use parking_lot::Mutex;
use warren_disco::NodePublic;

use crate::defaults::REMEMBERED_DESTINATIONS;
use crate::queue::Queue;

/// Number of a connection, never used twice.
pub(crate) type ConnNumber = u64;

#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) number: ConnNumber,
    pub(crate) key: NodePublic,
    /// Whether it may act as another relay.
    pub(crate) mesh: bool,
    pub(crate) queue: Queue,
    /// Whether its key has other connections, so that activity matters.
    pub(crate) duplicated: AtomicBool,
    pub(crate) is_home: AtomicBool,
    /// To which connections packets of this client went: they are told when it goes away.
    destinations: Mutex<HashMap<NodePublic, ConnNumber>>,
}

impl Client {
    pub(crate) fn new(number: ConnNumber, key: NodePublic, mesh: bool, queue: Queue) -> Self {
        Self {
            number,
            key,
            mesh,
            queue,
            duplicated: AtomicBool::new(false),
            is_home: AtomicBool::new(false),
            destinations: Mutex::default(),
        }
    }

    pub(crate) fn is_duplicated(&self) -> bool {
        self.duplicated.load(Relaxed)
    }

    pub(crate) fn remember_destination(&self, key: NodePublic, number: ConnNumber) {
        let mut destinations = self.destinations.lock();
        if destinations.len() < REMEMBERED_DESTINATIONS || destinations.contains_key(&key) {
            destinations.insert(key, number);
        }
    }

    pub(crate) fn take_destinations(&self) -> HashMap<NodePublic, ConnNumber> {
        std::mem::take(&mut *self.destinations.lock())
    }

    /// Takes over what another connection of the same key would have told at its end.
    pub(crate) fn inherit_destinations(&self, destinations: HashMap<NodePublic, ConnNumber>) {
        for (key, number) in destinations {
            self.remember_destination(key, number);
        }
    }
}
