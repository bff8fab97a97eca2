//! Workspaces.

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use http::StatusCode;
use serde::Deserialize;
use uuid::Uuid;
use warren_api::{
    CreateWorkspaceRequest, MinimalUser, PostWorkspaceUsageRequest, PutExtendWorkspaceRequest,
    ResolveAutostartResponse, Response as Envelope, ServerSentEvent, ServerSentEventType, UpdateWorkspaceAcl,
    UpdateWorkspaceAutomaticUpdatesRequest, UpdateWorkspaceAutostartRequest, UpdateWorkspaceDormancy,
    UpdateWorkspaceRequest, UpdateWorkspaceTtlRequest, UserParameter, Workspace, WorkspaceAcl, WorkspaceBuildTimings,
    WorkspaceQuota, WorkspacesResponse,
};
use warren_core::{Cx, Error, OrgRef, UserRef, workspace_builds, workspaces};

use crate::api::{Api, Auth};
use crate::extract::{Body, Page, Path, Query, RawBody};
use crate::stream::{SseEvent, sse};
use crate::websocket::{OneWay, StreamItem, Upgrade};
use crate::{Json, Result};

/// Largest report of use.
const MAX_USAGE: usize = 64 * 1024;

pub(crate) fn routes(api: &mut Api) {
    api.tag("Workspaces");
    api.get("/api/v2/workspaces", "list-workspaces", Auth::Session, list).query(&["limit:integer", "offset:integer"]);
    api.get("/api/v2/workspaces/{workspace}", "get-workspace-metadata-by-id", Auth::Session, get)
        .query(&["include_deleted:boolean"]);
    api.patch("/api/v2/workspaces/{workspace}", "update-workspace-metadata-by-id", Auth::Session, rename);
    api.post("/api/v2/users/{user}/workspaces", "create-user-workspace", Auth::Session, create).status(201);
    api.post(
        "/api/v2/organizations/{organization}/members/{user}/workspaces",
        "create-user-workspace-by-organization",
        Auth::Session,
        create_in,
    )
    .status(201);
    api.get(
        "/api/v2/organizations/{organization}/members/{user}/workspaces/available-users",
        "get-users-available-for-workspace-creation",
        Auth::Session,
        available_users,
    )
    .query(&["limit:integer", "offset:integer"]);
    api.get(
        "/api/v2/users/{user}/workspace/{workspacename}",
        "get-workspace-metadata-by-user-and-workspace-name",
        Auth::Session,
        get_by_name,
    )
    .query(&["include_deleted:boolean"]);
    api.get(
        "/api/v2/users/{user}/autofill-parameters",
        "get-autofill-build-parameters-for-user",
        Auth::Session,
        autofill,
    )
    .query(&["template_id!:uuid"]);
    setting_routes(api);
    api.get("/api/v2/workspaces/{workspace}/watch", "watch-workspace-by-id", Auth::Session, watch)
        .events::<Workspace>();
    api.ws("/api/v2/workspaces/{workspace}/watch-ws", "watch-workspace-by-id-via-websockets", Auth::Session, watch_ws)
        .messages::<ServerSentEvent>();
    api.get(
        "/api/v2/organizations/{organization}/members/{user}/workspace-quota",
        "get-workspace-quota-by-user",
        Auth::Session,
        quota,
    )
    .tag("Enterprise");
    api.get("/api/v2/workspace-quota/{user}", "get-workspace-quota-by-user-deprecated", Auth::Session, quota_of)
        .tag("Enterprise");
}

fn setting_routes(api: &mut Api) {
    let session = Auth::Session;
    api.put(
        "/api/v2/workspaces/{workspace}/autostart",
        "update-workspace-autostart-schedule-by-id",
        session,
        autostart,
    );
    api.put("/api/v2/workspaces/{workspace}/ttl", "update-workspace-ttl-by-id", session, ttl);
    api.put("/api/v2/workspaces/{workspace}/extend", "extend-workspace-deadline-by-id", session, extend);
    api.put("/api/v2/workspaces/{workspace}/dormant", "update-workspace-dormancy-status-by-id", session, dormant)
        .also(&[304]);
    api.put(
        "/api/v2/workspaces/{workspace}/autoupdates",
        "update-workspace-automatic-updates-by-id",
        session,
        automatic_updates,
    );
    api.put("/api/v2/workspaces/{workspace}/favorite", "favorite-workspace-by-id", session, favorite);
    api.delete("/api/v2/workspaces/{workspace}/favorite", "unfavorite-workspace-by-id", session, unfavorite);
    api.post("/api/v2/workspaces/{workspace}/usage", "post-workspace-usage-by-id", session, usage)
        .may_take::<PostWorkspaceUsageRequest>();
    api.get(
        "/api/v2/workspaces/{workspace}/resolve-autostart",
        "resolve-workspace-autostart-by-id",
        session,
        resolve_autostart,
    );
    api.get("/api/v2/workspaces/{workspace}/timings", "get-workspace-timings-by-id", session, timings);
    api.get("/api/v2/workspaces/{workspace}/acl", "get-workspace-acls", session, get_acl);
    api.patch("/api/v2/workspaces/{workspace}/acl", "update-workspace-acl", session, update_acl);
    api.delete(
        "/api/v2/workspaces/{workspace}/acl",
        "completely-clears-the-workspaces-user-and-group-acls",
        session,
        clear_acl,
    );
}

