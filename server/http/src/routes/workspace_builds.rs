//! Builds of workspaces.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;
use warren_api::{
    CreateWorkspaceBuildRequest, ProvisionerJobLog, Response as Envelope, UpdateWorkspaceBuildStateRequest,
    WorkspaceBuild, WorkspaceBuildParameter, WorkspaceBuildTimings, WorkspaceResource,
};
use warren_core::{Cx, Error, UserRef, workspace_builds};

use super::logs::{self, LogQuery};
use crate::api::{Api, Auth};
use crate::extract::{Body, Page, Path, Query};
use crate::websocket::Upgrade;
use crate::{Json, Result};

pub(crate) fn routes(api: &mut Api) {
    let session = Auth::Session;
    api.tag("Builds");
    api.get("/api/v2/workspaces/{workspace}/builds", "get-workspace-builds-by-workspace-id", session, list).query(&[
        "after_id:uuid",
        "limit:integer",
        "offset:integer",
        "since:date-time",
    ]);
    api.post("/api/v2/workspaces/{workspace}/builds", "create-workspace-build", session, create).status(201);
    api.get("/api/v2/workspacebuilds/{workspacebuild}", "get-workspace-build", session, get);
    api.patch("/api/v2/workspacebuilds/{workspacebuild}/cancel", "cancel-workspace-build", session, cancel)
        .query(&["expect_status:running|pending"]);
    api.get("/api/v2/workspacebuilds/{workspacebuild}/logs", "get-workspace-build-logs", session, get_logs)
        .query(logs::QUERY)
        .returns::<Vec<ProvisionerJobLog>>()
        .messages::<ProvisionerJobLog>();
    api.get(
        "/api/v2/workspacebuilds/{workspacebuild}/parameters",
        "get-build-parameters-for-workspace-build",
        session,
        parameters,
    );
    api.get(
        "/api/v2/workspacebuilds/{workspacebuild}/resources",
        "removed-get-workspace-resources-for-workspace-build",
        session,
        resources,
    );
    api.get(
        "/api/v2/workspacebuilds/{workspacebuild}/state",
        "get-provisioner-state-for-workspace-build",
        session,
        get_state,
    )
    .media("application/json");
    api.put("/api/v2/workspacebuilds/{workspacebuild}/state", "update-workspace-build-state", session, put_state);
    api.get("/api/v2/workspacebuilds/{workspacebuild}/timings", "get-workspace-build-timings-by-id", session, timings);
    api.get(
        "/api/v2/users/{user}/workspace/{workspacename}/builds/{buildnumber}",
        "get-workspace-build-by-user-workspace-name-and-build-number",
        session,
        get_by_number,
    );
}

#[derive(Deserialize)]
struct Since {
    since: Option<String>,
}

async fn list(
    cx: Cx,
    Path(id): Path<Uuid>,
    page: Page,
    Query(since): Query<Since>,
) -> Result<Json<Vec<WorkspaceBuild>>> {
    let since = match since.since {
        None => None,
        Some(text) => Some(
            text.parse::<Timestamp>()
                .map_err(|error| Error::invalid("bad `since` format, must be RFC3339").detail(error.to_string()))?,
        ),
    };
    Ok(Json(workspace_builds::list_builds(&cx, id, since, super::page(page)).await?))
}

async fn create(
    cx: Cx,
    Path(id): Path<Uuid>,
    Body(body): Body<CreateWorkspaceBuildRequest>,
) -> Result<(StatusCode, Json<WorkspaceBuild>)> {
    Ok((StatusCode::CREATED, Json(workspace_builds::create_build(&cx, id, body).await?)))
}

async fn get(cx: Cx, Path(id): Path<Uuid>) -> Result<Json<WorkspaceBuild>> {
    Ok(Json(workspace_builds::get_build(&cx, id).await?))
}

async fn get_by_number(
    cx: Cx,
    Path((user, name, number)): Path<(UserRef, String, String)>,
) -> Result<Json<WorkspaceBuild>> {
    Ok(Json(workspace_builds::get_build_by_number(&cx, &user, &name, &number).await?))
}

#[derive(Deserialize)]
struct Expected {
    expect_status: Option<String>,
}

async fn cancel(cx: Cx, Path(id): Path<Uuid>, Query(expected): Query<Expected>) -> Result<Json<Envelope>> {
    Ok(Json(workspace_builds::cancel_build(&cx, id, expected.expect_status.as_deref()).await?))
}

async fn get_logs(cx: Cx, Path(id): Path<Uuid>, Query(query): Query<LogQuery>, upgrade: Upgrade) -> Result<Response> {
    logs::answer(
        &cx,
        query,
        upgrade,
        async |after| workspace_builds::build_logs(&cx, id, after).await,
        async |after| workspace_builds::follow_build_logs(&cx, id, after).await,
    )
    .await
}

async fn parameters(cx: Cx, Path(id): Path<Uuid>) -> Result<Json<Vec<WorkspaceBuildParameter>>> {
    Ok(Json(workspace_builds::list_build_parameters(&cx, id).await?))
}

async fn resources(cx: Cx, Path(id): Path<Uuid>) -> Result<Json<Vec<WorkspaceResource>>> {
    Ok(Json(workspace_builds::list_build_resources(&cx, id).await?))
}

async fn get_state(cx: Cx, Path(id): Path<Uuid>) -> Result<Response> {
    let state = workspace_builds::get_build_state(&cx, id).await?;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], state).into_response())
}

async fn put_state(
    cx: Cx,
    Path(id): Path<Uuid>,
    Body(body): Body<UpdateWorkspaceBuildStateRequest>,
) -> Result<StatusCode> {
    workspace_builds::update_build_state(&cx, id, &body.state).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn timings(cx: Cx, Path(id): Path<Uuid>) -> Result<Json<WorkspaceBuildTimings>> {
    Ok(Json(workspace_builds::get_build_timings(&cx, id).await?))
}
