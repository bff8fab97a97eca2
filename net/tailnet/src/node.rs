//! The handle on a node: what agents, clients and the server call.

use std::collections::BTreeSet;
use std::net::{Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;
use uuid::Uuid;
use warren_proto::tailnet as proto;

use crate::Error;
use crate::command::{Command, RawStats};
use crate::core::{Answer, Keys, Update};
use crate::defaults::{
    ACTIVE_PING_TIMEOUT, COMMAND_QUEUE, DIAL_TIMEOUT, PING_TIMEOUT, PROBE_PAUSE, PROBE_PAUSE_FACTOR, PROBE_PAUSE_LIMIT,
};
use crate::driver;
use crate::forward::{Forwarder, Listener, UdpForwarder};
use crate::netstack::{Doorbell, TcpStream, UdpFlow};
use crate::relay::{Dialer, RelayDialer};

/// How a node is set up.
pub struct NodeOptions {
    /// The agent's id, or any random one; names the node in logs.
    pub id: Uuid,
    /// Its own addresses: for an agent [`crate::address_of`] and [`crate::desktop_address_of`] of its id, for others
    /// [`crate::random_address`].
    pub addresses: Vec<Ipv6Addr>,
    /// Where the relays are. Embedded regions are rewritten to `access_url`.
    pub derp_map: proto::DerpMap,
    /// The URL by which this process reaches the server.
    pub access_url: Url,
    /// Use websockets to reach relays, never the plain upgrade.
    pub force_websocket: bool,
    /// The node may be gone in a moment: what only informs others is measured later.
    pub short_lived: bool,
    /// Sent with every request to a relay.
    pub extra_headers: HeaderMap,
    /// What TLS trusts; the system's roots if absent.
    pub tls: Option<Arc<rustls::ClientConfig>>,
    /// The server's own node: reaches embedded regions without a socket.
    pub in_process_relay: Option<Arc<dyn RelayDialer>>,
}

impl NodeOptions {
    /// A node with usual settings.
    pub fn new(id: Uuid, addresses: Vec<Ipv6Addr>, derp_map: proto::DerpMap, access_url: Url) -> Self {
        Self {
            id,
            addresses,
            derp_map,
            access_url,
            force_websocket: false,
            short_lived: false,
            extra_headers: HeaderMap::new(),
            tls: None,
            in_process_relay: None,
        }
    }
}

/// A node of the encrypted network. Clones are the same node; it ends with the last one, or by [`Node::close`].
#[derive(Clone)]
pub struct Node {
    inner: Arc<Inner>,
}

struct Inner {
    commands: mpsc::Sender<Command>,
    /// The own record to publish, once the node can be reached; changes with its home.
    published: watch::Receiver<Option<proto::Node>>,
    /// To whom tunnels are wanted.
    destinations: watch::Sender<BTreeSet<Uuid>>,
    cancel: CancellationToken,
    tracker: TaskTracker,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

/// The answer to a DISCO ping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pong {
    /// From question to answer.
    pub latency: Duration,
    /// The relay region that carried it.
    pub region_id: u16,
    /// That region's code, empty if the map does not have it.
    pub region_code: String,
    /// The UDP address, if it went directly.
    pub endpoint: Option<SocketAddr>,
}

/// What passed through a node since the last look, and how it stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stats {
    /// TCP connections that moved packets.
    pub tcp_connections: u64,
    /// Packets and bytes from peers, inner sizes.
    pub rx_packets: u64,
    #[allow(missing_docs)]
    pub rx_bytes: u64,
    /// Packets and bytes to peers, inner sizes.
    pub tx_packets: u64,
    #[allow(missing_docs)]
    pub tx_bytes: u64,
    /// Median round trip to the peers in use; absent if none answered.
    pub median_latency: Option<Duration>,
    /// Peers that can be reached.
    pub peers: usize,
    /// The home region, once known.
    pub home_region: Option<u16>,
}

