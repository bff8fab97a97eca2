//! Typed configuration; `warren-control` makes it from flags, environment and file.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use jiff::SignedDuration;
use url::Url;
use warren_rbac::RoleOptions;

/// `SameSite` of the session cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SameSite {
    /// `Lax`
    #[default]
    Lax,
    /// `None`
    None,
}

/// Settings as the server's parts use them. The option names are those of spec operations.md §2.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where clients reach the server (`access-url`).
    pub access_url: Url,
    /// Requests for other hosts are led to the access URL (`redirect-to-access-url`).
    pub redirect_to_access_url: bool,
    /// `*.apps.example.com`, or empty (`wildcard-access-url`).
    pub wildcard_access_url: String,
    /// Requests a minute for each caller and path; `None`: no limit (`api-rate-limit`).
    pub api_rate_limit: Option<u32>,
    /// False turns every rate limit off (`dangerous-disable-rate-limits`).
    pub rate_limits: bool,
    /// No password logins except for owners (`disable-password-auth`).
    pub disable_password_auth: bool,
    /// `session-duration`
    pub session_duration: SignedDuration,
    /// `default-token-lifetime`
    pub default_token_lifetime: SignedDuration,
    /// `max-token-lifetime`
    pub max_token_lifetime: SignedDuration,
    /// `max-admin-token-lifetime`
    pub max_admin_token_lifetime: SignedDuration,
    /// `disable-session-expiry-refresh`
    pub disable_session_expiry_refresh: bool,
    /// `secure-auth-cookie`
    pub secure_auth_cookie: bool,
    /// `samesite-auth-cookie`
    pub same_site: SameSite,
    /// `host-prefix-cookie`
    pub host_prefix_cookie: bool,
    /// `ssh-hostname-prefix`
    pub ssh_hostname_prefix: String,
    /// `workspace-hostname-suffix`
    pub workspace_hostname_suffix: String,
    /// `ssh-config-options`
    pub ssh_config_options: BTreeMap<String, String>,
    /// How long a cancelled job may take to end (`provisioner-force-cancel-interval`).
    pub provisioner_force_cancel: Duration,
    /// Text for clients of another version (`cli-upgrade-message`).
    pub cli_upgrade_message: String,
    /// `disable-owner-workspace-access`
    pub disable_owner_workspace_access: bool,
    /// `allow-workspace-renames`
    pub allow_workspace_renames: bool,
    /// `experiments`
    pub experiments: Vec<String>,
    /// `docs-url`
    pub docs_url: String,
    /// `terms-of-service-url`
    pub terms_of_service_url: String,
    /// `agent-fallback-troubleshooting-url`
    pub agent_troubleshooting_url: String,
    /// `browser-only`
    pub browser_only: bool,
    /// `proxy-trusted-headers`
    pub trusted_headers: Vec<String>,
    /// `proxy-trusted-origins`, as `(address, prefix length)`
    pub trusted_origins: Vec<(std::net::IpAddr, u8)>,
    /// `dangerous-allow-cors-requests`
    pub allow_all_cors: bool,
    /// `provisioner-daemons`
    pub provisioner_daemons: u32,
    /// `provisioner-daemon-psk`; empty: none
    pub provisioner_daemon_psk: Secret,
    /// `default-quiet-hours-schedule`
    pub default_quiet_hours_schedule: String,
    /// `autobuild-poll-interval`
    pub autobuild_poll_interval: Duration,
    /// `job-hang-detector-interval`
    pub job_hang_detector_interval: Duration,
    /// `agent-stats-refresh-interval`
    pub agent_stats_refresh_interval: Duration,
    /// `enable-terraform-debug-mode`
    pub terraform_debug_mode: bool,
    /// `derp-server-enable`
    pub derp_server_enable: bool,
    /// `derp-server-region-id`
    pub derp_region_id: i32,
    /// `derp-server-region-code`
    pub derp_region_code: String,
    /// `derp-server-region-name`
    pub derp_region_name: String,
    /// `derp-server-stun-addresses`
    pub derp_stun_addresses: Vec<String>,
    /// `derp-server-relay-url`
    pub derp_relay_url: String,
    /// `derp-config-url`
    pub derp_config_url: String,
    /// `derp-config-path`
    pub derp_config_path: String,
    /// `derp-force-websockets`
    pub derp_force_websockets: bool,
    /// `block-direct-connections`
    pub block_direct_connections: bool,
    /// `disable-path-apps`
    pub disable_path_apps: bool,
    /// `dangerous-allow-path-app-sharing`
    pub path_app_sharing: bool,
    /// `dangerous-allow-path-app-site-owner-access`
    pub path_app_site_owner_access: bool,
    /// `strict-transport-security`, seconds
    pub strict_transport_security: u64,
    /// The data directory.
    pub data_dir: PathBuf,
    /// `cache-dir`
    pub cache_dir: PathBuf,
    /// Every option as `GET /deployment/config` shows it, secrets blanked.
    pub shown: ShownOptions,
}

