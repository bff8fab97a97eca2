//! What users ask about agents: one function for each use case.

use std::time::Duration;

use futures_util::stream::{self, Stream};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;
use warren_api::{LogLevel, WorkspaceAgent, WorkspaceAgentLog, WorkspaceAgentMetadata};
use warren_builds::{WorkspaceEvent, WorkspaceEventKind, owner_channel};
use warren_core::{AppNames, Cx, Error, Result, workspace_agent};
use warren_db::agent_reports::{self, AgentLogRow};
use warren_db::resources::AgentMetadataDescription;
use warren_db::workspaces::{WorkspaceRow, find_workspace_by_agent};
use warren_pubsub::{Event, Subscription};
use warren_rbac::Action;

use crate::Agents;
use crate::events::log_channel;
use crate::service::now;

/// Lines that are read at once.
const LOG_PAGE: i64 = 1_000;
/// A follower looks for lines this often even when it hears of none.
const LOG_RECHECK: Duration = Duration::from_secs(60);
/// Shortest and longest pause between two sendings of metadata.
const METADATA_PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(5));

/// The one answer for an agent that does not exist or may not be seen.
pub fn no_such_agent() -> Error {
    Error::new(404, "Agent doesn't exist with that id, or you do not have access to it.")
}

/// The workspace of an agent, if the caller may do `action` to it.
///
/// # Errors
/// 404 without the right to read, and without the right to connect; 403 without another right.
pub async fn workspace_of(cx: &Cx, agent: Uuid, action: Action) -> Result<WorkspaceRow> {
    let conn = cx.db().conn().await?;
    let found = find_workspace_by_agent(&conn, agent).await?.ok_or_else(no_such_agent)?;
    found.check(&cx.actor, Action::Read).map_err(|denied| no_such_agent().cause(denied))?;
    let row = found.allow(&cx.actor, action).map_err(|denied| match action {
        Action::Ssh | Action::ApplicationConnect => no_such_agent().cause(denied),
        _ => Error::from(denied),
    })?;
    if row.deleted { Err(no_such_agent()) } else { Ok(row) }
}

/// An agent.
///
/// # Errors
/// 404.
pub async fn get_agent(cx: &Cx, agent: Uuid) -> Result<WorkspaceAgent> {
    let workspace = workspace_of(cx, agent, Action::Read).await?;
    let conn = cx.db().conn().await?;
    let row = agent_reports::find_agent(&conn, agent).await?.ok_or_else(no_such_agent)?;
    drop(conn);
    let names = AppNames { workspace: &workspace.name, owner: &workspace.owner_name };
    let names = Some(names).filter(|_| !cx.services.config.wildcard_access_url.is_empty());
    workspace_agent(&cx.services, row, names, now()).ok_or_else(no_such_agent)
}

/// Lines of an agent's output with ids between `after` and `before`, both exclusive.
///
/// # Errors
/// 404.
pub async fn list_logs(cx: &Cx, agent: Uuid, after: i64, before: Option<i64>) -> Result<Vec<WorkspaceAgentLog>> {
    workspace_of(cx, agent, Action::Read).await?;
    let conn = cx.db().conn().await?;
    // The whole output is at most a mebibyte.
    let rows = agent_reports::list_logs(&conn, agent, after, i64::from(i32::MAX)).await?;
    let before = before.unwrap_or(i64::MAX);
    Ok(rows.into_iter().filter(|row| row.id < before).map(log).collect())
}

/// Names of the sources of an agent's output, and its name.
///
/// # Errors
/// 404.
pub async fn log_names(cx: &Cx, agent: Uuid) -> Result<(String, Vec<(Uuid, String)>)> {
    let found = get_agent(cx, agent).await?;
    let sources = found.log_sources.into_iter().map(|source| (source.id, source.display_name)).collect();
    Ok((found.name, sources))
}

fn log(row: AgentLogRow) -> WorkspaceAgentLog {
    WorkspaceAgentLog {
        id: row.id,
        created_at: row.created_at,
        level: LogLevel::parse(&row.level),
        output: row.output,
        source_id: row.log_source_id,
    }
}

struct Follow {
    cx: Cx,
    workspace: Uuid,
    agent: Uuid,
    last: i64,
    lines: Subscription,
    builds: Subscription,
    first: bool,
    outdated: bool,
}

