//! Template versions: imports, what they found, dry runs.

use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use uuid::Uuid;
use warren_api::{
    CreateTemplateVersionDryRunRequest, CreateTemplateVersionRequest, DynamicParametersRequest,
    DynamicParametersResponse, MatchedProvisioners, PatchTemplateVersionRequest, Preset, ProvisionerJob,
    ProvisionerJobLog, Response as Envelope, TemplateVersion, TemplateVersionExternalAuth, TemplateVersionParameter,
    TemplateVersionVariable, WorkspaceResource,
};
use warren_core::{Cx, Error, OrgRef, versions};

use super::logs::{self, LogQuery};
use crate::api::{Api, Auth};
use crate::extract::{Body, Path, Query};
use crate::websocket::Upgrade;
use crate::{Json, Result};

pub(crate) fn routes(api: &mut Api) {
    api.tag("Templates");
    api.post(
        "/api/v2/organizations/{organization}/templateversions",
        "create-template-version-by-organization",
        Auth::Session,
        create,
    )
    .status(201);
    api.get("/api/v2/templateversions/{templateversion}", "get-template-version-by-id", Auth::Session, get);
    api.patch("/api/v2/templateversions/{templateversion}", "patch-template-version-by-id", Auth::Session, update);
    api.patch(
        "/api/v2/templateversions/{templateversion}/cancel",
        "cancel-template-version-by-id",
        Auth::Session,
        cancel,
    );
    api.post("/api/v2/templateversions/{templateversion}/archive", "archive-template-version", Auth::Session, archive);
    api.post(
        "/api/v2/templateversions/{templateversion}/unarchive",
        "unarchive-template-version",
        Auth::Session,
        unarchive,
    );
    api.get("/api/v2/templateversions/{templateversion}/logs", "get-logs-by-template-version", Auth::Session, get_logs)
        .query(logs::QUERY)
        .returns::<Vec<ProvisionerJobLog>>()
        .messages::<ProvisionerJobLog>();
    found_routes(api);
    dry_run_routes(api);
}

fn found_routes(api: &mut Api) {
    api.get(
        "/api/v2/templateversions/{templateversion}/resources",
        "get-resources-by-template-version",
        Auth::Session,
        resources,
    );
    api.get(
        "/api/v2/templateversions/{templateversion}/variables",
        "get-template-variables-by-template-version",
        Auth::Session,
        variables,
    );
    api.get(
        "/api/v2/templateversions/{templateversion}/rich-parameters",
        "get-rich-parameters-by-template-version",
        Auth::Session,
        rich_parameters,
    );
    api.get(
        "/api/v2/templateversions/{templateversion}/presets",
        "get-template-version-presets",
        Auth::Session,
        presets,
    );
    api.get(
        "/api/v2/templateversions/{templateversion}/external-auth",
        "get-external-auth-by-template-version",
        Auth::Session,
        external_auth,
    )
    .query(&["user_id:uuid"]);
    api.get(
        "/api/v2/templateversions/{templateversion}/schema",
        "removed-get-schema-by-template-version",
        Auth::Session,
        legacy,
    );
    api.get(
        "/api/v2/templateversions/{templateversion}/parameters",
        "removed-get-parameters-by-template-version",
        Auth::Session,
        legacy,
    );
    api.post(
        "/api/v2/templateversions/{templateversion}/dynamic-parameters/evaluate",
        "evaluate-dynamic-parameters-for-template-version",
        Auth::Session,
        evaluate,
    );
    api.ws(
        "/api/v2/templateversions/{templateversion}/dynamic-parameters",
        "open-dynamic-parameters-websocket-by-template-version",
        Auth::Session,
        super::dynamic_parameters::open,
    )
    .query(&["user_id:uuid"])
    .messages::<DynamicParametersResponse>();
}

fn dry_run_routes(api: &mut Api) {
    api.post(
        "/api/v2/templateversions/{templateversion}/dry-run",
        "create-template-version-dry-run",
        Auth::Session,
        create_dry_run,
    )
    .status(201);
    api.get(
        "/api/v2/templateversions/{templateversion}/dry-run/{jobID}",
        "get-template-version-dry-run-by-job-id",
        Auth::Session,
        get_dry_run,
    );
    api.get(
        "/api/v2/templateversions/{templateversion}/dry-run/{jobID}/resources",
        "get-template-version-dry-run-resources-by-job-id",
        Auth::Session,
        dry_run_resources,
    );
    api.get(
        "/api/v2/templateversions/{templateversion}/dry-run/{jobID}/logs",
        "get-template-version-dry-run-logs-by-job-id",
        Auth::Session,
        dry_run_logs,
    )
    .query(logs::QUERY)
    .returns::<Vec<ProvisionerJobLog>>()
    .messages::<ProvisionerJobLog>();
    api.get(
        "/api/v2/templateversions/{templateversion}/dry-run/{jobID}/matched-provisioners",
        "get-template-version-dry-run-matched-provisioners",
        Auth::Session,
        dry_run_matched,
    );
    api.patch(
        "/api/v2/templateversions/{templateversion}/dry-run/{jobID}/cancel",
        "cancel-template-version-dry-run-by-job-id",
        Auth::Session,
        cancel_dry_run,
    );
}

