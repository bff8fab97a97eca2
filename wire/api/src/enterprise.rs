//! REST types: enterprise.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `ACLAvailable`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AclAvailable {
    #[serde(deserialize_with = "null_default")]
    pub groups: Vec<Group>,
    #[serde(deserialize_with = "null_default")]
    pub users: Vec<ReducedUser>,
}

/// `AppearanceConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AppearanceConfig {
    #[serde(deserialize_with = "null_default")]
    pub announcement_banners: Vec<BannerConfig>,
    pub application_name: String,
    pub docs_url: String,
    pub logo_url: String,
    pub service_banner: BannerConfig,
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub support_links: Vec<LinkConfig>,
}

/// `BannerConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct BannerConfig {
    #[serde(skip_serializing_if = "is_default")]
    pub background_color: String,
    pub enabled: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub message: String,
}

/// `ConnectionLog`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ConnectionLog {
    pub agent_name: String,
    #[serde(default = "zero_time")]
    pub connect_time: Timestamp,
    pub id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    pub organization: MinimalOrganization,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ssh_info: Option<ConnectionLogSshInfo>,
    #[serde(rename = "type")]
    pub kind: ConnectionType,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web_info: Option<ConnectionLogWebInfo>,
    pub workspace_id: Uuid,
    pub workspace_name: String,
    pub workspace_owner_id: Uuid,
    pub workspace_owner_username: String,
}

impl Default for ConnectionLog {
    fn default() -> Self {
        Self {
            agent_name: Default::default(),
            connect_time: zero_time(),
            id: Default::default(),
            ip: Default::default(),
            organization: Default::default(),
            ssh_info: Default::default(),
            kind: Default::default(),
            web_info: Default::default(),
            workspace_id: Default::default(),
            workspace_name: Default::default(),
            workspace_owner_id: Default::default(),
            workspace_owner_username: Default::default(),
        }
    }
}

/// `ConnectionLogResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ConnectionLogResponse {
    #[serde(deserialize_with = "null_default")]
    pub connection_logs: Vec<ConnectionLog>,
    pub count: i64,
    pub count_cap: i64,
}

/// `ConnectionLogSSHInfo`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ConnectionLogSshInfo {
    pub connection_id: Uuid,
    #[serde(skip_serializing_if = "is_default")]
    pub disconnect_reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disconnect_time: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i64>,
}

/// `ConnectionLogWebInfo`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ConnectionLogWebInfo {
    pub slug_or_port: String,
    pub status_code: i64,
    pub user: Option<User>,
    pub user_agent: String,
}

string_enum! {
    /// `ConnectionType`.
    pub enum ConnectionType {
        Ssh = "ssh",
        Vscode = "vscode",
        Jetbrains = "jetbrains",
        ReconnectingPty = "reconnecting_pty",
        WorkspaceApp = "workspace_app",
        PortForwarding = "port_forwarding",
        Tunnel = "tunnel",
    }
}

/// `CreateGroupRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CreateGroupRequest {
    pub avatar_url: String,
    pub display_name: String,
    pub name: String,
    pub quota_allowance: i64,
}

impl Rules for CreateGroupRequest {
    const RULES: &'static [FieldRule] =
        &[("display_name", &["omitempty", "group_display_name"]), ("name", &["required", "group_name"])];
}

/// `CreateProvisionerKeyResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CreateProvisionerKeyResponse {
    pub key: String,
}

/// `CreateWorkspaceProxyRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CreateWorkspaceProxyRequest {
    pub display_name: String,
    pub icon: String,
    pub name: String,
}

impl Rules for CreateWorkspaceProxyRequest {
    const RULES: &'static [FieldRule] = &[("name", &["required"])];
}

/// `CryptoKey`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CryptoKey {
    #[serde(default = "zero_time")]
    pub deletes_at: Timestamp,
    pub feature: CryptoKeyFeature,
    pub secret: String,
    pub sequence: i64,
    #[serde(default = "zero_time")]
    pub starts_at: Timestamp,
}

impl Default for CryptoKey {
    fn default() -> Self {
        Self {
            deletes_at: zero_time(),
            feature: Default::default(),
            secret: Default::default(),
            sequence: Default::default(),
            starts_at: zero_time(),
        }
    }
}

string_enum! {
    /// `CryptoKeyFeature`.
    pub enum CryptoKeyFeature {
        WorkspaceAppsApiKey = "workspace_apps_api_key",
        WorkspaceAppsToken = "workspace_apps_token",
        OidcConvert = "oidc_convert",
        ChatFilesToken = "chat_files_token",
        TailnetResume = "tailnet_resume",
        NatsCa = "nats_ca",
    }
}

