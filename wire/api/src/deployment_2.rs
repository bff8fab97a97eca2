//! REST types: deployment 2.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `PprofConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PprofConfig {
    pub address: String,
    pub enable: bool,
}

/// `PrebuildsConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PrebuildsConfig {
    pub failure_hard_limit: i64,
    pub reconciliation_backoff_interval: i64,
    pub reconciliation_backoff_lookback: i64,
    pub reconciliation_interval: i64,
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

/// `ProvisionerConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ProvisionerConfig {
    pub daemon_poll_interval: i64,
    pub daemon_poll_jitter: i64,
    pub daemon_psk: String,
    #[serde(deserialize_with = "null_default")]
    pub daemon_types: Vec<String>,
    pub daemons: i64,
    pub force_cancel_interval: i64,
}

/// `RateLimitConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct RateLimitConfig {
    pub api: i64,
    pub disable_all: bool,
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

/// `SSHConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct SshConfig {
    #[serde(rename = "DeploymentName")]
    pub deployment_name: String,
    #[serde(rename = "SSHConfigOptions", deserialize_with = "null_default")]
    pub sshconfig_options: Vec<String>,
}

/// `SSHConfigResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct SshConfigResponse {
    pub hostname_prefix: String,
    pub hostname_suffix: String,
    #[serde(deserialize_with = "null_default")]
    pub ssh_config_options: BTreeMap<String, String>,
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

/// `StatsCollectionConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct StatsCollectionConfig {
    pub usage_stats: UsageStatsConfig,
}

/// `SupportConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct SupportConfig {
    #[serde(deserialize_with = "null_default")]
    pub links: Vec<LinkConfig>,
}

/// `SwaggerConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct SwaggerConfig {
    pub enable: bool,
}

/// `TLSConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TlsConfig {
    pub address: String,
    pub allow_insecure_ciphers: bool,
    #[serde(deserialize_with = "null_default")]
    pub cert_file: Vec<String>,
    pub client_auth: String,
    pub client_ca_file: String,
    pub client_cert_file: String,
    pub client_key_file: String,
    pub enable: bool,
    #[serde(deserialize_with = "null_default")]
    pub key_file: Vec<String>,
    pub min_version: String,
    pub redirect_http: bool,
    #[serde(deserialize_with = "null_default")]
    pub supported_ciphers: Vec<String>,
}

/// `TelemetryConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TelemetryConfig {
    pub enable: bool,
    pub trace: bool,
    pub url: String,
}

/// `TemplateBuilderConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TemplateBuilderConfig {
    #[serde(skip_serializing_if = "is_default")]
    pub disabled: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub registry_url: String,
}

/// `TokenConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TokenConfig {
    pub max_token_lifetime: i64,
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

/// `UpdateCheckResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpdateCheckResponse {
    pub current: bool,
    pub url: String,
    pub version: String,
}

/// `UsageStatsConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UsageStatsConfig {
    pub enable: bool,
}

/// `UserQuietHoursScheduleConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UserQuietHoursScheduleConfig {
    pub allow_user_custom: bool,
    pub default_schedule: String,
}

/// `Group`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(no_recursion)]
#[serde(default)]
pub struct OptionGroup {
    #[serde(skip_serializing_if = "is_default")]
    pub description: String,
    pub name: String,
    #[serde(skip_serializing_if = "is_default")]
    pub parent: Option<Box<OptionGroup>>,
    #[serde(skip_serializing_if = "is_default")]
    pub yaml: String,
}

/// `Option`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ConfigOption {
    #[serde(skip_serializing_if = "is_default")]
    pub annotations: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "is_default")]
    pub default: String,
    #[serde(skip_serializing_if = "is_default")]
    pub description: String,
    #[serde(skip_serializing_if = "is_default")]
    pub env: String,
    #[serde(skip_serializing_if = "is_default")]
    pub flag: String,
    #[serde(skip_serializing_if = "is_default")]
    pub flag_shorthand: String,
    #[serde(skip_serializing_if = "is_default")]
    pub group: OptionGroup,
    #[serde(skip_serializing_if = "is_default")]
    pub hidden: bool,
    pub name: String,
    #[serde(skip_serializing_if = "is_default")]
    pub required: bool,
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    #[schema(no_recursion)]
    pub use_instead: Vec<ConfigOption>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "is_default")]
    pub value_source: ValueSource,
    #[serde(skip_serializing_if = "is_default")]
    pub yaml: String,
}

string_enum! {
    /// `ValueSource`.
    pub enum ValueSource or "" {
        Flag = "flag",
        Env = "env",
        Yaml = "yaml",
        Default = "default",
    }
}

/// `AvailableExperiments`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AvailableExperiments {
    #[serde(deserialize_with = "null_default")]
    pub safe: Vec<Experiment>,
}

/// `DeploymentStats`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct DeploymentStats {
    #[serde(default = "zero_time")]
    pub aggregated_from: Timestamp,
    #[serde(default = "zero_time")]
    pub collected_at: Timestamp,
    #[serde(default = "zero_time")]
    pub next_update_at: Timestamp,
    pub session_count: SessionCountDeploymentStats,
    pub workspaces: WorkspaceDeploymentStats,
}

impl Default for DeploymentStats {
    fn default() -> Self {
        Self {
            aggregated_from: zero_time(),
            collected_at: zero_time(),
            next_update_at: zero_time(),
            session_count: Default::default(),
            workspaces: Default::default(),
        }
    }
}

/// `SessionCountDeploymentStats`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct SessionCountDeploymentStats {
    pub jetbrains: i64,
    pub reconnecting_pty: i64,
    pub ssh: i64,
    pub vscode: i64,
}

/// `WorkspaceConnectionLatencyMS`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceConnectionLatencyMs {
    #[serde(rename = "P50")]
    pub p50: f64,
    #[serde(rename = "P95")]
    pub p95: f64,
}

/// `WorkspaceDeploymentStats`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceDeploymentStats {
    pub building: i64,
    pub connection_latency_ms: WorkspaceConnectionLatencyMs,
    pub failed: i64,
    pub pending: i64,
    pub running: i64,
    pub rx_bytes: i64,
    pub stopped: i64,
    pub tx_bytes: i64,
}
