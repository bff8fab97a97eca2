//! What is published when agents do something.

use uuid::Uuid;
use warren_auth::AgentIdentity;
use warren_builds::{WorkspaceEvent, WorkspaceEventKind};

use crate::Agents;

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
