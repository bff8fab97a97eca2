//! REST types: accounts at other services.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `ExternalAuthResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ExternalAuthResponse {
    pub access_token: String,
    pub expires_at: String,
    pub password: String,
    #[serde(deserialize_with = "null_default")]
    pub token_extra: BTreeMap<String, serde_json::Value>,
    #[serde(rename = "type")]
    pub kind: String,
    pub url: String,
    pub username: String,
}

/// `DeleteExternalAuthByIDResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct DeleteExternalAuthByIdResponse {
    #[serde(skip_serializing_if = "is_default")]
    pub token_revocation_error: String,
    pub token_revoked: bool,
}

/// `ExternalAuth`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ExternalAuth {
    pub app_install_url: String,
    pub app_installable: bool,
    pub authenticated: bool,
    pub device: bool,
    pub display_name: String,
    #[serde(deserialize_with = "null_default")]
    pub installations: Vec<ExternalAuthAppInstallation>,
    pub supports_revocation: bool,
    pub user: Option<ExternalAuthUser>,
}

/// `ExternalAuthAppInstallation`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ExternalAuthAppInstallation {
    pub account: ExternalAuthUser,
    pub configure_url: String,
    pub id: i64,
}

/// `ExternalAuthDevice`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ExternalAuthDevice {
    pub device_code: String,
    pub expires_in: i64,
    pub interval: i64,
    pub user_code: String,
    pub verification_uri: String,
}

/// `ExternalAuthLink`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ExternalAuthLink {
    pub authenticated: bool,
    #[serde(default = "zero_time")]
    pub created_at: Timestamp,
    #[serde(default = "zero_time")]
    pub expires: Timestamp,
    pub has_refresh_token: bool,
    pub provider_id: String,
    #[serde(default = "zero_time")]
    pub updated_at: Timestamp,
    pub validate_error: String,
}

impl Default for ExternalAuthLink {
    fn default() -> Self {
        Self {
            authenticated: Default::default(),
            created_at: zero_time(),
            expires: zero_time(),
            has_refresh_token: Default::default(),
            provider_id: Default::default(),
            updated_at: zero_time(),
            validate_error: Default::default(),
        }
    }
}

/// `ExternalAuthLinkProvider`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ExternalAuthLinkProvider {
    pub allow_refresh: bool,
    pub allow_validate: bool,
    #[serde(deserialize_with = "null_default")]
    pub code_challenge_methods_supported: Vec<String>,
    pub device: bool,
    pub display_icon: String,
    pub display_name: String,
    pub id: String,
    pub supports_revocation: bool,
    #[serde(rename = "type")]
    pub kind: String,
}

/// `ExternalAuthUser`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ExternalAuthUser {
    pub avatar_url: String,
    pub id: i64,
    pub login: String,
    pub name: String,
    pub profile_url: String,
}

/// `ListUserExternalAuthResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ListUserExternalAuthResponse {
    #[serde(deserialize_with = "null_default")]
    pub links: Vec<ExternalAuthLink>,
    #[serde(deserialize_with = "null_default")]
    pub providers: Vec<ExternalAuthLinkProvider>,
}

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
