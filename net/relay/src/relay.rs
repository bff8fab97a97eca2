//! The relay: its options, its life, and what its sessions share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::debug;
use warren_derp::{Frame, MeshKey, PeerGoneReason};
use warren_disco::{NodePrivate, NodePublic};

use crate::client::{Client, ConnNumber};
use crate::defaults;
use crate::error::ServeError;
use crate::queue::{Queue, QueueLimits};
use crate::registry::Registry;
use crate::session;
use crate::stats::{DropReason, PacketKind, Stats, StatsSnapshot};

/// What a relay needs to know. Start from [`RelayOptions::new`].
pub struct RelayOptions {
    /// The relay's own key. Keep it across restarts, so that nothing that knows it must learn a new one.
    pub key: NodePrivate,
    /// The secret of the relays of this region; without it nobody has mesh rights.
    pub mesh_key: Option<MeshKey>,
    /// Packets in each of a client's two queues.
    pub queue_packets: usize,
    /// Bytes in each of a client's two queues.
    pub queue_bytes: usize,
    /// Bytes in all queues.
    pub total_queue_bytes: usize,
    /// Connections at one time.
    pub max_connections: usize,
}

impl RelayOptions {
    /// The usual numbers (see [`defaults`]).
    pub fn new(key: NodePrivate) -> Self {
        Self {
            key,
            mesh_key: None,
            queue_packets: defaults::QUEUE_PACKETS,
            queue_bytes: defaults::QUEUE_BYTES,
            total_queue_bytes: defaults::TOTAL_QUEUE_BYTES,
            max_connections: defaults::MAX_CONNECTIONS,
        }
    }
}

/// A running relay.
pub struct Relay {
    pub(crate) key: NodePrivate,
    public_key: NodePublic,
    pub(crate) mesh_key: Option<MeshKey>,
    limits: QueueLimits,
    room: Arc<Semaphore>,
    next_number: AtomicU64,
    pub(crate) registry: Registry,
    pub(crate) stats: Stats,
    /// Mesh connections that want to know who comes and goes.
    watchers: Mutex<Vec<Arc<Client>>>,
    tasks: TaskTracker,
    /// No new connections.
    draining: CancellationToken,
    /// The end of all sessions.
    stopping: CancellationToken,
}

impl Relay {
    /// A relay without connections.
    pub fn new(options: RelayOptions) -> Arc<Self> {
        let limits = QueueLimits {
            packets: options.queue_packets,
            bytes: options.queue_bytes,
            total: Arc::new(AtomicUsize::new(0)),
            total_limit: options.total_queue_bytes,
        };
        Arc::new(Self {
            public_key: options.key.public(),
            key: options.key,
            mesh_key: options.mesh_key,
            limits,
            room: Arc::new(Semaphore::new(options.max_connections)),
            next_number: AtomicU64::new(1),
            registry: Registry::new(),
            stats: Stats::default(),
            watchers: Mutex::default(),
            tasks: TaskTracker::new(),
            draining: CancellationToken::new(),
            stopping: CancellationToken::new(),
        })
    }

    /// The key by which clients know the relay.
    pub fn public_key(&self) -> NodePublic {
        self.public_key
    }

    /// Whether a client with this key is connected here.
    pub fn is_connected(&self, key: &NodePublic) -> bool {
        self.registry.find(key).is_some()
    }

    /// The counters now.
    pub fn stats(&self) -> StatsSnapshot {
        StatsSnapshot {
            clients: self.registry.keys() as u64,
            watchers: self.watchers.lock().len() as u64,
            ..self.stats.snapshot()
        }
    }

    /// Runs one connection to its end. `Ok` when the peer ended it or the relay shut down in order.
    pub async fn serve(self: &Arc<Self>, io: impl AsyncRead + AsyncWrite + Unpin) -> Result<(), ServeError> {
        let _room = self.admit()?;
        session::run(self, io, &self.stopping).await
    }

    /// Runs a connection that is still to be made, as a task of the relay.
    pub(crate) fn spawn<I>(self: &Arc<Self>, io: impl Future<Output = Option<I>> + Send + 'static)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let relay = self.clone();
        self.tasks.spawn(async move {
            let io = tokio::select! {
                io = tokio::time::timeout(defaults::HANDSHAKE_TIMEOUT, io) => io.ok().flatten(),
                () = relay.stopping.cancelled() => None,
            };
            if let Some(io) = io
                && let Err(error) = relay.serve(io).await
            {
                debug!(error = &error as &dyn std::error::Error, "relay connection ended");
            }
        });
    }

