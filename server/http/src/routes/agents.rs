//! Agents, as users see them (`docs/protocol/agents-server.md`).

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, future, stream};
use http::{HeaderValue, header};
use serde::Deserialize;
use uuid::Uuid;
use warren_agents::users::{self, workspace_of};
use warren_agents::{Agents, ClientRights, InvalidToken, TunnelRights, check_version};
use warren_api::{
    AgentConnectionInfo, DerpMap, Response as Envelope, ServerSentEvent, ServerSentEventType, WorkspaceAgent,
    WorkspaceAgentListContainersResponse, WorkspaceAgentListeningPortsResponse, WorkspaceAgentLog,
    WorkspaceAgentMetadata,
};
use warren_core::{Cx, Error, Services};
use warren_rbac::{Action, Actor};

use crate::Json;
use crate::api::{Api, Auth};
use crate::error::Result;
use crate::extract::{Path, Query, Server};
use crate::pipe::pipe;
use crate::stream::{SseEvent, sse};
use crate::websocket::{OneWay, StreamItem, Upgrade};

/// Pause between pings of a client's websocket, and how long the answer may take.
const CLIENT_PING: std::time::Duration = std::time::Duration::from_secs(15);

/// The query parameters of an agent's log.
const LOG_QUERY: &[&str] =
    &["before:integer", "after:integer", "follow:boolean", "no_compression:boolean", "format:json|text"];

pub(crate) fn routes(api: &mut Api) {
    api.tag("Agents");
    api.get(
        "/api/v2/workspaceagents/connection",
        "get-connection-info-for-workspace-agent-generic",
        Auth::Session,
        connection_info,
    );
    api.get("/api/v2/workspaceagents/{workspaceagent}", "get-workspace-agent-by-id", Auth::Session, get_agent);
    api.get(
        "/api/v2/workspaceagents/{workspaceagent}/connection",
        "get-connection-info-for-workspace-agent",
        Auth::Session,
        agent_connection_info,
    );
    api.ws(
        "/api/v2/workspaceagents/{workspaceagent}/coordinate",
        "coordinate-workspace-agent",
        Auth::Session,
        coordinate,
    );
    api.ws("/api/v2/tailnet", "user-scoped-tailnet-rpc-connection", Auth::Session, user_tailnet);
    api.ws("/api/v2/derp-map", "get-derp-map-updates", Auth::None, derp_map).messages::<DerpMap>();
    api.get("/api/v2/workspaceagents/{workspaceagent}/logs", "get-logs-by-workspace-agent", Auth::Session, logs)
        .query(LOG_QUERY)
        .returns::<Vec<WorkspaceAgentLog>>()
        .messages::<Vec<WorkspaceAgentLog>>();
    api.get(
        "/api/v2/workspaceagents/{workspaceagent}/startup-logs",
        "removed-get-logs-by-workspace-agent",
        Auth::Session,
        logs,
    )
    .query(LOG_QUERY)
    .returns::<Vec<WorkspaceAgentLog>>()
    .messages::<Vec<WorkspaceAgentLog>>();
    api.get(
        "/api/v2/workspaceagents/{workspaceagent}/watch-metadata",
        "watch-for-workspace-agent-metadata-updates",
        Auth::Session,
        watch_metadata,
    )
    .events::<Vec<WorkspaceAgentMetadata>>();
    api.ws(
        "/api/v2/workspaceagents/{workspaceagent}/watch-metadata-ws",
        "watch-for-workspace-agent-metadata-updates-via-websockets",
        Auth::Session,
        watch_metadata_ws,
    )
    .messages::<ServerSentEvent>();
    api.get(
        "/api/v2/workspaceagents/{workspaceagent}/listening-ports",
        "get-listening-ports-for-workspace-agent",
        Auth::Session,
        listening_ports,
    );
    containers(api);
}

fn containers(api: &mut Api) {
    api.get(
        "/api/v2/workspaceagents/{workspaceagent}/containers",
        "get-running-containers-for-workspace-agent",
        Auth::Session,
        list_containers,
    )
    .query(&["label"]);
    api.ws(
        "/api/v2/workspaceagents/{workspaceagent}/containers/watch",
        "watch-workspace-agent-for-container-updates",
        Auth::Session,
        watch_containers,
    )
    .messages::<WorkspaceAgentListContainersResponse>();
    api.post(
        "/api/v2/workspaceagents/{workspaceagent}/containers/devcontainers/{devcontainer}/recreate",
        "recreate-devcontainer-for-workspace-agent",
        Auth::Session,
        no_such_devcontainer,
    )
    .status(202)
    .returns::<Envelope>();
    api.delete(
        "/api/v2/workspaceagents/{workspaceagent}/containers/devcontainers/{devcontainer}",
        "delete-devcontainer-for-workspace-agent",
        Auth::Session,
        no_such_devcontainer,
    )
    .status(204);
}

