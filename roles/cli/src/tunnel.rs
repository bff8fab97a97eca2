//! The encrypted tunnel to one agent: a network node, the coordination that introduces the two, and its repair after losses.
//! The data plane goes on while coordination is away.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use http::{HeaderMap, StatusCode};
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;
use warren_api::{AgentConnectionInfo, DerpMap};
use warren_client::Client;
use warren_proto::tailnet as proto;
use warren_rpc::{Session, WsPipe};
use warren_tailnet::{Node, NodeOptions, Role, TcpStream, UdpFlow, address_of, random_address};

use crate::frame::Cx;

/// The agent's SSH server.
pub const SSH_PORT: u16 = 1;
/// The agent's speed test.
pub const SPEEDTEST_PORT: u16 = 3;
/// The agent's HTTP API.
pub const API_PORT: u16 = 4;

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How long a fresh tunnel may take until packets get through.
const REACH_LIMIT: Duration = Duration::from_secs(60);
const CLOSE_LIMIT: Duration = Duration::from_secs(2);

/// A tunnel to an agent.
pub struct Tunnel {
    node: Node,
    agent: Uuid,
    info: AgentConnectionInfo,
    cancel: CancellationToken,
    tasks: TaskTracker,
}

impl Tunnel {
    /// Opens a tunnel and waits until packets get through.
    pub async fn open(cx: &Cx, client: &Client, agent: Uuid) -> Result<Self> {
        let tunnel = Self::start(cx, client, agent).await?;
        tunnel.wait_reachable().await?;
        Ok(tunnel)
    }

    /// Opens a tunnel without waiting for the agent's answer.
    pub async fn start(cx: &Cx, client: &Client, agent: Uuid) -> Result<Self> {
        let info = client.agent_connection(agent).await.context("get connection info")?;
        Prepared::with(cx, client, info).await?.connect(client, agent).await
    }

    pub async fn wait_reachable(&self) -> Result<()> {
        self.node.wait_reachable(self.agent, REACH_LIMIT).await.context(
            "the workspace agent cannot be reached: it may be shutting down, or the relay may be blocked on the way",
        )
    }

    /// A connection to a port of the agent.
    pub async fn dial(&self, port: u16) -> Result<TcpStream> {
        let address = SocketAddr::new(IpAddr::V6(address_of(self.agent)), port);
        self.node.dial(address).await.with_context(|| format!("connect to port {port} of the agent"))
    }

    /// The first connection to a port of the agent, opened while it is still found out whether the agent can be reached.
    pub async fn reach(&self, port: u16) -> Result<TcpStream> {
        let (reached, dialled) = tokio::join!(self.wait_reachable(), self.dial(port));
        reached?;
        match dialled {
            Ok(stream) => Ok(stream),
            // The agent was found after the connection's own time was over.
            Err(_) => self.dial(port).await,
        }
    }

    /// A flow of datagrams to a port of the agent.
    pub async fn dial_udp(&self, port: u16) -> Result<UdpFlow> {
        let address = SocketAddr::new(IpAddr::V6(address_of(self.agent)), port);
        self.node.dial_udp(address).await.with_context(|| format!("reach UDP port {port} of the agent"))
    }

    /// A document of one of the agent's HTTP servers, with its status: one plain request on a connection of its own, no
    /// redirects.
    pub async fn agent_get(&self, port: u16, path: &str) -> Result<(u16, Vec<u8>)> {
        const LIMIT: u64 = 16 << 20;
        const PATIENCE: Duration = Duration::from_secs(20);
        let mut stream = self.dial(port).await?;
        stream.write_all(format!("GET {path} HTTP/1.0\r\nHost: agent\r\n\r\n").as_bytes()).await?;
        let mut bytes = Vec::new();
        tokio::time::timeout(PATIENCE, stream.take(LIMIT).read_to_end(&mut bytes))
            .await
            .context("the agent did not answer in time")??;
        let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").context("the agent's answer has no header")?;
        let body = bytes.split_off(end + 4);
        let head = String::from_utf8_lossy(&bytes);
        let status = head.split_ascii_whitespace().nth(1).and_then(|code| code.parse().ok());
        Ok((status.context("the agent's answer has no status")?, body))
    }

