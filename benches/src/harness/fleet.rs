//! Many agents inside this process, speaking the real protocol: websocket, yamux, dRPC, coordination, relay.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use http::HeaderValue;
use http::header::HeaderName;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use uuid::Uuid;
use warren_disco::address::ServicePrefix;
use warren_disco::{DiscoPrivate, NodePrivate};
use warren_proto::agent::lifecycle::State;
use warren_proto::agent::workspace_agent_metadata::Result as MetadataResult;
use warren_proto::agent::{
    BatchUpdateMetadataRequest, GetAnnouncementBannersRequest, GetManifestRequest, Lifecycle, Metadata, Startup, Stats,
    UpdateLifecycleRequest, UpdateStartupRequest, UpdateStatsRequest, agent_methods as agent,
};
use warren_proto::tailnet::coordinate_request::UpdateSelf;
use warren_proto::tailnet::{CoordinateRequest, Node, StreamDerpMapsRequest, tailnet_methods as tailnet};
use warren_rpc::{DialOptions, Session, dial};

use super::clone::AgentToken;
use super::relay::RelayClient;
use super::server::Server;

/// Agents that connect at the same time.
const CONNECTING: usize = 32;
const CONNECT_LIMIT: Duration = Duration::from_secs(120);
/// How often each agent reports its two values.
pub const METADATA_EVERY: Duration = Duration::from_secs(10);
const BANNERS_EVERY: Duration = Duration::from_secs(120);

/// What the agents do once they are connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Traffic {
    /// What every agent does: statistics at the server's interval.
    Idle,
    /// Two metadata values every ten seconds as well.
    Metadata,
}

/// Connected agents; they leave when this is dropped.
pub struct Fleet {
    agents: JoinSet<()>,
    failures: Arc<Failures>,
    traffic: Traffic,
}

/// Agents that ended before their time.
#[derive(Debug, Default)]
struct Failures {
    count: AtomicUsize,
    first: OnceLock<String>,
}

impl Failures {
    fn add(&self, error: &anyhow::Error) {
        self.count.fetch_add(1, Relaxed);
        let _ = self.first.set(format!("{error:#}"));
    }

    fn count(&self) -> usize {
        self.count.load(Relaxed)
    }

    fn first(&self) -> &str {
        self.first.get().map_or("", String::as_str)
    }
}

impl Fleet {
    pub fn new(traffic: Traffic) -> Self {
        Self { agents: JoinSet::new(), failures: Arc::default(), traffic }
    }

    pub fn len(&self) -> usize {
        self.agents.len()
    }

    /// Connects further agents and waits until each has its manifest, its place in the coordinator and its relay.
    pub async fn connect(&mut self, server: &Server, agents: &[AgentToken]) -> Result<()> {
        let places = Arc::new(Semaphore::new(CONNECTING));
        let (ready, mut arrived) = mpsc::channel::<()>(CONNECTING);
        for token in agents {
            let fake = FakeAgent { url: server.url.clone(), port: server.port(), token: *token, traffic: self.traffic };
            let (places, ready, failures) = (places.clone(), ready.clone(), self.failures.clone());
            self.agents.spawn(async move {
                if let Err(error) = fake.run(&places, ready).await {
                    failures.add(&error);
                }
            });
        }
        drop(ready);
        for _ in agents {
            let step = tokio::time::timeout(CONNECT_LIMIT, arrived.recv()).await;
            if !matches!(step, Ok(Some(()))) {
                let failures = &self.failures;
                bail!("{} agents could not connect; the first: {}", failures.count(), failures.first());
            }
        }
        self.ensure_complete()
    }

    /// Fails when an agent has lost its connection: figures of a smaller fleet would look too good.
    pub fn ensure_complete(&self) -> Result<()> {
        match self.failures.count() {
            0 => Ok(()),
            count => bail!("{count} agents were lost; the first: {}", self.failures.first()),
        }
    }
}

struct FakeAgent {
    url: String,
    port: u16,
    token: AgentToken,
    traffic: Traffic,
}

