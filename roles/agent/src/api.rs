//! The agent's HTTP API inside the tunnel, TCP port 4 (agent.md §24).

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::environment::WorkspaceWatch;
use crate::user::User;

/// Ports below it belong to the agent.
const FIRST_USER_PORT: u16 = 9;
/// The most of the log that is sent.
const MAX_LOG: u64 = 10 << 20;

/// What the API shows.
pub struct ApiState {
    pub user: User,
    pub workspace: WorkspaceWatch,
    pub log_file: PathBuf,
}

/// A port on which something listens.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct ListeningPort {
    pub process_name: String,
    pub network: &'static str,
    pub port: u16,
}

/// The routes; every caller is a member of the tunnel, which is the authorization.
pub fn router(state: Arc<ApiState>) -> Router {
    Router::new()
        .route("/", get(|| async { Json(json!({"message": "Hello from the agent!"})) }))
        .route("/api/v0/listening-ports", get(listening_ports))
        .route("/api/v0/list-directory", post(list_directory))
        .route("/api/v0/containers", get(no_containers))
        .route("/debug/logs", get(logs))
        .route("/debug/manifest", get(manifest))
        .with_state(state)
}

async fn no_containers() -> Response {
    error(StatusCode::FORBIDDEN, "Dev Container feature not enabled.", "")
}

async fn listening_ports() -> Json<serde_json::Value> {
    let ports = tokio::task::spawn_blocking(listening).await.unwrap_or_default();
    Json(json!({ "ports": ports }))
}

/// The TCP ports of this network namespace that something listens on.
fn listening() -> Vec<ListeningPort> {
    let mut sockets: BTreeMap<u16, u64> = BTreeMap::new();
    let tables = [procfs::net::tcp(), procfs::net::tcp6()];
    for entry in tables.into_iter().flatten().flatten() {
        if entry.state == procfs::net::TcpState::Listen && entry.local_address.port() >= FIRST_USER_PORT {
            sockets.entry(entry.local_address.port()).or_insert(entry.inode);
        }
    }
    let owners = socket_owners();
    sockets
        .into_iter()
        .map(|(port, inode)| ListeningPort {
            process_name: owners.get(&inode).cloned().unwrap_or_default(),
            network: "tcp",
            port,
        })
        .collect()
}

/// Process names by socket inode; processes of other users cannot be seen and are left out.
fn socket_owners() -> BTreeMap<u64, String> {
    let mut owners = BTreeMap::new();
    for process in procfs::process::all_processes().into_iter().flatten().flatten() {
        let (Ok(fds), Ok(stat)) = (process.fd(), process.stat()) else { continue };
        for fd in fds.flatten() {
            if let procfs::process::FDTarget::Socket(inode) = fd.target {
                owners.entry(inode).or_insert_with(|| stat.comm.clone());
            }
        }
    }
    owners
}

#[derive(Deserialize)]
struct ListDirectory {
    #[serde(default)]
    path: Vec<String>,
    relativity: String,
}

#[derive(Serialize)]
struct DirectoryEntry {
    name: String,
    absolute_path_string: String,
    is_dir: bool,
}

async fn list_directory(State(state): State<Arc<ApiState>>, Json(request): Json<ListDirectory>) -> Response {
    let start = match request.relativity.as_str() {
        "home" => state.user.home.clone(),
        "root" => PathBuf::from("/"),
        other => return error(StatusCode::BAD_REQUEST, "unknown relativity", other),
    };
    let path = request.path.iter().fold(start, |path, part| path.join(part));
    let listed = tokio::task::spawn_blocking(move || {
        let path = std::fs::canonicalize(path)?;
        let mut contents = Vec::new();
        for entry in std::fs::read_dir(&path)? {
            let entry = entry?;
            contents.push(DirectoryEntry {
                name: entry.file_name().to_string_lossy().into_owned(),
                absolute_path_string: entry.path().display().to_string(),
                is_dir: entry.path().is_dir(),
            });
        }
        contents.sort_by(|a, b| a.name.cmp(&b.name));
        std::io::Result::Ok((path, contents))
    });
    match listed.await {
        Ok(Ok((path, contents))) => {
            let parts: Vec<String> = path.iter().skip(1).map(|part| part.to_string_lossy().into_owned()).collect();
            let text = path.display().to_string();
            Json(json!({"absolute_path": parts, "absolute_path_string": text, "contents": contents})).into_response()
        }
        Ok(Err(cause)) => {
            let status = match cause.kind() {
                std::io::ErrorKind::NotFound => StatusCode::NOT_FOUND,
                std::io::ErrorKind::PermissionDenied => StatusCode::FORBIDDEN,
                _ => StatusCode::BAD_REQUEST,
            };
            error(status, "list the directory", &cause.to_string())
        }
        Err(cause) => error(StatusCode::INTERNAL_SERVER_ERROR, "list the directory", &cause.to_string()),
    }
}

#[derive(Deserialize)]
struct LogQuery {
    #[serde(default)]
    after: String,
}

async fn logs(State(state): State<Arc<ApiState>>, Query(query): Query<LogQuery>) -> Response {
    use tokio::io::AsyncReadExt as _;
    let mut text = Vec::new();
    match tokio::fs::File::open(&state.log_file).await {
        Ok(file) => {
            if !query.after.is_empty() {
                text.extend_from_slice(format!("=== {} ===\n", state.log_file.display()).as_bytes());
            }
            let _ = file.take(MAX_LOG).read_to_end(&mut text).await;
            text.into_response()
        }
        Err(cause) => error(StatusCode::INTERNAL_SERVER_ERROR, "open the log file", &cause.to_string()),
    }
}

/// The manifest without anything secret.
async fn manifest(State(state): State<Arc<ApiState>>) -> Response {
    let Some(workspace) = state.workspace.borrow().clone() else {
        return error(StatusCode::SERVICE_UNAVAILABLE, "no manifest yet", "");
    };
    let variables: BTreeMap<&String, &str> = workspace.variables.keys().map(|name| (name, "***REDACTED***")).collect();
    Json(json!({
        "agent_id": workspace.agent_id,
        "agent_name": workspace.agent_name,
        "owner_name": workspace.owner_name,
        "workspace_id": workspace.workspace_id,
        "workspace_name": workspace.workspace_name,
        "directory": workspace.directory,
        "motd_file": workspace.motd_path,
        "vscode_port_proxy_uri": workspace.vscode_proxy_uri,
        "environment_variables": variables,
    }))
    .into_response()
}

fn error(status: StatusCode, message: &str, detail: &str) -> Response {
    (status, Json(json!({"message": message, "detail": detail}))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_listener_of_this_process_is_found_with_its_name() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let found = listening().into_iter().find(|p| p.port == port).unwrap();
        assert!(!found.process_name.is_empty());
    }
}
