//! REST types: workspace builds.

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

/// `WorkspaceBuildParameter`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceBuildParameter {
    pub name: String,
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
