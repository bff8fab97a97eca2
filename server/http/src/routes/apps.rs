//! Apps of workspaces by path, and web terminals (`docs/protocol/apps.md`).

use std::sync::Arc;

use async_trait::async_trait;
use axum::extract::Request;
use axum::response::{IntoResponse, Redirect, Response};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode, header};
use serde::Deserialize;
use uuid::Uuid;
use warren_agents::users::workspace_of;
use warren_agents::{AgentConns, Agents};
use warren_api::WorkspaceAppSharingLevel as Level;
use warren_apps::{
    AgentDialer, AppAccess, AppRef, AppTarget, Denied, DuplexStream, Forwarding, Page, TerminalRequest,
    effective_level, forward, page, parse_path, run_terminal,
};
use warren_core::{Cx, Error, RequestInfo, Services};
use warren_db::agent_reports::list_app_targets;
use warren_rbac::{Action, Guarded};

use crate::api::{Api, Auth, RateScope, State};
use crate::error::Result;
use crate::extract::{Path, Query, Server};
use crate::websocket::{Upgrade, check_origin};

pub(crate) fn routes(api: &mut Api) {
    api.tag("Applications");
    for (path, id) in [
        ("/@{user}/{workspace_and_agent}/apps/{workspaceapp}", "path-app"),
        ("/@{user}/{workspace_and_agent}/apps/{workspaceapp}/", "path-app-root"),
        ("/@{user}/{workspace_and_agent}/apps/{workspaceapp}/{*path}", "path-app-below"),
        ("/%40{user}/{workspace_and_agent}/apps/{workspaceapp}", "path-app-encoded"),
        ("/%40{user}/{workspace_and_agent}/apps/{workspaceapp}/", "path-app-encoded-root"),
        ("/%40{user}/{workspace_and_agent}/apps/{workspaceapp}/{*path}", "path-app-encoded-below"),
    ] {
        api.any(path, id, Auth::SessionOptional, path_app).limit(RateScope::Api);
    }
    api.ws("/api/v2/workspaceagents/{workspaceagent}/pty", "open-pty-to-workspace-agent", Auth::Session, terminal)
        .tag("Agents")
        .query(&["reconnect!:uuid", "width:integer", "height:integer"]);
}

/// The server's own node as the way to agents.
struct Dialer(AgentConns);

#[async_trait]
impl AgentDialer for Dialer {
    async fn dial(&self, agent: Uuid, port: u16) -> std::io::Result<Box<dyn DuplexStream>> {
        Ok(Box::new(self.0.dial(agent, port).await?))
    }
}

fn dialer(services: &Services) -> Dialer {
    Dialer(services.extensions.get::<Agents>().conns().clone())
}

/// Decides from the database.
struct ServerAccess(Arc<Services>);

#[async_trait]
impl AppAccess for ServerAccess {
    type Visitor = Option<Cx>;

    async fn authorize(&self, app: &AppRef, visitor: &Option<Cx>) -> Result<AppTarget, Denied> {
        // Who is not signed in learns nothing, not even what does not exist.
        let absent = || if visitor.is_some() { Denied::NotFound } else { Denied::SignIn };
        let owner = match visitor {
            Some(cx) if app.owner == "me" => cx.actor.username.as_str(),
            _ => app.owner.as_str(),
        };
        let names = (owner, app.workspace.as_str(), app.agent.as_deref());
        let conn = self.0.db.conn().await.map_err(|error| Denied::Failed(Box::new(error)))?;
        let found = list_app_targets(&conn, names, &app.slug).await.map_err(|error| Denied::Failed(Box::new(error)))?;
        drop(conn);
        let mut found = found.into_iter();
        let target = found.next().ok_or_else(absent)?;
        let ambiguous = found.next().is_some();
        self.decide(target, visitor, ambiguous).ok_or_else(absent)?
    }
}

