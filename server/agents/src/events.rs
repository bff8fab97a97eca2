//! What is published when agents do something.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use warren_auth::AgentIdentity;
use warren_pubsub::Bus;

use crate::Agents;

/// Channel of everything that happens to the workspaces of a user.
pub fn owner_channel(owner: Uuid) -> String {
    format!("workspace_owner:{owner}")
}

/// What happened to a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum WorkspaceEventKind {
    /// A build was made, taken, completed or canceled; a setting changed.
    #[serde(rename = "state_change")]
    StateChange,
    /// Statistics of an agent.
    #[serde(rename = "stats_update")]
    StatsUpdate,
    /// Metadata of an agent.
    #[serde(rename = "mtd_update")]
    MetadataUpdate,
    /// Health of an app.
    #[serde(rename = "app_health")]
    AppHealth,
    /// An agent's lifecycle.
    #[serde(rename = "agt_lifecycle_update")]
    AgentLifecycle,
    /// An agent connected or disconnected.
    #[serde(rename = "agt_connection_update")]
    AgentConnection,
    /// An agent's first log lines.
    #[serde(rename = "agt_first_logs")]
    AgentFirstLogs,
    /// An agent logged too much.
    #[serde(rename = "agt_logs_overflow")]
    AgentLogsOverflow,
    /// An agent did not connect in time.
    #[serde(rename = "agt_timeout")]
    AgentTimeout,
}

/// A message on [`owner_channel`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkspaceEvent {
    /// What happened.
    pub kind: WorkspaceEventKind,
    /// To which workspace.
    pub workspace_id: Uuid,
    /// To which agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<Uuid>,
}

impl WorkspaceEvent {
    /// A change of state.
    pub fn state(workspace_id: Uuid) -> Self {
        Self { kind: WorkspaceEventKind::StateChange, workspace_id, agent_id: None }
    }

    /// Tells those who watch the owner's workspaces.
    pub fn publish(self, bus: &Bus, owner: Uuid) {
        bus.publish(&owner_channel(owner), &serde_json::to_string(&self).unwrap_or_default());
    }
}

/// Channel of an agent's output.
pub fn log_channel(agent: Uuid) -> String {
    format!("agent-logs:{agent}")
}

impl Agents {
    /// Tells those who watch the workspace of an agent.
    pub(crate) fn publish(&self, identity: &AgentIdentity, kind: WorkspaceEventKind) {
        let event = WorkspaceEvent { kind, workspace_id: identity.workspace_id, agent_id: Some(identity.agent_id) };
        event.publish(&self.0.bus, identity.owner_id);
    }

    /// Tells those who follow an agent's output that there are lines with ids above `after`.
    pub(crate) fn publish_logs(&self, agent: Uuid, after: i64) {
        self.0.bus.publish(&log_channel(agent), &format!("{{\"created_after\":{after}}}"));
    }
}