    /// A connection from inside the process, without HTTP and TLS.
    pub fn open_pipe(self: &Arc<Self>) -> DuplexStream {
        let (near, far) = tokio::io::duplex(64 * 1024);
        self.spawn(std::future::ready(Some(far)));
        near
    }

    /// Whether new connections are still accepted.
    pub fn is_accepting(&self) -> bool {
        !self.draining.is_cancelled()
    }

    /// Stops accepting, tells clients to come back, writes what waits for them, and ends all connections; after
    /// `grace` without further ado.
    pub async fn shutdown(&self, grace: Duration) {
        self.draining.cancel();
        self.tasks.close();
        for client in self.registry.all() {
            let spread = rand::random_range(Duration::ZERO..=defaults::RESTART_SPREAD);
            let last = Frame::Restarting { reconnect_in: spread, try_for: defaults::RESTART_TRY_FOR };
            client.queue.close(Some(&last));
        }
        let ended = async {
            self.tasks.wait().await;
            // Sessions that callers run themselves hold room, too.
            while self.stats.connections.load(Relaxed) > 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        if tokio::time::timeout(grace, ended).await.is_err() {
            debug!("relay connections did not end in time");
        }
        self.stopping.cancel();
        self.tasks.wait().await;
    }

    fn admit(&self) -> Result<OwnedSemaphorePermit, ServeError> {
        if self.draining.is_cancelled() {
            return Err(ServeError::ShuttingDown);
        }
        self.room.clone().try_acquire_owned().map_err(|_| ServeError::Full)
    }

    pub(crate) fn register(&self, key: NodePublic, mesh: bool) -> Arc<Client> {
        let number = self.next_number.fetch_add(1, Relaxed);
        let client = Arc::new(Client::new(number, key, mesh, Queue::new(self.limits.clone())));
        self.stats.accepts.fetch_add(1, Relaxed);
        self.stats.connections.fetch_add(1, Relaxed);
        if self.registry.add(&client) {
            self.tell_watchers(&Frame::PeerPresent(key));
        }
        // A shutdown that began meanwhile has not seen this client.
        if self.draining.is_cancelled() {
            client.queue.close(None);
        }
        client
    }

    pub(crate) fn unregister(&self, client: &Arc<Client>) {
        self.stats.connections.fetch_sub(1, Relaxed);
        if client.is_home.load(Relaxed) {
            self.stats.home_connections.fetch_sub(1, Relaxed);
        }
        self.watchers.lock().retain(|watcher| watcher.number != client.number);
        let waited = client.queue.abandon();
        for kind in [PacketKind::Disco, PacketKind::Other] {
            self.stats.dropped(DropReason::GoneDisconnected, kind, waited[kind as usize]);
        }
        match self.registry.remove(client) {
            Some(heir) => heir.inherit_destinations(client.take_destinations()),
            None => self.tell_gone(client),
        }
    }

    /// Tells those that heard from a client that it is gone, if they are still on the same connection.
    fn tell_gone(&self, client: &Client) {
        let gone = Frame::PeerGone { peer: client.key, reason: PeerGoneReason::Disconnected };
        self.tell_watchers(&gone);
        for (key, number) in client.take_destinations() {
            let listeners = self.registry.find_all(&key);
            if let Some(listener) = listeners.iter().find(|listener| listener.number == number)
                && listener.queue.push_control(&gone)
            {
                self.stats.peer_gone_disconnected.fetch_add(1, Relaxed);
            }
        }
    }

    pub(crate) fn watch(&self, watcher: &Arc<Client>) {
        let mut watchers = self.watchers.lock();
        if watcher.key == self.public_key || watchers.iter().any(|other| other.number == watcher.number) {
            return;
        }
        watchers.push(watcher.clone());
        drop(watchers);
        for client in self.registry.all() {
            if client.number != watcher.number {
                watcher.queue.push_control(&Frame::PeerPresent(client.key));
            }
        }
    }

    fn tell_watchers(&self, frame: &Frame) {
        for watcher in self.watchers.lock().iter() {
            watcher.queue.push_control(frame);
        }
    }

    /// Ends all connections of a key.
    pub(crate) fn close_peer(&self, key: &NodePublic) {
        for client in self.registry.find_all(key) {
            client.queue.close(None);
        }
    }

    /// Where packets to this key go, and the number to remember.
    pub(crate) fn route(&self, key: &NodePublic) -> Option<(Arc<Client>, ConnNumber)> {
        let client = self.registry.find(key)?;
        let number = client.number;
        Some((client, number))
    }
}
