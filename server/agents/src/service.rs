//! The part of the server that agents and their clients are connected to.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;
use warren_core::{Config, Services};
use warren_db::{Db, DbError};
use warren_proto::tailnet::DerpMap;
use warren_pubsub::Bus;
use warren_rpc::Router;
use warren_tailnet::RelayDialer;

use crate::activity::Activity;
use crate::client::{self, ClientSession};
use crate::conns::AgentConns;
use crate::coordination::Coordination;
use crate::derp_map;
use crate::fleet::Fleet;
use crate::live::Live;
use crate::resume::ResumeTokens;
use crate::rpc;
use crate::session::AgentSession;
use crate::tokens::TokenCache;

/// Why agents cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration gives no usable relay map.
    #[error("relay map")]
    DerpMap(#[from] derp_map::Error),
    /// The keys could not be read from the database.
    #[error("keys of the agent service")]
    Db(#[from] DbError),
}

/// Agents, their clients and the server's own way to them; cheap to clone.
#[derive(Clone)]
pub struct Agents(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) db: Db,
    pub(crate) bus: Bus,
    pub(crate) config: Config,
    pub(crate) derp_map: DerpMap,
    pub(crate) coordination: Coordination,
    pub(crate) live: Live,
    pub(crate) tokens: TokenCache,
    pub(crate) activity: Activity,
    pub(crate) resume: ResumeTokens,
    pub(crate) conns: AgentConns,
    pub(crate) fleet: Fleet,
    pub(crate) router: Arc<Router<AgentSession>>,
    pub(crate) client_router: Arc<Router<ClientSession>>,
    /// Owners whose channel is heard.
    pub(crate) owners: Mutex<HashSet<Uuid>>,
    pub(crate) tasks: TaskTracker,
    pub(crate) shutdown: CancellationToken,
}

impl Agents {
    /// Starts the service. `relay` reaches the embedded relay without a socket, if there is one.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(services: &Services, relay: Option<Arc<dyn RelayDialer>>) -> Result<Self, StartError> {
        let derp_map = derp_map::build(&services.config)?;
        let coordination = Coordination::new();
        let (tasks, shutdown) = (services.tasks.clone(), services.shutdown.clone());
        let conns = AgentConns::new(
            coordination.clone(),
            (derp_map.clone(), services.config.clone()),
            relay,
            (tasks.clone(), shutdown.clone()),
        );
        let agents = Self(Arc::new(Inner {
            db: services.db.clone(),
            bus: services.bus.clone(),
            config: services.config.clone(),
            resume: ResumeTokens::load(&services.db).await?,
            derp_map,
            coordination,
            live: Live::default(),
            tokens: TokenCache::default(),
            activity: Activity::default(),
            conns,
            fleet: Fleet::default(),
            router: Arc::new(rpc::router()),
            client_router: Arc::new(client::router()),
            owners: Mutex::default(),
            tasks,
            shutdown,
        }));
        agents.0.tasks.spawn(agents.clone().write_activity());
        Ok(agents)
    }

    /// Makes the service known to the rest of the server.
    pub fn install(&self, services: &Services) {
        // Only tests start twice; the first one stays.
        let _ = services.agent_tokens.set(Arc::new(self.clone()));
        let _ = services.presence.set(Arc::new(self.clone()));
        services.extensions.set(Arc::new(self.clone()));
    }

    /// The peers of this replica.
    pub fn coordination(&self) -> &Coordination {
        &self.0.coordination
    }

    /// Streams to agents, by the server's own node.
    pub fn conns(&self) -> &AgentConns {
        &self.0.conns
    }

    /// The relay map that everybody gets.
    pub fn derp_map(&self) -> &DerpMap {
        &self.0.derp_map
    }

    /// What a client needs to know before it coordinates.
    pub fn connection_info(&self) -> warren_api::AgentConnectionInfo {
        let config = &self.0.config;
        warren_api::AgentConnectionInfo {
            derp_map: Some(derp_map::to_json(&self.0.derp_map)),
            derp_force_websockets: config.derp_force_websockets,
            disable_direct_connections: config.block_direct_connections,
            hostname_suffix: config.workspace_hostname_suffix.clone(),
        }
    }

    /// The tokens by which clients keep their peer id.
    pub fn resume_tokens(&self) -> &ResumeTokens {
        &self.0.resume
    }

    /// Notes that a workspace is in use: it lives longer.
    pub fn note_activity(&self, workspace: Uuid) {
        self.0.activity.note(workspace);
    }

    /// The methods that agents may call.
    pub fn agent_methods(&self) -> Vec<&'static str> {
        self.0.router.methods()
    }

    /// The methods that clients may call.
    pub fn client_methods(&self) -> Vec<&'static str> {
        self.0.client_router.methods()
    }
}

/// Now, to the microsecond that the database keeps.
pub(crate) fn now() -> Timestamp {
    warren_core::now()
}