    pub fn node(&self) -> &Node {
        &self.node
    }

    pub fn agent(&self) -> Uuid {
        self.agent
    }

    /// What the deployment said about connections.
    pub fn info(&self) -> &AgentConnectionInfo {
        &self.info
    }

    /// The name of a relay region.
    pub fn region_name(&self, id: u16) -> String {
        let map = self.info.derp_map.as_ref();
        let region = map.and_then(|map| map.regions.get(&id.to_string()));
        region.map_or_else(|| id.to_string(), |region| region.region_name.clone())
    }

    /// Says goodbye to the coordinator and ends the node.
    pub async fn close(&self) {
        self.cancel.cancel();
        self.tasks.close();
        let _ = tokio::time::timeout(CLOSE_LIMIT, self.tasks.wait()).await;
        let _ = tokio::time::timeout(CLOSE_LIMIT, self.node.close()).await;
    }
}

/// A node that is on its way to its relay while it is still found out to whom the tunnel leads.
pub struct Prepared {
    node: Node,
    info: AgentConnectionInfo,
}

impl Prepared {
    /// Starts the node by what the deployment says to everybody.
    pub async fn new(cx: &Cx, client: &Client) -> Result<Self> {
        let info = client.connection_info().await.context("get connection info")?;
        Self::with(cx, client, info).await
    }

    async fn with(cx: &Cx, client: &Client, info: AgentConnectionInfo) -> Result<Self> {
        let map = info.derp_map.as_ref().ok_or_else(|| anyhow!("the deployment has no relays"))?;
        let direct_off = cx.opts.flag("disable-direct-connections");
        if direct_off {
            eprintln!("Direct connections disabled.");
        }
        let mut options =
            NodeOptions::new(Uuid::new_v4(), vec![random_address()], relay_map(map), client.url().clone());
        options.short_lived = true;
        options.force_websocket = info.derp_force_websockets;
        options.extra_headers = relay_headers(client);
        options.tls = Some(Arc::new(warren_tls::client_config(client.tls())?));
        let node = Node::start(options).await.context("start the network node")?;
        Ok(Self { node, info })
    }

    /// What the deployment said about connections.
    pub fn info(&self) -> &AgentConnectionInfo {
        &self.info
    }