/// Output of an agent in batches, the first one at once; ends when the agent's build is not the latest any more.
///
/// # Errors
/// 404.
pub async fn follow_logs(
    cx: &Cx,
    agent: Uuid,
    after: i64,
) -> Result<impl Stream<Item = Vec<WorkspaceAgentLog>> + use<>> {
    let workspace = workspace_of(cx, agent, Action::Read).await?;
    let bus = &cx.services.bus;
    // Heard before the first read, so that nothing falls between.
    let follow = Follow {
        cx: cx.clone(),
        workspace: workspace.id,
        agent,
        last: after,
        lines: bus.subscribe(&log_channel(agent)),
        builds: bus.subscribe(&owner_channel(workspace.owner_id)),
        first: true,
        outdated: false,
    };
    Ok(stream::unfold(follow, |mut follow| async { follow.next().await.map(|batch| (batch, follow)) }))
}

impl Follow {
    async fn next(&mut self) -> Option<Vec<WorkspaceAgentLog>> {
        loop {
            match self.read().await {
                Ok(batch) if self.first || !batch.is_empty() => {
                    self.first = false;
                    return Some(batch);
                }
                Ok(_) if self.outdated => return None,
                Ok(_) => {}
                Err(error) => tracing::warn!(agent.id = %self.agent, %error, "cannot read an agent's output"),
            }
            if let Err(error) = self.wait().await {
                tracing::warn!(agent.id = %self.agent, %error, "cannot see whether an agent is outdated");
            }
        }
    }

    async fn read(&mut self) -> Result<Vec<WorkspaceAgentLog>, warren_db::DbError> {
        let conn = self.cx.db().conn().await?;
        let rows = agent_reports::list_logs(&conn, self.agent, self.last, LOG_PAGE).await?;
        self.last = rows.last().map_or(self.last, |row| row.id);
        Ok(rows.into_iter().map(log).collect())
    }

    /// Until there may be more lines, or the agent's time is over.
    async fn wait(&mut self) -> Result<(), warren_db::DbError> {
        let recheck = Instant::now() + LOG_RECHECK;
        loop {
            let built = tokio::select! {
                _ = self.lines.recv() => return Ok(()),
                event = self.builds.recv() => match event {
                    Event::Dropped => true,
                    Event::Message(text) => serde_json::from_str::<WorkspaceEvent>(&text).is_ok_and(|event| {
                        event.kind == WorkspaceEventKind::StateChange && event.workspace_id == self.workspace
                    }),
                },
                () = sleep_until(recheck) => true,
            };
            if built {
                let conn = self.cx.db().conn().await?;
                self.outdated = agent_reports::list_admitted(&conn, &[self.agent]).await?.is_empty();
                return Ok(());
            }
        }
    }
}

struct MetadataWatch {
    agents: Agents,
    agent: Uuid,
    descriptions: Vec<AgentMetadataDescription>,
    changes: Option<watch::Receiver<u64>>,
    sent: Option<Instant>,
}

/// All metadata of an agent: at once, on change at most once a second, and at least every five seconds.
///
/// # Errors
/// 404.
pub async fn watch_metadata(cx: &Cx, agent: Uuid) -> Result<impl Stream<Item = Vec<WorkspaceAgentMetadata>> + use<>> {
    workspace_of(cx, agent, Action::Read).await?;
    let conn = cx.db().conn().await?;
    let descriptions = agent_reports::find_metadata(&conn, agent).await?.ok_or_else(no_such_agent)?;
    drop(conn);
    let agents = Agents::clone(&cx.services.extensions.get::<Agents>());
    let watch = MetadataWatch { agents, agent, descriptions, changes: None, sent: None };
    Ok(stream::unfold(watch, |mut watch| async {
        let items = watch.next().await;
        Some((items, watch))
    }))
}

impl MetadataWatch {
    async fn next(&mut self) -> Vec<WorkspaceAgentMetadata> {
        if let Some(sent) = self.sent {
            let (shortest, longest) = METADATA_PAUSE;
            sleep_until(sent + shortest).await;
            let change = async {
                // The sender goes with the agent's entry; a new one is found at the next look.
                let changed = match &mut self.changes {
                    Some(changes) => changes.changed().await.is_ok(),
                    None => false,
                };
                if !changed {
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                () = change => {}
                () = sleep_until(sent + longest) => {}
            }
        }
        self.sent = Some(Instant::now());
        match self.agents.0.live.find(self.agent) {
            Some(live) => {
                let mut changes = live.metadata.watch();
                changes.mark_unchanged();
                self.changes = Some(changes);
                live.metadata.list(&self.descriptions, now())
            }
            None => {
                self.changes = None;
                self.descriptions.iter().map(|item| crate::metadata::item(item, None, now())).collect()
            }
        }
    }
}
