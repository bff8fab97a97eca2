//! REST types: workspaces.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

string_enum! {
    /// `AutomaticUpdates`.
    pub enum AutomaticUpdates {
        Always = "always",
        Never = "never",
    }
}

string_enum! {
    /// `BuildReason`.
    pub enum BuildReason {
        Initiator = "initiator",
        Autostart = "autostart",
        Autostop = "autostop",
        Dormancy = "dormancy",
        Dashboard = "dashboard",
        Cli = "cli",
        SshConnection = "ssh_connection",
        VscodeConnection = "vscode_connection",
        JetbrainsConnection = "jetbrains_connection",
        TaskAutoPause = "task_auto_pause",
        TaskManualPause = "task_manual_pause",
        TaskResume = "task_resume",
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

/// `SharedWorkspaceActor`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct SharedWorkspaceActor {
    pub actor_type: SharedWorkspaceActorType,
    #[serde(skip_serializing_if = "is_default")]
    pub avatar_url: String,
    pub id: Uuid,
    pub name: String,
    #[serde(deserialize_with = "null_default")]
    pub roles: Vec<WorkspaceRole>,
}

string_enum! {
    /// `SharedWorkspaceActorType`.
    pub enum SharedWorkspaceActorType {
        Group = "group",
        User = "user",
    }
}

/// `UpdateWorkspaceACL`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpdateWorkspaceAcl {
    /// As sent: an unknown role must be refused, not read as the empty one, which takes access away.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    #[schema(value_type = BTreeMap<String, WorkspaceRole>)]
    pub group_roles: BTreeMap<String, String>,
    /// As sent.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    #[schema(value_type = BTreeMap<String, WorkspaceRole>)]
    pub user_roles: BTreeMap<String, String>,
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

/// `UpdateWorkspaceDormancy`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpdateWorkspaceDormancy {
    pub dormant: bool,
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

/// `WorkspaceACL`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceAcl {
    #[serde(deserialize_with = "null_default")]
    pub group: Vec<WorkspaceGroup>,
    #[serde(deserialize_with = "null_default")]
    pub users: Vec<WorkspaceUser>,
}

/// `WorkspaceBuild`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceBuild {
    pub build_number: i64,
    #[serde(default = "zero_time")]
    pub created_at: Timestamp,
    pub daily_cost: i64,
    pub deadline: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_ai_task: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_external_agent: Option<bool>,
    pub id: Uuid,
    pub initiator_id: Uuid,
    pub initiator_name: String,
    pub job: ProvisionerJob,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matched_provisioners: Option<MatchedProvisioners>,
    pub max_deadline: Option<Timestamp>,
    pub reason: BuildReason,
    #[serde(deserialize_with = "null_default")]
    pub resources: Vec<WorkspaceResource>,
    pub status: WorkspaceStatus,
    pub template_version_id: Uuid,
    pub template_version_name: String,
    pub template_version_preset_id: Option<Uuid>,
    pub transition: WorkspaceTransition,
    #[serde(default = "zero_time")]
    pub updated_at: Timestamp,
    pub workspace_id: Uuid,
    pub workspace_name: String,
    #[serde(skip_serializing_if = "is_default")]
    pub workspace_owner_avatar_url: String,
    pub workspace_owner_id: Uuid,
    pub workspace_owner_name: String,
}

impl Default for WorkspaceBuild {
    fn default() -> Self {
        Self {
            build_number: Default::default(),
            created_at: zero_time(),
            daily_cost: Default::default(),
            deadline: Default::default(),
            has_ai_task: Default::default(),
            has_external_agent: Default::default(),
            id: Default::default(),
            initiator_id: Default::default(),
            initiator_name: Default::default(),
            job: Default::default(),
            matched_provisioners: Default::default(),
            max_deadline: Default::default(),
            reason: Default::default(),
            resources: Default::default(),
            status: Default::default(),
            template_version_id: Default::default(),
            template_version_name: Default::default(),
            template_version_preset_id: Default::default(),
            transition: Default::default(),
            updated_at: zero_time(),
            workspace_id: Default::default(),
            workspace_name: Default::default(),
            workspace_owner_avatar_url: Default::default(),
            workspace_owner_id: Default::default(),
            workspace_owner_name: Default::default(),
        }
    }
}

/// `WorkspaceGroup`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceGroup {
    pub avatar_url: String,
    pub display_name: String,
    pub id: Uuid,
    #[serde(deserialize_with = "null_default")]
    pub members: Vec<ReducedUser>,
    pub name: String,
    pub organization_display_name: String,
    pub organization_id: Uuid,
    pub organization_name: String,
    pub quota_allowance: i64,
    pub role: WorkspaceRole,
    pub source: GroupSource,
    pub total_member_count: i64,
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
    /// `WorkspaceRole`.
    pub enum WorkspaceRole or "" {
        Admin = "admin",
        Use = "use",
    }
}
