//! Dry runs: what a build would make.

use futures_util::Stream;
use uuid::Uuid;
use warren_api::{
    CreateTemplateVersionDryRunRequest, MatchedProvisioners, ProvisionerJob, ProvisionerJobLog, Response,
    WorkspaceResource,
};
use warren_builds::{DAEMON_STALE, DryRunRequest, JobInput};
use warren_db::Querier;
use warren_db::daemons::count_matching_daemons;
use warren_db::jobs::{JobRow, find_job};
use warren_rbac::{Action, Object, Resource};

use super::found::of_job;
use super::{change, load};
use crate::view::{self, Queue};
use crate::{Cx, Error, Result, logs};

/// The lines of a dry run.
pub type DryRunLogs = Vec<ProvisionerJobLog>;

/// Queues a dry run.
///
/// # Errors
/// 404, 425 while the import runs.
pub async fn create_dry_run(
    cx: &Cx,
    version: Uuid,
    request: CreateTemplateVersionDryRunRequest,
) -> Result<ProvisionerJob> {
    let conn = cx.db().conn().await?;
    // Who may read a template may try it.
    let row = load(cx, &conn, version, Action::Read).await?;
    if row.job_completed_at.is_none() {
        return Err(Error::new(425, "Template version import job hasn't completed!"));
    }
    drop(conn);
    let wanted = DryRunRequest {
        initiator_id: cx.actor.user_id,
        workspace_name: request.workspace_name,
        parameters: request.rich_parameter_values,
    };
    let (cx, db) = (cx.clone(), cx.db().clone());
    db.tx(|tx| async move {
        let id = cx.builds().create_dry_run(&tx, &row, wanted).await?;
        let job = find_job(&tx, id).await?.ok_or_else(|| Error::internal("a job vanished"))?;
        Ok(view::job((&job).into(), &Queue::default()))
    })
    .await
}

/// The job, if it is a dry run of this version that the caller may see: one's own, or of somebody for whom the caller could
/// make the workspace that it pretends to make.
async fn job(cx: &Cx, q: &impl Querier, version: Uuid, job: Uuid) -> Result<JobRow> {
    load(cx, q, version, Action::Read).await?;
    let row = find_job(q, job).await?.ok_or_else(Error::not_found)?;
    let workspace = Object::new(Resource::Workspace).in_org(row.organization_id).owned_by(row.initiator_id);
    if !cx.actor.may(Action::Create, &workspace) {
        return Err(Error::not_found());
    }
    match JobInput::read(&row.r#type, &row.input.0) {
        Some(JobInput::DryRun(input)) if input.template_version_id == version => Ok(row),
        _ => Err(Error::not_found()),
    }
}

/// A dry run.
///
/// # Errors
/// 404.
pub async fn get_dry_run(cx: &Cx, version: Uuid, id: Uuid) -> Result<ProvisionerJob> {
    let conn = cx.db().conn().await?;
    let row = job(cx, &conn, version, id).await?;
    let queue = Queue::load(&conn, cx.services.now(), std::iter::once((row.id, row.status.as_str()))).await?;
    Ok(view::job((&row).into(), &queue))
}

/// What it would make.
///
/// # Errors
/// 400 while it runs, 404.
pub async fn list_dry_run_resources(cx: &Cx, version: Uuid, id: Uuid) -> Result<Vec<WorkspaceResource>> {
    let conn = cx.db().conn().await?;
    let row = job(cx, &conn, version, id).await?;
    if row.completed_at.is_none() {
        return Err(Error::invalid("Job hasn't completed!"));
    }
    of_job(cx, &conn, row.id).await
}

/// How many daemons could run it.
///
/// # Errors
/// 404.
pub async fn dry_run_matched_provisioners(cx: &Cx, version: Uuid, id: Uuid) -> Result<MatchedProvisioners> {
    let conn = cx.db().conn().await?;
    let row = job(cx, &conn, version, id).await?;
    let seen_since = cx.services.now().checked_sub(DAEMON_STALE).unwrap_or(jiff::Timestamp::MIN);
    let matching =
        count_matching_daemons(&conn, row.organization_id, &row.provisioner, &row.tags.0, seen_since).await?;
    Ok(view::matched(&matching))
}

/// Cancels a dry run.
///
/// # Errors
/// 400 if it is complete or canceled already, 404.
pub async fn cancel_dry_run(cx: &Cx, version: Uuid, id: Uuid) -> Result<Response> {
    let conn = cx.db().conn().await?;
    let row = job(cx, &conn, version, id).await?;
    if row.initiator_id != cx.actor.user_id {
        load(cx, &conn, version, Action::Update).await?;
    }
    drop(conn);
    change::cancel(cx, row.id, row.completed_at.is_some(), row.canceled_at.is_some()).await
}

/// Its log.
///
/// # Errors
/// 404.
pub async fn dry_run_logs(cx: &Cx, version: Uuid, id: Uuid, after: i64) -> Result<DryRunLogs> {
    let conn = cx.db().conn().await?;
    let row = job(cx, &conn, version, id).await?;
    drop(conn);
    logs::list(cx, row.id, after).await
}

/// Its log, followed until it is complete.
///
/// # Errors
/// 404.
pub async fn follow_dry_run_logs(
    cx: &Cx,
    version: Uuid,
    id: Uuid,
    after: i64,
) -> Result<impl Stream<Item = ProvisionerJobLog> + Send + use<>> {
    let conn = cx.db().conn().await?;
    let row = job(cx, &conn, version, id).await?;
    Ok(logs::follow(&cx.services.bus, cx.db().clone(), row.id, after))
}
