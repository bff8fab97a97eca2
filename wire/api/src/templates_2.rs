//! REST types: templates 2.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

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

string_enum! {
    /// `ProvisionerStorageMethod`.
    pub enum ProvisionerStorageMethod {
        File = "file",
    }
}

/// `Template`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Template {
    pub active_user_count: i64,
    pub active_version_id: Uuid,
    pub activity_bump_ms: i64,
    pub agents_allowed: bool,
    pub allow_user_autostart: bool,
    pub allow_user_autostop: bool,
    pub allow_user_cancel_workspace_jobs: bool,
    pub autostart_requirement: TemplateAutostartRequirement,
    pub autostop_requirement: TemplateAutostopRequirement,
    pub build_time_stats: BTreeMap<String, TransitionStats>,
    pub cors_behavior: CorsBehavior,
    #[serde(default = "zero_time")]
    pub created_at: Timestamp,
    pub created_by_id: Uuid,
    pub created_by_name: String,
    pub default_ttl_ms: i64,
    pub deleted: bool,
    pub deprecated: bool,
    pub deprecation_message: String,
    pub description: String,
    pub disable_module_cache: bool,
    pub display_name: String,
    pub failure_ttl_ms: i64,
    pub icon: String,
    pub id: Uuid,
    pub max_port_share_level: WorkspaceAgentPortShareLevel,
    pub name: String,
    pub organization_display_name: String,
    pub organization_icon: String,
    pub organization_id: Uuid,
    pub organization_name: String,
    #[schema(schema_with = crate::words::template_provisioner)]
    pub provisioner: String,
    pub require_active_version: bool,
    pub time_til_autostop_notify_ms: i64,
    pub time_til_dormant_autodelete_ms: i64,
    pub time_til_dormant_ms: i64,
    #[serde(default = "zero_time")]
    pub updated_at: Timestamp,
    pub use_classic_parameter_flow: bool,
}

impl Default for Template {
    fn default() -> Self {
        Self {
            active_user_count: Default::default(),
            active_version_id: Default::default(),
            activity_bump_ms: Default::default(),
            agents_allowed: Default::default(),
            allow_user_autostart: Default::default(),
            allow_user_autostop: Default::default(),
            allow_user_cancel_workspace_jobs: Default::default(),
            autostart_requirement: Default::default(),
            autostop_requirement: Default::default(),
            build_time_stats: Default::default(),
            cors_behavior: Default::default(),
            created_at: zero_time(),
            created_by_id: Default::default(),
            created_by_name: Default::default(),
            default_ttl_ms: Default::default(),
            deleted: Default::default(),
            deprecated: Default::default(),
            deprecation_message: Default::default(),
            description: Default::default(),
            disable_module_cache: Default::default(),
            display_name: Default::default(),
            failure_ttl_ms: Default::default(),
            icon: Default::default(),
            id: Default::default(),
            max_port_share_level: Default::default(),
            name: Default::default(),
            organization_display_name: Default::default(),
            organization_icon: Default::default(),
            organization_id: Default::default(),
            organization_name: Default::default(),
            provisioner: Default::default(),
            require_active_version: Default::default(),
            time_til_autostop_notify_ms: Default::default(),
            time_til_dormant_autodelete_ms: Default::default(),
            time_til_dormant_ms: Default::default(),
            updated_at: zero_time(),
            use_classic_parameter_flow: Default::default(),
        }
    }
}

/// `TemplateAutostartRequirement`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TemplateAutostartRequirement {
    #[serde(deserialize_with = "null_default")]
    #[schema(schema_with = crate::words::days)]
    pub days_of_week: Vec<String>,
}

/// `TemplateAutostopRequirement`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TemplateAutostopRequirement {
    #[serde(deserialize_with = "null_default")]
    #[schema(schema_with = crate::words::days)]
    pub days_of_week: Vec<String>,
    pub weeks: i64,
}

/// `TemplateExample`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TemplateExample {
    pub description: String,
    pub icon: String,
    /// a slug, not a UUID
    pub id: String,
    pub markdown: String,
    pub name: String,
    #[serde(deserialize_with = "null_default")]
    pub tags: Vec<String>,
    pub url: String,
}

/// `TemplateVersion`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TemplateVersion {
    pub archived: bool,
    #[serde(default = "zero_time")]
    pub created_at: Timestamp,
    pub created_by: MinimalUser,
    pub has_external_agent: bool,
    pub id: Uuid,
    pub job: ProvisionerJob,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matched_provisioners: Option<MatchedProvisioners>,
    pub message: String,
    pub name: String,
    pub organization_id: Uuid,
    pub readme: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_id: Option<Uuid>,
    #[serde(default = "zero_time")]
    pub updated_at: Timestamp,
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub warnings: Vec<TemplateVersionWarning>,
}

impl Default for TemplateVersion {
    fn default() -> Self {
        Self {
            archived: Default::default(),
            created_at: zero_time(),
            created_by: Default::default(),
            has_external_agent: Default::default(),
            id: Default::default(),
            job: Default::default(),
            matched_provisioners: Default::default(),
            message: Default::default(),
            name: Default::default(),
            organization_id: Default::default(),
            readme: Default::default(),
            template_id: Default::default(),
            updated_at: zero_time(),
            warnings: Default::default(),
        }
    }
}

/// `TemplateVersionExternalAuth`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TemplateVersionExternalAuth {
    pub authenticate_url: String,
    pub authenticated: bool,
    pub display_icon: String,
    pub display_name: String,
    pub id: String,
    #[serde(skip_serializing_if = "is_default")]
    pub optional: bool,
    #[serde(rename = "type")]
    pub kind: String,
}

/// `TemplateVersionParameter`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TemplateVersionParameter {
    pub default_value: String,
    pub description: String,
    pub description_plaintext: String,
    #[serde(skip_serializing_if = "is_default")]
    pub display_name: String,
    pub ephemeral: bool,
    #[schema(schema_with = crate::words::form_types)]
    pub form_type: String,
    pub icon: String,
    pub mutable: bool,
    pub name: String,
    #[serde(deserialize_with = "null_default")]
    pub options: Vec<TemplateVersionParameterOption>,
    pub required: bool,
    #[serde(rename = "type")]
    #[schema(schema_with = crate::words::parameter_types)]
    pub kind: String,
    #[serde(skip_serializing_if = "is_default")]
    pub validation_error: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation_max: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation_min: Option<i64>,
    #[serde(skip_serializing_if = "is_default")]
    pub validation_monotonic: ValidationMonotonicOrder,
    #[serde(skip_serializing_if = "is_default")]
    pub validation_regex: String,
}

/// `TemplateVersionParameterOption`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TemplateVersionParameterOption {
    pub description: String,
    pub icon: String,
    pub name: String,
    pub value: String,
}

/// `TemplateVersionVariable`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TemplateVersionVariable {
    pub default_value: String,
    pub description: String,
    pub name: String,
    pub required: bool,
    pub sensitive: bool,
    #[serde(rename = "type")]
    #[schema(schema_with = crate::words::variable_types)]
    pub kind: String,
    pub value: String,
}