#[derive(Deserialize)]
struct Search {
    q: Option<String>,
}

async fn list(cx: Cx, page: Page, Query(search): Query<Search>) -> Result<Json<WorkspacesResponse>> {
    let query = search.q.unwrap_or_default();
    Ok(Json(workspaces::list_workspaces(&cx, &query, page.offset, page.limit).await?))
}

#[derive(Deserialize)]
struct Deleted {
    include_deleted: Option<bool>,
}

async fn get(cx: Cx, Path(id): Path<Uuid>, Query(deleted): Query<Deleted>) -> Result<Json<Workspace>> {
    Ok(Json(workspaces::get_workspace(&cx, id, deleted.include_deleted.unwrap_or_default()).await?))
}

async fn get_by_name(
    cx: Cx,
    Path((user, name)): Path<(UserRef, String)>,
    Query(deleted): Query<Deleted>,
) -> Result<Json<Workspace>> {
    let include_deleted = deleted.include_deleted.unwrap_or_default();
    Ok(Json(workspaces::get_workspace_by_name(&cx, &user, &name, include_deleted).await?))
}

async fn create(
    cx: Cx,
    Path(user): Path<UserRef>,
    Body(body): Body<CreateWorkspaceRequest>,
) -> Result<(StatusCode, Json<Workspace>)> {
    Ok((StatusCode::CREATED, Json(workspaces::create_workspace(&cx, None, &user, body).await?)))
}

async fn create_in(
    cx: Cx,
    Path((org, user)): Path<(OrgRef, UserRef)>,
    Body(body): Body<CreateWorkspaceRequest>,
) -> Result<(StatusCode, Json<Workspace>)> {
    Ok((StatusCode::CREATED, Json(workspaces::create_workspace(&cx, Some(&org), &user, body).await?)))
}

async fn available_users(
    cx: Cx,
    Path((org, _user)): Path<(OrgRef, UserRef)>,
    page: Page,
    Query(search): Query<Search>,
) -> Result<Json<Vec<MinimalUser>>> {
    let query = search.q.unwrap_or_default();
    Ok(Json(workspaces::available_owners(&cx, &org, &query, page.offset, page.limit).await?))
}

#[derive(Deserialize)]
struct Autofill {
    template_id: Option<String>,
}

async fn autofill(
    cx: Cx,
    Path(user): Path<UserRef>,
    Query(query): Query<Autofill>,
) -> Result<Json<Vec<UserParameter>>> {
    let template = query.template_id.as_deref().and_then(|text| Uuid::parse_str(text).ok()).ok_or_else(|| {
        Error::invalid("Invalid query parameters.")
            .validation("template_id", "Query param \"template_id\" must be a UUID")
    })?;
    Ok(Json(workspace_builds::autofill_parameters(&cx, &user, template).await?))
}

