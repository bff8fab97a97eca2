//! REST types: templates 3.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

string_enum! {
    /// `TemplateVersionWarning`.
    pub enum TemplateVersionWarning {
        UNSUPPORTEDWORKSPACES = "UNSUPPORTED_WORKSPACES",
    }
}

/// `TransitionStats`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TransitionStats {
    #[serde(rename = "P50")]
    pub p50: Option<i64>,
    #[serde(rename = "P95")]
    pub p95: Option<i64>,
}

/// `UpdateActiveTemplateVersion`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpdateActiveTemplateVersion {
    pub id: Uuid,
}

impl Rules for UpdateActiveTemplateVersion {
    const RULES: &'static [FieldRule] = &[("id", &["required"])];
}

impl Rules for UpdateTemplateMeta {
    const RULES: &'static [FieldRule] =
        &[("display_name", &["omitempty", "template_display_name"]), ("name", &["omitempty", "template_name"])];
}

/// `UpdateTemplateMeta`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpdateTemplateMeta {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activity_bump_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agents_allowed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_user_autostart: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_user_autostop: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_user_cancel_workspace_jobs: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub autostart_requirement: Option<TemplateAutostartRequirement>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub autostop_requirement: Option<TemplateAutostopRequirement>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cors_behavior: Option<CorsBehavior>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_ttl_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecation_message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_everyone_group_access: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_module_cache: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_ttl_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_port_share_level: Option<WorkspaceAgentPortShareLevel>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_active_version: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_til_autostop_notify_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_til_dormant_autodelete_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_til_dormant_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_workspace_dormant_at: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_workspace_last_used_at: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_classic_parameter_flow: Option<bool>,
}

string_enum! {
    /// `ValidationMonotonicOrder`.
    pub enum ValidationMonotonicOrder {
        Increasing = "increasing",
        Decreasing = "decreasing",
    }
}

/// `VariableValue`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct VariableValue {
    pub name: String,
    pub value: String,
}

/// `WorkspaceAgent`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceAgent {
    pub api_version: String,
    #[serde(deserialize_with = "null_default")]
    pub apps: Vec<WorkspaceApp>,
    pub architecture: String,
    pub connection_timeout_seconds: i64,
    #[serde(default = "zero_time")]
    pub created_at: Timestamp,
    #[serde(skip_serializing_if = "is_default")]
    pub directory: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disconnected_at: Option<Timestamp>,
    #[serde(deserialize_with = "null_default")]
    pub display_apps: Vec<DisplayApp>,
    #[serde(deserialize_with = "null_default")]
    pub environment_variables: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "is_default")]
    pub expanded_directory: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_connected_at: Option<Timestamp>,
    pub health: WorkspaceAgentHealth,
    pub id: Uuid,
    #[serde(skip_serializing_if = "is_default")]
    pub instance_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_connected_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub latency: BTreeMap<String, DerpRegion>,
    pub lifecycle_state: WorkspaceAgentLifecycle,
    #[serde(deserialize_with = "null_default")]
    pub log_sources: Vec<WorkspaceAgentLogSource>,
    pub logs_length: i64,
    pub logs_overflowed: bool,
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub metadata: Vec<WorkspaceAgentMetadata>,
    pub name: String,
    pub operating_system: String,
    pub parent_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready_at: Option<Timestamp>,
    pub resource_id: Uuid,
    #[serde(deserialize_with = "null_default")]
    pub scripts: Vec<WorkspaceAgentScript>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    pub startup_script_behavior: WorkspaceAgentStartupScriptBehavior,
    pub status: WorkspaceAgentStatus,
    #[serde(deserialize_with = "null_default")]
    pub subsystems: Vec<AgentSubsystem>,
    pub troubleshooting_url: String,
    #[serde(default = "zero_time")]
    pub updated_at: Timestamp,
    pub version: String,
}

impl Default for WorkspaceAgent {
    fn default() -> Self {
        Self {
            api_version: Default::default(),
            apps: Default::default(),
            architecture: Default::default(),
            connection_timeout_seconds: Default::default(),
            created_at: zero_time(),
            directory: Default::default(),
            disconnected_at: Default::default(),
            display_apps: Default::default(),
            environment_variables: Default::default(),
            expanded_directory: Default::default(),
            first_connected_at: Default::default(),
            health: Default::default(),
            id: Default::default(),
            instance_id: Default::default(),
            last_connected_at: Default::default(),
            latency: Default::default(),
            lifecycle_state: Default::default(),
            log_sources: Default::default(),
            logs_length: Default::default(),
            logs_overflowed: Default::default(),
            metadata: Default::default(),
            name: Default::default(),
            operating_system: Default::default(),
            parent_id: Default::default(),
            ready_at: Default::default(),
            resource_id: Default::default(),
            scripts: Default::default(),
            started_at: Default::default(),
            startup_script_behavior: Default::default(),
            status: Default::default(),
            subsystems: Default::default(),
            troubleshooting_url: Default::default(),
            updated_at: zero_time(),
            version: Default::default(),
        }
    }
}