impl Node {
    /// Starts a node. It connects to its home relay by itself; nothing here waits for that.
    pub async fn start(options: NodeOptions) -> Result<Self, Error> {
        let tls = match options.tls {
            Some(tls) => tls,
            None => Arc::new(warren_tls::client_config(&warren_tls::ClientTls::default())?),
        };
        let (commands, queue) = mpsc::channel(COMMAND_QUEUE);
        let (publish, published) = watch::channel(None);
        let cancel = CancellationToken::new();
        let tracker = TaskTracker::new();
        let setup = driver::Setup {
            id: options.id,
            keys: Keys::generate(),
            addresses: options.addresses,
            derp_map: options.derp_map,
            access_url: options.access_url,
            force_websocket: options.force_websocket,
            short_lived: options.short_lived,
            dialer: Dialer { tls, headers: options.extra_headers, in_process: options.in_process_relay },
            doorbell: Arc::new(Doorbell::default()),
            publish,
            tracker: tracker.clone(),
            cancel: cancel.clone(),
        };
        tracker.spawn(driver::run(setup, queue));
        let destinations = watch::Sender::new(BTreeSet::new());
        Ok(Self { inner: Arc::new(Inner { commands, published, destinations, cancel, tracker }) })
    }

    /// Ends the node and waits until its tasks are gone. Streams break.
    pub async fn close(&self) {
        self.inner.cancel.cancel();
        self.inner.tracker.close();
        self.inner.tracker.wait().await;
    }

    /// Cancelled when the node ends.
    pub fn closed(&self) -> CancellationToken {
        self.inner.cancel.clone()
    }

    pub(crate) async fn command(&self, command: Command) -> Result<(), Error> {
        self.inner.commands.send(command).await.map_err(|_| Error::Closed)
    }

    async fn ask<T>(&self, make: impl FnOnce(oneshot::Sender<T>) -> Command) -> Result<T, Error> {
        let (reply, answer) = oneshot::channel();
        self.command(make(reply)).await?;
        answer.await.map_err(|_| Error::Closed)
    }

    /// Replaces the relay map; connections to regions that did not change stay.
    pub async fn set_derp_map(&self, map: proto::DerpMap) -> Result<(), Error> {
        self.command(Command::SetDerpMap(map)).await
    }

    /// Replaces the own addresses.
    pub async fn set_addresses(&self, addresses: Vec<Ipv6Addr>) -> Result<(), Error> {
        self.command(Command::SetAddresses(addresses)).await
    }

    /// Takes effect at the next connection to a relay.
    pub async fn set_force_websocket(&self, force: bool) -> Result<(), Error> {
        self.command(Command::SetForceWebSocket(force)).await
    }

    /// Accepts TCP connections to a port inside the tunnel.
    pub async fn listen(&self, port: u16) -> Result<Listener, Error> {
        let incoming = self.ask(|reply| Command::Listen { port, reply }).await?.ok_or(Error::PortTaken(port))?;
        Ok(Listener { port, incoming })
    }

    /// Decides on TCP connections to ports that no listener has. Without it they are refused.
    pub async fn forwarder(&self) -> Result<Forwarder, Error> {
        let pending = self.ask(|reply| Command::Forward { reply }).await?;
        Ok(Forwarder { pending })
    }

    /// Decides on UDP flows that peers begin. Without it their datagrams are dropped.
    pub async fn udp_forwarder(&self) -> Result<UdpForwarder, Error> {
        let flows = self.ask(|reply| Command::ForwardUdp { reply }).await?;
        Ok(UdpForwarder { flows })
    }

    /// Begins a UDP flow to a peer inside the tunnel. Datagrams to somebody unknown are lost.
    pub async fn dial_udp(&self, address: SocketAddr) -> Result<UdpFlow, Error> {
        let SocketAddr::V6(to) = address else { return Err(Error::Address(address)) };
        let flow = self.ask(|reply| Command::ConnectUdp { to, reply }).await?;
        Ok(flow.ok_or_else(|| std::io::Error::from(std::io::ErrorKind::AddrNotAvailable))?)
    }

    /// Opens a TCP connection inside the tunnel. A peer that is not known yet is waited for, as long as opening a
    /// connection may take.
    pub async fn dial(&self, address: SocketAddr) -> Result<TcpStream, Error> {
        let SocketAddr::V6(to) = address else { return Err(Error::Address(address)) };
        let stream = self
            .ask(|reply| Command::Connect { to, reply })
            .await?
            .ok_or_else(|| std::io::Error::from(std::io::ErrorKind::AddrNotAvailable))?;
        timeout(DIAL_TIMEOUT, stream.established()).await.map_err(|_| Error::Timeout)??;
        Ok(stream)
    }

