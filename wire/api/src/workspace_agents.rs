//! REST types: agents of workspaces.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `WorkspaceAgentListeningPort`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceAgentListeningPort {
    pub network: String,
    pub port: i64,
    pub process_name: String,
}

/// `WorkspaceAgentListeningPortsResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceAgentListeningPortsResponse {
    #[serde(deserialize_with = "null_default")]
    pub ports: Vec<WorkspaceAgentListeningPort>,
}

/// `WorkspaceAgentLog`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceAgentLog {
    #[serde(default = "zero_time")]
    pub created_at: Timestamp,
    pub id: i64,
    pub level: LogLevel,
    pub output: String,
    pub source_id: Uuid,
}

impl Default for WorkspaceAgentLog {
    fn default() -> Self {
        Self {
            created_at: zero_time(),
            id: Default::default(),
            level: Default::default(),
            output: Default::default(),
            source_id: Default::default(),
        }
    }
}

string_enum! {
    /// `AgentSubsystem`.
    pub enum AgentSubsystem {
        Envbox = "envbox",
        Envbuilder = "envbuilder",
        Exectrace = "exectrace",
    }
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
