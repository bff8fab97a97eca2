//! From options to the typed configuration of the parts.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use jiff::SignedDuration;
use url::Url;
use warren_core::{Config, SameSite, Secret, ShownOptions};

use crate::options::{Source, Values};

/// SSH options that could run programs on a user's machine, or that the generated configuration needs itself.
const REFUSED_SSH_OPTIONS: [&str; 13] = [
    "host",
    "match",
    "include",
    "proxycommand",
    "proxyjump",
    "localcommand",
    "permitlocalcommand",
    "remotecommand",
    "knownhostscommand",
    "pkcs11provider",
    "securitykeyprovider",
    "smartcarddevice",
    "xauthlocation",
];

/// The typed configuration.
pub(crate) fn config(values: &Values, access_url: Url, data_dir: &Path) -> Result<Config> {
    let https = access_url.scheme() == "https";
    let secure =
        if values.source("secure-auth-cookie") == Source::Default { https } else { values.bool("secure-auth-cookie") };
    let same_site = match values.text("samesite-auth-cookie").as_str() {
        "none" => SameSite::None,
        _ => SameSite::Lax,
    };
    let limit = values.int("api-rate-limit");
    let cache_dir = match values.text("cache-dir") {
        text if text.is_empty() => data_dir.join("cache"),
        text => text.into(),
    };
    Ok(Config {
        access_url,
        redirect_to_access_url: values.bool("redirect-to-access-url"),
        wildcard_access_url: wildcard(values)?,
        api_rate_limit: u32::try_from(limit).ok().filter(|limit| *limit > 0),
        rate_limits: !values.bool("dangerous-disable-rate-limits"),
        disable_password_auth: values.bool("disable-password-auth"),
        session_duration: values.duration("session-duration"),
        default_token_lifetime: values.duration("default-token-lifetime"),
        max_token_lifetime: values.duration("max-token-lifetime"),
        max_admin_token_lifetime: values.duration("max-admin-token-lifetime"),
        disable_session_expiry_refresh: values.bool("disable-session-expiry-refresh"),
        secure_auth_cookie: secure,
        same_site,
        host_prefix_cookie: values.bool("host-prefix-cookie"),
        ssh_hostname_prefix: values.text("ssh-hostname-prefix"),
        workspace_hostname_suffix: values.text("workspace-hostname-suffix"),
        ssh_config_options: ssh_options(values)?,
        provisioner_force_cancel: interval(values, "provisioner-force-cancel-interval"),
        cli_upgrade_message: values.text("cli-upgrade-message"),
        disable_owner_workspace_access: values.bool("disable-owner-workspace-access"),
        allow_workspace_renames: values.bool("allow-workspace-renames"),
        experiments: values.list("experiments"),
        docs_url: values.text("docs-url"),
        terms_of_service_url: values.text("terms-of-service-url"),
        agent_troubleshooting_url: values.text("agent-fallback-troubleshooting-url"),
        browser_only: values.bool("browser-only"),
        trusted_headers: values.list("proxy-trusted-headers"),
        trusted_origins: trusted_origins(values)?,
        allow_all_cors: values.bool("dangerous-allow-cors-requests"),
        provisioner_daemons: u32::try_from(values.int("provisioner-daemons")).unwrap_or(0),
        provisioner_daemon_psk: Secret::new(values.text("provisioner-daemon-psk")),
        default_quiet_hours_schedule: values.text("default-quiet-hours-schedule"),
        autobuild_poll_interval: interval(values, "autobuild-poll-interval"),
        job_hang_detector_interval: interval(values, "job-hang-detector-interval"),
        agent_stats_refresh_interval: interval(values, "agent-stats-refresh-interval"),
        terraform_debug_mode: values.bool("enable-terraform-debug-mode"),
        derp_server_enable: values.bool("derp-server-enable"),
        derp_region_id: i32::try_from(values.int("derp-server-region-id"))
            .context("derp-server-region-id is too large")?,
        derp_region_code: values.text("derp-server-region-code"),
        derp_region_name: values.text("derp-server-region-name"),
        derp_stun_addresses: values.list("derp-server-stun-addresses"),
        derp_relay_url: values.text("derp-server-relay-url"),
        derp_config_url: values.text("derp-config-url"),
        derp_config_path: values.text("derp-config-path"),
        derp_force_websockets: values.bool("derp-force-websockets"),
        block_direct_connections: values.bool("block-direct-connections"),
        disable_path_apps: values.bool("disable-path-apps"),
        path_app_sharing: values.bool("dangerous-allow-path-app-sharing"),
        path_app_site_owner_access: values.bool("dangerous-allow-path-app-site-owner-access"),
        strict_transport_security: u64::try_from(values.int("strict-transport-security")).unwrap_or(0),
        data_dir: data_dir.to_owned(),
        cache_dir,
        shown: ShownOptions::new(&crate::shown::shown(values)),
    })
}