async fn rename(cx: Cx, Path(id): Path<Uuid>, Body(body): Body<UpdateWorkspaceRequest>) -> Result<StatusCode> {
    workspaces::rename_workspace(&cx, id, &body.name).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn autostart(
    cx: Cx,
    Path(id): Path<Uuid>,
    Body(body): Body<UpdateWorkspaceAutostartRequest>,
) -> Result<StatusCode> {
    workspaces::update_autostart(&cx, id, body.schedule.as_deref()).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn ttl(cx: Cx, Path(id): Path<Uuid>, Body(body): Body<UpdateWorkspaceTtlRequest>) -> Result<StatusCode> {
    workspaces::update_ttl(&cx, id, body.ttl_ms).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn extend(cx: Cx, Path(id): Path<Uuid>, Body(body): Body<PutExtendWorkspaceRequest>) -> Result<Json<Envelope>> {
    Ok(Json(workspaces::extend_workspace(&cx, id, body.deadline).await?))
}

async fn dormant(cx: Cx, Path(id): Path<Uuid>, Body(body): Body<UpdateWorkspaceDormancy>) -> Result<Json<Workspace>> {
    Ok(Json(workspaces::update_dormancy(&cx, id, body.dormant).await?))
}

async fn automatic_updates(
    cx: Cx,
    Path(id): Path<Uuid>,
    Body(body): Body<UpdateWorkspaceAutomaticUpdatesRequest>,
) -> Result<StatusCode> {
    workspaces::update_automatic_updates(&cx, id, body.automatic_updates).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn favorite(cx: Cx, Path(id): Path<Uuid>) -> Result<StatusCode> {
    workspaces::set_favorite(&cx, id, true).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn unfavorite(cx: Cx, Path(id): Path<Uuid>) -> Result<StatusCode> {
    workspaces::set_favorite(&cx, id, false).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The body is optional.
async fn usage(cx: Cx, Path(id): Path<Uuid>, RawBody(body): RawBody<MAX_USAGE>) -> Result<StatusCode> {
    workspaces::post_usage(&cx, id, read_usage(&body)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn read_usage(body: &Bytes) -> Result<Option<PostWorkspaceUsageRequest>, Error> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    serde_json::from_slice(body)
        .map(Some)
        .map_err(|error| Error::invalid("Request body must be valid JSON.").detail(error.to_string()))
}

async fn resolve_autostart(cx: Cx, Path(id): Path<Uuid>) -> Result<Json<ResolveAutostartResponse>> {
    Ok(Json(workspaces::resolve_autostart(&cx, id).await?))
}

async fn timings(cx: Cx, Path(id): Path<Uuid>) -> Result<Json<WorkspaceBuildTimings>> {
    Ok(Json(workspace_builds::get_workspace_timings(&cx, id).await?))
}

async fn get_acl(cx: Cx, Path(id): Path<Uuid>) -> Result<Json<WorkspaceAcl>> {
    Ok(Json(workspaces::get_workspace_acl(&cx, id).await?))
}

async fn update_acl(cx: Cx, Path(id): Path<Uuid>, Body(body): Body<UpdateWorkspaceAcl>) -> Result<StatusCode> {
    workspaces::update_workspace_acl(&cx, id, body).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn clear_acl(cx: Cx, Path(id): Path<Uuid>) -> Result<StatusCode> {
    workspaces::clear_workspace_acl(&cx, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn watch(cx: Cx, Path(id): Path<Uuid>) -> Result<Response> {
    let changes = workspaces::watch_workspace(&cx, id).await?;
    let first = futures_util::stream::once(async { SseEvent::Ping });
    Ok(sse(&cx, first.chain(changes.map(event))))
}

fn event(change: Result<Workspace, Error>) -> SseEvent {
    match change {
        Ok(workspace) => SseEvent::data(&workspace),
        Err(error) => SseEvent::error(&envelope(&error)),
    }
}

async fn watch_ws(cx: Cx, Path(id): Path<Uuid>, upgrade: Upgrade) -> Result<Response> {
    let changes = workspaces::watch_workspace(&cx, id).await?;
    Ok(upgrade.send(&cx, OneWay::Events, messages(changes)).into_response())
}

fn messages(
    changes: impl Stream<Item = Result<Workspace, Error>> + Send + 'static,
) -> impl Stream<Item = StreamItem> + Send {
    let message =
        |kind: ServerSentEventType, data: serde_json::Value| StreamItem::json(&ServerSentEvent { data, kind });
    let ping = futures_util::stream::once(async move { message(ServerSentEventType::Ping, serde_json::Value::Null) });
    ping.chain(changes.map(move |change| match change {
        Ok(workspace) => message(ServerSentEventType::Data, serde_json::to_value(&workspace).unwrap_or_default()),
        Err(error) => message(ServerSentEventType::Error, serde_json::to_value(envelope(&error)).unwrap_or_default()),
    }))
}

fn envelope(error: &Error) -> Envelope {
    Envelope { detail: error.detail.clone(), message: error.message.clone(), validations: error.validations.clone() }
}

/// There is no quota: nothing is consumed of an unlimited budget.
async fn quota(cx: Cx, Path((org, user)): Path<(OrgRef, UserRef)>) -> Result<Json<WorkspaceQuota>> {
    let organization = warren_core::organizations::load_organization(&cx, &org).await?;
    warren_core::organizations::load_member(&cx, organization.id, &user).await?;
    // Members see each other; what somebody spends is for those who may see the account.
    warren_core::users::load_user(&cx, &user, warren_rbac::Action::Read).await?;
    Ok(Json(WorkspaceQuota { budget: -1, credits_consumed: 0 }))
}

async fn quota_of(cx: Cx, Path(user): Path<UserRef>) -> Result<Json<WorkspaceQuota>> {
    quota(cx, Path((OrgRef::Default, user))).await
}
