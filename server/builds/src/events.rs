//! What travels on the bus about jobs and workspaces.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use warren_db::Tx;
use warren_pubsub::Bus;

/// Channel on which posted jobs are announced.
pub const JOB_POSTED: &str = "provisioner_job_posted";

/// A job that waits for a daemon.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct JobPosted {
    /// Nil: any organization.
    pub organization_id: Uuid,
    /// Provisioner.
    #[serde(rename = "type")]
    pub provisioner: String,
    /// Tags of the job.
    pub tags: BTreeMap<String, String>,
}

/// Channel of a job's log.
pub fn log_channel(job: Uuid) -> String {
    format!("provisioner-log-logs:{job}")
}

/// New lines of a job, or the end of its log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LogNotice {
    /// Every new line has an id above this.
    pub created_after: i64,
    /// The job is complete, and its row says so.
    pub end_of_logs: bool,
}

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
        bus.publish(&owner_channel(owner), &text(&self));
    }

    /// [`WorkspaceEvent::publish`] after the commit.
    pub fn publish_tx(self, bus: &Bus, tx: &Tx, owner: Uuid) {
        bus.publish_tx(tx, &owner_channel(owner), &text(&self));
    }
}

/// Announces a job after the commit.
pub(crate) fn post_job_tx(bus: &Bus, tx: &Tx, posted: &JobPosted) {
    bus.publish_tx(tx, JOB_POSTED, &text(posted));
}

/// Tells followers of a log.
pub(crate) fn publish_log(bus: &Bus, job: Uuid, notice: LogNotice) {
    bus.publish(&log_channel(job), &text(&notice));
}

/// [`publish_log`] after the commit.
pub(crate) fn publish_log_tx(bus: &Bus, tx: &Tx, job: Uuid, notice: LogNotice) {
    bus.publish_tx(tx, &log_channel(job), &text(&notice));
}

fn text(message: &impl Serialize) -> String {
    serde_json::to_string(message).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_have_the_documented_form() {
        let event = WorkspaceEvent::state(Uuid::nil());
        assert_eq!(text(&event), r#"{"kind":"state_change","workspace_id":"00000000-0000-0000-0000-000000000000"}"#);
        let notice: LogNotice = serde_json::from_str(r#"{"created_after":3}"#).unwrap();
        assert_eq!(notice, LogNotice { created_after: 3, end_of_logs: false });
    }
}
