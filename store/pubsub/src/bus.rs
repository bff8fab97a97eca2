//! Publishing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;
use warren_db::{Db, Tx};

use crate::listener;
use crate::subscription::{Registry, Subscription};
use crate::wire::Message;

/// How many messages wait to be sent to other processes; more are given up, and every process is told.
const OUTBOX: usize = 4_096;

/// The bus; cheap to clone.
#[derive(Debug, Clone)]
pub struct Bus(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    registry: Arc<Registry>,
    outbox: mpsc::Sender<Message>,
    counters: Arc<Counters>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) connected: std::sync::atomic::AtomicBool,
    pub(crate) published: AtomicU64,
    pub(crate) published_bytes: AtomicU64,
    pub(crate) received: AtomicU64,
    pub(crate) received_bytes: AtomicU64,
    pub(crate) disconnections: AtomicU64,
    pub(crate) lost: AtomicU64,
}

/// Figures for metrics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BusStats {
    /// The listening connection is up.
    pub connected: bool,
    /// Channels with subscribers, and their subscribers.
    pub channels: usize,
    /// Subscribers.
    pub subscribers: usize,
    /// Messages published here.
    pub published: u64,
    /// Their bytes.
    pub published_bytes: u64,
    /// Messages that came from other processes.
    pub received: u64,
    /// Their bytes.
    pub received_bytes: u64,
    /// How often the listening connection was lost.
    pub disconnections: u64,
    /// Messages given up because too many waited.
    pub lost: u64,
}

impl Bus {
    /// Starts the bus. It connects in the background, and again whenever the connection is lost.
    pub fn start(db: Db) -> Self {
        let (outbox, waiting) = mpsc::channel(OUTBOX);
        let (registry, counters) = (Arc::<Registry>::default(), Arc::<Counters>::default());
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let listener = listener::Listener {
            db,
            sender: Uuid::new_v4(),
            registry: registry.clone(),
            counters: counters.clone(),
            waiting,
            unsent: Vec::new(),
        };
        tasks.spawn(listener.run(stop.clone()));
        tasks.close();
        Self(Arc::new(Inner { registry, outbox, counters, stop, tasks }))
    }

    /// Sends a message to every subscriber of the channel, in this process at once, in others within milliseconds.
    /// Call it after the commit of what it announces ([`Bus::publish_tx`] does).
    pub fn publish(&self, channel: &str, payload: &str) {
        self.0.counters.published.fetch_add(1, Ordering::Relaxed);
        self.0.counters.published_bytes.fetch_add(payload.len() as u64, Ordering::Relaxed);
        self.0.registry.deliver(channel, payload);
        let message = Message { channel: channel.to_owned(), payload: payload.to_owned() };
        if self.0.outbox.try_send(message).is_err() {
            self.0.counters.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// [`Bus::publish`] after the commit of `tx`; nothing when it is rolled back.
    pub fn publish_tx(&self, tx: &Tx, channel: &str, payload: &str) {
        let (bus, channel, payload) = (self.clone(), channel.to_owned(), payload.to_owned());
        tx.on_commit(move || bus.publish(&channel, &payload));
    }

    /// The messages of a channel from now on.
    pub fn subscribe(&self, channel: &str) -> Subscription {
        self.0.registry.subscribe(channel)
    }

    /// Figures for metrics.
    pub fn stats(&self) -> BusStats {
        let counters = &self.0.counters;
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (channels, subscribers) = self.0.registry.counts();
        BusStats {
            connected: counters.connected.load(Ordering::Relaxed),
            channels,
            subscribers,
            published: load(&counters.published),
            published_bytes: load(&counters.published_bytes),
            received: load(&counters.received),
            received_bytes: load(&counters.received_bytes),
            disconnections: load(&counters.disconnections),
            lost: load(&counters.lost),
        }
    }

    /// Sends what waits, then closes the connection.
    pub async fn stop(&self) {
        self.0.stop.cancel();
        self.0.tasks.wait().await;
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
