//! REST types: the audit log.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

string_enum! {
    /// `AuditAction`.
    pub enum AuditAction {
        Create = "create",
        Write = "write",
        Delete = "delete",
        Start = "start",
        Stop = "stop",
        Login = "login",
        Logout = "logout",
        Register = "register",
        RequestPasswordReset = "request_password_reset",
        Connect = "connect",
        Disconnect = "disconnect",
        Open = "open",
        Close = "close",
    }
}

/// `AuditDiffField`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AuditDiffField {
    #[serde(skip_serializing_if = "is_default")]
    pub new: serde_json::Value,
    #[serde(skip_serializing_if = "is_default")]
    pub old: serde_json::Value,
    pub secret: bool,
}

/// `AuditLog`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AuditLog {
    pub action: AuditAction,
    pub additional_fields: serde_json::Value,
    pub description: String,
    #[serde(deserialize_with = "null_default")]
    pub diff: BTreeMap<String, AuditDiffField>,
    pub id: Uuid,
    pub ip: String,
    pub is_deleted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<MinimalOrganization>,
    pub organization_id: Uuid,
    pub request_id: Uuid,
    pub resource_icon: String,
    pub resource_id: Uuid,
    pub resource_link: String,
    pub resource_target: String,
    pub resource_type: ResourceType,
    pub status_code: i64,
    #[serde(default = "zero_time")]
    pub time: Timestamp,
    pub user: Option<User>,
    pub user_agent: String,
}

impl Default for AuditLog {
    fn default() -> Self {
        Self {
            action: Default::default(),
            additional_fields: Default::default(),
            description: Default::default(),
            diff: Default::default(),
            id: Default::default(),
            ip: Default::default(),
            is_deleted: Default::default(),
            organization: Default::default(),
            organization_id: Default::default(),
            request_id: Default::default(),
            resource_icon: Default::default(),
            resource_id: Default::default(),
            resource_link: Default::default(),
            resource_target: Default::default(),
            resource_type: Default::default(),
            status_code: Default::default(),
            time: zero_time(),
            user: Default::default(),
            user_agent: Default::default(),
        }
    }
}

/// `AuditLogResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AuditLogResponse {
    #[serde(deserialize_with = "null_default")]
    pub audit_logs: Vec<AuditLog>,
    pub count: i64,
    pub count_cap: i64,
}

string_enum! {
    /// `ResourceType`.
    pub enum ResourceType {
        Template = "template",
        TemplateVersion = "template_version",
        User = "user",
        Workspace = "workspace",
        WorkspaceBuild = "workspace_build",
        GitSshKey = "git_ssh_key",
        ApiKey = "api_key",
        Group = "group",
        License = "license",
        ConvertLogin = "convert_login",
        HealthSettings = "health_settings",
        NotificationsSettings = "notifications_settings",
        PrebuildsSettings = "prebuilds_settings",
        Oauth2ProviderSettings = "oauth2_provider_settings",
        WorkspaceProxy = "workspace_proxy",
        Organization = "organization",
        Oauth2ProviderApp = "oauth2_provider_app",
        Oauth2ProviderAppSecret = "oauth2_provider_app_secret",
        CustomRole = "custom_role",
        OrganizationMember = "organization_member",
        NotificationTemplate = "notification_template",
        IdpSyncSettingsOrganization = "idp_sync_settings_organization",
        IdpSyncSettingsGroup = "idp_sync_settings_group",
        IdpSyncSettingsRole = "idp_sync_settings_role",
        WorkspaceAgent = "workspace_agent",
        WorkspaceApp = "workspace_app",
        Task = "task",
        AiSeat = "ai_seat",
        AiProvider = "ai_provider",
        AiProviderKey = "ai_provider_key",
        AiGatewayKey = "ai_gateway_key",
        GroupAiBudget = "group_ai_budget",
        UserAiBudgetOverride = "user_ai_budget_override",
        Chat = "chat",
        McpServerConfig = "mcp_server_config",
        UserSecret = "user_secret",
        UserSkill = "user_skill",
        ChatInstructionSettings = "chat_instruction_settings",
    }
}