async fn create(
    cx: Cx,
    Path(org): Path<OrgRef>,
    Body(body): Body<CreateTemplateVersionRequest>,
) -> Result<(StatusCode, Json<TemplateVersion>)> {
    Ok((StatusCode::CREATED, Json(versions::create_version(&cx, &org, body).await?)))
}

async fn get(cx: Cx, Path(id): Path<Uuid>) -> Result<Json<TemplateVersion>> {
    Ok(Json(versions::get_version(&cx, id).await?))
}

async fn update(
    cx: Cx,
    Path(id): Path<Uuid>,
    Body(body): Body<PatchTemplateVersionRequest>,
) -> Result<Json<TemplateVersion>> {
    Ok(Json(versions::update_version(&cx, id, body).await?))
}

async fn cancel(cx: Cx, Path(id): Path<Uuid>) -> Result<Json<Envelope>> {
    Ok(Json(versions::cancel_version(&cx, id).await?))
}

async fn archive(cx: Cx, Path(id): Path<Uuid>) -> Result<Json<Envelope>> {
    Ok(Json(versions::set_version_archived(&cx, id, true).await?))
}

async fn unarchive(cx: Cx, Path(id): Path<Uuid>) -> Result<Json<Envelope>> {
    Ok(Json(versions::set_version_archived(&cx, id, false).await?))
}

async fn get_logs(cx: Cx, Path(id): Path<Uuid>, Query(query): Query<LogQuery>, upgrade: Upgrade) -> Result<Response> {
    logs::answer(
        &cx,
        query,
        upgrade,
        async |after| versions::version_logs(&cx, id, after).await,
        async |after| versions::follow_version_logs(&cx, id, after).await,
    )
    .await
}

async fn resources(cx: Cx, Path(id): Path<Uuid>) -> Result<Json<Vec<WorkspaceResource>>> {
    Ok(Json(versions::list_version_resources(&cx, id).await?))
}

async fn variables(cx: Cx, Path(id): Path<Uuid>) -> Result<Json<Vec<TemplateVersionVariable>>> {
    Ok(Json(versions::list_version_variables(&cx, id).await?))
}

async fn rich_parameters(cx: Cx, Path(id): Path<Uuid>) -> Result<Json<Vec<TemplateVersionParameter>>> {
    Ok(Json(versions::list_rich_parameters(&cx, id).await?))
}

async fn presets(cx: Cx, Path(id): Path<Uuid>) -> Result<Json<Vec<Preset>>> {
    Ok(Json(versions::list_presets(&cx, id).await?))
}

#[derive(Deserialize)]
struct Owner {
    user_id: Option<String>,
}

async fn external_auth(
    cx: Cx,
    Path(id): Path<Uuid>,
    Query(owner): Query<Owner>,
) -> Result<Json<Vec<TemplateVersionExternalAuth>>> {
    let owner = match owner.user_id.as_deref() {
        None | Some("" | "me") => None,
        Some(text) => {
            let read = Uuid::parse_str(text);
            Some(read.map_err(|error| Error::invalid("Invalid user_id query parameter.").detail(error.to_string()))?)
        }
    };
    Ok(Json(versions::list_external_auth(&cx, id, owner).await?))
}

/// Routes of the past that clients may still ask.
async fn legacy(cx: Cx, Path(id): Path<Uuid>) -> Result<Json<serde_json::Value>> {
    versions::get_version(&cx, id).await?;
    Ok(Json(serde_json::json!([])))
}

async fn evaluate(
    cx: Cx,
    Path(id): Path<Uuid>,
    Body(body): Body<DynamicParametersRequest>,
) -> Result<Json<DynamicParametersResponse>> {
    Ok(Json(versions::evaluate_parameters(&cx, id, body).await?))
}

async fn create_dry_run(
    cx: Cx,
    Path(id): Path<Uuid>,
    Body(body): Body<CreateTemplateVersionDryRunRequest>,
) -> Result<(StatusCode, Json<ProvisionerJob>)> {
    Ok((StatusCode::CREATED, Json(versions::create_dry_run(&cx, id, body).await?)))
}

async fn get_dry_run(cx: Cx, Path((id, job)): Path<(Uuid, Uuid)>) -> Result<Json<ProvisionerJob>> {
    Ok(Json(versions::get_dry_run(&cx, id, job).await?))
}

async fn dry_run_resources(cx: Cx, Path((id, job)): Path<(Uuid, Uuid)>) -> Result<Json<Vec<WorkspaceResource>>> {
    Ok(Json(versions::list_dry_run_resources(&cx, id, job).await?))
}

async fn dry_run_logs(
    cx: Cx,
    Path((id, job)): Path<(Uuid, Uuid)>,
    Query(query): Query<LogQuery>,
    upgrade: Upgrade,
) -> Result<Response> {
    logs::answer(
        &cx,
        query,
        upgrade,
        async |after| versions::dry_run_logs(&cx, id, job, after).await,
        async |after| versions::follow_dry_run_logs(&cx, id, job, after).await,
    )
    .await
}

async fn dry_run_matched(cx: Cx, Path((id, job)): Path<(Uuid, Uuid)>) -> Result<Json<MatchedProvisioners>> {
    Ok(Json(versions::dry_run_matched_provisioners(&cx, id, job).await?))
}

async fn cancel_dry_run(cx: Cx, Path((id, job)): Path<(Uuid, Uuid)>) -> Result<Json<Envelope>> {
    Ok(Json(versions::cancel_dry_run(&cx, id, job).await?))
}
