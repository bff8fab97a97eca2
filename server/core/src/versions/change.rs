//! Changing, canceling, archiving versions.

use uuid::Uuid;
use warren_api::{ArchiveTemplateVersionsResponse, PatchTemplateVersionRequest, Response, TemplateVersion};
use warren_builds::{Canceled, cancel_job};
use warren_db::{ResultExt, versions};
use warren_rbac::Action;

use super::{load, shown};
use crate::{Cx, Error, Result, templates};

/// Renames a version or changes its message.
///
/// # Errors
/// 403, 404, 409 for a taken name.
pub async fn update_version(cx: &Cx, id: Uuid, request: PatchTemplateVersionRequest) -> Result<TemplateVersion> {
    let conn = cx.db().conn().await?;
    let row = load(cx, &conn, id, Action::Update).await?;
    let name = if request.name.is_empty() { row.name.clone() } else { request.name };
    let message = request.message.unwrap_or_else(|| row.message.clone());
    versions::update_version(&conn, id, cx.services.now(), &name, &message).await.on_constraint(
        "template_versions_template_id_name_idx",
        || {
            Error::conflict(format!("A template version with name {name:?} already exists for this template."))
                .validation("name", "This value is already in use and should be unique.")
        },
    )?;
    let row = load(cx, &conn, id, Action::Read).await?;
    shown(cx, &conn, row).await
}

/// Cancels a version's import.
///
/// # Errors
/// 400 if it is complete or canceled already, 403, 404.
pub async fn cancel_version(cx: &Cx, id: Uuid) -> Result<Response> {
    let conn = cx.db().conn().await?;
    let row = load(cx, &conn, id, Action::Update).await?;
    drop(conn);
    cancel(cx, row.job_id, row.job_completed_at.is_some(), row.job_canceled_at.is_some()).await
}

/// Cancels a job whose caller was checked.
pub(crate) async fn cancel(cx: &Cx, job: Uuid, complete: bool, canceled: bool) -> Result<Response> {
    let done = || Error::invalid("Job has already completed!");
    // In this order: a job that was canceled while it waited is complete too.
    if complete {
        return Err(done());
    }
    if canceled {
        return Err(Error::invalid("Job has already been marked as canceled!"));
    }
    let conn = cx.db().conn().await?;
    match cancel_job(&conn, &cx.services.bus, job, cx.services.now()).await? {
        Canceled::Nothing => Err(done()),
        Canceled::Requested | Canceled::Complete => {
            Ok(Response { message: "Job has been marked as canceled...".into(), ..Default::default() })
        }
    }
}

/// Archives a version that is not in use, or brings it back.
///
/// # Errors
/// 400 if nothing changes or the version is in use, 403, 404.
pub async fn set_version_archived(cx: &Cx, id: Uuid, archived: bool) -> Result<Response> {
    let conn = cx.db().conn().await?;
    let row = load(cx, &conn, id, Action::Update).await?;
    let at = cx.services.now();
    match (archived, row.archived) {
        (true, true) => return Err(Error::invalid("Template version already archived.")),
        (false, false) => return Err(Error::invalid("Template version is not archived.")),
        (false, true) => versions::unarchive_version(&conn, id, at).await?,
        (true, false) => {
            let template = row.template_id.ok_or_else(|| {
                Error::invalid("Template version is not associated with a template, it cannot be archived.")
            })?;
            if versions::archive_versions(&conn, template, at, Some(vec![id]), false).await?.is_empty() {
                return Err(Error::invalid("Template version is in use and cannot be archived."));
            }
        }
    }
    let message = if archived { "Template version archived." } else { "Template version unarchived." };
    Ok(Response { message: message.into(), ..Default::default() })
}

/// Archives the versions that nothing uses: those that failed, or with `all` every one.
///
/// # Errors
/// 403, 404.
pub async fn archive_unused_versions(cx: &Cx, template: Uuid, all: bool) -> Result<ArchiveTemplateVersionsResponse> {
    let conn = cx.db().conn().await?;
    templates::load(cx, &conn, template, Action::Update).await?;
    let archived_ids = versions::archive_versions(&conn, template, cx.services.now(), None, !all).await?;
    Ok(ArchiveTemplateVersionsResponse { archived_ids, template_id: template })
}
