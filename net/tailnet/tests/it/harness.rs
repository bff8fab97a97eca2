//! A relay that can be cut, a coordinator, and nodes that use both.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream as Pipe};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use warren_coordinator::{ConnId, Coordinator, Leave, PeerAuth, PeerId};
use warren_derp::{Decoder, FrameKind, ServerHandshake, ServerInfo};
use warren_disco::{NodePrivate, NodePublic};
use warren_proto::tailnet::derp_map::{Region, region::Node as RelayNode};
use warren_proto::tailnet::{CoordinateRequest, CoordinateResponse, DerpMap};
use warren_tailnet::{DuplexStream, Node, NodeOptions, RelayDialer, Role, address_of, random_address};

pub const LIMIT: Duration = Duration::from_secs(30);

/// A relay in memory.
#[derive(Clone)]
pub struct Relay(Arc<RelayState>);

struct RelayState {
    key: NodePrivate,
    clients: Mutex<HashMap<NodePublic, mpsc::Sender<Bytes>>>,
    /// Present while the relay can be reached; cancelled to cut all connections.
    up: Mutex<Option<CancellationToken>>,
}

impl Relay {
    pub fn new() -> Self {
        Self(Arc::new(RelayState {
            key: NodePrivate::generate(),
            clients: Mutex::default(),
            up: Mutex::new(Some(CancellationToken::new())),
        }))
    }

    /// Ends all connections and refuses new ones.
    pub fn cut(&self) {
        if let Some(up) = self.0.up.lock().take() {
            up.cancel();
        }
    }

    pub fn restore(&self) {
        *self.0.up.lock() = Some(CancellationToken::new());
    }

    async fn serve(self, mut pipe: Pipe) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let handshake = ServerHandshake::new(&self.0.key);
        pipe.write_all(&handshake.greeting()).await?;
        let (mut decoder, mut buffer) = (Decoder::new(), BytesMut::new());
        let accepted = loop {
            if let Some(frame) = decoder.next_frame(&mut buffer)? {
                if let Some(accepted) =
                    handshake.handle_frame(&frame, &ServerInfo::default(), warren_disco::random_nonce())?
                {
                    break accepted;
                }
                continue;
            }
            if pipe.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
        };
        pipe.write_all(&accepted.reply).await?;
        let (outgoing, mut queue) = mpsc::channel::<Bytes>(512);
        self.0.clients.lock().insert(accepted.client, outgoing);
        let (mut read, mut write) = tokio::io::split(pipe);
        let writer = async {
            let mut batch = Vec::new();
            while queue.recv_many(&mut batch, 128).await > 0 {
                let joined = batch.concat();
                batch.clear();
                write.write_all(&joined).await?;
            }
            Ok::<_, io::Error>(())
        };
        let reader = async {
            loop {
                while let Some(frame) = decoder.next_raw(&mut buffer)? {
                    if frame.kind() != FrameKind::SendPacket {
                        continue;
                    }
                    let packet = frame.readdress(&accepted.client)?;
                    let destination = self.0.clients.lock().get(&packet.destination).cloned();
                    if let Some(destination) = destination {
                        let _ = destination.try_send(packet.frame);
                    }
                }
                buffer.reserve(64 * 1024);
                if read.read_buf(&mut buffer).await? == 0 {
                    return Ok::<_, Box<dyn std::error::Error + Send + Sync>>(());
                }
            }
        };
        tokio::select! {
            result = writer => result?,
            result = reader => result?,
        }
        Ok(())
    }
}

#[async_trait]
impl RelayDialer for Relay {
    async fn dial(&self) -> io::Result<Box<dyn DuplexStream>> {
        let up = self.0.up.lock().clone().ok_or(io::ErrorKind::ConnectionRefused)?;
        let (near, far) = tokio::io::duplex(256 * 1024);
        let relay = self.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = up.cancelled() => {}
                result = relay.serve(far) => drop(result),
            }
        });
        Ok(Box::new(near))
    }
}

/// A coordinator in memory.
#[derive(Clone, Default)]
pub struct Hub(Arc<Mutex<HubState>>);

#[derive(Default)]
struct HubState {
    coordinator: Coordinator,
    streams: HashMap<ConnId, mpsc::UnboundedSender<CoordinateResponse>>,
}

impl HubState {
    fn deliver(&mut self, woken: impl IntoIterator<Item = ConnId>) {
        for conn in woken {
            let output = self.coordinator.take_output(conn);
            if let Some(stream) = self.streams.get(&conn) {
                for response in output.responses {
                    let _ = stream.send(response);
                }
            }
            if output.closed.is_some() {
                self.streams.remove(&conn);
            }
        }
    }
}

