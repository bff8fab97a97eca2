//! REST types: deployment.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `BuildInfoResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct BuildInfoResponse {
    pub agent_api_version: String,
    pub dashboard_url: String,
    pub deployment_id: String,
    pub external_url: String,
    pub provisioner_api_version: String,
    pub telemetry: bool,
    pub upgrade_message: String,
    pub version: String,
    #[serde(skip_serializing_if = "is_default")]
    pub webpush_public_key: String,
    pub workspace_proxy: bool,
}

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

string_enum! {
    /// `Experiment`.
    pub enum Experiment {
        Example = "example",
        AutoFillParameters = "auto-fill-parameters",
        Notifications = "notifications",
        WorkspaceUsage = "workspace-usage",
        Oauth2 = "oauth2",
        McpServerHttp = "mcp-server-http",
        McpToolSearch = "mcp-tool-search",
        WorkspaceBuildUpdates = "workspace-build-updates",
        NatsPubsub = "nats_pubsub",
        WorkspaceCapableLicensing = "workspace-capable-licensing",
        AiGatewaySeatExclusion = "ai-gateway-seat-exclusion",
        ChatAdvisor = "chat-advisor",
        ChatVirtualDesktop = "chat-virtual-desktop",
        AgentLifecycleHooks = "agent-lifecycle-hooks",
    }
}

/// `HTTPCookieConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct HttpCookieConfig {
    #[serde(skip_serializing_if = "is_default")]
    pub host_prefix: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub same_site: String,
    #[serde(skip_serializing_if = "is_default")]
    pub secure_auth_cookie: bool,
}

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

/// `OAuth2Config`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct OAuth2Config {
    pub github: OAuth2GithubConfig,
}

/// `OAuth2GithubConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct OAuth2GithubConfig {
    pub allow_everyone: bool,
    pub allow_signups: bool,
    #[serde(deserialize_with = "null_default")]
    pub allowed_orgs: Vec<String>,
    #[serde(deserialize_with = "null_default")]
    pub allowed_teams: Vec<String>,
    pub client_id: String,
    pub client_secret: String,
    pub default_provider_enable: bool,
    pub device_flow: bool,
    pub enterprise_base_url: String,
}

/// `OIDCConfig`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct OidcConfig {
    pub allow_signups: bool,
    pub auth_url_params: serde_json::Value,
    pub auto_repair_links: bool,
    pub client_cert_file: String,
    pub client_id: String,
    pub client_key_file: String,
    pub client_secret: String,
    #[serde(deserialize_with = "null_default")]
    pub email_domain: Vec<String>,
    pub email_fallback: bool,
    pub email_field: String,
    #[serde(deserialize_with = "null_default")]
    pub group_allow_list: Vec<String>,
    pub group_auto_create: bool,
    pub group_mapping: serde_json::Value,
    pub group_regex_filter: String,
    pub groups_field: String,
    pub icon_url: String,
    pub ignore_email_verified: bool,
    pub ignore_user_info: bool,
    pub issuer_url: String,
    pub name_field: String,
    pub organization_assign_default: bool,
    pub organization_field: String,
    pub organization_mapping: serde_json::Value,
    #[serde(deserialize_with = "null_default")]
    pub redirect_allowed_hosts: Vec<String>,
    pub redirect_url: String,
    #[serde(deserialize_with = "null_default")]
    pub scopes: Vec<String>,
    pub sign_in_text: String,
    pub signups_disabled_text: String,
    pub skip_issuer_checks: bool,
    pub source_user_info_from_access_token: bool,
    pub user_role_field: String,
    pub user_role_mapping: serde_json::Value,
    #[serde(deserialize_with = "null_default")]
    pub user_roles_default: Vec<String>,
    pub username_field: String,
}
