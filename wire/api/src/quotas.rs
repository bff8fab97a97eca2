//! REST types: quotas and quiet hours.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `UpdateUserQuietHoursScheduleRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpdateUserQuietHoursScheduleRequest {
    pub schedule: String,
}

impl Rules for UpdateUserQuietHoursScheduleRequest {
    const RULES: &'static [FieldRule] = &[("schedule", &["required"])];
}

/// `UserQuietHoursScheduleResponse`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UserQuietHoursScheduleResponse {
    #[serde(default = "zero_time")]
    pub next: Timestamp,
    pub raw_schedule: String,
    pub time: String,
    pub timezone: String,
    pub user_can_set: bool,
    pub user_set: bool,
}

impl Default for UserQuietHoursScheduleResponse {
    fn default() -> Self {
        Self {
            next: zero_time(),
            raw_schedule: Default::default(),
            time: Default::default(),
            timezone: Default::default(),
            user_can_set: Default::default(),
            user_set: Default::default(),
        }
    }
}

/// `WorkspaceQuota`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceQuota {
    pub budget: i64,
    pub credits_consumed: i64,
}
