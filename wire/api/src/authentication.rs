//! REST types: how users sign in.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

string_enum! {
    /// `LoginType`.
    pub enum LoginType or "" {
        Password = "password",
        Github = "github",
        Oidc = "oidc",
        Token = "token",
        None = "none",
    }
}

/// `AuthMethod`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AuthMethod {
    pub enabled: bool,
}

/// `AuthMethods`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AuthMethods {
    pub github: GithubAuthMethod,
    pub oidc: OidcAuthMethod,
    pub password: AuthMethod,
    #[serde(skip_serializing_if = "is_default")]
    pub terms_of_service_url: String,
}

/// `ChangePasswordWithOneTimePasscodeRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ChangePasswordWithOneTimePasscodeRequest {
    pub email: String,
    pub one_time_passcode: String,
    pub password: String,
}

impl Rules for ChangePasswordWithOneTimePasscodeRequest {
    const RULES: &'static [FieldRule] =
        &[("email", &["required", "email"]), ("one_time_passcode", &["required"]), ("password", &["required"])];
}

/// `ConvertLoginRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ConvertLoginRequest {
    pub password: String,
    pub to_type: LoginType,
}

impl Rules for ConvertLoginRequest {
    const RULES: &'static [FieldRule] = &[("password", &["required"]), ("to_type", &["required"])];
}

/// `GithubAuthMethod`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct GithubAuthMethod {
    pub default_provider_configured: bool,
    pub enabled: bool,
}

/// `LoginWithPasswordRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct LoginWithPasswordRequest {
    pub email: String,
    pub password: String,
}

impl Rules for LoginWithPasswordRequest {
    const RULES: &'static [FieldRule] = &[("email", &["required", "email"]), ("password", &["required"])];
}

/// `LoginWithPasswordResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct LoginWithPasswordResponse {
    pub session_token: String,
}

/// `OAuthConversionResponse`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct OAuthConversionResponse {
    #[serde(default = "zero_time")]
    pub expires_at: Timestamp,
    pub state_string: String,
    pub to_type: LoginType,
    pub user_id: Uuid,
}

impl Default for OAuthConversionResponse {
    fn default() -> Self {
        Self {
            expires_at: zero_time(),
            state_string: Default::default(),
            to_type: Default::default(),
            user_id: Default::default(),
        }
    }
}

/// `OIDCAuthMethod`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct OidcAuthMethod {
    pub enabled: bool,
    #[serde(rename = "iconUrl")]
    pub icon_url: String,
    #[serde(rename = "signInText")]
    pub sign_in_text: String,
}

/// `RequestOneTimePasscodeRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct RequestOneTimePasscodeRequest {
    pub email: String,
}

impl Rules for RequestOneTimePasscodeRequest {
    const RULES: &'static [FieldRule] = &[("email", &["required", "email"])];
}

/// `UpdateUserPasswordRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpdateUserPasswordRequest {
    pub old_password: String,
    pub password: String,
}

impl Rules for UpdateUserPasswordRequest {
    const RULES: &'static [FieldRule] = &[("password", &["required"])];
}

/// `UserLoginType`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UserLoginType {
    pub login_type: LoginType,
}

/// `ValidateUserPasswordRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ValidateUserPasswordRequest {
    pub password: String,
}

impl Rules for ValidateUserPasswordRequest {
    const RULES: &'static [FieldRule] = &[("password", &["required"])];
}

/// `ValidateUserPasswordResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ValidateUserPasswordResponse {
    pub details: String,
    pub valid: bool,
}
