//! REST types: templates.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `TemplateACL`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TemplateAcl {
    #[serde(deserialize_with = "null_default")]
    pub group: Vec<TemplateGroup>,
    #[serde(deserialize_with = "null_default")]
    pub users: Vec<TemplateUser>,
}

/// `TemplateGroup`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TemplateGroup {
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
    pub role: TemplateRole,
    pub source: GroupSource,
    pub total_member_count: i64,
}

string_enum! {
    /// `TemplateRole`.
    pub enum TemplateRole or "" {
        Admin = "admin",
        Use = "use",
    }
}

/// `TemplateUser`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TemplateUser {
    #[serde(skip_serializing_if = "is_default")]
    pub avatar_url: String,
    #[serde(default = "zero_time")]
    pub created_at: Timestamp,
    pub email: String,
    pub has_ai_seat: bool,
    pub id: Uuid,
    #[serde(skip_serializing_if = "is_default")]
    pub is_service_account: bool,
    #[serde(default = "zero_time")]
    pub last_seen_at: Timestamp,
    pub login_type: LoginType,
    #[serde(skip_serializing_if = "is_default")]
    pub name: String,
    #[serde(deserialize_with = "null_default")]
    pub organization_ids: Vec<Uuid>,
    pub role: TemplateRole,
    #[serde(deserialize_with = "null_default")]
    pub roles: Vec<SlimRole>,
    pub status: UserStatus,
    #[serde(skip_serializing_if = "is_default")]
    pub theme_preference: String,
    #[serde(default = "zero_time")]
    pub updated_at: Timestamp,
    pub username: String,
}

impl Default for TemplateUser {
    fn default() -> Self {
        Self {
            avatar_url: Default::default(),
            created_at: zero_time(),
            email: Default::default(),
            has_ai_seat: Default::default(),
            id: Default::default(),
            is_service_account: Default::default(),
            last_seen_at: zero_time(),
            login_type: Default::default(),
            name: Default::default(),
            organization_ids: Default::default(),
            role: Default::default(),
            roles: Default::default(),
            status: Default::default(),
            theme_preference: Default::default(),
            updated_at: zero_time(),
            username: Default::default(),
        }
    }
}

/// `UpdateTemplateACL`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpdateTemplateAcl {
    /// As sent: an unknown role must be refused, not read as the empty one, which takes access away.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    #[schema(value_type = BTreeMap<String, TemplateRole>)]
    pub group_perms: BTreeMap<String, String>,
    /// As sent.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    #[schema(value_type = BTreeMap<String, TemplateRole>)]
    pub user_perms: BTreeMap<String, String>,
}

impl Rules for UpdateTemplateAcl {}

string_enum! {
    /// `CORSBehavior`.
    pub enum CorsBehavior {
        Simple = "simple",
        Passthru = "passthru",
    }
}

/// `CreateTemplateRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CreateTemplateRequest {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activity_bump_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agents_allowed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_user_autostart: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_user_autostop: Option<bool>,
    pub allow_user_cancel_workspace_jobs: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub autostart_requirement: Option<TemplateAutostartRequirement>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub autostop_requirement: Option<TemplateAutostopRequirement>,
    pub cors_behavior: Option<CorsBehavior>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_ttl_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_ttl_ms: Option<i64>,
    #[serde(skip_serializing_if = "is_default")]
    pub description: String,
    pub disable_everyone_group_access: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub display_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dormant_ttl_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_ttl_ms: Option<i64>,
    #[serde(skip_serializing_if = "is_default")]
    pub icon: String,
    pub max_port_share_level: Option<WorkspaceAgentPortShareLevel>,
    pub name: String,
    pub require_active_version: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_use_classic_parameter_flow: Option<bool>,
    pub template_version_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_til_autostop_notify_ms: Option<i64>,
}

impl Rules for CreateTemplateRequest {
    const RULES: &'static [FieldRule] = &[
        ("description", &["lt=128"]),
        ("display_name", &["template_display_name"]),
        ("name", &["required", "template_name"]),
        ("template_version_id", &["required"]),
    ];
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

/// `TransitionStats`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TransitionStats {
    #[serde(rename = "P50")]
    pub p50: Option<i64>,
    #[serde(rename = "P95")]
    pub p95: Option<i64>,
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

impl Rules for UpdateTemplateMeta {
    const RULES: &'static [FieldRule] =
        &[("display_name", &["omitempty", "template_display_name"]), ("name", &["omitempty", "template_name"])];
}
