//! The manifest: everything that an agent needs to know, read in one statement.

use std::collections::BTreeMap;

use prost_types::Duration;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;
use warren_core::Config;
use warren_db::agent_reports::{ManifestRow, find_manifest};
use warren_db::resources::{AgentDevcontainer, AgentMetadataDescription, AgentScript};
use warren_proto::agent::workspace_agent_metadata::Description;
use warren_proto::agent::workspace_app::{Health, Healthcheck, SharingLevel};
use warren_proto::agent::{
    GetManifestRequest, Manifest, WorkspaceAgentDevcontainer, WorkspaceAgentScript, WorkspaceApp,
};
use warren_rpc::RpcError;

use super::failed;
use crate::session::AgentSession;

#[derive(Deserialize)]
struct App {
    id: Uuid,
    url: String,
    external: bool,
    slug: String,
    display_name: String,
    command: String,
    icon: String,
    subdomain: bool,
    sharing_level: String,
    healthcheck_url: String,
    healthcheck_interval: i32,
    healthcheck_threshold: i32,
    health: String,
    hidden: bool,
}

pub(super) async fn get_manifest(session: AgentSession, _: GetManifestRequest) -> Result<Manifest, RpcError> {
    let agents = &session.agents.0;
    let conn = agents.db.conn().await.map_err(failed)?;
    let row = find_manifest(&conn, session.identity.agent_id).await.map_err(failed)?;
    drop(conn);
    let row = row.ok_or_else(|| RpcError::new("the agent does not exist any more"))?;
    let metadata: Vec<AgentMetadataDescription> = parse(row.metadata.clone())?;
    session.live.metadata.declare(metadata.iter().map(|item| item.key.as_str()));
    let mut manifest = manifest(row, metadata, &agents.config)?;
    manifest.derp_map = Some(agents.derp_map.clone());
    Ok(manifest)
}

fn manifest(row: ManifestRow, metadata: Vec<AgentMetadataDescription>, config: &Config) -> Result<Manifest, RpcError> {
    let scripts: Vec<AgentScript> = parse(row.scripts)?;
    let devcontainers: Vec<AgentDevcontainer> = parse(row.devcontainers)?;
    let apps: Vec<App> = parse(row.apps)?;
    let environment_variables: BTreeMap<String, String> = parse(row.environment_variables)?;
    let names = (row.name.as_str(), row.workspace_name.as_str(), row.owner_name.as_str());
    Ok(Manifest {
        agent_id: bytes(row.id),
        git_auth_configs: 0,
        environment_variables,
        directory: row.directory,
        vs_code_port_proxy_uri: port_proxy_uri(config, names),
        motd_path: row.motd_file,
        disable_direct_connections: config.block_direct_connections,
        derp_force_websockets: config.derp_force_websockets,
        derp_map: None,
        scripts: scripts.into_iter().map(script).collect(),
        apps: apps.into_iter().map(|app| self::app(app, config, names)).collect(),
        metadata: metadata.into_iter().map(description).collect(),
        owner_username: row.owner_name.clone(),
        workspace_id: bytes(row.workspace_id),
        agent_name: row.name.clone(),
        workspace_name: row.workspace_name.clone(),
        devcontainers: devcontainers.into_iter().map(devcontainer).collect(),
        parent_id: row.parent_id.map(bytes),
        secrets: Vec::new(),
    })
}

/// The documents are written by the server itself; one that does not parse is a bug, not the agent's fault.
fn parse<T: DeserializeOwned>(document: Value) -> Result<T, RpcError> {
    serde_json::from_value(document).map_err(|error| {
        tracing::error!(%error, "a stored document of an agent does not parse");
        RpcError::new("internal error")
    })
}

fn bytes(id: Uuid) -> bytes::Bytes {
    id.into_bytes().to_vec().into()
}

fn seconds(seconds: i64) -> Option<Duration> {
    Some(Duration { seconds, nanos: 0 })
}

fn script(script: AgentScript) -> WorkspaceAgentScript {
    WorkspaceAgentScript {
        log_source_id: bytes(script.log_source_id),
        log_path: script.log_path,
        script: script.script,
        cron: script.cron,
        run_on_start: script.run_on_start,
        run_on_stop: script.run_on_stop,
        start_blocks_login: script.start_blocks_login,
        timeout: seconds(script.timeout.into()),
        display_name: script.display_name,
        id: bytes(script.id),
    }
}

