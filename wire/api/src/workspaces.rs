//! REST types: workspaces.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `UpdateWorkspaceDormancy`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpdateWorkspaceDormancy {
    pub dormant: bool,
}

impl Rules for UpdateWorkspaceDormancy {}

string_enum! {
    /// `AutomaticUpdates`.
    pub enum AutomaticUpdates {
        Always = "always",
        Never = "never",
    }
}

/// `CreateWorkspaceRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CreateWorkspaceRequest {
    #[serde(skip_serializing_if = "is_default")]
    pub automatic_updates: AutomaticUpdates,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub autostart_schedule: Option<String>,
    pub name: String,
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub rich_parameter_values: Vec<WorkspaceBuildParameter>,
    pub template_id: Uuid,
    pub template_version_id: Uuid,
    pub template_version_preset_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl_ms: Option<i64>,
}

impl Rules for CreateWorkspaceRequest {
    const RULES: &'static [FieldRule] = &[
        ("name", &["required", "workspace_name"]),
        ("template_id", &["required_without=TemplateVersionID", "excluded_with=TemplateVersionID"]),
        ("template_version_id", &["required_without=TemplateID", "excluded_with=TemplateID"]),
    ];
}

/// `PostWorkspaceUsageRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PostWorkspaceUsageRequest {
    pub agent_id: Uuid,
    pub app_name: UsageAppName,
}

impl Rules for PostWorkspaceUsageRequest {
    const RULES: &'static [FieldRule] = &[];
}

/// `PutExtendWorkspaceRequest`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PutExtendWorkspaceRequest {
    #[serde(default = "zero_time")]
    pub deadline: Timestamp,
}

impl Default for PutExtendWorkspaceRequest {
    fn default() -> Self {
        Self { deadline: zero_time() }
    }
}

impl Rules for PutExtendWorkspaceRequest {
    const RULES: &'static [FieldRule] = &[("deadline", &["required"])];
}

/// `ResolveAutostartResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ResolveAutostartResponse {
    pub parameter_mismatch: bool,
}

/// `UpdateWorkspaceAutomaticUpdatesRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpdateWorkspaceAutomaticUpdatesRequest {
    pub automatic_updates: AutomaticUpdates,
}

impl Rules for UpdateWorkspaceAutomaticUpdatesRequest {
    const RULES: &'static [FieldRule] = &[];
}

/// `UpdateWorkspaceAutostartRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpdateWorkspaceAutostartRequest {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
}

impl Rules for UpdateWorkspaceAutostartRequest {
    const RULES: &'static [FieldRule] = &[];
}

/// `UpdateWorkspaceRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpdateWorkspaceRequest {
    #[serde(skip_serializing_if = "is_default")]
    pub name: String,
}

impl Rules for UpdateWorkspaceRequest {
    const RULES: &'static [FieldRule] = &[("name", &["username"])];
}

/// `UpdateWorkspaceTTLRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpdateWorkspaceTtlRequest {
    pub ttl_ms: Option<i64>,
}

impl Rules for UpdateWorkspaceTtlRequest {
    const RULES: &'static [FieldRule] = &[];
}

string_enum! {
    /// `UsageAppName`.
    pub enum UsageAppName {
        Vscode = "vscode",
        Jetbrains = "jetbrains",
        ReconnectingPty = "reconnecting-pty",
        Ssh = "ssh",
    }
}

/// `Workspace`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Workspace {
    pub allow_renames: bool,
    pub automatic_updates: AutomaticUpdates,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub autostart_schedule: Option<String>,
    #[serde(default = "zero_time")]
    pub created_at: Timestamp,
    pub deleting_at: Option<Timestamp>,
    pub dormant_at: Option<Timestamp>,
    pub favorite: bool,
    pub health: WorkspaceHealth,
    pub id: Uuid,
    pub is_prebuild: bool,
    #[serde(default = "zero_time")]
    pub last_used_at: Timestamp,
    pub latest_app_status: Option<WorkspaceAppStatus>,
    pub latest_build: WorkspaceBuild,
    pub name: String,
    pub next_start_at: Option<Timestamp>,
    pub organization_id: Uuid,
    pub organization_name: String,
    pub outdated: bool,
    pub owner_avatar_url: String,
    pub owner_id: Uuid,
    pub owner_name: String,
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub shared_with: Vec<SharedWorkspaceActor>,
    pub task_id: Option<Uuid>,
    pub template_active_version_id: Uuid,
    pub template_allow_user_cancel_workspace_jobs: bool,
    pub template_display_name: String,
    pub template_icon: String,
    pub template_id: Uuid,
    pub template_name: String,
    pub template_require_active_version: bool,
    pub template_use_classic_parameter_flow: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl_ms: Option<i64>,
    #[serde(default = "zero_time")]
    pub updated_at: Timestamp,
}

impl Default for Workspace {
    fn default() -> Self {
        Self {
            allow_renames: Default::default(),
            automatic_updates: Default::default(),
            autostart_schedule: Default::default(),
            created_at: zero_time(),
            deleting_at: Default::default(),
            dormant_at: Default::default(),
            favorite: Default::default(),
            health: Default::default(),
            id: Default::default(),
            is_prebuild: Default::default(),
            last_used_at: zero_time(),
            latest_app_status: Default::default(),
            latest_build: Default::default(),
            name: Default::default(),
            next_start_at: Default::default(),
            organization_id: Default::default(),
            organization_name: Default::default(),
            outdated: Default::default(),
            owner_avatar_url: Default::default(),
            owner_id: Default::default(),
            owner_name: Default::default(),
            shared_with: Default::default(),
            task_id: Default::default(),
            template_active_version_id: Default::default(),
            template_allow_user_cancel_workspace_jobs: Default::default(),
            template_display_name: Default::default(),
            template_icon: Default::default(),
            template_id: Default::default(),
            template_name: Default::default(),
            template_require_active_version: Default::default(),
            template_use_classic_parameter_flow: Default::default(),
            ttl_ms: Default::default(),
            updated_at: zero_time(),
        }
    }
}

/// `WorkspaceHealth`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceHealth {
    #[serde(deserialize_with = "null_default")]
    pub failing_agents: Vec<Uuid>,
    pub healthy: bool,
}

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

/// `WorkspacesResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspacesResponse {
    pub count: i64,
    #[serde(deserialize_with = "null_default")]
    pub workspaces: Vec<Workspace>,
}
