//! Templates.

use http::StatusCode;
use serde::Deserialize;
use uuid::Uuid;
use warren_api::{
    AclAvailable, ArchiveTemplateVersionsRequest, ArchiveTemplateVersionsResponse, CreateTemplateRequest, DaUsResponse,
    Response as Envelope, Template, TemplateAcl, TemplateExample, TemplateVersion, UpdateActiveTemplateVersion,
    UpdateTemplateAcl, UpdateTemplateMeta,
};
use warren_core::{Cx, OrgRef, list_examples, templates, versions};

use crate::api::{Api, Auth};
use crate::extract::{Body, Page, Path, Query};
use crate::{Json, Result};

pub(crate) fn routes(api: &mut Api) {
    api.tag("Templates");
    api.get("/api/v2/templates", "get-all-templates", Auth::Session, list);
    api.get("/api/v2/templates/examples", "get-template-examples", Auth::Session, examples);
    api.get("/api/v2/templates/{template}", "get-template-settings-by-id", Auth::Session, get);
    api.patch("/api/v2/templates/{template}", "update-template-settings-by-id", Auth::Session, update);
    api.delete("/api/v2/templates/{template}", "delete-template-by-id", Auth::Session, delete);
    api.get("/api/v2/templates/{template}/daus", "get-template-daus-by-id", Auth::Session, daus);
    api.get("/api/v2/templates/{template}/acl", "get-template-acls", Auth::Session, get_acl).tag("Enterprise");
    api.patch("/api/v2/templates/{template}/acl", "update-template-acl", Auth::Session, update_acl).tag("Enterprise");
    api.get(
        "/api/v2/templates/{template}/acl/available",
        "get-template-available-acl-usersgroups",
        Auth::Session,
        available_acl,
    )
    .tag("Enterprise");
    api.get(
        "/api/v2/templates/{template}/versions",
        "list-template-versions-by-template-id",
        Auth::Session,
        list_versions,
    )
    .query(&["after_id:uuid", "include_archived:boolean", "limit:integer", "offset:integer"]);
    api.patch(
        "/api/v2/templates/{template}/versions",
        "update-active-template-version-by-template-id",
        Auth::Session,
        activate,
    );
    api.post(
        "/api/v2/templates/{template}/versions/archive",
        "archive-template-unused-versions-by-template-id",
        Auth::Session,
        archive_unused,
    );
    api.get(
        "/api/v2/templates/{template}/versions/{templateversionname}",
        "get-template-version-by-template-id-and-name",
        Auth::Session,
        get_version,
    );
    api.get("/api/v2/organizations/{organization}/templates", "get-templates-by-organization", Auth::Session, list_of);
    api.post(
        "/api/v2/organizations/{organization}/templates",
        "create-template-by-organization",
        Auth::Session,
        create,
    )
    .status(201);
    api.get(
        "/api/v2/organizations/{organization}/templates/examples",
        "get-template-examples-by-organization",
        Auth::Session,
        examples_of,
    );
    api.get(
        "/api/v2/organizations/{organization}/templates/{templatename}",
        "get-templates-by-organization-and-template-name",
        Auth::Session,
        get_by_name,
    );
    api.get(
        "/api/v2/organizations/{organization}/templates/{templatename}/versions/{templateversionname}",
        "get-template-version-by-organization-template-and-name",
        Auth::Session,
        get_version_by_names,
    );
    api.get(
        "/api/v2/organizations/{organization}/templates/{templatename}/versions/{templateversionname}/previous",
        "get-previous-template-version-by-organization-template-and-name",
        Auth::Session,
        get_previous_version,
    )
    .returns::<TemplateVersion>()
    .also(&[204]);
}

#[derive(Deserialize)]
struct Search {
    q: Option<String>,
}

async fn list(cx: Cx, Query(search): Query<Search>) -> Result<Json<Vec<Template>>> {
    Ok(Json(templates::list_templates(&cx, None, &search.q.unwrap_or_default()).await?))
}

async fn list_of(cx: Cx, Path(org): Path<OrgRef>, Query(search): Query<Search>) -> Result<Json<Vec<Template>>> {
    Ok(Json(templates::list_templates(&cx, Some(&org), &search.q.unwrap_or_default()).await?))
}

