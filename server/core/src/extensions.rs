//! Everything the server has, for use cases and handlers.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use parking_lot::RwLock;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;
use warren_auth::{AgentTokens, Keys, Limits, Passwords, ProvisionerKeys};
use warren_db::Db;
use warren_pubsub::Bus;

use crate::Config;

/// What is known about an agent's connection right now.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentState {
    /// First connection ever seen.
    pub first_connected_at: Option<Timestamp>,
    /// Last sign of life.
    pub last_connected_at: Option<Timestamp>,
    /// Set while it is not connected.
    pub disconnected_at: Option<Timestamp>,
    /// Latency to each relay region by name: `(milliseconds, preferred)`.
    pub latency: Vec<(String, f64, bool)>,
}

/// Where agents are connected; known by the part of the server that holds the connections.
pub trait AgentPresence: Send + Sync {
    /// The state of an agent whose connection is held by a replica that this one hears from; `None`: use the database.
    fn connection(&self, agent: Uuid) -> Option<AgentState>;
}

/// Values by type: how parts of the server that are built later (or above this crate) reach handlers.
#[derive(Default)]
pub struct Extensions(RwLock<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>);

impl Extensions {
    /// Puts the one value of its type.
    pub fn set<T: Any + Send + Sync>(&self, value: Arc<T>) {
        self.0.write().insert(TypeId::of::<T>(), value);
    }

    /// The value of a type, if it was put.
    pub fn find<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        self.0.read().get(&TypeId::of::<T>()).cloned().and_then(|value| value.downcast().ok())
    }

    /// The value of a type that the start of the server always puts.
    ///
    /// # Panics
    /// When it was not put: the server is wired wrongly.
    pub fn get<T: Any + Send + Sync>(&self) -> Arc<T> {
        self.find().unwrap_or_else(|| panic!("{} is set before requests are served", std::any::type_name::<T>()))
    }
}

/// Everything the server has.
pub struct Services {
    /// The database.
    pub db: Db,
    /// The bus between replicas.
    pub bus: Bus,
    /// Typed configuration.
    pub config: Config,
    /// Tokens and keys.
    pub keys: Keys,
    /// Password hashing.
    pub passwords: Passwords,
    /// Rate limits.
    pub limits: Limits,
    /// Id of the deployment, kept in the database.
    pub deployment_id: Uuid,
    /// Finds agents by token; set by the part that owns agents.
    pub agent_tokens: OnceLock<Arc<dyn AgentTokens>>,
    /// Finds provisioner keys; set by the part that owns daemons.
    pub provisioner_keys: OnceLock<Arc<dyn ProvisionerKeys>>,
    /// Where agents are connected.
    pub presence: OnceLock<Arc<dyn AgentPresence>>,
    /// Everything else, by type.
    pub extensions: Extensions,
    /// Tasks that end with the server.
    pub tasks: TaskTracker,
    /// Cancelled when the server begins to drain.
    pub shutdown: CancellationToken,
}

impl Services {
    /// Assembles the part that every server has; the rest is set while it starts.
    pub fn new(db: Db, bus: Bus, keys: Keys, config: Config, deployment_id: Uuid) -> Self {
        Self {
            db,
            bus,
            config,
            keys,
            passwords: Passwords::default(),
            limits: Limits::default(),
            deployment_id,
            agent_tokens: OnceLock::new(),
            provisioner_keys: OnceLock::new(),
            presence: OnceLock::new(),
            extensions: Extensions::default(),
            tasks: TaskTracker::new(),
            shutdown: CancellationToken::new(),
        }
    }

    /// Now, to the microsecond that the database keeps.
    pub fn now(&self) -> Timestamp {
        now()
    }
}

/// Now, to the microsecond that the database keeps.
pub fn now() -> Timestamp {
    Timestamp::from_microsecond(Timestamp::now().as_microsecond()).unwrap_or_default()
}