/// `WorkspaceAgentHealth`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceAgentHealth {
    pub healthy: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub reason: String,
}

string_enum! {
    /// `WorkspaceAgentLifecycle`.
    pub enum WorkspaceAgentLifecycle {
        Created = "created",
        Starting = "starting",
        StartTimeout = "start_timeout",
        StartError = "start_error",
        Ready = "ready",
        ShuttingDown = "shutting_down",
        ShutdownTimeout = "shutdown_timeout",
        ShutdownError = "shutdown_error",
        Off = "off",
    }
}

/// `WorkspaceAgentLogSource`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceAgentLogSource {
    #[serde(default = "zero_time")]
    pub created_at: Timestamp,
    pub display_name: String,
    pub icon: String,
    pub id: Uuid,
    pub workspace_agent_id: Uuid,
}

impl Default for WorkspaceAgentLogSource {
    fn default() -> Self {
        Self {
            created_at: zero_time(),
            display_name: Default::default(),
            icon: Default::default(),
            id: Default::default(),
            workspace_agent_id: Default::default(),
        }
    }
}

/// `WorkspaceAgentMetadata`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceAgentMetadata {
    pub description: WorkspaceAgentMetadataDescription,
    pub result: WorkspaceAgentMetadataResult,
}

/// `WorkspaceAgentMetadataDescription`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceAgentMetadataDescription {
    pub display_name: String,
    pub interval: i64,
    pub key: String,
    pub script: String,
    pub timeout: i64,
}

/// `WorkspaceAgentMetadataResult`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceAgentMetadataResult {
    pub age: i64,
    #[serde(default = "zero_time")]
    pub collected_at: Timestamp,
    pub error: String,
    pub value: String,
}

impl Default for WorkspaceAgentMetadataResult {
    fn default() -> Self {
        Self {
            age: Default::default(),
            collected_at: zero_time(),
            error: Default::default(),
            value: Default::default(),
        }
    }
}

string_enum! {
    /// `WorkspaceAgentPortShareLevel`.
    pub enum WorkspaceAgentPortShareLevel {
        Owner = "owner",
        Authenticated = "authenticated",
        Organization = "organization",
        Public = "public",
    }
}

/// `WorkspaceAgentScript`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceAgentScript {
    pub cron: String,
    pub display_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i64>,
    pub id: Uuid,
    pub log_path: String,
    pub log_source_id: Uuid,
    pub run_on_start: bool,
    pub run_on_stop: bool,
    pub script: String,
    pub start_blocks_login: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<WorkspaceAgentScriptStatus>,
    pub timeout: i64,
}

string_enum! {
    /// `WorkspaceAgentScriptStatus`.
    pub enum WorkspaceAgentScriptStatus {
        Ok = "ok",
        ExitFailure = "exit_failure",
        TimedOut = "timed_out",
        PipesLeftOpen = "pipes_left_open",
    }
}

string_enum! {
    /// `WorkspaceAgentStartupScriptBehavior`.
    pub enum WorkspaceAgentStartupScriptBehavior {
        Blocking = "blocking",
        NonBlocking = "non-blocking",
    }
}

string_enum! {
    /// `WorkspaceAgentStatus`.
    pub enum WorkspaceAgentStatus {
        Connecting = "connecting",
        Connected = "connected",
        Disconnected = "disconnected",
        Timeout = "timeout",
    }
}

/// `WorkspaceApp`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceApp {
    #[serde(skip_serializing_if = "is_default")]
    pub command: String,
    #[serde(skip_serializing_if = "is_default")]
    pub display_name: String,
    pub external: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub group: String,
    pub health: WorkspaceAppHealth,
    pub healthcheck: Healthcheck,
    pub hidden: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub icon: String,
    pub id: Uuid,
    pub open_in: WorkspaceAppOpenIn,
    pub sharing_level: WorkspaceAppSharingLevel,
    pub slug: String,
    #[serde(deserialize_with = "null_default")]
    pub statuses: Vec<WorkspaceAppStatus>,
    pub subdomain: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub subdomain_name: String,
    #[serde(skip_serializing_if = "is_default")]
    pub tooltip: String,
    #[serde(skip_serializing_if = "is_default")]
    pub url: String,
}

string_enum! {
    /// `WorkspaceAppHealth`.
    pub enum WorkspaceAppHealth {
        Disabled = "disabled",
        Initializing = "initializing",
        Healthy = "healthy",
        Unhealthy = "unhealthy",
    }
}
