//! REST types: apps of workspaces.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `AppHostResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AppHostResponse {
    pub host: String,
}

/// `agentsdk.PatchAppStatus`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PatchAppStatus {
    pub app_slug: String,
    pub icon: String,
    pub message: String,
    pub needs_user_attention: bool,
    pub state: WorkspaceAppStatusState,
    pub uri: String,
}

impl Rules for PatchAppStatus {}

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

/// `StatsReport`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AppStatsReport {
    pub access_method: AppAccessMethod,
    pub agent_id: String,
    pub requests: i64,
    pub session_ended_at: String,
    pub session_id: String,
    pub session_started_at: String,
    pub slug_or_port: String,
    pub user_id: String,
    pub workspace_id: String,
}

/// `IssueSignedAppTokenResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct IssueSignedAppTokenResponse {
    pub signed_token_str: String,
}

/// `ReportAppStatsRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ReportAppStatsRequest {
    #[serde(deserialize_with = "null_default")]
    pub stats: Vec<AppStatsReport>,
}

impl Rules for ReportAppStatsRequest {
    const RULES: &'static [FieldRule] = &[];
}

/// `AgentReconnectingPTYInit`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AgentReconnectingPtyInit {
    #[serde(rename = "ID")]
    pub id: String,
    #[serde(rename = "Height")]
    pub height: i64,
    #[serde(rename = "Width")]
    pub width: i64,
    #[serde(rename = "Command")]
    pub command: String,
    #[serde(rename = "Container")]
    pub container: String,
    #[serde(rename = "ContainerUser")]
    pub container_user: String,
    #[serde(rename = "BackendType")]
    pub backend_type: String,
}

/// `ReconnectingPTYRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ReconnectingPtyRequest {
    #[serde(skip_serializing_if = "is_default")]
    pub data: String,
    #[serde(skip_serializing_if = "is_default")]
    pub height: i64,
    #[serde(skip_serializing_if = "is_default")]
    pub width: i64,
}

impl Rules for ReconnectingPtyRequest {
    const RULES: &'static [FieldRule] = &[];
}

string_enum! {
    /// `DisplayApp`.
    pub enum DisplayApp {
        Vscode = "vscode",
        VscodeInsiders = "vscode_insiders",
        WebTerminal = "web_terminal",
        PortForwardingHelper = "port_forwarding_helper",
        SshHelper = "ssh_helper",
    }
}

/// `Healthcheck`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Healthcheck {
    pub interval: i64,
    pub threshold: i64,
    pub url: String,
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

string_enum! {
    /// `WorkspaceAppOpenIn`.
    pub enum WorkspaceAppOpenIn {
        SlimWindow = "slim-window",
        Tab = "tab",
    }
}

string_enum! {
    /// `WorkspaceAppSharingLevel`.
    pub enum WorkspaceAppSharingLevel {
        Owner = "owner",
        Authenticated = "authenticated",
        Organization = "organization",
        Public = "public",
    }
}

/// `WorkspaceAppStatus`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceAppStatus {
    pub agent_id: Uuid,
    pub app_id: Uuid,
    #[serde(default = "zero_time")]
    pub created_at: Timestamp,
    pub icon: String,
    pub id: Uuid,
    pub message: String,
    pub needs_user_attention: bool,
    pub state: WorkspaceAppStatusState,
    pub uri: String,
    pub workspace_id: Uuid,
}

impl Default for WorkspaceAppStatus {
    fn default() -> Self {
        Self {
            agent_id: Default::default(),
            app_id: Default::default(),
            created_at: zero_time(),
            icon: Default::default(),
            id: Default::default(),
            message: Default::default(),
            needs_user_attention: Default::default(),
            state: Default::default(),
            uri: Default::default(),
            workspace_id: Default::default(),
        }
    }
}

string_enum! {
    /// `WorkspaceAppStatusState`.
    pub enum WorkspaceAppStatusState {
        Working = "working",
        Idle = "idle",
        Complete = "complete",
        Failure = "failure",
    }
}