async fn examples(_: Cx) -> Json<Vec<TemplateExample>> {
    Json(list_examples())
}

async fn examples_of(cx: Cx, Path(org): Path<OrgRef>) -> Result<Json<Vec<TemplateExample>>> {
    warren_core::organizations::load_organization(&cx, &org).await?;
    Ok(Json(list_examples()))
}

async fn get(cx: Cx, Path(id): Path<Uuid>) -> Result<Json<Template>> {
    Ok(Json(templates::get_template(&cx, id).await?))
}

async fn get_by_name(cx: Cx, Path((org, name)): Path<(OrgRef, String)>) -> Result<Json<Template>> {
    Ok(Json(templates::get_template_by_name(&cx, &org, &name).await?))
}

async fn create(
    cx: Cx,
    Path(org): Path<OrgRef>,
    Body(body): Body<CreateTemplateRequest>,
) -> Result<(StatusCode, Json<Template>)> {
    Ok((StatusCode::CREATED, Json(templates::create_template(&cx, &org, body).await?)))
}

async fn update(cx: Cx, Path(id): Path<Uuid>, Body(body): Body<UpdateTemplateMeta>) -> Result<Json<Template>> {
    Ok(Json(templates::update_template(&cx, id, body).await?))
}

async fn delete(cx: Cx, Path(id): Path<Uuid>) -> Result<Json<Envelope>> {
    Ok(Json(templates::delete_template(&cx, id).await?))
}

async fn daus(cx: Cx, Path(id): Path<Uuid>) -> Result<Json<DaUsResponse>> {
    Ok(Json(templates::template_users_by_day(&cx, id).await?))
}

async fn get_acl(cx: Cx, Path(id): Path<Uuid>) -> Result<Json<TemplateAcl>> {
    Ok(Json(templates::get_template_acl(&cx, id).await?))
}

async fn update_acl(cx: Cx, Path(id): Path<Uuid>, Body(body): Body<UpdateTemplateAcl>) -> Result<Json<Envelope>> {
    Ok(Json(templates::update_template_acl(&cx, id, body).await?))
}

async fn available_acl(cx: Cx, Path(id): Path<Uuid>) -> Result<Json<AclAvailable>> {
    Ok(Json(templates::available_template_acl(&cx, id).await?))
}

#[derive(Deserialize)]
struct Archived {
    include_archived: Option<bool>,
}

async fn list_versions(
    cx: Cx,
    Path(id): Path<Uuid>,
    page: Page,
    Query(archived): Query<Archived>,
) -> Result<Json<Vec<TemplateVersion>>> {
    let page = super::page(page);
    Ok(Json(versions::list_versions(&cx, id, archived.include_archived.unwrap_or_default(), page).await?))
}

async fn activate(
    cx: Cx,
    Path(id): Path<Uuid>,
    Body(body): Body<UpdateActiveTemplateVersion>,
) -> Result<Json<Envelope>> {
    Ok(Json(templates::activate_version(&cx, id, body.id).await?))
}

async fn archive_unused(
    cx: Cx,
    Path(id): Path<Uuid>,
    Body(body): Body<ArchiveTemplateVersionsRequest>,
) -> Result<Json<ArchiveTemplateVersionsResponse>> {
    Ok(Json(versions::archive_unused_versions(&cx, id, body.all).await?))
}

async fn get_version(cx: Cx, Path((id, name)): Path<(Uuid, String)>) -> Result<Json<TemplateVersion>> {
    Ok(Json(versions::get_version_by_name(&cx, id, &name).await?))
}

async fn get_version_by_names(
    cx: Cx,
    Path((org, template, name)): Path<(OrgRef, String, String)>,
) -> Result<Json<TemplateVersion>> {
    Ok(Json(versions::get_version_by_names(&cx, &org, &template, &name).await?))
}

async fn get_previous_version(
    cx: Cx,
    Path((org, template, name)): Path<(OrgRef, String, String)>,
) -> Result<axum::response::Response> {
    use axum::response::IntoResponse;
    Ok(match versions::get_previous_version(&cx, &org, &template, &name).await? {
        Some(version) => Json(version).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}
