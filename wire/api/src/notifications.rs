//! REST types: notifications.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `NotificationsSettings`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct NotificationsSettings {
    pub notifier_paused: bool,
}

impl Rules for NotificationsSettings {}

/// `CustomNotificationRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CustomNotificationRequest {
    pub content: Option<CustomNotificationContent>,
}

impl Rules for CustomNotificationRequest {}

/// `UpdateUserNotificationPreferences`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpdateUserNotificationPreferences {
    #[serde(deserialize_with = "null_default")]
    pub template_disabled_map: BTreeMap<String, bool>,
}

impl Rules for UpdateUserNotificationPreferences {}

/// `CustomNotificationContent`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CustomNotificationContent {
    pub message: String,
    pub title: String,
}

/// `GetInboxNotificationResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct GetInboxNotificationResponse {
    pub notification: InboxNotification,
    pub unread_count: i64,
}

/// `InboxNotification`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct InboxNotification {
    #[serde(deserialize_with = "null_default")]
    pub actions: Vec<InboxNotificationAction>,
    pub content: String,
    #[serde(default = "zero_time")]
    pub created_at: Timestamp,
    pub icon: String,
    pub id: Uuid,
    pub read_at: Option<String>,
    /// None when it is about nothing in particular.
    pub targets: Option<Vec<Uuid>>,
    pub template_id: Uuid,
    pub title: String,
    pub user_id: Uuid,
}

impl Default for InboxNotification {
    fn default() -> Self {
        Self {
            actions: Default::default(),
            content: Default::default(),
            created_at: zero_time(),
            icon: Default::default(),
            id: Default::default(),
            read_at: Default::default(),
            targets: Default::default(),
            template_id: Default::default(),
            title: Default::default(),
            user_id: Default::default(),
        }
    }
}

/// `InboxNotificationAction`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct InboxNotificationAction {
    pub label: String,
    pub url: String,
}

/// `ListInboxNotificationsResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ListInboxNotificationsResponse {
    #[serde(deserialize_with = "null_default")]
    pub notifications: Vec<InboxNotification>,
    pub unread_count: i64,
}

/// `NotificationMethodsResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct NotificationMethodsResponse {
    #[serde(deserialize_with = "null_default")]
    pub available: Vec<String>,
    pub default: String,
}

/// `NotificationPreference`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct NotificationPreference {
    pub disabled: bool,
    pub id: Uuid,
    #[serde(default = "zero_time")]
    pub updated_at: Timestamp,
}

impl Default for NotificationPreference {
    fn default() -> Self {
        Self { disabled: Default::default(), id: Default::default(), updated_at: zero_time() }
    }
}

/// `NotificationTemplate`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct NotificationTemplate {
    pub actions: String,
    pub body_template: String,
    pub enabled_by_default: bool,
    pub group: String,
    pub id: Uuid,
    pub kind: String,
    pub method: String,
    pub name: String,
    pub title_template: String,
}

/// `UpdateInboxNotificationReadStatusRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpdateInboxNotificationReadStatusRequest {
    pub is_read: bool,
}

impl Rules for UpdateInboxNotificationReadStatusRequest {
    const RULES: &'static [FieldRule] = &[];
}

/// `UpdateInboxNotificationReadStatusResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpdateInboxNotificationReadStatusResponse {
    pub notification: InboxNotification,
    pub unread_count: i64,
}
