//! What agents call with their token (`docs/protocol/agents-server.md`).

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use futures_util::future::BoxFuture;
use futures_util::stream;
use serde::Deserialize;
use warren_agents::{AgentHello, Agents, check_version};
use warren_api::{
    AgentGitSshKey, ExternalAuthResponse, PatchAppStatus, PatchLogs, PostLogSourceRequest, ReinitializationEvent,
    WorkspaceAgentLogSource,
};
use warren_auth::AgentIdentity;
use warren_core::{Cx, Error, Services};

use crate::Json;
use crate::api::{Api, Auth};
use crate::error::Result;
use crate::extract::{Agent, Body, Query};
use crate::pipe::pipe;
use crate::stream::sse;
use crate::websocket::Upgrade;

/// Buffers of an agent's websocket, bytes: a report of metadata fits.
const AGENT_BUFFER: usize = 512;

/// The query parameters of a search for a login; the old name of `match` is still read.
const AUTH_QUERY: &[&str] = &["match", "id", "listen:boolean"];

pub(crate) fn routes(api: &mut Api) {
    api.tag("Agents");
    api.ws("/api/v2/workspaceagents/me/rpc", "workspace-agent-rpc-api", Auth::Agent, rpc);
    api.get("/api/v2/workspaceagents/me/gitsshkey", "get-workspace-agent-git-ssh-key", Auth::Agent, git_ssh_key);
    api.get(
        "/api/v2/workspaceagents/me/external-auth",
        "get-workspace-agent-external-auth",
        Auth::Agent,
        external_auth,
    )
    .query(AUTH_QUERY);
    api.get("/api/v2/workspaceagents/me/gitauth", "removed-get-workspace-agent-git-auth", Auth::Agent, external_auth)
        .query(AUTH_QUERY);
    api.post("/api/v2/workspaceagents/me/log-source", "post-workspace-agent-log-source", Auth::Agent, post_log_source)
        .status(201);
    api.patch("/api/v2/workspaceagents/me/logs", "patch-workspace-agent-logs", Auth::Agent, patch_logs);
    api.get("/api/v2/workspaceagents/me/reinit", "get-workspace-agent-reinitialization", Auth::Agent, reinit)
        .query(&["wait:boolean"])
        .events::<ReinitializationEvent>();
    api.patch("/api/v2/workspaceagents/me/app-status", "patch-workspace-agent-app-status", Auth::Agent, app_status);
}

fn agents(services: &Services) -> Arc<Agents> {
    services.extensions.get::<Agents>()
}

#[derive(Deserialize)]
struct RpcQuery {
    version: Option<String>,
    role: Option<String>,
}

async fn rpc(cx: Cx, Agent(identity): Agent, Query(query): Query<RpcQuery>, upgrade: Upgrade) -> Result<Response> {
    let api_version = check_version(query.version.as_deref(), "2.0")?;
    let monitored = query.role.as_deref().is_none_or(|role| role.is_empty() || role == "agent");
    let agents = agents(&cx.services);
    let hello = AgentHello { api_version, monitored };
    // Boxed, so that the task of the connection keeps no room for what came before.
    let serve = move |socket| -> BoxFuture<'static, ()> {
        Box::pin(async move { agents.serve_agent(identity, hello, pipe(socket)).await })
    };
    Ok(upgrade.with_buffer(AGENT_BUFFER).open(serve))
}

async fn git_ssh_key(cx: Cx, Agent(identity): Agent) -> Result<Json<AgentGitSshKey>> {
    Ok(Json(agents(&cx.services).git_ssh_key(&identity).await?))
}

#[derive(Deserialize)]
struct ExternalAuthQuery {
    #[serde(rename = "match")]
    pattern: Option<String>,
    url: Option<String>,
    id: Option<String>,
    /// Nothing is to be waited for.
    #[serde(rename = "listen")]
    _listen: Option<String>,
}

/// No provider of external logins is known, so none matches.
async fn external_auth(
    cx: Cx,
    Agent(identity): Agent,
    Query(query): Query<ExternalAuthQuery>,
) -> Result<Json<ExternalAuthResponse>> {
    let _ = cx;
    let url = query.pattern.or(query.url).unwrap_or_default();
    let id = query.id.unwrap_or_default();
    if url.is_empty() == id.is_empty() {
        return Err(Error::invalid("'url' or 'id' must be provided!").into());
    }
    if identity.no_user_data {
        return Err(Error::forbidden().into());
    }
    let message = format!("No matching external auth provider found in Coder for the url {url:?}.");
    Err(Error::new(404, message).detail("External auth provider not found.").into())
}

async fn post_log_source(
    cx: Cx,
    Agent(identity): Agent,
    Body(request): Body<PostLogSourceRequest>,
) -> Result<Json<WorkspaceAgentLogSource>> {
    Ok(Json(agents(&cx.services).add_log_source(&identity, request).await?))
}

async fn patch_logs(
    cx: Cx,
    Agent(identity): Agent,
    Body(request): Body<PatchLogs>,
) -> Result<Json<Option<warren_api::Response>>> {
    agents(&cx.services).patch_logs(&identity, request).await?;
    Ok(Json(None))
}

/// A workspace that is no unclaimed prebuild never begins anew: new agents are told so and stop asking; old ones take any
/// refusal for a failure and ask for ever, so theirs is a stream that stays open.
async fn reinit(cx: Cx, Agent(identity): Agent, uri: http::Uri) -> Result<Response> {
    let pairs = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let wait = pairs.into_iter().any(|(name, value)| name == "wait" && matches!(&*value, "" | "true" | "1"));
    if wait {
        return Err(not_a_prebuild(&identity).into());
    }
    Ok(sse(&cx, stream::pending()).into_response())
}

fn not_a_prebuild(identity: &AgentIdentity) -> Error {
    Error::conflict("This workspace is not an unclaimed prebuilt workspace.")
        .detail(format!("Workspace {} was not made from a prebuild.", identity.workspace_id))
}

/// Statuses of apps belong to features that this server does not have.
async fn app_status(
    cx: Cx,
    Agent(identity): Agent,
    Body(status): Body<PatchAppStatus>,
) -> Result<Json<warren_api::Response>> {
    let _ = (cx, identity, status);
    Err(Error::new(404, "App not found.").detail("This server keeps no statuses of apps.").into())
}
