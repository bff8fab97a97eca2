//! What helps to find out why something does not work: the log, the manifest without its secrets, the tunnel's state.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::SystemTime;

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use uuid::Uuid;
use warren_proto::agent::Manifest;
use warren_proto::tailnet::Node;

use super::answer::{Answer, error, json, long_text, text};
use crate::environment::Workspace;
use crate::logfile;

/// The most of one log that is sent, bytes.
const MAX_LOG: u64 = 10 << 20;
/// The most of all logs together, bytes.
const MAX_LOGS: u64 = 100 << 20;

/// The log in use; with `after` also its predecessors that were written to since then.
pub async fn logs(dir: &Path, after: Option<&str>) -> Answer {
    let Some(after) = after.filter(|text| !text.is_empty()) else {
        return match tokio::fs::File::open(dir.join(logfile::NAME)).await {
            Ok(file) => long_text(file.take(MAX_LOG)),
            Err(cause) => error(StatusCode::INTERNAL_SERVER_ERROR, "open the log file", &cause.to_string()),
        };
    };
    let Ok(after) = after.parse::<Timestamp>() else {
        return error(StatusCode::BAD_REQUEST, "the time after which is not like 2006-01-02T15:04:05Z", after);
    };
    let dir = dir.to_owned();
    let files =
        tokio::task::spawn_blocking(move || logfile::written_since(&dir, after.into())).await.unwrap_or_default();
    let mut all: Pin<Box<dyn AsyncRead + Send>> = Box::pin(tokio::io::empty());
    for (path, at) in files {
        let Ok(file) = tokio::fs::File::open(&path).await else { continue };
        let head = std::io::Cursor::new(log_head(&path, at).into_bytes());
        all = Box::pin(all.chain(head).chain(file));
    }
    long_text(all.take(MAX_LOGS))
}

fn log_head(path: &PathBuf, at: SystemTime) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let at = Timestamp::try_from(at).unwrap_or_default();
    format!("=== {name} (mtime {at}) ===\n")
}

/// The manifest without anything secret.
pub fn manifest(workspace: Option<&Workspace>, manifest: Option<&Manifest>) -> Answer {
    match (workspace, manifest) {
        (Some(workspace), Some(manifest)) => json(&shown(workspace, manifest)),
        _ => error(StatusCode::SERVICE_UNAVAILABLE, "no manifest yet", ""),
    }
}

fn shown(workspace: &Workspace, manifest: &Manifest) -> Value {
    let variables: BTreeMap<&String, &str> = workspace.variables.keys().map(|name| (name, "***REDACTED***")).collect();
    let id = |bytes: &[u8]| Uuid::from_slice(bytes).unwrap_or_default();
    let nanoseconds = |duration: Option<&prost_types::Duration>| {
        duration.map_or(0, |d| d.seconds.saturating_mul(1_000_000_000).saturating_add(d.nanos.into()))
    };
    let apps = manifest.apps.iter().map(|app| {
        let check = app.healthcheck.clone().unwrap_or_default();
        json!({
            "id": id(&app.id), "slug": app.slug, "display_name": app.display_name, "url": app.url,
            "external": app.external, "subdomain": app.subdomain, "subdomain_name": app.subdomain_name,
            "healthcheck": {
                "url": check.url,
                "interval": nanoseconds(check.interval.as_ref()) / 1_000_000_000,
                "threshold": check.threshold,
            },
            "hidden": app.hidden,
        })
    });
    let metadata = manifest.metadata.iter().map(|item| {
        json!({
            "display_name": item.display_name, "key": item.key, "script": item.script,
            "interval": nanoseconds(item.interval.as_ref()) / 1_000_000_000,
            "timeout": nanoseconds(item.timeout.as_ref()) / 1_000_000_000,
        })
    });
    let scripts = manifest.scripts.iter().map(|script| {
        json!({
            "id": id(&script.id), "log_source_id": id(&script.log_source_id), "log_path": script.log_path,
            "script": script.script, "cron": script.cron, "run_on_start": script.run_on_start,
            "run_on_stop": script.run_on_stop, "start_blocks_login": script.start_blocks_login,
            "timeout": nanoseconds(script.timeout.as_ref()), "display_name": script.display_name,
        })
    });
    let devcontainers = manifest.devcontainers.iter().map(|container| {
        json!({
            "id": id(&container.id), "name": container.name, "workspace_folder": container.workspace_folder,
            "config_path": container.config_path,
        })
    });
    json!({
        "parent_id": manifest.parent_id.as_deref().map_or_else(Uuid::nil, id),
        "agent_id": workspace.agent_id,
        "agent_name": workspace.agent_name,
        "owner_name": workspace.owner_name,
        "workspace_id": workspace.workspace_id,
        "workspace_name": workspace.workspace_name,
        "git_auth_configs": manifest.git_auth_configs,
        "vscode_port_proxy_uri": workspace.vscode_proxy_uri,
        "apps": apps.collect::<Vec<_>>(),
        "derpmap": relays(manifest),
        "derp_force_websockets": manifest.derp_force_websockets,
        "environment_variables": variables,
        "directory": workspace.directory,
        "motd_file": workspace.motd_path,
        "disable_direct_connections": manifest.disable_direct_connections,
        "metadata": metadata.collect::<Vec<_>>(),
        "scripts": scripts.collect::<Vec<_>>(),
        "devcontainers": devcontainers.collect::<Vec<_>>(),
    })
}

fn relays(manifest: &Manifest) -> Value {
    let regions = manifest.derp_map.iter().flat_map(|map| &map.regions).map(|(id, region)| {
        let nodes = region.nodes.iter().map(|node| {
            json!({
                "Name": node.name, "RegionID": node.region_id, "HostName": node.host_name, "DERPPort": node.derp_port,
                "STUNPort": node.stun_port, "STUNOnly": node.stun_only, "ForceHTTP": node.force_http,
            })
        });
        let region = json!({
            "EmbeddedRelay": region.embedded_relay, "RegionID": region.region_id, "RegionCode": region.region_code,
            "RegionName": region.region_name, "Nodes": nodes.collect::<Vec<_>>(),
        });
        (id.to_string(), region)
    });
    json!({ "Regions": regions.collect::<serde_json::Map<_, _>>() })
}

/// The state of the tunnel, for people.
pub fn tunnel(node: Option<&Node>) -> Answer {
    let Some(node) = node else { return text("No relay is connected yet.\n".to_owned()) };
    let mut lines = format!("home relay region: {}\naddresses: {}\n", node.preferred_derp, node.addresses.join(", "));
    for (region, seconds) in &node.derp_latency {
        lines.push_str(&format!("latency of {region}: {:.3} ms\n", seconds * 1000.0));
    }
    for (region, reason) in &node.derp_forced_websocket {
        lines.push_str(&format!("region {region} by websocket: {reason}\n"));
    }
    text(lines)
}
