//! The configuration as `GET /deployment/config` shows it: nested values by the keys that clients read, and the list of
//! options.

use serde_json::{Map, Value, json};
use warren_api::{ConfigOption, DeploymentConfig, DeploymentValues, OptionGroup, ValueSource};

use crate::options::{OPTIONS, OptionSpec, Source, Values};

/// Objects of the values, the longest first: an option whose name begins with one of them belongs into it.
const GROUPS: &[&str] = &[
    "stats_collection.usage_stats",
    "notifications.email.auth",
    "notifications.email.tls",
    "notifications.webhook",
    "notifications.email",
    "notifications.inbox",
    "workspace_prebuilds",
    "template_builder",
    "oauth2.github",
    "notifications",
    "derp.server",
    "derp.config",
    "provisioner",
    "prometheus",
    "telemetry",
    "dangerous",
    "swagger",
    "support",
    "cluster",
    "pprof",
    "trace",
    "oidc",
    "tls",
];

/// Options whose key is not their name.
#[rustfmt::skip]
const KEYS: &[(&str, &str)] = &[
    ("agent-stats-refresh-interval", "agent_stat_refresh_interval"),
    ("allow-custom-quiet-hours", "user_quiet_hours_schedule.allow_user_custom"),
    ("api-keys-retention", "retention.api_keys"),
    ("api-rate-limit", "rate_limit.api"),
    ("audit-logs-retention", "retention.audit_logs"),
    ("block-direct-connections", "derp.config.block_direct"),
    ("cache-dir", "cache_directory"),
    ("connection-logs-retention", "retention.connection_logs"),
    ("dangerous-allow-cors-requests", "dangerous.allow_all_cors"),
    ("dangerous-disable-rate-limits", "rate_limit.disable_all"),
    ("dangerous-oidc-skip-issuer-checks", "oidc.skip_issuer_checks"),
    ("default-oauth-refresh-lifetime", "session_lifetime.refresh_default_duration"),
    ("default-quiet-hours-schedule", "user_quiet_hours_schedule.default_schedule"),
    ("default-token-lifetime", "session_lifetime.default_token_lifetime"),
    ("derp-force-websockets", "derp.config.force_websockets"),
    ("disable-owner-workspace-access", "disable_owner_workspace_exec"),
    ("disable-session-expiry-refresh", "session_lifetime.disable_expiry_refresh"),
    ("enable-authz-recordings", "enable_authz_recording"),
    ("ephemeral", "ephemeral_deployment"),
    ("external-auth-providers", "external_auth"),
    ("health-check-refresh", "healthcheck.refresh"),
    ("health-check-threshold-database", "healthcheck.threshold_database"),
    ("host-prefix-cookie", "http_cookies.host_prefix"),
    ("log-filter", "logging.log_filter"),
    ("log-human", "logging.human"),
    ("log-json", "logging.json"),
    ("log-stackdriver", "logging.stackdriver"),
    ("max-admin-token-lifetime", "session_lifetime.max_admin_token_lifetime"),
    ("max-token-lifetime", "session_lifetime.max_token_lifetime"),
    ("notifications-email-tls-ca-cert-file", "notifications.email.tls.ca_file"),
    ("notifications-email-tls-cert-key-file", "notifications.email.tls.key_file"),
    ("notifications-email-tls-skip-verify", "notifications.email.tls.insecure_skip_verify"),
    ("notifications-email-tls-starttls", "notifications.email.tls.start_tls"),
    ("notifications-store-sync-buffer-size", "notifications.sync_buffer_size"),
    ("notifications-store-sync-interval", "notifications.sync_interval"),
    ("oidc-access-token-claims", "oidc.source_user_info_from_access_token"),
    ("oidc-allowed-groups", "oidc.group_allow_list"),
    ("oidc-group-field", "oidc.groups_field"),
    ("oidc-ignore-userinfo", "oidc.ignore_user_info"),
    ("oidc-user-role-default", "oidc.user_roles_default"),
    ("postgres-auth", "pg_auth"),
    ("postgres-conn-max-idle", "pg_conn_max_idle"),
    ("postgres-conn-max-open", "pg_conn_max_open"),
    ("postgres-url", "pg_connection_url"),
    ("provisioner-types", "provisioner.daemon_types"),
    ("proxy-health-interval", "proxy_health_status_interval"),
    ("samesite-auth-cookie", "http_cookies.same_site"),
    ("scim-auth-header", "scim_api_key"),
    ("secure-auth-cookie", "http_cookies.secure_auth_cookie"),
    ("session-duration", "session_lifetime.default_duration"),
    ("ssh-config-options", "config_ssh.SSHConfigOptions"),
    ("ssh-hostname-prefix", "config_ssh.DeploymentName"),
    ("telemetry", "telemetry.enable"),
    ("tls-ciphers", "tls.supported_ciphers"),
    ("tls-redirect-http-to-https", "tls.redirect_http"),
    ("trace", "trace.enable"),
    ("trace-datadog", "trace.data_dog"),
    ("trace-logs", "trace.capture_logs"),
    ("wg-tunnel-host", "wgtunnel_host"),
    ("workspace-agent-logs-retention", "retention.workspace_agent_logs"),
    ("workspace-prebuilds-reconciliation-backoff-lookback-period", "workspace_prebuilds.reconciliation_backoff_lookback"),
];