/// The number of seconds is sent as nanoseconds, and agents read it so.
fn description(item: AgentMetadataDescription) -> Description {
    let as_nanos = |seconds: i64| {
        Some(Duration {
            seconds: seconds / 1_000_000_000,
            nanos: i32::try_from(seconds % 1_000_000_000).unwrap_or_default(),
        })
    };
    Description {
        display_name: item.display_name,
        key: item.key,
        script: item.script,
        interval: as_nanos(item.interval),
        timeout: as_nanos(item.timeout),
    }
}

fn devcontainer(container: AgentDevcontainer) -> WorkspaceAgentDevcontainer {
    WorkspaceAgentDevcontainer {
        id: bytes(container.id),
        workspace_folder: container.workspace_folder,
        config_path: container.config_path,
        name: container.name,
        subagent_id: container.subagent_id.map(bytes),
    }
}

fn app(app: App, config: &Config, (_, workspace, owner): (&str, &str, &str)) -> WorkspaceApp {
    let subdomain_name = if app.subdomain && !config.wildcard_access_url.is_empty() {
        format!("{}--{workspace}--{owner}", app.slug)
    } else {
        String::new()
    };
    WorkspaceApp {
        id: bytes(app.id),
        url: app.url,
        external: app.external,
        slug: app.slug,
        display_name: app.display_name,
        command: app.command,
        icon: app.icon,
        subdomain: app.subdomain,
        subdomain_name,
        sharing_level: sharing_level(&app.sharing_level).into(),
        // Official agents read it without looking whether it is there.
        healthcheck: Some(Healthcheck {
            url: app.healthcheck_url,
            interval: seconds(app.healthcheck_interval.into()),
            threshold: app.healthcheck_threshold,
        }),
        health: health(&app.health).into(),
        hidden: app.hidden,
    }
}

/// Never the unspecified value: agents refuse the whole manifest for it.
fn sharing_level(text: &str) -> SharingLevel {
    match text {
        "authenticated" => SharingLevel::Authenticated,
        "organization" => SharingLevel::Organization,
        "public" => SharingLevel::Public,
        _ => SharingLevel::Owner,
    }
}

fn health(text: &str) -> Health {
    match text {
        "initializing" => Health::Initializing,
        "healthy" => Health::Healthy,
        "unhealthy" => Health::Unhealthy,
        _ => Health::Disabled,
    }
}

/// The pattern of port URLs for editors in the workspace; empty without a wildcard host.
fn port_proxy_uri(config: &Config, (agent, workspace, owner): (&str, &str, &str)) -> String {
    let host = config.wildcard_access_url.as_str();
    let host = host.split_once("://").map_or(host, |(_, host)| host);
    let Some((before, after)) = host.split_once('*') else { return String::new() };
    let scheme = config.access_url.scheme();
    let port = match config.access_url.port() {
        Some(port) if !after.contains(':') => format!(":{port}"),
        _ => String::new(),
    };
    format!("{scheme}://{before}{{{{port}}}}--{agent}--{workspace}--{owner}{after}{port}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_seconds_travel_as_nanoseconds() {
        let item = AgentMetadataDescription {
            key: "load".into(),
            display_name: "Load".into(),
            script: "x".into(),
            interval: 10,
            timeout: 2,
            order: 0,
        };
        let sent = description(item);
        assert_eq!(sent.interval, Some(Duration { seconds: 0, nanos: 10 }));
        assert_eq!(sent.timeout, Some(Duration { seconds: 0, nanos: 2 }));
    }

    #[test]
    fn port_uri_needs_a_wildcard_host() {
        let mut config = Config { access_url: "https://dev.example.com:8443".parse().unwrap(), ..Config::default() };
        let names = ("main", "dev", "alice");
        assert_eq!(port_proxy_uri(&config, names), "");
        config.wildcard_access_url = "*.apps.example.com".into();
        assert_eq!(port_proxy_uri(&config, names), "https://{{port}}--main--dev--alice.apps.example.com:8443");
    }
}
