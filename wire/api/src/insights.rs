//! REST types: usage reports.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `ConnectionLatency`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ConnectionLatency {
    pub p50: f64,
    pub p95: f64,
}

/// `DAUsResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct DaUsResponse {
    #[serde(deserialize_with = "null_default")]
    pub entries: Vec<DauEntry>,
    pub tz_hour_offset: i64,
}

/// `GetUserStatusCountsResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct GetUserStatusCountsResponse {
    #[serde(deserialize_with = "null_default")]
    pub status_counts: BTreeMap<String, Vec<UserStatusChangeCount>>,
}

string_enum! {
    /// `InsightsReportInterval`.
    pub enum InsightsReportInterval {
        Day = "day",
        Week = "week",
    }
}

/// `UserActivity`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UserActivity {
    pub avatar_url: String,
    pub seconds: i64,
    #[serde(deserialize_with = "null_default")]
    pub template_ids: Vec<Uuid>,
    pub user_id: Uuid,
    pub username: String,
}

/// `UserActivityInsightsReport`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UserActivityInsightsReport {
    #[serde(default = "zero_time")]
    pub end_time: Timestamp,
    #[serde(default = "zero_time")]
    pub start_time: Timestamp,
    #[serde(deserialize_with = "null_default")]
    pub template_ids: Vec<Uuid>,
    #[serde(deserialize_with = "null_default")]
    pub users: Vec<UserActivity>,
}

impl Default for UserActivityInsightsReport {
    fn default() -> Self {
        Self {
            end_time: zero_time(),
            start_time: zero_time(),
            template_ids: Default::default(),
            users: Default::default(),
        }
    }
}

/// `UserActivityInsightsResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UserActivityInsightsResponse {
    pub report: UserActivityInsightsReport,
}

/// `UserLatency`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UserLatency {
    pub avatar_url: String,
    pub latency_ms: ConnectionLatency,
    #[serde(deserialize_with = "null_default")]
    pub template_ids: Vec<Uuid>,
    pub user_id: Uuid,
    pub username: String,
}

/// `UserLatencyInsightsReport`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UserLatencyInsightsReport {
    #[serde(default = "zero_time")]
    pub end_time: Timestamp,
    #[serde(default = "zero_time")]
    pub start_time: Timestamp,
    #[serde(deserialize_with = "null_default")]
    pub template_ids: Vec<Uuid>,
    #[serde(deserialize_with = "null_default")]
    pub users: Vec<UserLatency>,
}

impl Default for UserLatencyInsightsReport {
    fn default() -> Self {
        Self {
            end_time: zero_time(),
            start_time: zero_time(),
            template_ids: Default::default(),
            users: Default::default(),
        }
    }
}

/// `UserLatencyInsightsResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UserLatencyInsightsResponse {
    pub report: UserLatencyInsightsReport,
}

/// `UserStatusChangeCount`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UserStatusChangeCount {
    pub count: i64,
    #[serde(default = "zero_time")]
    pub date: Timestamp,
}

impl Default for UserStatusChangeCount {
    fn default() -> Self {
        Self { count: Default::default(), date: zero_time() }
    }
}
