//! The server's own node: streams to ports of agents, for apps, terminals and questions to the agent itself. It starts
//! with its first use. An agent is named by its id alone; its address follows from that and from nothing it says.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll};

use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::OnceCell;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;
use warren_core::Config;
use warren_proto::tailnet::DerpMap;
use warren_tailnet::{Error, Node, NodeOptions, RelayDialer, Role, TcpStream, address_of, random_address};

use crate::coordination::Coordination;
use crate::defaults::{COORDINATE_PAUSE, REACH_TIMEOUT, REACHED_RECENTLY, TUNNEL_IDLE, TUNNEL_SWEEP};

/// The way to agents; cheap to clone.
#[derive(Clone)]
pub struct AgentConns(Arc<Inner>);

struct Inner {
    coordination: Coordination,
    derp_map: DerpMap,
    config: Config,
    relay: Option<Arc<dyn RelayDialer>>,
    node: OnceCell<Node>,
    agents: Mutex<HashMap<Uuid, Tunnel>>,
    tasks: TaskTracker,
    shutdown: CancellationToken,
    opened: AtomicU64,
    open: Arc<AtomicU64>,
}

/// Streams that the server opened to agents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnStats {
    /// Since the start.
    pub opened: u64,
    /// Now.
    pub open: u64,
}

/// A tunnel to an agent. Streams hold `streams`, so its count is theirs and one.
struct Tunnel {
    used: Instant,
    reached: Option<Instant>,
    streams: Arc<()>,
}

impl AgentConns {
    pub(crate) fn new(
        coordination: Coordination,
        (derp_map, config): (DerpMap, Config),
        relay: Option<Arc<dyn RelayDialer>>,
        (tasks, shutdown): (TaskTracker, CancellationToken),
    ) -> Self {
        Self(Arc::new(Inner {
            coordination,
            derp_map,
            config,
            relay,
            node: OnceCell::new(),
            agents: Mutex::default(),
            tasks,
            shutdown,
            opened: AtomicU64::new(0),
            open: Arc::default(),
        }))
    }

    /// Counters; `None` before the first stream.
    pub fn stats(&self) -> Option<ConnStats> {
        let stats = ConnStats { opened: self.0.opened.load(Relaxed), open: self.0.open.load(Relaxed) };
        (stats.opened > 0).then_some(stats)
    }

    /// Opens a stream to a TCP port of an agent.
    ///
    /// # Errors
    /// The agent cannot be reached, or nothing listens there.
    pub async fn dial(&self, agent: Uuid, port: u16) -> Result<AgentStream, Error> {
        let node = self.0.node.get_or_try_init(|| self.start()).await?;
        let (ticket, reached) = self.ticket(agent);
        node.add_destination(agent).await?;
        if !reached {
            node.wait_reachable(agent, REACH_TIMEOUT).await?;
        }
        let address = SocketAddr::from((address_of(agent), port));
        let stream = match node.dial(address).await {
            Ok(stream) => stream,
            Err(error) => {
                self.forget_reached(agent);
                return Err(error);
            }
        };
        if let Some(tunnel) = self.0.agents.lock().get_mut(&agent) {
            tunnel.reached = Some(Instant::now());
        }
        self.0.opened.fetch_add(1, Relaxed);
        Ok(AgentStream { stream, _ticket: ticket, _open: OpenStream::new(self.0.open.clone()) })
    }

    fn ticket(&self, agent: Uuid) -> (Arc<()>, bool) {
        let now = Instant::now();
        let mut agents = self.0.agents.lock();
        let tunnel =
            agents.entry(agent).or_insert_with(|| Tunnel { used: now, reached: None, streams: Arc::default() });
        tunnel.used = now;
        (tunnel.streams.clone(), tunnel.reached.is_some_and(|at| at + REACHED_RECENTLY > now))
    }

    fn forget_reached(&self, agent: Uuid) {
        if let Some(tunnel) = self.0.agents.lock().get_mut(&agent) {
            tunnel.reached = None;
        }
    }

    async fn start(&self) -> Result<Node, Error> {
        let id = Uuid::new_v4();
        let (map, url) = (self.0.derp_map.clone(), self.0.config.access_url.clone());
        let mut options = NodeOptions::new(id, vec![random_address()], map, url);
        options.force_websocket = self.0.config.derp_force_websockets;
        options.in_process_relay = self.0.relay.clone();
        let node = Node::start(options).await?;
        self.0.tasks.spawn(self.clone().run(id, node.clone()));
        Ok(node)
    }

    /// Coordinates, and gives up tunnels that nobody uses, until the server ends.
    async fn run(self, id: Uuid, node: Node) {
        let sweep = async {
            loop {
                tokio::time::sleep(TUNNEL_SWEEP).await;
                for agent in self.idle() {
                    if node.remove_destination(agent).await.is_err() {
                        return;
                    }
                }
            }
        };
        tokio::select! {
            () = self.0.shutdown.cancelled() => {}
            () = self.coordinate(id, &node) => {}
            () = sweep => {}
        }
        node.close().await;
    }

    async fn coordinate(&self, id: Uuid, node: &Node) {
        loop {
            let cancel = CancellationToken::new();
            let (requests, responses, serve) = self.0.coordination.in_process((id, "server"), cancel.clone());
            let role = Role::Client { destinations: Vec::new() };
            let (ended, ()) = tokio::join!(
                async {
                    let ended = node.coordinate_in_process(requests, responses, role, cancel.clone()).await;
                    cancel.cancel();
                    ended
                },
                serve
            );
            match ended {
                Err(Error::Closed) => return,
                Err(error) => tracing::warn!(%error, "the server's own coordination failed"),
                Ok(_) => {}
            }
            tokio::time::sleep(COORDINATE_PAUSE).await;
        }
    }

    fn idle(&self) -> Vec<Uuid> {
        let mut agents = self.0.agents.lock();
        let idle = |tunnel: &Tunnel| tunnel.used.elapsed() >= TUNNEL_IDLE && Arc::strong_count(&tunnel.streams) == 1;
        let idle: Vec<Uuid> = agents.iter().filter(|(_, tunnel)| idle(tunnel)).map(|(agent, _)| *agent).collect();
        idle.iter().for_each(|agent| drop(agents.remove(agent)));
        idle
    }
}

/// A stream to a port of an agent; keeps the tunnel.
pub struct AgentStream {
    stream: TcpStream,
    _ticket: Arc<()>,
    _open: OpenStream,
}

/// Counts a stream while it is open.
struct OpenStream(Arc<AtomicU64>);

impl OpenStream {
    fn new(open: Arc<AtomicU64>) -> Self {
        open.fetch_add(1, Relaxed);
        Self(open)
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

impl AsyncRead for AgentStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for AgentStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