string_enum! {
    /// `Entitlement`.
    pub enum Entitlement {
        Entitled = "entitled",
        GracePeriod = "grace_period",
        NotEntitled = "not_entitled",
    }
}

/// `Entitlements`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Entitlements {
    #[serde(deserialize_with = "null_default")]
    pub errors: Vec<String>,
    #[serde(deserialize_with = "null_default")]
    pub features: BTreeMap<String, Feature>,
    pub has_license: bool,
    #[serde(default = "zero_time")]
    pub refreshed_at: Timestamp,
    pub require_telemetry: bool,
    pub trial: bool,
    #[serde(deserialize_with = "null_default")]
    pub warnings: Vec<String>,
}

impl Default for Entitlements {
    fn default() -> Self {
        Self {
            errors: Default::default(),
            features: Default::default(),
            has_license: Default::default(),
            refreshed_at: zero_time(),
            require_telemetry: Default::default(),
            trial: Default::default(),
            warnings: Default::default(),
        }
    }
}

/// `Feature`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Feature {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actual: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actual_ms: Option<i64>,
    pub enabled: bool,
    pub entitlement: Entitlement,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hard_limit: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub soft_limit: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage_period: Option<UsagePeriod>,
}

/// `Group`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Group {
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
    pub source: GroupSource,
    pub total_member_count: i64,
}

/// `GroupMembersResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct GroupMembersResponse {
    pub count: i64,
    #[serde(deserialize_with = "null_default")]
    pub users: Vec<ReducedUser>,
}

string_enum! {
    /// `GroupSource`.
    pub enum GroupSource {
        User = "user",
        Oidc = "oidc",
    }
}

/// `GroupSyncSettings`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct GroupSyncSettings {
    pub auto_create_missing_groups: bool,
    pub field: String,
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub legacy_group_name_mapping: BTreeMap<String, String>,
    #[serde(deserialize_with = "null_default")]
    pub mapping: BTreeMap<String, Vec<String>>,
    pub regex_filter: Option<String>,
}

/// `IssueReconnectingPTYSignedTokenRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct IssueReconnectingPtySignedTokenRequest {
    #[serde(rename = "agentID")]
    pub agent_id: Uuid,
    pub url: String,
}

impl Rules for IssueReconnectingPtySignedTokenRequest {
    const RULES: &'static [FieldRule] = &[("agentID", &["required"]), ("url", &["required"])];
}

/// `IssueReconnectingPTYSignedTokenResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct IssueReconnectingPtySignedTokenResponse {
    pub signed_token: String,
}

/// `LinkConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct LinkConfig {
    #[schema(schema_with = crate::words::link_icons)]
    pub icon: String,
    #[serde(skip_serializing_if = "is_default")]
    #[schema(schema_with = crate::words::link_locations)]
    pub location: String,
    pub name: String,
    pub target: String,
}

/// `OrganizationSyncSettings`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct OrganizationSyncSettings {
    pub field: String,
    #[serde(deserialize_with = "null_default")]
    pub mapping: BTreeMap<String, Vec<String>>,
    pub organization_assign_default: bool,
}

/// `PaginatedGroup`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PaginatedGroup {
    pub avatar_url: String,
    pub display_name: String,
    pub id: Uuid,
    pub name: String,
    pub organization_display_name: String,
    pub organization_id: Uuid,
    pub organization_name: String,
    pub quota_allowance: i64,
    pub source: GroupSource,
    pub total_member_count: i64,
}

/// `PaginatedGroupsResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PaginatedGroupsResponse {
    pub count: i64,
    #[serde(deserialize_with = "null_default")]
    pub groups: Vec<PaginatedGroup>,
}

/// `PatchGroupRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PatchGroupRequest {
    #[serde(deserialize_with = "null_default")]
    pub add_users: Vec<String>,
    pub avatar_url: Option<String>,
    pub display_name: Option<String>,
    pub name: String,
    pub quota_allowance: Option<i64>,
    #[serde(deserialize_with = "null_default")]
    pub remove_users: Vec<String>,
}

impl Rules for PatchGroupRequest {
    const RULES: &'static [FieldRule] =
        &[("display_name", &["omitempty", "group_display_name"]), ("name", &["omitempty", "group_name"])];
}
