//! REST types: enterprise 2.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `PatchWorkspaceProxy`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PatchWorkspaceProxy {
    pub display_name: String,
    pub icon: String,
    pub id: Uuid,
    pub name: String,
    pub regenerate_token: bool,
}

/// `ProvisionerKey`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ProvisionerKey {
    #[serde(default = "zero_time")]
    pub created_at: Timestamp,
    pub id: Uuid,
    pub name: String,
    pub organization: Uuid,
    #[serde(deserialize_with = "null_default")]
    pub tags: BTreeMap<String, String>,
}

impl Default for ProvisionerKey {
    fn default() -> Self {
        Self {
            created_at: zero_time(),
            id: Default::default(),
            name: Default::default(),
            organization: Default::default(),
            tags: Default::default(),
        }
    }
}

/// `ProvisionerKeyDaemons`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ProvisionerKeyDaemons {
    #[serde(deserialize_with = "null_default")]
    pub daemons: Vec<ProvisionerDaemon>,
    pub key: ProvisionerKey,
}

/// `ReducedUser`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ReducedUser {
    #[serde(skip_serializing_if = "is_default")]
    pub avatar_url: String,
    #[serde(default = "zero_time")]
    pub created_at: Timestamp,
    pub email: String,
    pub id: Uuid,
    #[serde(skip_serializing_if = "is_default")]
    pub is_service_account: bool,
    #[serde(default = "zero_time")]
    pub last_seen_at: Timestamp,
    pub login_type: LoginType,
    #[serde(skip_serializing_if = "is_default")]
    pub name: String,
    pub status: UserStatus,
    #[serde(skip_serializing_if = "is_default")]
    pub theme_preference: String,
    #[serde(default = "zero_time")]
    pub updated_at: Timestamp,
    pub username: String,
}

impl Default for ReducedUser {
    fn default() -> Self {
        Self {
            avatar_url: Default::default(),
            created_at: zero_time(),
            email: Default::default(),
            id: Default::default(),
            is_service_account: Default::default(),
            last_seen_at: zero_time(),
            login_type: Default::default(),
            name: Default::default(),
            status: Default::default(),
            theme_preference: Default::default(),
            updated_at: zero_time(),
            username: Default::default(),
        }
    }
}

/// `Replica`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Replica {
    #[serde(default = "zero_time")]
    pub created_at: Timestamp,
    pub database_latency: i64,
    pub error: String,
    pub hostname: String,
    pub id: Uuid,
    pub region_id: i64,
    pub relay_address: String,
}

impl Default for Replica {
    fn default() -> Self {
        Self {
            created_at: zero_time(),
            database_latency: Default::default(),
            error: Default::default(),
            hostname: Default::default(),
            id: Default::default(),
            region_id: Default::default(),
            relay_address: Default::default(),
        }
    }
}

/// `RoleSyncSettings`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct RoleSyncSettings {
    pub field: String,
    #[serde(deserialize_with = "null_default")]
    pub mapping: BTreeMap<String, Vec<String>>,
}

string_enum! {
    /// `ShareableWorkspaceOwners`.
    pub enum ShareableWorkspaceOwners {
        None = "none",
        Everyone = "everyone",
        ServiceAccounts = "service_accounts",
    }
}

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

/// `UpdateAppearanceConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpdateAppearanceConfig {
    #[serde(deserialize_with = "null_default")]
    pub announcement_banners: Vec<BannerConfig>,
    pub application_name: String,
    pub logo_url: String,
    pub service_banner: BannerConfig,
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

/// `UpdateUserQuietHoursScheduleRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpdateUserQuietHoursScheduleRequest {
    pub schedule: String,
}

impl Rules for UpdateUserQuietHoursScheduleRequest {
    const RULES: &'static [FieldRule] = &[("schedule", &["required"])];
}

/// `UpdateWorkspaceSharingSettingsRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpdateWorkspaceSharingSettingsRequest {
    #[serde(skip_serializing_if = "is_default")]
    pub shareable_workspace_owners: ShareableWorkspaceOwners,
    #[serde(skip_serializing_if = "is_default")]
    pub sharing_disabled: bool,
}

impl Rules for UpdateWorkspaceSharingSettingsRequest {
    const RULES: &'static [FieldRule] = &[];
}

/// `UsagePeriod`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UsagePeriod {
    #[serde(default = "zero_time")]
    pub end: Timestamp,
    #[serde(default = "zero_time")]
    pub issued_at: Timestamp,
    #[serde(default = "zero_time")]
    pub start: Timestamp,
}

impl Default for UsagePeriod {
    fn default() -> Self {
        Self { end: zero_time(), issued_at: zero_time(), start: zero_time() }
    }
}

/// `UserQuietHoursScheduleResponse`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UserQuietHoursScheduleResponse {
    #[serde(default = "zero_time")]
    pub next: Timestamp,
    pub raw_schedule: String,
    pub time: String,
    pub timezone: String,
    pub user_can_set: bool,
    pub user_set: bool,
}

impl Default for UserQuietHoursScheduleResponse {
    fn default() -> Self {
        Self {
            next: zero_time(),
            raw_schedule: Default::default(),
            time: Default::default(),
            timezone: Default::default(),
            user_can_set: Default::default(),
            user_set: Default::default(),
        }
    }
}

/// `WorkspaceQuota`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceQuota {
    pub budget: i64,
    pub credits_consumed: i64,
}

/// `WorkspaceSharingSettings`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceSharingSettings {
    pub shareable_workspace_owners: ShareableWorkspaceOwners,
    pub sharing_disabled: bool,
    pub sharing_globally_disabled: bool,
}

string_enum! {
    /// `AccessMethod`.
    pub enum AppAccessMethod {
        Path = "path",
        Subdomain = "subdomain",
        Terminal = "terminal",
    }
}

/// `IssueTokenRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct IssueAppTokenRequest {
    pub app_hostname: String,
    pub app_path: String,
    pub app_query: String,
    pub app_request: AppRequest,
    pub path_app_base_url: String,
    pub session_token: String,
}

impl Rules for IssueAppTokenRequest {
    const RULES: &'static [FieldRule] = &[];
}

/// `Request`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AppRequest {
    pub access_method: AppAccessMethod,
    pub agent_name_or_id: String,
    pub app_prefix: String,
    pub app_slug_or_port: String,
    pub base_path: String,
    pub username_or_id: String,
    pub workspace_name_or_id: String,
}

impl Rules for AppRequest {
    const RULES: &'static [FieldRule] = &[];
}
