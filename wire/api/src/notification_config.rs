//! REST types: options of notifications.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `NotificationsConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct NotificationsConfig {
    pub dispatch_timeout: i64,
    pub email: NotificationsEmailConfig,
    pub fetch_interval: i64,
    pub inbox: NotificationsInboxConfig,
    pub lease_count: i64,
    pub lease_period: i64,
    pub max_send_attempts: i64,
    pub method: String,
    pub retry_interval: i64,
    pub sync_buffer_size: i64,
    pub sync_interval: i64,
    pub webhook: NotificationsWebhookConfig,
}

/// `NotificationsEmailAuthConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct NotificationsEmailAuthConfig {
    pub identity: String,
    pub password: String,
    pub password_file: String,
    pub username: String,
}

/// `NotificationsEmailConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct NotificationsEmailConfig {
    pub auth: NotificationsEmailAuthConfig,
    pub force_tls: bool,
    pub from: String,
    pub hello: String,
    pub smarthost: String,
    pub tls: NotificationsEmailTlsConfig,
}

/// `NotificationsEmailTLSConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct NotificationsEmailTlsConfig {
    pub ca_file: String,
    pub cert_file: String,
    pub insecure_skip_verify: bool,
    pub key_file: String,
    pub server_name: String,
    pub start_tls: bool,
}

/// `NotificationsInboxConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct NotificationsInboxConfig {
    pub enabled: bool,
}

/// `NotificationsWebhookConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct NotificationsWebhookConfig {
    pub endpoint: String,
}
