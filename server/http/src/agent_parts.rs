//! Puts together what agents need: relay, agent service, programs to download.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use warren_agents::{Agents, StartError};
use warren_core::{Services, now};
use warren_db::DbError;
use warren_db::agent_reports::ensure_secret;
use warren_relay::{NodePrivate, Relay, RelayOptions};
use warren_tailnet::{DuplexStream, RelayDialer};

use crate::binaries::Binaries;
use crate::routes::relay::RelayRoutes;

/// How long relay connections may take to write what waits for them.
const RELAY_GRACE: Duration = Duration::from_secs(1);
/// Name of the relay's key in the database.
const RELAY_KEY: &str = "derp";

/// Why agents cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum AgentPartsError {
    /// The relay's key could not be read or stored.
    #[error("the key of the relay")]
    Key(#[source] DbError),
    /// The agent service did not start.
    #[error("agent service")]
    Agents(#[from] StartError),
}

/// What was started for agents, to be stopped after requests have ended.
pub struct AgentParts {
    relay: Option<Arc<Relay>>,
    agents: Agents,
}

/// The relay of this process, without a socket.
struct InProcess(Arc<Relay>);

#[async_trait]
impl RelayDialer for InProcess {
    async fn dial(&self) -> std::io::Result<Box<dyn DuplexStream>> {
        Ok(Box::new(self.0.open_pipe()))
    }
}

impl AgentParts {
    /// Starts them and makes them known to handlers.
    ///
    /// # Errors
    /// [`AgentPartsError`].
    pub async fn install(services: &Arc<Services>) -> Result<Self, AgentPartsError> {
        let relay = match services.config.derp_server_enable {
            true => Some(Relay::new(RelayOptions::new(relay_key(services).await?))),
            false => None,
        };
        let dialer = relay.clone().map(|relay| Arc::new(InProcess(relay)) as Arc<dyn RelayDialer>);
        let agents = Agents::start(services, dialer).await?;
        agents.install(services);
        if let Some(relay) = &relay {
            services.extensions.set(Arc::new(RelayRoutes::new(relay.clone())));
            services.extensions.set(relay.clone());
        }
        let config = &services.config;
        let binaries =
            Binaries::new(&config.data_dir, &config.cache_dir, services.tasks.clone(), services.shutdown.clone());
        services.extensions.set(Arc::new(binaries));
        Ok(Self { relay, agents })
    }

    /// The agent service.
    pub fn agents(&self) -> &Agents {
        &self.agents
    }

    /// The relay, if this server has one.
    pub fn relay(&self) -> Option<&Arc<Relay>> {
        self.relay.as_ref()
    }

    /// Ends the relay.
    pub async fn stop(&self) {
        if let Some(relay) = &self.relay {
            relay.shutdown(RELAY_GRACE).await;
        }
    }
}

/// The relay keeps its key, so that nobody must learn a new one after a restart.
async fn relay_key(services: &Services) -> Result<NodePrivate, AgentPartsError> {
    let fresh = NodePrivate::generate();
    let store = async {
        let conn = services.db.conn().await?;
        ensure_secret(&conn, RELAY_KEY, fresh.expose_bytes(), now()).await
    };
    let stored = store.await.map_err(AgentPartsError::Key)?;
    match <[u8; 32]>::try_from(stored.as_slice()) {
        Ok(bytes) => Ok(NodePrivate::from_bytes(bytes)),
        Err(_) => {
            tracing::error!("the stored key of the relay has a wrong length; a new one is used until the next start");
            Ok(fresh)
        }
    }
}
