//! REST types: templates 4.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

string_enum! {
    /// `WorkspaceAppOpenIn`.
    pub enum WorkspaceAppOpenIn {
        SlimWindow = "slim-window",
        Tab = "tab",
    }
}

string_enum! {
    /// `WorkspaceAppSharingLevel`.
    pub enum WorkspaceAppSharingLevel {
        Owner = "owner",
        Authenticated = "authenticated",
        Organization = "organization",
        Public = "public",
    }
}

/// `WorkspaceAppStatus`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceAppStatus {
    pub agent_id: Uuid,
    pub app_id: Uuid,
    #[serde(default = "zero_time")]
    pub created_at: Timestamp,
    pub icon: String,
    pub id: Uuid,
    pub message: String,
    pub needs_user_attention: bool,
    pub state: WorkspaceAppStatusState,
    pub uri: String,
    pub workspace_id: Uuid,
}

impl Default for WorkspaceAppStatus {
    fn default() -> Self {
        Self {
            agent_id: Default::default(),
            app_id: Default::default(),
            created_at: zero_time(),
            icon: Default::default(),
            id: Default::default(),
            message: Default::default(),
            needs_user_attention: Default::default(),
            state: Default::default(),
            uri: Default::default(),
            workspace_id: Default::default(),
        }
    }
}

string_enum! {
    /// `WorkspaceAppStatusState`.
    pub enum WorkspaceAppStatusState {
        Working = "working",
        Idle = "idle",
        Complete = "complete",
        Failure = "failure",
    }
}

/// `WorkspaceBuildParameter`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceBuildParameter {
    pub name: String,
    pub value: String,
}

/// `WorkspaceResource`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceResource {
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub agents: Vec<WorkspaceAgent>,
    #[serde(default = "zero_time")]
    pub created_at: Timestamp,
    pub daily_cost: i64,
    pub hide: bool,
    pub icon: String,
    pub id: Uuid,
    pub job_id: Uuid,
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub metadata: Vec<WorkspaceResourceMetadata>,
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub workspace_transition: WorkspaceTransition,
}

impl Default for WorkspaceResource {
    fn default() -> Self {
        Self {
            agents: Default::default(),
            created_at: zero_time(),
            daily_cost: Default::default(),
            hide: Default::default(),
            icon: Default::default(),
            id: Default::default(),
            job_id: Default::default(),
            metadata: Default::default(),
            name: Default::default(),
            kind: Default::default(),
            workspace_transition: Default::default(),
        }
    }
}

/// `WorkspaceResourceMetadata`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceResourceMetadata {
    pub key: String,
    pub sensitive: bool,
    pub value: String,
}

string_enum! {
    /// `WorkspaceTransition`.
    pub enum WorkspaceTransition {
        Start = "start",
        Stop = "stop",
        Delete = "delete",
    }
}
