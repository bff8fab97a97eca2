//! REST types: misc.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `ExternalAuthConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ExternalAuthConfig {
    pub api_base_url: String,
    pub app_install_url: String,
    pub app_installations_url: String,
    pub auth_url: String,
    pub client_id: String,
    #[serde(deserialize_with = "null_default")]
    pub code_challenge_methods_supported: Vec<String>,
    pub device_code_url: String,
    pub device_flow: bool,
    pub display_icon: String,
    pub display_name: String,
    pub id: String,
    pub mcp_tool_allow_regex: String,
    pub mcp_tool_deny_regex: String,
    pub mcp_url: String,
    pub no_refresh: bool,
    pub redirect_url: String,
    pub regex: String,
    pub revoke_url: String,
    #[serde(deserialize_with = "null_default")]
    pub scopes: Vec<String>,
    pub token_url: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub validate_url: String,
}

/// `PremiumFunnelEventRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PremiumFunnelEventRequest {
    pub id: Uuid,
    pub source: PremiumFunnelSource,
    pub variant: PremiumFunnelVariant,
}

impl Rules for PremiumFunnelEventRequest {
    const RULES: &'static [FieldRule] = &[("id", &["required"]), ("source", &["required"]), ("variant", &["required"])];
}

string_enum! {
    /// `PremiumFunnelSource`.
    pub enum PremiumFunnelSource {
        AibridgeSessionThreads = "aibridge_session_threads",
        AibridgeSessions = "aibridge_sessions",
        AiGatewayKeys = "ai_gateway_keys",
        AiGovernance = "ai_governance",
        Appearance = "appearance",
        AuditLog = "audit_log",
        BrowserOnly = "browser_only",
        ConnectionLog = "connection_log",
        CustomRoles = "custom_roles",
        ExternalAuth = "external_auth",
        Groups = "groups",
        IdpOrgSync = "idp_org_sync",
        IdpSync = "idp_sync",
        MultipleOrganizations = "multiple_organizations",
        Observability = "observability",
        ProvisionerKeys = "provisioner_keys",
        Provisioners = "provisioners",
        TemplatePermissions = "template_permissions",
        WorkspaceProxies = "workspace_proxies",
        Direct = "direct",
    }
}

string_enum! {
    /// `PremiumFunnelVariant`.
    pub enum PremiumFunnelVariant {
        Premium = "premium",
        Small = "small",
        AiGovernance = "ai_governance",
    }
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