impl Hub {
    /// Joins; returns the two ends of the stream. Ends when the requests end.
    pub fn join(
        &self,
        peer: Uuid,
        auth: PeerAuth,
    ) -> (mpsc::Sender<CoordinateRequest>, mpsc::Receiver<CoordinateResponse>) {
        let (requests, mut queue) = mpsc::channel(32);
        let (responses, incoming) = mpsc::channel(32);
        let (stream, mut outgoing) = mpsc::unbounded_channel();
        let hub = self.0.clone();
        let now = || jiff::Timestamp::UNIX_EPOCH;
        let conn = {
            let mut state = hub.lock();
            let (conn, woken) = state.coordinator.connect(PeerId(peer), auth, "test", now());
            state.streams.insert(conn, stream);
            state.deliver(woken);
            conn
        };
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    request = queue.recv() => {
                        let mut state = hub.lock();
                        let Some(request) = request else {
                            let woken = state.coordinator.disconnect(conn, Leave::Lost);
                            return state.deliver(woken);
                        };
                        let woken = state.coordinator.handle_request(conn, request, now());
                        state.deliver(woken);
                    }
                    response = outgoing.recv() => match response {
                        Some(response) => if responses.send(response).await.is_err() { return },
                        None => return,
                    },
                }
            }
        });
        (requests, incoming)
    }
}

pub fn derp_map() -> DerpMap {
    let node = RelayNode { name: "999b".into(), host_name: "relay.invalid".into(), ..RelayNode::default() };
    let region = Region {
        region_id: 999,
        embedded_relay: true,
        region_code: "test".into(),
        nodes: vec![node],
        ..Region::default()
    };
    DerpMap { home_params: None, regions: [(999, region)].into() }
}

/// A node that takes part; coordination ends with it.
pub struct Member {
    pub node: Node,
    pub id: Uuid,
    pub cancel: CancellationToken,
    pub coordination: tokio::task::JoinHandle<Result<warren_tailnet::CoordinationEnd, warren_tailnet::Error>>,
}

pub async fn agent(relay: &Relay, hub: &Hub, id: Uuid) -> Member {
    agent_by(Arc::new(relay.clone()), hub, id).await
}

pub async fn client(relay: &Relay, hub: &Hub, agent: Uuid) -> Member {
    client_by(Arc::new(relay.clone()), hub, agent).await
}

pub async fn agent_by(relay: Arc<dyn RelayDialer>, hub: &Hub, id: Uuid) -> Member {
    let addresses = vec![address_of(id), warren_tailnet::desktop_address_of(id)];
    start(hub, id, in_memory(relay, id, addresses), PeerAuth::Agent, Role::Agent).await
}

pub async fn client_by(relay: Arc<dyn RelayDialer>, hub: &Hub, agent: Uuid) -> Member {
    let auth = PeerAuth::SingleAgentClient(PeerId(agent));
    let role = Role::Client { destinations: vec![agent] };
    let id = Uuid::new_v4();
    start(hub, id, in_memory(relay, id, vec![random_address()]), auth, role).await
}

/// A client that reaches its relay over a socket.
pub async fn socket_client(hub: &Hub, agent: Uuid, url: &str, change: impl FnOnce(&mut NodeOptions)) -> Member {
    let auth = PeerAuth::SingleAgentClient(PeerId(agent));
    let id = Uuid::new_v4();
    let mut options = NodeOptions::new(id, vec![random_address()], derp_map(), url.parse().unwrap());
    change(&mut options);
    start(hub, id, options, auth, Role::Client { destinations: vec![agent] }).await
}

/// An agent that reaches its relay over a socket.
pub async fn socket_agent(hub: &Hub, id: Uuid, url: &str) -> Member {
    let options = NodeOptions::new(id, vec![address_of(id)], derp_map(), url.parse().unwrap());
    start(hub, id, options, PeerAuth::Agent, Role::Agent).await
}

fn in_memory(relay: Arc<dyn RelayDialer>, id: Uuid, addresses: Vec<std::net::Ipv6Addr>) -> NodeOptions {
    let mut options = NodeOptions::new(id, addresses, derp_map(), "http://relay.invalid".parse().unwrap());
    options.in_process_relay = Some(relay);
    options
}

async fn start(hub: &Hub, id: Uuid, options: NodeOptions, auth: PeerAuth, role: Role) -> Member {
    let node = Node::start(options).await.unwrap();
    let cancel = CancellationToken::new();
    let (requests, responses) = hub.join(id, auth);
    let coordination = tokio::spawn({
        let (node, cancel) = (node.clone(), cancel.clone());
        async move { node.coordinate_in_process(requests, responses, role, cancel).await }
    });
    Member { node, id, cancel, coordination }
}

/// Fails a test that hangs.
pub async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, what).await.expect("this takes too long")
}