impl FakeAgent {
    async fn run(self, places: &Semaphore, ready: mpsc::Sender<()>) -> Result<()> {
        let place = places.acquire().await?;
        let session = self.dial().await?;
        session.unary(agent::GET_ANNOUNCEMENT_BANNERS, &GetAnnouncementBannersRequest {}).await.context("banners")?;
        let manifest = session.unary(agent::GET_MANIFEST, &GetManifestRequest {}).await.context("manifest")?;
        let startup = Startup {
            version: warren_types::COMPATIBILITY_VERSION.to_owned(),
            expanded_directory: "/home/bench".into(),
            subsystems: Vec::new(),
        };
        let startup = UpdateStartupRequest { startup: Some(startup) };
        session.unary(agent::UPDATE_STARTUP, &startup).await.context("startup")?;
        for state in [State::Starting, State::Ready] {
            let lifecycle = Lifecycle { state: state.into(), changed_at: Some(now()) };
            let request = UpdateLifecycleRequest { lifecycle: Some(lifecycle) };
            session.unary(agent::UPDATE_LIFECYCLE, &request).await.context("lifecycle")?;
        }
        let region = manifest.derp_map.and_then(|map| map.regions.keys().min().copied());
        let region = region.context("the manifest has no relay region")?;
        let key = NodePrivate::generate();
        let relay = RelayClient::connect(self.port, &key).await.context("relay")?;
        let mut maps = session.server_stream(tailnet::STREAM_DERP_MAPS, &StreamDerpMapsRequest {}).await?;
        maps.recv().await?.context("the stream of relay maps ended")?;
        let (mut publish, mut peers) = session.bidi(tailnet::COORDINATE).await.context("coordinate")?;
        let update = UpdateSelf { node: Some(self.node(&key, region)) };
        publish.send(&CoordinateRequest { update_self: Some(update), ..Default::default() }).await?;
        drop(place);
        ready.send(()).await?;
        drop(ready);
        tokio::select! {
            reason = session.closed() => Err(anyhow!("the session ended: {reason:?}")),
            result = relay.stay() => result,
            result = async { while maps.recv().await?.is_some() {} bail!("the relay maps ended") } => result,
            result = async { while peers.recv().await?.is_some() {} bail!("the coordination ended") } => result,
            result = banners(&session) => result,
            result = statistics(&session) => result,
            result = metadata(&session, self.traffic) => result,
        }
    }

    async fn dial(&self) -> Result<Session> {
        let mut options =
            DialOptions::new(format!("{}/api/v2/workspaceagents/me/rpc?version=2.8&role=agent", self.url));
        let token = HeaderValue::try_from(self.token.token.to_string())?;
        options = options.header(HeaderName::from_static("coder-session-token"), token);
        options.timeout = CONNECT_LIMIT;
        Ok(Session::client(dial(options).await?))
    }

    fn node(&self, key: &NodePrivate, region: i64) -> Node {
        let address = format!("{}/128", ServicePrefix::Tailnet.address_of(self.token.id.into_bytes()));
        Node {
            id: warren_disco::address::numeric_node_id(self.token.id.into_bytes()),
            as_of: Some(now()),
            key: key.public().to_prefixed_bytes().to_vec().into(),
            disco: DiscoPrivate::generate().public().to_string(),
            preferred_derp: i32::try_from(region).unwrap_or(1),
            derp_latency: [(format!("{region}-v4"), 0.001)].into(),
            derp_forced_websocket: Default::default(),
            addresses: vec![address.clone()],
            allowed_ips: vec![address],
            endpoints: Vec::new(),
        }
    }
}

async fn banners(session: &Session) -> Result<()> {
    loop {
        tokio::time::sleep(BANNERS_EVERY).await;
        session.unary(agent::GET_ANNOUNCEMENT_BANNERS, &GetAnnouncementBannersRequest {}).await?;
    }
}

async fn statistics(session: &Session) -> Result<()> {
    let mut request = UpdateStatsRequest { stats: None };
    loop {
        let answer = session.unary(agent::UPDATE_STATS, &request).await.context("statistics")?;
        let seconds = answer.report_interval.map_or(300, |interval| interval.seconds).max(1);
        tokio::time::sleep(Duration::from_secs(seconds.unsigned_abs())).await;
        request.stats = Some(Stats { connection_median_latency_ms: -0.001, ..Default::default() });
    }
}

async fn metadata(session: &Session, traffic: Traffic) -> Result<()> {
    if traffic == Traffic::Idle {
        return std::future::pending().await;
    }
    // Spread over the period, as agents that were started at different times are.
    let phase = u64::from(Uuid::new_v4().as_fields().0) % METADATA_EVERY.as_millis() as u64;
    tokio::time::sleep(Duration::from_millis(phase)).await;
    let mut round = 0_u64;
    loop {
        round += 1;
        session.unary(agent::BATCH_UPDATE_METADATA, &metadata_request(round)).await.context("metadata")?;
        tokio::time::sleep(METADATA_EVERY).await;
    }
}

/// One report of two values.
pub fn metadata_request(round: u64) -> BatchUpdateMetadataRequest {
    let value = |key: &str| Metadata {
        key: key.into(),
        result: Some(MetadataResult {
            collected_at: Some(now()),
            age: 0,
            value: format!("{}%", round % 100),
            error: String::new(),
        }),
    };
    BatchUpdateMetadataRequest { metadata: vec![value("cpu"), value("memory")] }
}

fn now() -> prost_types::Timestamp {
    let now = jiff::Timestamp::now();
    prost_types::Timestamp { seconds: now.as_second(), nanos: now.subsec_nanosecond() }
}
