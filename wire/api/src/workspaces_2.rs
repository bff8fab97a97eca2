//! REST types: workspaces 2.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

string_enum! {
    /// `WorkspaceStatus`.
    pub enum WorkspaceStatus {
        Pending = "pending",
        Starting = "starting",
        Running = "running",
        Stopping = "stopping",
        Stopped = "stopped",
        Failed = "failed",
        Canceling = "canceling",
        Canceled = "canceled",
        Deleting = "deleting",
        Deleted = "deleted",
    }
}

/// `WorkspaceUser`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceUser {
    #[serde(skip_serializing_if = "is_default")]
    pub avatar_url: String,
    pub id: Uuid,
    #[serde(skip_serializing_if = "is_default")]
    pub name: String,
    pub role: WorkspaceRole,
    pub username: String,
}

/// `WorkspacesResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspacesResponse {
    pub count: i64,
    #[serde(deserialize_with = "null_default")]
    pub workspaces: Vec<Workspace>,
}

/// `AgentUpdate`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AgentUpdate {
    pub id: Uuid,
    pub lifecycle: WorkspaceAgentLifecycle,
}

/// `BuildUpdate`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct BuildUpdate {
    pub job_status: ProvisionerJobStatus,
    pub transition: WorkspaceTransition,
}

/// `ConnectionWatchEvent`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ConnectionWatchEvent {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_update: Option<AgentUpdate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build_update: Option<BuildUpdate>,
    pub error: Option<WatchError>,
}

/// `WatchError`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WatchError {
    pub code: i64,
    #[serde(skip_serializing_if = "is_default")]
    pub details: String,
    pub message: String,
    pub retryable: bool,
}