    /// Wants the tunnel to an agent; comes back when the coordinator has taken the wish.
    pub async fn connect(self, client: &Client, agent: Uuid) -> Result<Tunnel> {
        let Self { node, info } = self;
        node.add_destination(agent).await?;
        let cancel = CancellationToken::new();
        let tasks = TaskTracker::new();
        let (first, dialled) = oneshot::channel();
        tasks.spawn(keep_coordinated(node.clone(), client.clone(), agent, cancel.clone(), first));
        let tunnel = Tunnel { node, agent, info, cancel, tasks };
        match dialled.await {
            Ok(Ok(())) => Ok(tunnel),
            Ok(Err(error)) => Err(anyhow::Error::new(error).context("dial coordinator")),
            Err(_) => bail!("the coordination ended before it began"),
        }
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

/// The user's own headers go to relays too: a proxy in front of the deployment may want them.
fn relay_headers(client: &Client) -> HeaderMap {
    let mut headers = client.headers().clone();
    headers.remove(warren_client::TOKEN_HEADER);
    headers.remove("coder-cli-telemetry");
    headers
}

/// Coordinates until cancelled; sessions that end are replaced.
async fn keep_coordinated(
    node: Node,
    client: Client,
    agent: Uuid,
    cancel: CancellationToken,
    first: oneshot::Sender<warren_client::Result<()>>,
) {
    let mut first = Some(first);
    let mut pause = FIRST_PAUSE;
    let resume = Arc::new(Mutex::new(None::<String>));
    while !cancel.is_cancelled() {
        let token = resume.lock().clone();
        let query = token.as_deref().map(|token| format!("&resume_token={token}")).unwrap_or_default();
        let path = format!("/api/v2/workspaceagents/{agent}/coordinate?version=2.0{query}");
        let dialled = tokio::select! {
            () = cancel.cancelled() => return,
            dialled = client.websocket(&path) => dialled,
        };
        match dialled {
            Ok(socket) => {
                pause = FIRST_PAUSE;
                if let Some(first) = first.take() {
                    let _ = first.send(Ok(()));
                }
                let session = Session::client(WsPipe::new(socket));
                run_session(&node, &session, &resume, &cancel).await;
                session.close();
            }
            Err(error) => {
                tracing::debug!(%error, "dial the coordinator");
                if rejects_token(&error) {
                    resume.lock().take();
                    continue;
                }
                if is_permanent(&error)
                    && let Some(first) = first.take()
                {
                    let _ = first.send(Err(error));
                    return;
                }
            }
        }
        tokio::select! {
            () = cancel.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn run_session(node: &Node, session: &Session, resume: &Mutex<Option<String>>, cancel: &CancellationToken) {
    let ended = cancel.child_token();
    let coordination = async {
        let role = Role::Client { destinations: Vec::new() };
        if let Err(error) = node.coordinate(session, role, cancel.clone()).await {
            tracing::debug!(%error, "coordination ended");
        }
        ended.cancel();
    };
    let maps = async {
        if let Err(error) = node.follow_derp_maps(session, ended.clone()).await {
            tracing::debug!(%error, "relay maps ended");
        }
    };
    let tokens = async {
        tokio::select! {
            () = ended.cancelled() => {}
            () = refresh_tokens(session, resume) => {}
        }
    };
    tokio::join!(coordination, maps, tokens);
}

/// Keeps the token that restores this peer's identity after a reconnect.
async fn refresh_tokens(session: &Session, resume: &Mutex<Option<String>>) {
    const WITHOUT_HINT: Duration = Duration::from_secs(30 * 60);
    loop {
        let request = proto::RefreshResumeTokenRequest {};
        let answer = session.unary(proto::tailnet_methods::REFRESH_RESUME_TOKEN, &request).await;
        // A server without resume tokens is fine: the next session is another peer then.
        let Ok(answer) = answer else { return };
        let pause = answer.refresh_in.and_then(|pause| u64::try_from(pause.seconds).ok()).filter(|s| *s > 0);
        *resume.lock() = Some(answer.token).filter(|token| !token.is_empty());
        tokio::time::sleep(pause.map_or(WITHOUT_HINT, Duration::from_secs)).await;
    }
}

fn rejects_token(error: &warren_client::Error) -> bool {
    error.status() == Some(StatusCode::UNAUTHORIZED)
        && error.api().is_some_and(|api| api.validations.iter().any(|v| v.field == "resume_token"))
}

/// Statuses that another try would only repeat.
fn is_permanent(error: &warren_client::Error) -> bool {
    matches!(error.status().map(|status| status.as_u16()), Some(400 | 401 | 403 | 404 | 409 | 500))
}

/// The relay map in the form of the tunnel protocol.
pub fn relay_map(map: &DerpMap) -> proto::DerpMap {
    let number = |value: i64| i32::try_from(value).unwrap_or_default();
    let regions = map.regions.iter().filter_map(|(id, region)| {
        let nodes = region.nodes.iter().map(|node| proto::derp_map::region::Node {
            name: node.name.clone(),
            region_id: node.region_id,
            host_name: node.host_name.clone(),
            cert_name: node.cert_name.clone(),
            ipv4: node.ipv4.clone(),
            ipv6: node.ipv6.clone(),
            stun_port: number(node.stunport),
            stun_only: node.stunonly,
            derp_port: number(node.derpport),
            insecure_for_tests: node.insecure_for_tests,
            force_http: node.force_http,
            stun_test_ip: node.stuntest_ip.clone(),
            can_port_80: node.can_port80,
        });
        let converted = proto::derp_map::Region {
            region_id: region.region_id,
            embedded_relay: region.embedded_relay,
            region_code: region.region_code.clone(),
            region_name: region.region_name.clone(),
            avoid: region.avoid,
            nodes: nodes.collect(),
        };
        Some((id.parse::<i64>().ok()?, converted))
    });
    let scores = &map.home_params.region_score;
    proto::DerpMap {
        home_params: (!scores.is_empty()).then(|| proto::derp_map::HomeParams {
            region_score: scores.iter().filter_map(|(id, score)| Some((id.parse().ok()?, *score))).collect(),
        }),
        regions: regions.collect(),
    }
}
