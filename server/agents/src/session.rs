//! One agent's connection: its calls, and watching whether it is alive (`docs/protocol/agents-server.md`).

use std::sync::Arc;

use jiff::Timestamp;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use warren_auth::AgentIdentity;
use warren_db::DbError;
use warren_db::agent_reports::{update_connected, update_disconnected};
use warren_rpc::{Session, WsPipe, end_of_second};

use crate::Agents;
use crate::defaults::{GOODBYE_TIMEOUT, INACTIVE_AFTER, PING_INTERVAL};
use crate::live::LiveAgent;
use crate::service::now;
use warren_builds::WorkspaceEventKind;

/// What the methods of a session know; cloned for each call.
#[derive(Clone)]
pub(crate) struct AgentSession(Arc<SessionData>);

pub(crate) struct SessionData {
    pub(crate) agents: Agents,
    pub(crate) identity: Arc<AgentIdentity>,
    pub(crate) live: Arc<LiveAgent>,
    pub(crate) api_version: Box<str>,
}

impl std::ops::Deref for AgentSession {
    type Target = SessionData;

    fn deref(&self) -> &SessionData {
        &self.0
    }
}

/// What an agent said when it connected.
#[derive(Debug, Clone)]
pub struct AgentHello {
    /// The API version it asked for.
    pub api_version: String,
    /// Whether it is the agent itself, and not something else that holds its token.
    pub monitored: bool,
}

impl Agents {
    /// Serves an agent's connection until it ends.
    pub async fn serve_agent(&self, identity: Arc<AgentIdentity>, hello: AgentHello, pipe: WsPipe) {
        let closer = pipe.closer();
        let live = self.0.live.entry(&identity);
        self.hear_owner(identity.owner_id);
        let session = Session::server(pipe);
        let context = AgentSession(Arc::new(SessionData {
            agents: self.clone(),
            identity: identity.clone(),
            live: live.clone(),
            api_version: hello.api_version.into(),
        }));
        let cancel = self.0.shutdown.child_token();
        // Boxed: moved from one future into the next, each would keep room for it.
        let serve = Box::pin(warren_rpc::serve(session.clone(), self.0.router.clone(), context, cancel.clone()));
        let outcome = if hello.monitored {
            let monitor = Monitor { agents: self, live: &live, session: &session, cancel: cancel.clone() };
            monitor.run(serve).await
        } else {
            serve.await
        };
        if let Err(error) = outcome {
            tracing::debug!(agent.id = %identity.agent_id, %error, "an agent's session failed");
            closer.set_internal_error(&error.to_string());
        }
        session.closed().await;
    }
}

struct Monitor<'a> {
    agents: &'a Agents,
    live: &'a LiveAgent,
    session: &'a Session,
    cancel: CancellationToken,
}

impl Monitor<'_> {
    async fn run(
        self,
        mut serve: impl Future<Output = Result<(), warren_rpc::Error>> + Unpin,
    ) -> Result<(), warren_rpc::Error> {
        let since = now();
        let number = self.live.connect(since, self.cancel.clone());
        // What runs for a moment only is boxed, so that it takes no room for the rest of the connection.
        let greeting = Box::pin(self.greet(since));
        let outcome = tokio::select! {
            outcome = &mut serve => outcome,
            () = async { greeting.await; self.watch(number).await } => {
                self.cancel.cancel();
                serve.await
            }
        };
        Box::pin(self.say_goodbye(number)).await;
        outcome
    }

    /// Writes that the agent is here. A database that is away for a moment does not cost the agent its connection.
    async fn greet(&self, since: Timestamp) {
        let agent = self.live.identity.agent_id;
        let written = async {
            let conn = self.agents.0.db.conn().await?;
            update_connected(&conn, agent, since).await
        };
        match written.await {
            Ok(first) => self.live.first_connected(first),
            Err(error) => {
                tracing::warn!(agent.id = %agent, %error, "cannot note that an agent connected");
                self.live.first_connected(Some(since));
            }
        }
        self.agents.publish(&self.live.identity, WorkspaceEventKind::AgentConnection);
    }

    /// Pings an agent that is silent, until it does not answer any more.
    async fn watch(&self, number: u64) {
        let mut answered = Instant::now();
        let mut next = answered + PING_INTERVAL;
        loop {
            sleep_until(end_of_second(next)).await;
            let silent = self.session.silent_for();
            if silent < PING_INTERVAL && !self.session.is_closed() {
                answered = Instant::now() - silent;
                next = answered + PING_INTERVAL;
                self.live.seen(number, now());
                continue;
            }
            next += PING_INTERVAL;
            match self.session.ping().await {
                Ok(_) => {
                    answered = Instant::now();
                    self.live.seen(number, now());
                }
                Err(_) if self.session.is_closed() => return,
                Err(error) if answered.elapsed() >= INACTIVE_AFTER => {
                    tracing::info!(agent.id = %self.live.identity.agent_id, %error, "an agent does not answer");
                    return;
                }
                Err(_) => {}
            }
        }
    }

    async fn say_goodbye(&self, number: u64) {
        let now = now();
        let agent = self.live.identity.agent_id;
        let Some((since, last_seen)) = self.live.disconnect(number, now) else { return };
        let write = async {
            let conn = self.agents.0.db.conn().await?;
            update_disconnected(&conn, agent, (since, last_seen), now).await?;
            Ok::<_, DbError>(())
        };
        match tokio::time::timeout(GOODBYE_TIMEOUT, write).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(agent.id = %agent, %error, "cannot note that an agent disconnected"),
            Err(_) => tracing::warn!(agent.id = %agent, "cannot note in time that an agent disconnected"),
        }
        self.agents.0.activity.forget(agent);
        self.agents.publish(&self.live.identity, WorkspaceEventKind::AgentConnection);
    }
}