/// Options that have no key: features that are left out, and old names of other options.
const WITHOUT_KEY: &[&str] = &["aibridge-", "email-", "hide-ai-tasks", "telemetry-enable"];

/// Everything that is shown. Secrets are empty.
pub(crate) fn shown(values: &Values) -> DeploymentConfig {
    let mut config = Map::new();
    for spec in OPTIONS {
        let value = values.json(spec);
        let nothing = value.is_null() || spec.secret;
        if let Some(key) = key_of(spec.name).filter(|_| !nothing) {
            set(&mut config, &key, value);
        }
    }
    let config = serde_json::from_value::<DeploymentValues>(Value::Object(config)).unwrap_or_else(|error| {
        tracing::warn!(%error, "a value of the configuration cannot be shown");
        DeploymentValues::default()
    });
    let options = OPTIONS.iter().map(|spec| option(values, spec)).collect();
    DeploymentConfig { config: Some(config), options }
}

/// `tls-min-version` → `tls.min_version`
fn key_of(name: &str) -> Option<String> {
    if WITHOUT_KEY.iter().any(|prefix| name.starts_with(prefix)) {
        return None;
    }
    if let Some((_, key)) = KEYS.iter().find(|(option, _)| *option == name) {
        return Some((*key).to_owned());
    }
    let in_group = GROUPS.iter().find_map(|group| {
        let prefix = group.replace(['.', '_'], "-");
        let rest = name.strip_prefix(&prefix)?.strip_prefix('-')?;
        Some(format!("{group}.{}", rest.replace('-', "_")))
    });
    Some(in_group.unwrap_or_else(|| name.replace('-', "_")))
}

fn set(object: &mut Map<String, Value>, key: &str, value: Value) {
    match key.split_once('.') {
        None => drop(object.insert(key.to_owned(), value)),
        Some((outer, rest)) => {
            let inner = object.entry(outer).or_insert_with(|| json!({}));
            if let Some(inner) = inner.as_object_mut() {
                set(inner, rest, value);
            }
        }
    }
}

fn option(values: &Values, spec: &OptionSpec) -> ConfigOption {
    let yaml = spec.yaml.rsplit_once('.').map_or(spec.yaml, |(_, key)| key);
    ConfigOption {
        name: title(spec.name),
        description: spec.help.into(),
        flag: spec.name.into(),
        flag_shorthand: spec.short.map(String::from).unwrap_or_default(),
        env: spec.env.into(),
        yaml: yaml.into(),
        default: spec.default.into(),
        value: Some(value(values, spec)).filter(|value| !value.is_null() && !spec.secret),
        value_source: match values.source(spec.name) {
            Source::Default => ValueSource::Default,
            other => ValueSource::parse(other.as_str()),
        },
        annotations: spec.secret.then(|| ("secret".to_owned(), "true".to_owned())).into_iter().collect(),
        group: group(spec.group),
        hidden: spec.hidden,
        ..ConfigOption::default()
    }
}

/// A value as clients decode it into options of their own: those of one word among a few carry their choices.
fn value(values: &Values, spec: &OptionSpec) -> Value {
    const CHOICES: &[&str] = &["postgres-auth", "samesite-auth-cookie"];
    let plain = values.json(spec);
    if CHOICES.contains(&spec.name) { json!({ "Choices": spec.values, "Value": plain }) } else { plain }
}

fn group(path: &str) -> OptionGroup {
    let names = path.split(" / ").filter(|name| !name.is_empty());
    names.fold(OptionGroup::default(), |parent, name| OptionGroup {
        name: title(name),
        parent: Some(Box::new(parent)).filter(|parent| !parent.name.is_empty()),
        ..OptionGroup::default()
    })
}

