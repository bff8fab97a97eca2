//! REST types: the options of a deployment.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `ClusterConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ClusterConfig {
    pub host: String,
}

/// `DERP`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Derp {
    pub config: DerpConfig,
    pub server: DerpServerConfig,
}

/// `DERPConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct DerpConfig {
    pub block_direct: bool,
    pub force_websockets: bool,
    pub path: String,
    pub url: String,
}

/// `DERPServerConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct DerpServerConfig {
    pub enable: bool,
    pub region_code: String,
    pub region_id: i64,
    pub region_name: String,
    pub relay_url: String,
    #[serde(deserialize_with = "null_default")]
    pub stun_addresses: Vec<String>,
}

/// `DangerousConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct DangerousConfig {
    pub allow_all_cors: bool,
    pub allow_path_app_sharing: bool,
    pub allow_path_app_site_owner_access: bool,
}

/// `DeploymentConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct DeploymentConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<DeploymentValues>,
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub options: Vec<ConfigOption>,
}

/// `DeploymentValues`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct DeploymentValues {
    #[serde(skip_serializing_if = "is_default")]
    pub access_url: String,
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub additional_csp_policy: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub address: String,
    #[serde(skip_serializing_if = "is_default")]
    pub agent_fallback_troubleshooting_url: String,
    #[serde(skip_serializing_if = "is_default")]
    pub agent_stat_refresh_interval: i64,
    pub ai: serde_json::Value,
    #[serde(skip_serializing_if = "is_default")]
    pub allow_workspace_renames: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub autobuild_poll_interval: i64,
    #[serde(skip_serializing_if = "is_default")]
    pub browser_only: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub cache_directory: String,
    #[serde(skip_serializing_if = "is_default")]
    pub cli_upgrade_message: String,
    pub cluster: ClusterConfig,
    #[serde(skip_serializing_if = "is_default")]
    pub config: String,
    pub config_ssh: SshConfig,
    pub dangerous: DangerousConfig,
    pub derp: Derp,
    #[serde(skip_serializing_if = "is_default")]
    pub disable_chat_sharing: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub disable_owner_workspace_exec: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub disable_password_auth: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub disable_path_apps: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub disable_workspace_sharing: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub docs_url: String,
    #[serde(skip_serializing_if = "is_default")]
    pub enable_ai_tasks: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub enable_authz_recording: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub enable_terraform_debug_mode: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub ephemeral_deployment: bool,
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub experiments: Vec<String>,
    #[serde(deserialize_with = "null_default")]
    pub external_auth: Vec<ExternalAuthConfig>,
    #[serde(skip_serializing_if = "is_default")]
    pub external_auth_github_default_provider_enable: bool,
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub external_token_encryption_keys: Vec<String>,
    pub healthcheck: HealthcheckConfig,
    #[serde(skip_serializing_if = "is_default")]
    pub http_address: String,
    pub http_cookies: HttpCookieConfig,
    #[serde(skip_serializing_if = "is_default")]
    pub job_hang_detector_interval: i64,
    pub logging: LoggingConfig,
    #[serde(skip_serializing_if = "is_default")]
    pub metrics_cache_refresh_interval: i64,
    pub notifications: NotificationsConfig,
    pub oauth2: OAuth2Config,
    pub oidc: OidcConfig,
    #[serde(skip_serializing_if = "is_default")]
    pub pg_auth: String,
    #[serde(skip_serializing_if = "is_default")]
    pub pg_conn_max_idle: String,
    #[serde(skip_serializing_if = "is_default")]
    pub pg_conn_max_open: i64,
    #[serde(skip_serializing_if = "is_default")]
    pub pg_connection_url: String,
    pub pprof: PprofConfig,
    pub prometheus: PrometheusConfig,
    pub provisioner: ProvisionerConfig,
    #[serde(skip_serializing_if = "is_default")]
    pub proxy_health_status_interval: i64,
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub proxy_trusted_headers: Vec<String>,
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub proxy_trusted_origins: Vec<String>,
    pub rate_limit: RateLimitConfig,
    #[serde(skip_serializing_if = "is_default")]
    pub redirect_to_access_url: bool,
    pub retention: RetentionConfig,
    #[serde(skip_serializing_if = "is_default")]
    pub scim_api_key: String,
    #[serde(skip_serializing_if = "is_default")]
    pub scim_use_legacy: bool,
    pub session_lifetime: SessionLifetime,
    #[serde(skip_serializing_if = "is_default")]
    pub ssh_keygen_algorithm: String,
    pub stats_collection: StatsCollectionConfig,
    #[serde(skip_serializing_if = "is_default")]
    pub strict_transport_security: i64,
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub strict_transport_security_options: Vec<String>,
    pub support: SupportConfig,
    pub swagger: SwaggerConfig,
    pub telemetry: TelemetryConfig,
    pub template_builder: TemplateBuilderConfig,
    #[serde(skip_serializing_if = "is_default")]
    pub terms_of_service_url: String,
    pub tls: TlsConfig,
    pub trace: TraceConfig,
    #[serde(skip_serializing_if = "is_default")]
    pub update_check: bool,
    pub user_quiet_hours_schedule: UserQuietHoursScheduleConfig,
    #[serde(skip_serializing_if = "is_default")]
    pub verbose: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub web_terminal_renderer: String,
    #[serde(skip_serializing_if = "is_default")]
    pub wgtunnel_host: String,
    #[serde(skip_serializing_if = "is_default")]
    pub wildcard_access_url: String,
    #[serde(skip_serializing_if = "is_default")]
    pub workspace_hostname_suffix: String,
    pub workspace_prebuilds: PrebuildsConfig,
    #[serde(skip_serializing_if = "is_default")]
    pub write_config: bool,
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

/// `SSHConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct SshConfig {
    #[serde(rename = "DeploymentName")]
    pub deployment_name: String,
    #[serde(rename = "SSHConfigOptions", deserialize_with = "null_default")]
    pub sshconfig_options: Vec<String>,
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

/// `TemplateBuilderConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TemplateBuilderConfig {
    #[serde(skip_serializing_if = "is_default")]
    pub disabled: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub registry_url: String,
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
