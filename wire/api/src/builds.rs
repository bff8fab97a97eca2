//! REST types: builds.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `AgentConnectionTiming`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AgentConnectionTiming {
    #[serde(default = "zero_time")]
    pub ended_at: Timestamp,
    pub stage: TimingStage,
    #[serde(default = "zero_time")]
    pub started_at: Timestamp,
    pub workspace_agent_id: String,
    pub workspace_agent_name: String,
}

impl Default for AgentConnectionTiming {
    fn default() -> Self {
        Self {
            ended_at: zero_time(),
            stage: Default::default(),
            started_at: zero_time(),
            workspace_agent_id: Default::default(),
            workspace_agent_name: Default::default(),
        }
    }
}

/// `AgentScriptTiming`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AgentScriptTiming {
    pub display_name: String,
    #[serde(default = "zero_time")]
    pub ended_at: Timestamp,
    pub exit_code: i64,
    pub stage: TimingStage,
    #[serde(default = "zero_time")]
    pub started_at: Timestamp,
    pub status: String,
    pub workspace_agent_id: String,
    pub workspace_agent_name: String,
}

impl Default for AgentScriptTiming {
    fn default() -> Self {
        Self {
            display_name: Default::default(),
            ended_at: zero_time(),
            exit_code: Default::default(),
            stage: Default::default(),
            started_at: zero_time(),
            status: Default::default(),
            workspace_agent_id: Default::default(),
            workspace_agent_name: Default::default(),
        }
    }
}

/// `CreateWorkspaceBuildOnSuccessRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CreateWorkspaceBuildOnSuccessRequest {
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub rich_parameter_values: Vec<WorkspaceBuildParameter>,
    pub template_version_id: Uuid,
    pub template_version_preset_id: Uuid,
    pub transition: WorkspaceTransition,
}

impl Rules for CreateWorkspaceBuildOnSuccessRequest {
    const RULES: &'static [FieldRule] = &[("transition", &["required", "oneof=start"])];
}

string_enum! {
    /// `CreateWorkspaceBuildReason`.
    pub enum CreateWorkspaceBuildReason {
        Dashboard = "dashboard",
        Cli = "cli",
        SshConnection = "ssh_connection",
        VscodeConnection = "vscode_connection",
        JetbrainsConnection = "jetbrains_connection",
        TaskManualPause = "task_manual_pause",
        TaskResume = "task_resume",
    }
}

/// `CreateWorkspaceBuildRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CreateWorkspaceBuildRequest {
    #[serde(skip_serializing_if = "is_default")]
    pub dry_run: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub log_level: ProvisionerLogLevel,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_success: Option<CreateWorkspaceBuildOnSuccessRequest>,
    #[serde(skip_serializing_if = "is_default")]
    pub orphan: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub reason: CreateWorkspaceBuildReason,
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub rich_parameter_values: Vec<WorkspaceBuildParameter>,
    #[serde(skip_serializing_if = "is_default")]
    pub state: String,
    pub template_version_id: Uuid,
    pub template_version_preset_id: Uuid,
    pub transition: WorkspaceTransition,
}

impl Rules for CreateWorkspaceBuildRequest {
    const RULES: &'static [FieldRule] = &[
        ("log_level", &["omitempty", "oneof=debug"]),
        (
            "reason",
            &[
                "omitempty",
                "oneof=dashboard cli ssh_connection vscode_connection jetbrains_connection task_manual_pause",
            ],
        ),
        ("transition", &["required", "oneof=start stop delete"]),
    ];
}

string_enum! {
    /// `ProvisionerLogLevel`.
    pub enum ProvisionerLogLevel {
        Debug = "debug",
    }
}

/// `ProvisionerTiming`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ProvisionerTiming {
    pub action: String,
    #[serde(default = "zero_time")]
    pub ended_at: Timestamp,
    pub job_id: Uuid,
    pub resource: String,
    pub source: String,
    pub stage: TimingStage,
    #[serde(default = "zero_time")]
    pub started_at: Timestamp,
}

impl Default for ProvisionerTiming {
    fn default() -> Self {
        Self {
            action: Default::default(),
            ended_at: zero_time(),
            job_id: Default::default(),
            resource: Default::default(),
            source: Default::default(),
            stage: Default::default(),
            started_at: zero_time(),
        }
    }
}

string_enum! {
    /// `TimingStage`.
    pub enum TimingStage {
        Init = "init",
        Plan = "plan",
        Graph = "graph",
        Apply = "apply",
        Start = "start",
        Stop = "stop",
        Cron = "cron",
        Connect = "connect",
    }
}

/// `UpdateWorkspaceBuildStateRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpdateWorkspaceBuildStateRequest {
    #[serde(deserialize_with = "null_default")]
    pub state: String,
}

impl Rules for UpdateWorkspaceBuildStateRequest {
    const RULES: &'static [FieldRule] = &[];
}

/// `WorkspaceBuildTimings`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceBuildTimings {
    #[serde(deserialize_with = "null_default")]
    pub agent_connection_timings: Vec<AgentConnectionTiming>,
    #[serde(deserialize_with = "null_default")]
    pub agent_script_timings: Vec<AgentScriptTiming>,
    #[serde(deserialize_with = "null_default")]
    pub provisioner_timings: Vec<ProvisionerTiming>,
}