impl ServerAccess {
    /// `None`: the visitor may not open it, or it does not exist.
    fn decide(
        &self,
        guarded: Guarded<warren_db::agent_reports::AppTargetRow>,
        visitor: &Option<Cx>,
        ambiguous: bool,
    ) -> Option<Result<AppTarget, Denied>> {
        let may_connect =
            visitor.as_ref().is_some_and(|cx| guarded.check(&cx.actor, Action::ApplicationConnect).is_ok());
        let row = guarded.system("sharing of apps goes beyond the rights to the workspace");
        let config = &self.0.config;
        let level = effective_level(Level::parse(row.sharing_level.as_deref()?), true, config.path_app_sharing);
        // Path apps share the dashboard's origin: what one person's app serves must not act for another person, unless the
        // deployment trusts everybody so far.
        let own = visitor.as_ref().is_some_and(|cx| cx.actor.user_id == row.owner_id);
        let is_owner = may_connect && (own || config.path_app_site_owner_access);
        let open = match (level, visitor) {
            (Level::Public, _) => true,
            (Level::Authenticated, Some(_)) => true,
            (Level::Organization, Some(cx)) => cx.actor.is_member_of(row.organization_id),
            _ => false,
        };
        if !is_owner && !open {
            return None;
        }
        if ambiguous {
            return Some(Err(Denied::Invalid("The workspace has several agents; name one after a dot.".into())));
        }
        if row.external.unwrap_or_default() {
            return Some(Err(Denied::Invalid("This app is a link to somewhere else.".into())));
        }
        let url = match url::Url::parse(row.url.as_deref()?) {
            Ok(url) => url,
            Err(_) => return Some(Err(Denied::Invalid("The template declares no valid address for this app.".into()))),
        };
        Some(Ok(AppTarget { workspace_id: row.workspace_id, agent_id: row.agent_id, url }))
    }
}

async fn path_app(cx: Option<Cx>, Server(services): Server, request: Request) -> Response {
    if services.config.disable_path_apps {
        return say(
            StatusCode::FORBIDDEN,
            "Apps by path are switched off",
            "Open the app at its own host name.",
            false,
        );
    }
    let Some(address) = parse_path(request.uri().path()) else {
        return say(StatusCode::NOT_FOUND, "There is no such app", "The address names no app.", false);
    };
    let (parts, body) = request.into_parts();
    if let Some(refusal) = refuse_foreign_socket(&parts, &services) {
        return refusal;
    }
    let target = match ServerAccess(services.clone()).authorize(&address.app, &cx).await {
        Ok(target) => target,
        Err(denied) => return refusal(&denied, &parts),
    };
    if let Some(to) = wanted_redirect(&parts, &address.rest, &address.prefix, &target) {
        return Redirect::temporary(&to).into_response();
    }
    let ip = parts.extensions.get::<Arc<RequestInfo>>().map(|info| info.ip.clone()).unwrap_or_default();
    let (ending, visitor) = (services.clone(), cx);
    let ended = async move {
        tokio::select! {
            () = session_end(&ending, visitor.as_ref()) => {}
            () = ending.shutdown.cancelled() => {}
        }
    };
    let forwarding = Forwarding {
        target: &target,
        path: &address.rest,
        client_ip: &ip,
        scheme: services.config.access_url.scheme(),
        tasks: &services.tasks,
        ended: Box::pin(ended),
    };
    forward(&dialer(&services), forwarding, Request::from_parts(parts, body)).await
}

/// Resolves when the visitor's key is gone; never for somebody who is not signed in.
async fn session_end(services: &Services, visitor: Option<&Cx>) {
    match visitor {
        Some(cx) => services.keys.until_revoked(&cx.actor).await,
        None => std::future::pending().await,
    }
}

/// An app's websocket that a foreign page opens with the visitor's cookie.
fn refuse_foreign_socket(parts: &Parts, services: &Arc<Services>) -> Option<Response> {
    parts.headers.get(header::UPGRADE)?;
    check_origin(parts, &State(services.clone())).err().map(|_| {
        say(StatusCode::FORBIDDEN, "Not from this page", "Another site may not open connections to your apps.", false)
    })
}

