//! Hearing what happens to the workspaces of the owners of connected agents: a new build ends the agents of the old one.

use std::collections::HashSet;

use jiff::SignedDuration;
use tokio::time::Instant;
use uuid::Uuid;
use warren_builds::{WorkspaceEvent, WorkspaceEventKind, owner_channel};
use warren_db::DbError;
use warren_db::agent_reports::list_admitted;
use warren_pubsub::{Event, Subscription};

use crate::Agents;
use crate::defaults::{OWNER_IDLE, RECHECK_DELAY};
use crate::service::now;

impl Agents {
    /// Hears an owner's channel from now on, until no agent of theirs was here for a while.
    pub(crate) fn hear_owner(&self, owner: Uuid) {
        if self.0.owners.lock().insert(owner) {
            let events = self.0.bus.subscribe(&owner_channel(owner));
            self.0.tasks.spawn(self.clone().hear(owner, events));
        }
    }

    /// Whether an owner's channel is heard.
    pub(crate) fn hears_owner(&self, owner: Uuid) -> bool {
        self.0.owners.lock().contains(&owner)
    }

    async fn hear(self, owner: Uuid, mut events: Subscription) {
        let mut check: Option<(Instant, HashSet<Uuid>, bool)> = None;
        let mut sweep = Instant::now() + OWNER_IDLE;
        loop {
            let due = check.as_ref().map_or(sweep, |(at, ..)| *at);
            tokio::select! {
                () = self.0.shutdown.cancelled() => return,
                event = events.recv() => {
                    let workspace = match event {
                        Event::Dropped => None,
                        Event::Message(text) => match serde_json::from_str::<WorkspaceEvent>(&text) {
                            Ok(event) if event.kind == WorkspaceEventKind::StateChange => Some(event.workspace_id),
                            _ => continue,
                        },
                    };
                    self.0.tokens.forget(owner, workspace);
                    let new = || (Instant::now() + RECHECK_DELAY, HashSet::new(), false);
                    let (_, workspaces, all) = check.get_or_insert_with(new);
                    workspaces.extend(workspace);
                    *all |= workspace.is_none();
                }
                () = tokio::time::sleep_until(due) => match check.take() {
                    Some((_, workspaces, all)) => {
                        if let Err(error) = self.end_outdated(owner, &workspaces, all).await {
                            tracing::warn!(%error, "cannot see which agents are outdated");
                            check = Some((Instant::now() + OWNER_IDLE / 60, workspaces, all));
                        }
                    }
                    None => {
                        sweep = Instant::now() + OWNER_IDLE;
                        if self.stop_hearing(owner) {
                            return;
                        }
                    }
                },
            }
        }
    }

    /// Ends the connections of agents that would not be admitted any more.
    async fn end_outdated(&self, owner: Uuid, workspaces: &HashSet<Uuid>, all: bool) -> Result<(), DbError> {
        let mut agents = self.0.live.of_owner(owner, None);
        agents.retain(|agent| all || workspaces.contains(&agent.identity.workspace_id));
        if agents.is_empty() {
            return Ok(());
        }
        let ids: Vec<Uuid> = agents.iter().map(|agent| agent.identity.agent_id).collect();
        let conn = self.0.db.conn().await?;
        let admitted: HashSet<Uuid> = list_admitted(&conn, &ids).await?.into_iter().collect();
        for agent in agents.iter().filter(|agent| !admitted.contains(&agent.identity.agent_id)) {
            tracing::info!(agent.id = %agent.identity.agent_id, "the agent's build is outdated");
            agent.end();
            if agent.presence().is_none() {
                self.0.live.remove(agent.identity.agent_id);
            }
        }
        Ok(())
    }

    /// Stops when no agent of the owner was here for a while.
    fn stop_hearing(&self, owner: Uuid) -> bool {
        let idle = SignedDuration::try_from(OWNER_IDLE).unwrap_or(SignedDuration::ZERO);
        let before = now().checked_sub(idle).unwrap_or_default();
        // An agent that comes has its entry before it asks whether its owner is heard.
        let mut owners = self.0.owners.lock();
        if self.0.live.forget_idle(owner, before) {
            return false;
        }
        owners.remove(&owner);
        drop(owners);
        self.0.tokens.forget(owner, None);
        true
    }
}