/// Values by name, and the list of options. Kept as text: as values they would be most of what an idle server holds.
#[derive(Debug, Clone)]
pub struct ShownOptions(std::sync::Arc<str>);

impl ShownOptions {
    /// Keeps them.
    pub fn new(shown: &warren_api::DeploymentConfig) -> Self {
        Self(serde_json::to_string(shown).unwrap_or_default().into())
    }

    /// The values again.
    pub fn read(&self) -> warren_api::DeploymentConfig {
        serde_json::from_str(&self.0).unwrap_or_default()
    }
}

/// A secret setting: no `Debug`, no `Display`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// True when none is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Config {
    /// The settings that roles are compiled with.
    pub fn role_options(&self) -> RoleOptions {
        RoleOptions { disable_owner_workspace_access: self.disable_owner_workspace_access }
    }

    /// The lifetimes of keys.
    pub fn lifetimes(&self) -> warren_auth::Lifetimes {
        warren_auth::Lifetimes {
            session: self.session_duration,
            default_token: self.default_token_lifetime,
            max_token: self.max_token_lifetime,
            max_admin_token: self.max_admin_token_lifetime,
            sliding: !self.disable_session_expiry_refresh,
        }
    }
}

impl Default for Config {
    /// The defaults of every option, with an access URL for tests.
    fn default() -> Self {
        let hours = SignedDuration::from_hours;
        Self {
            access_url: Url::parse("http://localhost:3000").expect("a constant URL"),
            redirect_to_access_url: false,
            wildcard_access_url: String::new(),
            api_rate_limit: Some(512),
            rate_limits: true,
            disable_password_auth: false,
            session_duration: hours(24),
            default_token_lifetime: hours(168),
            max_token_lifetime: hours(876_600),
            max_admin_token_lifetime: hours(168),
            disable_session_expiry_refresh: false,
            secure_auth_cookie: false,
            same_site: SameSite::Lax,
            host_prefix_cookie: false,
            ssh_hostname_prefix: "coder.".into(),
            workspace_hostname_suffix: "coder".into(),
            ssh_config_options: BTreeMap::new(),
            provisioner_force_cancel: Duration::from_secs(600),
            cli_upgrade_message: String::new(),
            disable_owner_workspace_access: false,
            allow_workspace_renames: false,
            experiments: Vec::new(),
            docs_url: "https://coder.com/docs".into(),
            terms_of_service_url: String::new(),
            agent_troubleshooting_url: "https://coder.com/docs/admin/templates/troubleshooting".into(),
            browser_only: false,
            trusted_headers: Vec::new(),
            trusted_origins: Vec::new(),
            allow_all_cors: false,
            provisioner_daemons: 3,
            provisioner_daemon_psk: Secret::default(),
            default_quiet_hours_schedule: "CRON_TZ=UTC 0 0 * * *".into(),
            autobuild_poll_interval: Duration::from_secs(60),
            job_hang_detector_interval: Duration::from_secs(60),
            agent_stats_refresh_interval: Duration::from_secs(30),
            terraform_debug_mode: false,
            derp_server_enable: true,
            derp_region_id: 999,
            derp_region_code: "coder".into(),
            derp_region_name: "Coder Embedded Relay".into(),
            derp_stun_addresses: Vec::new(),
            derp_relay_url: String::new(),
            derp_config_url: String::new(),
            derp_config_path: String::new(),
            derp_force_websockets: false,
            block_direct_connections: false,
            disable_path_apps: false,
            path_app_sharing: false,
            path_app_site_owner_access: false,
            strict_transport_security: 0,
            data_dir: PathBuf::new(),
            cache_dir: PathBuf::new(),
            shown: ShownOptions::new(&warren_api::DeploymentConfig::default()),
        }
    }
}