fn agents(services: &Services) -> Arc<Agents> {
    services.extensions.get::<Agents>()
}

async fn connection_info(cx: Cx) -> Result<Json<AgentConnectionInfo>> {
    Ok(Json(agents(&cx.services).connection_info()))
}

async fn get_agent(cx: Cx, Path(agent): Path<Uuid>) -> Result<Json<WorkspaceAgent>> {
    Ok(Json(users::get_agent(&cx, agent).await?))
}

async fn agent_connection_info(cx: Cx, Path(agent): Path<Uuid>) -> Result<Json<AgentConnectionInfo>> {
    workspace_of(&cx, agent, Action::Read).await?;
    Ok(Json(agents(&cx.services).connection_info()))
}

#[derive(Deserialize)]
struct TailnetQuery {
    version: Option<String>,
    resume_token: Option<String>,
}

async fn coordinate(
    cx: Cx,
    Path(agent): Path<Uuid>,
    Query(query): Query<TailnetQuery>,
    upgrade: Upgrade,
) -> Result<Response> {
    // Clients know this message and wait for the database to come back.
    if let Err(error) = cx.db().conn().await {
        return Err(Error::new(500, "database not reachable").cause(error).into());
    }
    workspace_of(&cx, agent, Action::Ssh).await?;
    // Absent is the version before there was one, which is not served any more.
    open_tailnet(&cx, &query, "1.0", ClientRights::Agent(agent), upgrade)
}

async fn user_tailnet(cx: Cx, Query(query): Query<TailnetQuery>, upgrade: Upgrade) -> Result<Response> {
    let rights = ClientRights::User(Arc::new(UserTunnels(cx.clone())));
    open_tailnet(&cx, &query, "2.0", rights, upgrade)
}

/// The agents that a user may reach, decided anew for each tunnel.
struct UserTunnels(Cx);

#[async_trait::async_trait]
impl TunnelRights for UserTunnels {
    async fn may_reach(&self, agent: Uuid) -> bool {
        workspace_of(&self.0, agent, Action::Ssh).await.is_ok()
    }
}

fn open_tailnet(
    cx: &Cx,
    query: &TailnetQuery,
    default: &str,
    rights: ClientRights,
    upgrade: Upgrade,
) -> Result<Response> {
    if cx.services.config.browser_only {
        return Err(Error::conflict("Non-browser connections are disabled for your deployment.").into());
    }
    check_version(query.version.as_deref(), default)?;
    let agents = agents(&cx.services);
    let peer = match &query.resume_token {
        None => Uuid::new_v4(),
        Some(token) => agents.resume_tokens().verify(token, cx.services.now()).map_err(|error| refused(&error))?,
    };
    let cx = cx.clone();
    Ok(upgrade.open(move |socket| async move {
        let pipe = pipe(socket).with_keep_alive(CLIENT_PING, CLIENT_PING);
        let revoked = cx.services.keys.until_revoked(&cx.actor);
        agents.serve_client((peer, &cx.actor.username), rights, pipe, revoked).await;
    }))
}

fn refused(error: &InvalidToken) -> Error {
    Error::unauthorized("Invalid resume token")
        .detail(error.to_string())
        .validation("resume_token", "Invalid resume token")
}

/// Needs no token: who is not signed in learns where the relay is, which is this server.
async fn derp_map(Server(services): Server, upgrade: Upgrade) -> Response {
    let info = agents(&services).connection_info();
    let map = info.derp_map.unwrap_or_default();
    let message = match StreamItem::json(&map) {
        StreamItem::Text(text) => StreamItem::Binary(text.into()),
        other => other,
    };
    // The map does not change while the server runs.
    let stream = stream::once(future::ready(message)).chain(stream::pending());
    let cx = Cx { actor: Actor::system("anybody may follow the relay map"), services, request: Arc::default() };
    upgrade.send(&cx, OneWay::Log, stream)
}

#[derive(Deserialize)]
struct LogQuery {
    after: Option<String>,
    before: Option<String>,
    follow: Option<String>,
    format: Option<String>,
}