/// The URL at which clients reach the server; without one, the listener's own address on this machine.
pub(crate) fn access_url(values: &Values, listening: SocketAddr, tls: bool) -> Result<Url> {
    let text = values.text("access-url");
    if text.is_empty() {
        let scheme = if tls { "https" } else { "http" };
        let host = if listening.ip().is_unspecified() { IpAddr::from([127, 0, 0, 1]) } else { listening.ip() };
        let url = Url::parse(&format!("{scheme}://{}", SocketAddr::new(host, listening.port())))?;
        tracing::warn!(access_url = %url, "CODER_ACCESS_URL is not set: only clients on this machine reach the server");
        return Ok(url);
    }
    let url = Url::parse(&text).context("access-url is not a URL")?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        bail!("access-url must begin with http:// or https:// and name a host");
    }
    Ok(url)
}

fn wildcard(values: &Values) -> Result<String> {
    let text = values.text("wildcard-access-url");
    let host = text.rsplit_once("://").map_or(text.as_str(), |(_, host)| host).trim_end_matches('/').to_owned();
    if !host.is_empty() && (!host.starts_with('*') || host.matches('*').count() != 1) {
        bail!("wildcard-access-url must begin with its only \"*\", for example *.apps.example.com");
    }
    Ok(host)
}

fn ssh_options(values: &Values) -> Result<BTreeMap<String, String>> {
    let mut options = BTreeMap::new();
    for text in values.list("ssh-config-options") {
        let pair = text.split_once('=').or_else(|| text.split_once(' '));
        let (key, value) = pair.with_context(|| format!("ssh-config-options: {text:?} is not key=value"))?;
        let key = key.trim();
        if REFUSED_SSH_OPTIONS.contains(&key.to_lowercase().as_str()) {
            bail!("ssh-config-options: {key:?} is not allowed");
        }
        if text.contains(['\r', '\n', '\0']) {
            bail!("ssh-config-options: control characters are not allowed");
        }
        options.insert(key.to_owned(), value.trim().to_owned());
    }
    Ok(options)
}

fn trusted_origins(values: &Values) -> Result<Vec<(IpAddr, u8)>> {
    let parse = |text: &String| -> Option<(IpAddr, u8)> {
        let (address, bits) = text.split_once('/').unwrap_or((text, ""));
        let address: IpAddr = address.parse().ok()?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let bits = if bits.is_empty() { longest } else { bits.parse().ok()? };
        (bits <= longest).then_some((address, bits))
    };
    let origins = values.list("proxy-trusted-origins");
    origins
        .iter()
        .map(|text| parse(text).with_context(|| format!("proxy-trusted-origins: {text:?} is no address or network")))
        .collect()
}

fn interval(values: &Values, name: &str) -> Duration {
    let duration = values.duration(name).max(SignedDuration::from_millis(100));
    duration.unsigned_abs()
}
