//! The agent's HTTP API inside the tunnel, TCP port 4 (agent.md §24). Every caller is a member of the tunnel, which is the
//! authorization.

mod answer;
mod debug;
mod files;
mod netcheck;
mod ports;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Body;
use serde_json::json;
use tokio::sync::watch;
use warren_proto::agent::Manifest;
use warren_proto::tailnet::Node;

use crate::environment::WorkspaceWatch;
use crate::user::User;
use answer::{Answer, error, json};

/// Requests are short.
const MAX_BODY: usize = 64 << 10;
/// A client that sends nothing, or takes nothing, is left after this time.
const TIMEOUT: Duration = Duration::from_secs(20);

/// What the API shows.
pub struct ApiState {
    user: User,
    workspace: WorkspaceWatch,
    manifest: watch::Receiver<Option<Arc<Manifest>>>,
    node: watch::Receiver<Option<Node>>,
    log_dir: PathBuf,
    ports: ports::Ports,
}

impl ApiState {
    pub fn new(
        user: User,
        workspace: WorkspaceWatch,
        manifest: watch::Receiver<Option<Arc<Manifest>>>,
        node: watch::Receiver<Option<Node>>,
        log_dir: PathBuf,
    ) -> Self {
        Self { user, workspace, manifest, node, log_dir, ports: ports::Ports::default() }
    }
}

/// Serves one connection.
pub async fn serve(state: Arc<ApiState>, stream: warren_tailnet::TcpStream) {
    let io = hyper_util::rt::TokioIo::new(stream);
    let service = hyper::service::service_fn(move |request| {
        let state = state.clone();
        async move { Ok::<_, std::convert::Infallible>(respond(&state, request).await) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(hyper_util::rt::TokioTimer::new())
        .header_read_timeout(TIMEOUT)
        .serve_connection(io, service);
    if let Err(error) = connection.await {
        tracing::debug!(%error, "request to the agent's api ended");
    }
}

/// Answers one request.
async fn respond<B>(state: &ApiState, request: Request<B>) -> Answer
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (head, body) = request.into_parts();
    let get = head.method == Method::GET || head.method == Method::HEAD;
    let path = head.uri.path();
    match path {
        "/" if get => json(&json!({"message": "Hello from the agent!"})),
        "/api/v0/listening-ports" if get => json(&json!({ "ports": state.ports.list().await })),
        "/api/v0/netcheck" if get => netcheck::report(state.node.borrow().as_ref()),
        "/api/v0/list-directory" if head.method == Method::POST => {
            match tokio::time::timeout(TIMEOUT, Limited::new(body, MAX_BODY).collect()).await {
                Ok(Ok(body)) => files::list_directory(&state.user, &body.to_bytes()).await,
                Ok(Err(cause)) => error(StatusCode::BAD_REQUEST, "read the request", &cause.to_string()),
                Err(_) => error(StatusCode::REQUEST_TIMEOUT, "read the request", "it took too long"),
            }
        }
        "/debug/logs" if get => {
            let query = head.uri.query().unwrap_or_default();
            let mut pairs = url::form_urlencoded::parse(query.as_bytes());
            let after = pairs.find(|(name, _)| name == "after").map(|(_, value)| value.into_owned());
            debug::logs(&state.log_dir, after.as_deref()).await
        }
        "/debug/manifest" if get => {
            let (workspace, manifest) = (state.workspace.borrow().clone(), state.manifest.borrow().clone());
            debug::manifest(workspace.as_deref(), manifest.as_deref())
        }
        "/debug/magicsock" if get => debug::tunnel(state.node.borrow().as_ref()),
        _ if path.starts_with("/api/v0/containers") => {
            error(StatusCode::FORBIDDEN, "Dev Container feature not enabled.", "")
        }
        _ => error(StatusCode::NOT_FOUND, "the agent has no such route", path),
    }
}