async fn logs(cx: Cx, Path(agent): Path<Uuid>, uri: http::Uri, upgrade: Upgrade) -> Result<Response> {
    let query = log_query(&uri);
    let number = |name: &str, text: Option<&str>| match text.filter(|text| !text.is_empty()).map(str::parse::<i64>) {
        None => Ok(None),
        Some(Ok(number)) if number >= 0 => Ok(Some(number)),
        Some(_) => {
            Err(Error::invalid(format!("Query param {name:?} must be an integer greater than or equal to zero."))
                .validation(name, "Must be an integer greater than or equal to zero"))
        }
    };
    let after = number("after", query.after.as_deref())?.unwrap_or(0);
    let before = number("before", query.before.as_deref())?;
    let text = match query.format.as_deref().unwrap_or_default() {
        "" | "json" => false,
        "text" => true,
        other => {
            return Err(Error::invalid(format!("Invalid format {other:?}."))
                .validation("format", "must be json or text")
                .into());
        }
    };
    if query.follow.is_some() {
        if text {
            return Err(Error::invalid("Text format is not supported with follow mode.").into());
        }
        let batches = users::follow_logs(&cx, agent, after).await?;
        return Ok(upgrade.send(&cx, OneWay::Log, batches.map(|batch| StreamItem::json(&batch))));
    }
    let lines = users::list_logs(&cx, agent, after, before).await?;
    if !text {
        return Ok(Json(lines).into_response());
    }
    let (name, sources) = users::log_names(&cx, agent).await?;
    let headers = [(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"))];
    Ok((headers, log_text(&name, &sources, &lines)).into_response())
}

/// `follow` counts when it is there, with or without a value.
fn log_query(uri: &http::Uri) -> LogQuery {
    let pairs = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let mut query = LogQuery { after: None, before: None, follow: None, format: None };
    for (name, value) in pairs {
        let slot = match &*name {
            "after" => &mut query.after,
            "before" => &mut query.before,
            "follow" => &mut query.follow,
            "format" => &mut query.format,
            _ => continue,
        };
        *slot = Some(value.into_owned());
    }
    query
}

fn log_text(agent: &str, sources: &[(Uuid, String)], lines: &[WorkspaceAgentLog]) -> String {
    let mut text = String::new();
    for line in lines {
        let source = sources.iter().find(|(id, _)| *id == line.source_id).map_or("", |(_, name)| name.as_str());
        let at = line.created_at.strftime("%Y-%m-%dT%H:%M:%SZ");
        text.push_str(&format!("{at} [{}] [agent.{agent}|{source}] {}\n", line.level, line.output));
    }
    text
}

async fn watch_metadata(cx: Cx, Path(agent): Path<Uuid>) -> Result<Response> {
    let items = users::watch_metadata(&cx, agent).await?;
    Ok(sse(&cx, items.map(|items| SseEvent::data(&items))))
}

async fn watch_metadata_ws(cx: Cx, Path(agent): Path<Uuid>, upgrade: Upgrade) -> Result<Response> {
    let items = users::watch_metadata(&cx, agent).await?;
    let events = items.map(|items| {
        let data = serde_json::to_value(&items).unwrap_or_default();
        StreamItem::json(&ServerSentEvent { kind: ServerSentEventType::Data, data })
    });
    Ok(upgrade.send(&cx, OneWay::Events, events))
}

async fn listening_ports(cx: Cx, Path(agent): Path<Uuid>) -> Result<Json<WorkspaceAgentListeningPortsResponse>> {
    Ok(Json(warren_agents::listening_ports(&cx, agent).await?))
}

/// No container is ever found: agents of this server do not look for any.
async fn list_containers(
    cx: Cx,
    Path(agent): Path<Uuid>,
    uri: http::Uri,
) -> Result<Json<WorkspaceAgentListContainersResponse>> {
    workspace_of(&cx, agent, Action::Read).await?;
    let pairs = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    for (_, label) in pairs.filter(|(name, _)| name == "label") {
        if label.split('=').count() != 2 {
            return Err(Error::invalid("Invalid label format").detail("Labels must be in the format key=value").into());
        }
    }
    Ok(Json(WorkspaceAgentListContainersResponse::default()))
}

async fn watch_containers(cx: Cx, Path(agent): Path<Uuid>, upgrade: Upgrade) -> Result<Response> {
    workspace_of(&cx, agent, Action::Read).await?;
    Ok(upgrade.send(&cx, OneWay::Log, stream::once(future::ready(StreamItem::Close(1000, "")))))
}

async fn no_such_devcontainer(cx: Cx, Path((agent, id)): Path<(Uuid, String)>) -> Result<Response> {
    workspace_of(&cx, agent, Action::UpdateAgent).await?;
    let error = Error::new(404, "Devcontainer not found.");
    Err(error.detail(format!("Could not find devcontainer with ID: {id:?}")).into())
}
