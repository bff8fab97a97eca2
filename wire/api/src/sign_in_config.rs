//! REST types: options of signing in.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `HTTPCookieConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct HttpCookieConfig {
    #[serde(skip_serializing_if = "is_default")]
    pub host_prefix: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub same_site: String,
    #[serde(skip_serializing_if = "is_default")]
    pub secure_auth_cookie: bool,
}

/// `OAuth2Config`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct OAuth2Config {
    pub github: OAuth2GithubConfig,
}

/// `OAuth2GithubConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct OAuth2GithubConfig {
    pub allow_everyone: bool,
    pub allow_signups: bool,
    #[serde(deserialize_with = "null_default")]
    pub allowed_orgs: Vec<String>,
    #[serde(deserialize_with = "null_default")]
    pub allowed_teams: Vec<String>,
    pub client_id: String,
    pub client_secret: String,
    pub default_provider_enable: bool,
    pub device_flow: bool,
    pub enterprise_base_url: String,
}

/// `OIDCConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct OidcConfig {
    pub allow_signups: bool,
    pub auth_url_params: serde_json::Value,
    pub auto_repair_links: bool,
    pub client_cert_file: String,
    pub client_id: String,
    pub client_key_file: String,
    pub client_secret: String,
    #[serde(deserialize_with = "null_default")]
    pub email_domain: Vec<String>,
    pub email_fallback: bool,
    pub email_field: String,
    #[serde(deserialize_with = "null_default")]
    pub group_allow_list: Vec<String>,
    pub group_auto_create: bool,
    pub group_mapping: serde_json::Value,
    pub group_regex_filter: String,
    pub groups_field: String,
    pub icon_url: String,
    pub ignore_email_verified: bool,
    pub ignore_user_info: bool,
    pub issuer_url: String,
    pub name_field: String,
    pub organization_assign_default: bool,
    pub organization_field: String,
    pub organization_mapping: serde_json::Value,
    #[serde(deserialize_with = "null_default")]
    pub redirect_allowed_hosts: Vec<String>,
    pub redirect_url: String,
    #[serde(deserialize_with = "null_default")]
    pub scopes: Vec<String>,
    pub sign_in_text: String,
    pub signups_disabled_text: String,
    pub skip_issuer_checks: bool,
    pub source_user_info_from_access_token: bool,
    pub user_role_field: String,
    pub user_role_mapping: serde_json::Value,
    #[serde(deserialize_with = "null_default")]
    pub user_roles_default: Vec<String>,
    pub username_field: String,
}

/// `SessionLifetime`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct SessionLifetime {
    pub default_duration: i64,
    #[serde(skip_serializing_if = "is_default")]
    pub default_token_lifetime: i64,
    #[serde(skip_serializing_if = "is_default")]
    pub disable_expiry_refresh: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub max_admin_token_lifetime: i64,
    #[serde(skip_serializing_if = "is_default")]
    pub max_token_lifetime: i64,
    #[serde(skip_serializing_if = "is_default")]
    pub refresh_default_duration: i64,
}

/// `TokenConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TokenConfig {
    pub max_token_lifetime: i64,
}
