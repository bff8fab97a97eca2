//! REST types: options of logs, metrics and traces.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `HealthcheckConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct HealthcheckConfig {
    pub refresh: i64,
    pub threshold_database: i64,
}

/// `LoggingConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct LoggingConfig {
    pub human: String,
    pub json: String,
    #[serde(deserialize_with = "null_default")]
    pub log_filter: Vec<String>,
    pub stackdriver: String,
}

/// `PprofConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PprofConfig {
    pub address: String,
    pub enable: bool,
}

/// `PrometheusConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PrometheusConfig {
    pub address: String,
    #[serde(deserialize_with = "null_default")]
    pub aggregate_agent_stats_by: Vec<String>,
    pub collect_agent_stats: bool,
    pub collect_db_metrics: bool,
    pub enable: bool,
}

/// `RetentionConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct RetentionConfig {
    pub api_keys: i64,
    pub audit_logs: i64,
    pub boundary_logs: i64,
    pub connection_logs: i64,
    pub workspace_agent_logs: i64,
}

/// `StatsCollectionConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct StatsCollectionConfig {
    pub usage_stats: UsageStatsConfig,
}

/// `TelemetryConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TelemetryConfig {
    pub enable: bool,
    pub trace: bool,
    pub url: String,
}

/// `TraceConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TraceConfig {
    pub capture_logs: bool,
    pub data_dog: bool,
    pub enable: bool,
    pub honeycomb_api_key: String,
}

/// `UsageStatsConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UsageStatsConfig {
    pub enable: bool,
}