/// Relative links need the slash; an app's own default query is added on its front page.
fn wanted_redirect(parts: &Parts, rest: &str, prefix: &str, target: &AppTarget) -> Option<String> {
    let query = parts.uri.query().filter(|query| !query.is_empty());
    let plain = matches!(parts.method, Method::GET | Method::HEAD) && !parts.headers.contains_key(header::UPGRADE);
    let default = target.url.query().filter(|query| plain && !query.is_empty());
    match (rest, query, default) {
        ("", Some(query), _) => Some(format!("{prefix}/?{query}")),
        ("", None, Some(default)) | ("/", None, Some(default)) => Some(format!("{prefix}/?{default}")),
        ("", None, None) => Some(format!("{prefix}/")),
        _ => None,
    }
}

fn refusal(denied: &Denied, parts: &Parts) -> Response {
    match denied {
        Denied::NotFound => say(
            StatusCode::NOT_FOUND,
            "There is no such app",
            "It does not exist, its workspace is stopped, or you have no access to it.",
            false,
        ),
        Denied::SignIn if matches!(parts.method, Method::GET | Method::HEAD) => {
            let here = parts.uri.path_and_query().map_or("/", |path| path.as_str());
            let query: String =
                url::form_urlencoded::Serializer::new(String::new()).append_pair("redirect", here).finish();
            let mut response = StatusCode::SEE_OTHER.into_response();
            if let Ok(location) = HeaderValue::from_str(&format!("/login?{query}")) {
                response.headers_mut().insert(header::LOCATION, location);
            }
            response
        }
        Denied::SignIn => say(StatusCode::UNAUTHORIZED, "Sign in first", "This app is not open to everybody.", false),
        Denied::Invalid(text) => say(StatusCode::BAD_REQUEST, "This app cannot be opened", text, false),
        Denied::Failed(error) => {
            tracing::warn!(%error, "cannot decide about an app");
            say(
                StatusCode::SERVICE_UNAVAILABLE,
                "Try again shortly",
                "The server cannot decide about access now.",
                true,
            )
        }
    }
}

fn say(status: StatusCode, title: &str, text: &str, retry: bool) -> Response {
    page(&Page { status, title, text, retry })
}

#[derive(Deserialize)]
struct TerminalQuery {
    reconnect: Option<String>,
    width: Option<u16>,
    height: Option<u16>,
    command: Option<String>,
    container: Option<String>,
    container_user: Option<String>,
    backend_type: Option<String>,
}

async fn terminal(
    cx: Cx,
    Path(agent): Path<Uuid>,
    Query(query): Query<TerminalQuery>,
    upgrade: Upgrade,
) -> Result<Response> {
    workspace_of(&cx, agent, Action::Ssh).await?;
    let invalid = |detail: &str| Error::invalid("Invalid query parameters.").validation("reconnect", detail);
    let reconnect = query.reconnect.as_deref().unwrap_or_default();
    if reconnect.is_empty() {
        return Err(invalid("Query param \"reconnect\" is required and cannot be empty").into());
    }
    let reconnect =
        Uuid::parse_str(reconnect).map_err(|_| invalid("Query param \"reconnect\" must be a valid UUID"))?;
    let request = TerminalRequest {
        agent,
        reconnect,
        size: (query.width.unwrap_or(80), query.height.unwrap_or(80)),
        command: query.command.unwrap_or_default(),
        container: (query.container.unwrap_or_default(), query.container_user.unwrap_or_default()),
        backend: query.backend_type.unwrap_or_default(),
    };
    Ok(upgrade.open(move |socket| async move {
        let ended = async {
            tokio::select! {
                () = cx.services.keys.until_revoked(&cx.actor) => {}
                () = cx.services.shutdown.cancelled() => {}
            }
        };
        run_terminal(&dialer(&cx.services), request, socket, ended).await;
    }))
}
