//! REST types: users 3.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `UpdateUserAppearanceSettingsRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpdateUserAppearanceSettingsRequest {
    pub terminal_font: TerminalFontName,
    #[schema(schema_with = crate::words::themes)]
    pub theme_dark: String,
    #[schema(schema_with = crate::words::themes)]
    pub theme_light: String,
    pub theme_mode: ThemeMode,
    pub theme_preference: String,
}

impl Rules for UpdateUserAppearanceSettingsRequest {
    const RULES: &'static [FieldRule] = &[
        ("terminal_font", &["required"]),
        (
            "theme_dark",
            &[
                "required_if=ThemeMode sync",
                "omitempty",
                "oneof=light light-protan-deuter light-tritan dark dark-protan-deuter dark-tritan",
            ],
        ),
        (
            "theme_light",
            &[
                "required_if=ThemeMode sync",
                "omitempty",
                "oneof=light light-protan-deuter light-tritan dark dark-protan-deuter dark-tritan",
            ],
        ),
        ("theme_mode", &["omitempty", "oneof=sync single"]),
        ("theme_preference", &["required"]),
    ];
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

/// `UpdateUserPreferenceSettingsRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpdateUserPreferenceSettingsRequest {
    #[serde(skip_serializing_if = "is_default")]
    pub agent_chat_send_shortcut: AgentChatSendShortcut,
    #[serde(skip_serializing_if = "is_default")]
    pub code_diff_display_mode: AgentDisplayMode,
    #[serde(skip_serializing_if = "is_default")]
    pub shell_tool_display_mode: AgentDisplayMode,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_notification_alert_dismissed: Option<bool>,
    #[serde(skip_serializing_if = "is_default")]
    pub thinking_display_mode: ThinkingDisplayMode,
}

impl Rules for UpdateUserPreferenceSettingsRequest {
    const RULES: &'static [FieldRule] = &[];
}

/// `UpdateUserProfileRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpdateUserProfileRequest {
    pub avatar_url: String,
    pub name: String,
    pub username: String,
}

impl Rules for UpdateUserProfileRequest {
    const RULES: &'static [FieldRule] = &[("name", &["user_real_name"]), ("username", &["required", "username"])];
}

/// `UpdateUserSecretRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpdateUserSecretRequest {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub env_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

impl Rules for UpdateUserSecretRequest {
    const RULES: &'static [FieldRule] = &[];
}

/// `User`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct User {
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
    #[serde(deserialize_with = "null_default")]
    pub roles: Vec<SlimRole>,
    pub status: UserStatus,
    #[serde(skip_serializing_if = "is_default")]
    pub theme_preference: String,
    #[serde(default = "zero_time")]
    pub updated_at: Timestamp,
    pub username: String,
}

impl Default for User {
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
            roles: Default::default(),
            status: Default::default(),
            theme_preference: Default::default(),
            updated_at: zero_time(),
            username: Default::default(),
        }
    }
}

/// `UserAppearanceSettings`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UserAppearanceSettings {
    pub terminal_font: TerminalFontName,
    pub theme_dark: String,
    pub theme_light: String,
    pub theme_mode: ThemeMode,
    pub theme_preference: String,
}

/// `UserLoginType`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UserLoginType {
    pub login_type: LoginType,
}

/// `UserParameter`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UserParameter {
    pub name: String,
    pub value: String,
}

/// `UserPreferenceSettings`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UserPreferenceSettings {
    pub agent_chat_send_shortcut: AgentChatSendShortcut,
    pub code_diff_display_mode: AgentDisplayMode,
    pub shell_tool_display_mode: AgentDisplayMode,
    pub task_notification_alert_dismissed: bool,
    pub thinking_display_mode: ThinkingDisplayMode,
}

/// `UserRoles`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UserRoles {
    /// key = organization id; one entry per membership, \[] when it has no roles
    #[serde(deserialize_with = "null_default")]
    pub organization_roles: BTreeMap<String, Vec<String>>,
    #[serde(deserialize_with = "null_default")]
    pub roles: Vec<String>,
}

/// `UserSecret`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UserSecret {
    #[serde(default = "zero_time")]
    pub created_at: Timestamp,
    pub description: String,
    pub enabled: bool,
    pub env_name: String,
    pub file_path: String,
    pub id: Uuid,
    pub name: String,
    #[serde(default = "zero_time")]
    pub updated_at: Timestamp,
}

impl Default for UserSecret {
    fn default() -> Self {
        Self {
            created_at: zero_time(),
            description: Default::default(),
            enabled: Default::default(),
            env_name: Default::default(),
            file_path: Default::default(),
            id: Default::default(),
            name: Default::default(),
            updated_at: zero_time(),
        }
    }
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