    /// A DISCO ping, as official clients do it: shows by which way the peer is reached. At most five seconds.
    pub async fn ping(&self, peer: Uuid) -> Result<Pong, Error> {
        let (reply, answer) = oneshot::channel();
        let region_codes = self.ask(|codes| Command::Ping { peer, reply, codes }).await?;
        let Answer { latency, region } = match timeout(PING_TIMEOUT, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) if region_codes.is_none() => return Err(Error::UnknownPeer),
            _ => return Err(Error::Timeout),
        };
        let region_code = region_codes.and_then(|codes| codes.get(&region).cloned()).unwrap_or_default();
        Ok(Pong { latency, region_id: region, region_code, endpoint: None })
    }

    /// Probes a peer through the tunnel until it answers: then packets get through both ways.
    pub async fn wait_reachable(&self, peer: Uuid, limit: Duration) -> Result<(), Error> {
        timeout(limit, self.probe_until_answered(peer)).await.map_err(|_| Error::Timeout)?
    }

    async fn probe_until_answered(&self, peer: Uuid) -> Result<(), Error> {
        use futures_util::stream::{FuturesUnordered, StreamExt};
        // Earlier probes stay open: a late answer to any of them counts.
        let mut answers = FuturesUnordered::new();
        let mut pause = PROBE_PAUSE;
        loop {
            let (reply, answer) = oneshot::channel();
            self.command(Command::Probe { peer, reply }).await?;
            answers.push(answer);
            let next = Instant::now() + pause.mul_f64(rand::random_range(0.5..1.5));
            loop {
                tokio::select! {
                    Some(result) = answers.next() => {
                        if result.is_ok() {
                            return Ok(());
                        }
                    }
                    () = tokio::time::sleep_until(next) => break,
                }
            }
            pause = pause.mul_f64(PROBE_PAUSE_FACTOR).min(PROBE_PAUSE_LIMIT);
        }
    }

    /// Wants a tunnel to an agent: running and future coordination asks for it.
    pub async fn add_destination(&self, peer: Uuid) -> Result<(), Error> {
        self.command(Command::Expect(peer)).await?;
        self.inner.destinations.send_if_modified(|set| set.insert(peer));
        Ok(())
    }

    /// No longer wants a tunnel to an agent. Its connections break.
    pub async fn remove_destination(&self, peer: Uuid) -> Result<(), Error> {
        self.inner.destinations.send_if_modified(|set| set.remove(&peer));
        self.command(Command::Forget(peer)).await
    }

    /// The own record, once the home relay is connected; changes when it must be published again.
    pub fn published(&self) -> watch::Receiver<Option<proto::Node>> {
        self.inner.published.clone()
    }

    pub(crate) fn destinations(&self) -> watch::Receiver<BTreeSet<Uuid>> {
        self.inner.destinations.subscribe()
    }

    /// Takes news about peers; returns those whose node is now known.
    pub(crate) async fn apply(&self, updates: Vec<(Uuid, Update)>) -> Result<Vec<Uuid>, Error> {
        self.ask(|reply| Command::Update { updates, reply }).await
    }

    /// Whether a tunnel to this peer can be used.
    pub async fn knows(&self, peer: Uuid) -> Result<bool, Error> {
        self.ask(|reply| Command::Knows { peer, reply }).await
    }

    /// Counters since the last call; pings the peers in use for their latency (at most five seconds).
    pub async fn stats(&self) -> Result<Stats, Error> {
        use futures_util::future::join_all;
        let RawStats { traffic, tcp_connections, active, peers, home } =
            self.ask(|reply| Command::Stats { reply }).await?;
        let pings = active.into_iter().map(|peer| timeout(ACTIVE_PING_TIMEOUT, self.ping(peer)));
        let mut latencies: Vec<_> =
            join_all(pings).await.into_iter().filter_map(|result| Some(result.ok()?.ok()?.latency)).collect();
        latencies.sort_unstable();
        let median_latency = latencies.get(latencies.len() / 2).copied();
        Ok(Stats {
            tcp_connections,
            rx_packets: traffic.rx_packets,
            rx_bytes: traffic.rx_bytes,
            tx_packets: traffic.tx_packets,
            tx_bytes: traffic.tx_bytes,
            median_latency,
            peers,
            home_region: home,
        })
    }
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Node").field("closed", &self.inner.cancel.is_cancelled()).finish_non_exhaustive()
    }
}