/// `http-address` → `Http Address`
fn title(name: &str) -> String {
    let words = name.split(['-', ' ']).filter(|word| !word.is_empty()).map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters.flat_map(char::to_lowercase)).collect::<String>()
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;
    use crate::options::Kind;

    fn defaults() -> DeploymentConfig {
        shown(&Values::defaults())
    }

    /// Every option that has a key is a field of the values, of its type.
    #[test]
    fn options_are_shown_by_the_keys_of_the_values() {
        let mut keys = BTreeSet::new();
        for spec in OPTIONS {
            let Some(key) = key_of(spec.name) else { continue };
            let mut one = Map::new();
            let sample = match spec.kind {
                Kind::Bool => json!(true),
                Kind::Int | Kind::Duration => json!(7),
                Kind::List => json!(["text"]),
                Kind::Text | Kind::Url | Kind::Address => json!("text"),
                // Maps and lists of objects have forms of their own.
                Kind::Json => continue,
            };
            set(&mut one, &key, sample.clone());
            let read: DeploymentValues = serde_json::from_value(Value::Object(one)).unwrap();
            let written = serde_json::to_value(read).unwrap();
            let pointer = format!("/{}", key.replace('.', "/"));
            assert_eq!(written.pointer(&pointer), Some(&sample), "{}: {key}", spec.name);
            assert!(keys.insert(key), "{}: another option has its key", spec.name);
        }
        println!("{} options have keys", keys.len());
    }

    /// Official clients refuse the whole answer when this one is a bare text.
    #[test]
    fn a_choice_is_shown_with_its_words() {
        let shown = defaults().options.into_iter().find(|option| option.flag == "postgres-auth");
        let choices = json!({ "Choices": ["password", "awsiamrds"], "Value": "password" });
        assert_eq!(shown.and_then(|option| option.value), Some(choices));
    }

    #[test]
    fn groups_have_their_parents() {
        let group = group("NETWORKING / HTTP");
        assert_eq!((group.name.as_str(), group.parent.unwrap().name.as_str()), ("Http", "Networking"));
        assert_eq!(super::group(""), OptionGroup::default());
    }

    #[test]
    fn secrets_are_not_shown() {
        let mut values = Values::defaults();
        let url = OPTIONS.iter().find(|spec| spec.name == "postgres-url").unwrap();
        assert!(url.secret);
        values.set(url, vec!["postgres://somebody:secret@host/db".into()], Source::Flag).unwrap();
        let text = serde_json::to_string(&shown(&values)).unwrap();
        assert!(!text.contains("somebody"), "{text}");
    }

    /// Whatever an official server shows is shown here too, in the same form.
    #[test]
    fn recorded_values_have_their_counterparts() {
        let explicit = std::env::var_os("WARREN_SPEC").map(std::path::PathBuf::from);
        let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|dir| dir.join("shared/spec"));
        let Some(spec) = explicit.or_else(|| above.into_iter().find(|dir| dir.is_dir())) else {
            eprintln!("SKIPPED: the contract's folder is not there");
            return;
        };
        let lines = std::fs::read_to_string(spec.join("golden/rest.jsonl")).unwrap();
        let recorded: Value = lines
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .find(|line| line["name"] == "deploy_config" && line["status"] == 200)
            .unwrap();
        let ours = serde_json::to_value(defaults()).unwrap();
        let mut wrong = Vec::new();
        let fields = recorded["response"]["config"].as_object().unwrap();
        // Features that are left out, and what this deployment had set (absent when it is not).
        let set = |value: &Value| !value.is_object() && !value.is_null();
        for (key, value) in fields.iter().filter(|(key, value)| *key != "ai" && !set(value)) {
            compare(key, value, &ours["config"][key], &mut wrong);
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        println!("replayed 1 of {} lines of rest.jsonl", lines.lines().count());
    }

    fn compare(path: &str, recorded: &Value, ours: &Value, wrong: &mut Vec<String>) {
        match (recorded, ours) {
            (Value::Object(recorded), Value::Object(ours)) => {
                for (key, value) in recorded {
                    // A map of the administrator's, empty or not.
                    let free = recorded.len() == 1 && key == "access_type";
                    match ours.get(key) {
                        Some(ours) => compare(&format!("{path}.{key}"), value, ours, wrong),
                        None if free => {}
                        None => wrong.push(format!("{path}.{key} is missing")),
                    }
                }
            }
            (Value::Null | Value::Array(_), Value::Array(_) | Value::Null) => {}
            (recorded, ours) if std::mem::discriminant(recorded) == std::mem::discriminant(ours) => {}
            (recorded, ours) => wrong.push(format!("{path} is {ours}, and was {recorded}")),
        }
    }
}
