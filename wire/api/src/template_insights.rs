//! REST types: how templates are used.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `DAUEntry`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct DauEntry {
    pub amount: i64,
    pub date: String,
}

/// `TemplateAppUsage`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TemplateAppUsage {
    pub display_name: String,
    pub icon: String,
    pub seconds: i64,
    pub slug: String,
    #[serde(deserialize_with = "null_default")]
    pub template_ids: Vec<Uuid>,
    pub times_used: i64,
    #[serde(rename = "type")]
    pub kind: TemplateAppsType,
}

string_enum! {
    /// `TemplateAppsType`.
    pub enum TemplateAppsType {
        Builtin = "builtin",
        App = "app",
    }
}

/// `TemplateInsightsIntervalReport`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TemplateInsightsIntervalReport {
    pub active_users: i64,
    #[serde(default = "zero_time")]
    pub end_time: Timestamp,
    pub interval: InsightsReportInterval,
    #[serde(default = "zero_time")]
    pub start_time: Timestamp,
    #[serde(deserialize_with = "null_default")]
    pub template_ids: Vec<Uuid>,
}

impl Default for TemplateInsightsIntervalReport {
    fn default() -> Self {
        Self {
            active_users: Default::default(),
            end_time: zero_time(),
            interval: Default::default(),
            start_time: zero_time(),
            template_ids: Default::default(),
        }
    }
}

/// `TemplateInsightsReport`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TemplateInsightsReport {
    pub active_users: i64,
    #[serde(deserialize_with = "null_default")]
    pub apps_usage: Vec<TemplateAppUsage>,
    #[serde(default = "zero_time")]
    pub end_time: Timestamp,
    #[serde(deserialize_with = "null_default")]
    pub parameters_usage: Vec<TemplateParameterUsage>,
    #[serde(default = "zero_time")]
    pub start_time: Timestamp,
    #[serde(deserialize_with = "null_default")]
    pub template_ids: Vec<Uuid>,
}

impl Default for TemplateInsightsReport {
    fn default() -> Self {
        Self {
            active_users: Default::default(),
            apps_usage: Default::default(),
            end_time: zero_time(),
            parameters_usage: Default::default(),
            start_time: zero_time(),
            template_ids: Default::default(),
        }
    }
}

/// `TemplateInsightsResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TemplateInsightsResponse {
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub interval_reports: Vec<TemplateInsightsIntervalReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<TemplateInsightsReport>,
}

/// `TemplateParameterUsage`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TemplateParameterUsage {
    pub description: String,
    pub display_name: String,
    pub name: String,
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub options: Vec<TemplateVersionParameterOption>,
    #[serde(deserialize_with = "null_default")]
    pub template_ids: Vec<Uuid>,
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(deserialize_with = "null_default")]
    pub values: Vec<TemplateParameterValue>,
}

/// `TemplateParameterValue`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TemplateParameterValue {
    pub count: i64,
    pub value: String,
}
