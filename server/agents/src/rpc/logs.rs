//! Output of an agent's scripts.

use uuid::{Uuid, uuid};
use warren_builds::WorkspaceEventKind;
use warren_db::DbError;
use warren_db::agent_reports::{NewLogs, insert_log_source, insert_logs, mark_logs_overflowed};
use warren_proto::agent::log::Level;
use warren_proto::agent::{BatchCreateLogsRequest, BatchCreateLogsResponse};
use warren_rpc::RpcError;

use super::{failed, id};
use crate::Agents;
use crate::defaults::LOG_LIMIT_BYTES;
use crate::live::LiveAgent;
use crate::service::now;
use crate::session::AgentSession;

/// The source of output that names none.
const EXTERNAL_SOURCE: Uuid = uuid!("3b579bf4-1ed8-4b99-87a8-e9a1e3410410");

/// One line.
#[derive(Debug, Clone)]
pub struct LogLine {
    /// `trace`, `debug`, `info`, `warn` or `error`.
    pub level: &'static str,
    /// The text as it came.
    pub output: String,
}

/// Why lines were not stored.
#[derive(Debug, thiserror::Error)]
pub enum LogRefused {
    /// The agent's output is full.
    #[error("the agent's output is full")]
    Full,
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

pub(super) async fn create_logs(
    session: AgentSession,
    request: BatchCreateLogsRequest,
) -> Result<BatchCreateLogsResponse, RpcError> {
    if session.live.overflowed() {
        return Ok(BatchCreateLogsResponse { log_limit_exceeded: true });
    }
    if request.logs.is_empty() {
        return Ok(BatchCreateLogsResponse::default());
    }
    let source = id(&request.log_source_id, "log source id")?;
    let line = |log: warren_proto::agent::Log| LogLine { level: level(log.level()), output: log.output };
    let lines = request.logs.into_iter().map(line).collect();
    match session.agents.store_logs(&session.live, source, lines).await {
        Ok(()) => Ok(BatchCreateLogsResponse::default()),
        Err(LogRefused::Full) => Ok(BatchCreateLogsResponse { log_limit_exceeded: true }),
        Err(LogRefused::Db(error)) => Err(failed(error)),
    }
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Trace => "trace",
        Level::Debug => "debug",
        Level::Info | Level::Unspecified => "info",
        Level::Warn => "warn",
        Level::Error => "error",
    }
}

impl Agents {
    /// Stores lines of an agent and tells those who follow.
    pub(crate) async fn store_logs(
        &self,
        live: &LiveAgent,
        source: Uuid,
        lines: Vec<LogLine>,
    ) -> Result<(), LogRefused> {
        let (agent, now) = (live.identity.agent_id, now());
        let conn = self.0.db.conn().await?;
        let source = if source.is_nil() {
            insert_log_source(&conn, (agent, EXTERNAL_SOURCE, now), "External", "/emojis/1f310.png").await?;
            EXTERNAL_SOURCE
        } else {
            source
        };
        let levels: Vec<&str> = lines.iter().map(|line| line.level).collect();
        let texts: Vec<String> = lines.into_iter().map(|line| storable(line.output)).collect();
        let logs = NewLogs { agent_id: agent, source_id: source, created_at: now, levels: &levels, lines: &texts };
        let stored = insert_logs(&conn, &logs, LOG_LIMIT_BYTES).await?;
        let Some(length) = stored.length else {
            mark_logs_overflowed(&conn, agent).await?;
            drop(conn);
            live.set_overflowed();
            self.publish(&live.identity, WorkspaceEventKind::AgentLogsOverflow);
            return Err(LogRefused::Full);
        };
        drop(conn);
        if let Some(first) = stored.first_id {
            self.publish_logs(agent, first - 1);
        }
        let bytes: usize = texts.iter().map(String::len).sum();
        if usize::try_from(length) == Ok(bytes) {
            self.publish(&live.identity, WorkspaceEventKind::AgentFirstLogs);
        }
        Ok(())
    }
}

/// PostgreSQL's text has no NUL.
fn storable(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "❌") } else { text }
}
