//! REST types: provisioner jobs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

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

string_enum! {
    /// `JobErrorCode`.
    pub enum JobErrorCode {
        REQUIREDTEMPLATEVARIABLES = "REQUIRED_TEMPLATE_VARIABLES",
        INSUFFICIENTQUOTA = "INSUFFICIENT_QUOTA",
    }
}

string_enum! {
    /// `LogLevel`.
    pub enum LogLevel {
        Trace = "trace",
        Debug = "debug",
        Info = "info",
        Warn = "warn",
        Error = "error",
    }
}

string_enum! {
    /// `LogSource`.
    pub enum LogSource {
        ProvisionerDaemon = "provisioner_daemon",
        Provisioner = "provisioner",
    }
}

/// `ProvisionerJob`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ProvisionerJob {
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub available_workers: Vec<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canceled_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Timestamp>,
    #[serde(default = "zero_time")]
    pub created_at: Timestamp,
    #[serde(skip_serializing_if = "is_default")]
    pub error: String,
    #[serde(skip_serializing_if = "is_default")]
    pub error_code: JobErrorCode,
    pub file_id: Uuid,
    pub id: Uuid,
    pub initiator_id: Uuid,
    pub input: ProvisionerJobInput,
    pub logs_overflowed: bool,
    pub metadata: ProvisionerJobMetadata,
    pub organization_id: Uuid,
    pub queue_position: i64,
    pub queue_size: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    pub status: ProvisionerJobStatus,
    #[serde(deserialize_with = "null_default")]
    pub tags: BTreeMap<String, String>,
    #[serde(rename = "type")]
    pub kind: ProvisionerJobType,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker_id: Option<Uuid>,
    #[serde(skip_serializing_if = "is_default")]
    pub worker_name: String,
}

impl Default for ProvisionerJob {
    fn default() -> Self {
        Self {
            available_workers: Default::default(),
            canceled_at: Default::default(),
            completed_at: Default::default(),
            created_at: zero_time(),
            error: Default::default(),
            error_code: Default::default(),
            file_id: Default::default(),
            id: Default::default(),
            initiator_id: Default::default(),
            input: Default::default(),
            logs_overflowed: Default::default(),
            metadata: Default::default(),
            organization_id: Default::default(),
            queue_position: Default::default(),
            queue_size: Default::default(),
            started_at: Default::default(),
            status: Default::default(),
            tags: Default::default(),
            kind: Default::default(),
            worker_id: Default::default(),
            worker_name: Default::default(),
        }
    }
}

/// `ProvisionerJobInput`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ProvisionerJobInput {
    #[serde(skip_serializing_if = "is_default")]
    pub error: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_version_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace_build_id: Option<Uuid>,
}

/// `ProvisionerJobLog`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ProvisionerJobLog {
    #[serde(default = "zero_time")]
    pub created_at: Timestamp,
    pub id: i64,
    pub log_level: LogLevel,
    pub log_source: LogSource,
    pub output: String,
    pub stage: String,
}

impl Default for ProvisionerJobLog {
    fn default() -> Self {
        Self {
            created_at: zero_time(),
            id: Default::default(),
            log_level: Default::default(),
            log_source: Default::default(),
            output: Default::default(),
            stage: Default::default(),
        }
    }
}

/// `ProvisionerJobMetadata`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ProvisionerJobMetadata {
    pub template_display_name: String,
    pub template_icon: String,
    pub template_id: Uuid,
    pub template_name: String,
    pub template_version_name: String,
    #[serde(skip_serializing_if = "is_default")]
    pub workspace_build_transition: WorkspaceTransition,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<Uuid>,
    #[serde(skip_serializing_if = "is_default")]
    pub workspace_name: String,
}

string_enum! {
    /// `ProvisionerJobStatus`.
    pub enum ProvisionerJobStatus {
        Pending = "pending",
        Running = "running",
        Succeeded = "succeeded",
        Canceling = "canceling",
        Canceled = "canceled",
        Failed = "failed",
        Unknown = "unknown",
    }
}

string_enum! {
    /// `ProvisionerJobType`.
    pub enum ProvisionerJobType {
        TemplateVersionImport = "template_version_import",
        WorkspaceBuild = "workspace_build",
        TemplateVersionDryRun = "template_version_dry_run",
    }
}
