//! REST types: appearance of the deployment and of a user.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

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

string_enum! {
    /// `AgentChatSendShortcut`.
    pub enum AgentChatSendShortcut {
        Enter = "enter",
        ModifierEnter = "modifier_enter",
    }
}

string_enum! {
    /// `AgentDisplayMode`.
    pub enum AgentDisplayMode {
        Auto = "auto",
        AlwaysExpanded = "always_expanded",
        AlwaysCollapsed = "always_collapsed",
    }
}

string_enum! {
    /// `TerminalFontName`.
    pub enum TerminalFontName or "" {
        GeistMono = "geist-mono",
        IbmPlexMono = "ibm-plex-mono",
        FiraCode = "fira-code",
        SourceCodePro = "source-code-pro",
        JetbrainsMono = "jetbrains-mono",
    }
}

string_enum! {
    /// `ThemeMode`.
    pub enum ThemeMode or "" {
        Sync = "sync",
        Single = "single",
    }
}

string_enum! {
    /// `ThinkingDisplayMode`.
    pub enum ThinkingDisplayMode {
        Auto = "auto",
        Preview = "preview",
        AlwaysExpanded = "always_expanded",
        AlwaysCollapsed = "always_collapsed",
    }
}

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
