//! What agents and tools with an agent's token ask over plain HTTP.

use std::sync::Arc;

use uuid::Uuid;
use warren_api::{AgentGitSshKey, PatchLogs, PostLogSourceRequest, WorkspaceAgentLogSource};
use warren_auth::AgentIdentity;
use warren_core::{Error, Result};
use warren_db::agent_reports::{find_git_key, insert_log_source};

use crate::Agents;
use crate::live::LiveAgent;
use crate::rpc::{LogLine, LogRefused};
use crate::service::now;

/// Longest name or icon of a log source, bytes.
const MAX_TEXT: usize = 1_024;

impl Agents {
    /// The key pair with which the workspace's owner reaches repositories.
    ///
    /// # Errors
    /// 403 when the agent may not read its owner's data.
    pub async fn git_ssh_key(&self, identity: &AgentIdentity) -> Result<AgentGitSshKey> {
        if identity.no_user_data {
            return Err(Error::forbidden());
        }
        let conn = self.0.db.conn().await?;
        let key = find_git_key(&conn, identity.owner_id).await?;
        let key = key.ok_or_else(|| Error::new(404, "The owner of the workspace has no SSH key."))?;
        Ok(AgentGitSshKey { public_key: key.public_key, private_key: key.private_key })
    }

    /// Adds a source of output.
    ///
    /// # Errors
    /// 400 for an id that is none.
    pub async fn add_log_source(
        &self,
        identity: &AgentIdentity,
        request: PostLogSourceRequest,
    ) -> Result<WorkspaceAgentLogSource> {
        let id = uuid(&request.id)?;
        if request.display_name.len() > MAX_TEXT || request.icon.len() > MAX_TEXT {
            return Err(Error::invalid("The name or the icon of the log source is too long."));
        }
        let conn = self.0.db.conn().await?;
        let row =
            insert_log_source(&conn, (identity.agent_id, id, now()), &request.display_name, &request.icon).await?;
        Ok(WorkspaceAgentLogSource {
            created_at: row.created_at,
            display_name: row.display_name,
            icon: row.icon,
            id: row.id,
            workspace_agent_id: row.workspace_agent_id,
        })
    }

    /// Stores lines of output.
    ///
    /// # Errors
    /// 400 for no lines or an unknown level; 413 when the output is full.
    pub async fn patch_logs(&self, identity: &Arc<AgentIdentity>, request: PatchLogs) -> Result<()> {
        if request.logs.is_empty() {
            return Err(Error::invalid("No logs provided."));
        }
        let source = if request.log_source_id.is_empty() { Uuid::nil() } else { uuid(&request.log_source_id)? };
        let mut lines = Vec::with_capacity(request.logs.len());
        for log in request.logs {
            lines.push(LogLine { level: level(log.level.as_str())?, output: log.output });
        }
        let live = self.0.live.find(identity.agent_id).unwrap_or_else(|| Arc::new(LiveAgent::new(identity.clone())));
        match self.store_logs(&live, source, lines).await {
            Ok(()) => Ok(()),
            Err(LogRefused::Db(error)) => Err(error.into()),
            Err(LogRefused::Full) => Err(Error::new(413, "Logs limit exceeded").detail("The agent's output is full.")),
        }
    }
}

fn uuid(text: &str) -> Result<Uuid> {
    Uuid::parse_str(text)
        .map_err(|error| Error::invalid("Request body must be valid JSON.").detail(format!("{error}.")))
}

fn level(text: &str) -> Result<&'static str> {
    Ok(match text {
        "trace" => "trace",
        "debug" => "debug",
        "" | "info" => "info",
        "warn" => "warn",
        "error" => "error",
        other => {
            return Err(Error::invalid("Invalid log level provided.").detail(format!("invalid log level: {other:?}")));
        }
    })
}
