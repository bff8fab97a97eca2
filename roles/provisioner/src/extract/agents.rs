//! `coder_agent` resources.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;
use warren_proto::provisioner::agent::{Auth, Metadata};
use warren_proto::provisioner::{
    Agent, DisplayApps, MemoryResourceMonitor, ResourcesMonitoring, Script, VolumeResourceMonitor,
};

use super::value::{Values, blocks, boolean, int32, int64, string_map, text};
use super::{ExtractError, Instance};

static NAME: LazyLock<Regex> = LazyLock::new(|| name_pattern("(?i)^[a-z0-9](-?[a-z0-9])*$"));

#[allow(clippy::expect_used)]
pub(super) fn name_pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a constant pattern")
}

/// An agent and where it is declared.
#[derive(Debug)]
pub(super) struct Declared {
    pub label: String,
    pub agent: Agent,
    /// An id was given by `coder_agent_instance`.
    pub instance_given: bool,
}

/// All agents sorted by address.
pub(super) fn agents(ordered: &[&Instance]) -> Result<Vec<Declared>, ExtractError> {
    let mut names = HashSet::new();
    let mut agents = Vec::new();
    for instance in ordered.iter().filter(|instance| instance.is("coder_agent")) {
        let name = instance.name.clone();
        if !names.insert(name.to_lowercase()) {
            return Err(ExtractError::DuplicateAgent(name));
        }
        if name.contains('_') {
            return Err(ExtractError::AgentUnderscore(name));
        }
        if !NAME.is_match(&name) {
            return Err(ExtractError::AgentName(name));
        }
        agents.push(Declared { label: instance.label.clone(), agent: agent(instance), instance_given: false });
    }
    Ok(agents)
}

fn agent(instance: &Instance) -> Agent {
    let values = &instance.values;
    let auth = if text(values, "auth") == "token" {
        Auth::Token(text(values, "token"))
    } else {
        Auth::InstanceId(String::new())
    };
    Agent {
        id: text(values, "id"),
        name: instance.name.clone(),
        env: string_map(values, "env").into_iter().collect(),
        operating_system: text(values, "os"),
        architecture: text(values, "arch"),
        directory: text(values, "dir"),
        apps: Vec::new(),
        connection_timeout_seconds: int32(values, "connection_timeout"),
        troubleshooting_url: text(values, "troubleshooting_url"),
        motd_file: text(values, "motd_file"),
        metadata: blocks(values, "metadata").map(metadata).collect(),
        display_apps: Some(display_apps(values)),
        scripts: legacy_scripts(values),
        extra_envs: Vec::new(),
        order: int64(values, "order"),
        resources_monitoring: Some(monitoring(values)),
        devcontainers: Vec::new(),
        api_key_scope: text(values, "api_key_scope"),
        auth: Some(auth),
    }
}

fn metadata(values: &Values) -> Metadata {
    Metadata {
        key: text(values, "key"),
        display_name: text(values, "display_name"),
        script: text(values, "script"),
        interval: int64(values, "interval"),
        timeout: int64(values, "timeout"),
        order: int64(values, "order"),
    }
}

fn display_apps(values: &Values) -> DisplayApps {
    match blocks(values, "display_apps").next() {
        Some(values) => DisplayApps {
            vscode: boolean(values, "vscode"),
            vscode_insiders: boolean(values, "vscode_insiders"),
            web_terminal: boolean(values, "web_terminal"),
            ssh_helper: boolean(values, "ssh_helper"),
            port_forwarding_helper: boolean(values, "port_forwarding_helper"),
        },
        None => DisplayApps {
            vscode: true,
            vscode_insiders: false,
            web_terminal: true,
            ssh_helper: true,
            port_forwarding_helper: true,
        },
    }
}

/// Scripts that are attributes of the agent itself.
fn legacy_scripts(values: &Values) -> Vec<Script> {
    let mut scripts = Vec::new();
    let startup = text(values, "startup_script");
    if !startup.is_empty() {
        let old_blocking =
            values.get("login_before_ready").is_some_and(|value| *value == serde_json::Value::Bool(false));
        scripts.push(Script {
            display_name: "Startup Script".to_owned(),
            icon: "/emojis/25b6-fe0f.png".to_owned(),
            script: startup,
            start_blocks_login: text(values, "startup_script_behavior") == "blocking" || old_blocking,
            run_on_start: true,
            log_path: "coder-startup-script.log".to_owned(),
            ..Script::default()
        });
    }
    let shutdown = text(values, "shutdown_script");
    if !shutdown.is_empty() {
        scripts.push(Script {
            display_name: "Shutdown Script".to_owned(),
            icon: "/emojis/25c0.png".to_owned(),
            script: shutdown,
            run_on_stop: true,
            log_path: "coder-shutdown-script.log".to_owned(),
            ..Script::default()
        });
    }
    scripts
}

fn monitoring(values: &Values) -> ResourcesMonitoring {
    let Some(values) = blocks(values, "resources_monitoring").next() else { return ResourcesMonitoring::default() };
    ResourcesMonitoring {
        memory: blocks(values, "memory").next().map(|values| MemoryResourceMonitor {
            enabled: boolean(values, "enabled"),
            threshold: int32(values, "threshold"),
        }),
        volumes: blocks(values, "volume")
            .map(|values| VolumeResourceMonitor {
                path: text(values, "path"),
                enabled: boolean(values, "enabled"),
                threshold: int32(values, "threshold"),
            })
            .collect(),
    }
}
