//! Builds of workspaces.

mod create;

pub use create::create_build;

use futures_util::Stream;
use jiff::Timestamp;
use uuid::Uuid;
use warren_api::{
    ProvisionerJobLog, ProvisionerTiming, Response, TimingStage, UserParameter, WorkspaceBuild,
    WorkspaceBuildParameter, WorkspaceBuildTimings, WorkspaceResource,
};
use warren_builds::{Canceled, WorkspaceEvent, cancel_job};
use warren_db::builds::{self, BuildRow};
use warren_db::jobs::list_job_timings;
use warren_db::resources::list_resources;
use warren_db::versions::Page;
use warren_db::{Querier, templates as template_rows};
use warren_rbac::Action;

use crate::view::Queue;
use crate::{Cx, Error, Result, UserRef, logs, resolve, view, workspaces};

/// A build of a workspace that the caller may do `action` to. Builds of deleted workspaces stay readable.
async fn load(cx: &Cx, q: &impl Querier, id: Uuid, action: Action) -> Result<BuildRow> {
    let found = builds::find_build(q, id).await?.ok_or_else(Error::not_found)?;
    Ok(found.allow(&cx.actor, action)?)
}

async fn shown(cx: &Cx, q: &impl Querier, rows: Vec<BuildRow>) -> Result<Vec<WorkspaceBuild>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let now = cx.services.now();
    let jobs: Vec<Uuid> = rows.iter().map(|row| row.job_id).collect();
    let resources = list_resources(q, &jobs).await?;
    let names = rows.first().map(|row| (row.workspace_name.as_str(), row.workspace_owner_name.as_str()));
    let mut sets = view::resources(&cx.services, resources, now, |_| names);
    let queue = Queue::load(q, now, rows.iter().map(|row| (row.job_id, row.job_status.as_str()))).await?;
    let build = |row: &BuildRow| view::build(row, &queue, sets.remove(&row.job_id).unwrap_or_default());
    Ok(rows.iter().map(build).collect())
}

async fn shown_one(cx: &Cx, q: &impl Querier, row: BuildRow) -> Result<WorkspaceBuild> {
    shown(cx, q, vec![row]).await?.pop().ok_or_else(Error::not_found)
}

/// A build.
///
/// # Errors
/// 404.
pub async fn get_build(cx: &Cx, id: Uuid) -> Result<WorkspaceBuild> {
    let conn = cx.db().conn().await?;
    let row = load(cx, &conn, id, Action::Read).await?;
    shown_one(cx, &conn, row).await
}

/// A build by the names of owner and workspace and its number.
///
/// # Errors
/// 400 for text in place of a number, 404.
pub async fn get_build_by_number(cx: &Cx, user: &UserRef, name: &str, number: &str) -> Result<WorkspaceBuild> {
    let number: i32 = number.parse().map_err(|_| {
        Error::invalid("Failed to parse build number as integer.").detail(format!("{number:?} is not a number"))
    })?;
    let conn = cx.db().conn().await?;
    let workspace = workspaces::load_by_name(cx, &conn, user, name, false).await?;
    let missing = || Error::new(404, format!("Workspace {name:?} Build {number} does not exist."));
    let found = builds::find_build_by_number(&conn, workspace.id, number).await?.ok_or_else(missing)?;
    shown_one(cx, &conn, found.allow(&cx.actor, Action::Read)?).await
}

/// Builds of a workspace, the youngest first.
///
/// # Errors
/// 400 for an unknown start, 404.
pub async fn list_builds(
    cx: &Cx,
    workspace: Uuid,
    since: Option<Timestamp>,
    page: Page,
) -> Result<Vec<WorkspaceBuild>> {
    let conn = cx.db().conn().await?;
    let found = warren_db::workspaces::find_workspace(&conn, workspace).await?.ok_or_else(Error::not_found)?;
    found.check(&cx.actor, Action::Read)?;
    if let Some(after) = page.after_id
        && builds::find_build(&conn, after).await?.is_none()
    {
        return Err(Error::invalid(format!("Record at \"after_id\" (\"{after}\") does not exist.")));
    }
    let rows = builds::list_builds(&conn, workspace, since, page).await?;
    shown(cx, &conn, rows).await
}

/// The values of a build.
///
/// # Errors
/// 404.
pub async fn list_build_parameters(cx: &Cx, id: Uuid) -> Result<Vec<WorkspaceBuildParameter>> {
    let conn = cx.db().conn().await?;
    load(cx, &conn, id, Action::Read).await?;
    Ok(builds::find_build_parameters(&conn, id).await?)
}

/// The resources of a build.
///
/// # Errors
/// 400 while it runs, 404.
pub async fn list_build_resources(cx: &Cx, id: Uuid) -> Result<Vec<WorkspaceResource>> {
    let conn = cx.db().conn().await?;
    let row = load(cx, &conn, id, Action::Read).await?;
    if row.job_completed_at.is_none() {
        return Err(Error::invalid("Job hasn't completed!"));
    }
    Ok(shown_one(cx, &conn, row).await?.resources)
}

/// The state that a build left, for those who manage its template.
///
/// # Errors
/// 404.
pub async fn get_build_state(cx: &Cx, id: Uuid) -> Result<Vec<u8>> {
    let conn = cx.db().conn().await?;
    let row = load(cx, &conn, id, Action::Read).await?;
    check_manager(cx, &conn, &row).await?;
    Ok(builds::find_build_state(&conn, id).await?.unwrap_or_default())
}

/// Replaces the state of a build, for those who manage its template.
///
/// # Errors
/// 400 while a build runs, 404.
pub async fn update_build_state(cx: &Cx, id: Uuid, state: &str) -> Result<()> {
    let state = create::decode_state(state)?;
    let conn = cx.db().conn().await?;
    let row = load(cx, &conn, id, Action::Read).await?;
    check_manager(cx, &conn, &row).await?;
    if row.job_completed_at.is_none() {
        return Err(Error::conflict("A workspace build is already active."));
    }
    Ok(builds::update_build_state(&conn, id, cx.services.now(), &state).await?)
}

async fn check_manager(cx: &Cx, q: &impl Querier, row: &BuildRow) -> Result<()> {
    let template = template_rows::find_template(q, row.workspace_template_id).await?.ok_or_else(Error::not_found)?;
    template.check(&cx.actor, Action::Update).map_err(|_| Error::not_found())
}

/// Cancels a build. `expected` says in which state the caller saw it.
///
/// # Errors
/// 400 for another word, a complete or canceled build, 403, 404, 412 for another state.
pub async fn cancel_build(cx: &Cx, id: Uuid, expected: Option<&str>) -> Result<Response> {
    let conn = cx.db().conn().await?;
    let row = load(cx, &conn, id, Action::Read).await?;
    let expected = expected.filter(|word| !word.is_empty());
    if let Some(word) = expected.filter(|word| !matches!(*word, "running" | "pending")) {
        return Err(Error::invalid(format!(
            "Invalid expect_status {word:?}. Only 'running' or 'pending' are allowed."
        )));
    }
    check_cancel(cx, &conn, &row, expected).await?;
    // In this order: a job that was canceled while it waited is complete too.
    if row.job_completed_at.is_some() {
        return Err(Error::invalid("Job has already completed!"));
    }
    if row.job_canceled_at.is_some() {
        return Err(Error::invalid("Job has already been marked as canceled!"));
    }
    if expected.is_some_and(|word| word != row.job_status) {
        return Err(Error::new(412, "Job is not in the expected state."));
    }
    match cancel_job(&conn, &cx.services.bus, row.job_id, cx.services.now()).await? {
        Canceled::Nothing => Err(Error::invalid("Job has already completed!")),
        Canceled::Requested | Canceled::Complete => {
            WorkspaceEvent::state(row.workspace_id).publish(&cx.services.bus, row.workspace_owner_id);
            Ok(Response { message: "Job has been marked as canceled...".into(), ..Default::default() })
        }
    }
}

async fn check_cancel(cx: &Cx, q: &impl Querier, row: &BuildRow, expected: Option<&str>) -> Result<()> {
    if expected == Some("pending") || cx.actor.has_role("owner") {
        return Ok(());
    }
    let template = template_rows::find_template(q, row.workspace_template_id).await?.ok_or_else(Error::not_found)?;
    if template.system("the settings of the workspace's own template").allow_user_cancel_workspace_jobs {
        return Ok(());
    }
    Err(Error::forbidden_because("User is not allowed to cancel workspace builds. Owner role is required."))
}

/// The log of a build.
///
/// # Errors
/// 404.
pub async fn build_logs(cx: &Cx, id: Uuid, after: i64) -> Result<Vec<ProvisionerJobLog>> {
    let conn = cx.db().conn().await?;
    let job = load(cx, &conn, id, Action::Read).await?.job_id;
    drop(conn);
    logs::list(cx, job, after).await
}

/// The log of a build, followed until it is complete.
///
/// # Errors
/// 404.
pub async fn follow_build_logs(
    cx: &Cx,
    id: Uuid,
    after: i64,
) -> Result<impl Stream<Item = ProvisionerJobLog> + Send + use<>> {
    let conn = cx.db().conn().await?;
    let job = load(cx, &conn, id, Action::Read).await?.job_id;
    Ok(logs::follow(&cx.services.bus, cx.db().clone(), job, after))
}

/// How long each step of a build took.
///
/// # Errors
/// 404.
pub async fn get_build_timings(cx: &Cx, id: Uuid) -> Result<WorkspaceBuildTimings> {
    let conn = cx.db().conn().await?;
    let row = load(cx, &conn, id, Action::Read).await?;
    timings(&conn, row.job_id).await
}

/// How long each step of the latest build took.
///
/// # Errors
/// 404.
pub async fn get_workspace_timings(cx: &Cx, workspace: Uuid) -> Result<WorkspaceBuildTimings> {
    let conn = cx.db().conn().await?;
    let row = workspaces::load(cx, &conn, workspace, Action::Read).await?;
    timings(&conn, row.job_id).await
}

async fn timings(q: &impl Querier, job: Uuid) -> Result<WorkspaceBuildTimings> {
    let step = |row: warren_db::jobs::JobTimingRow| ProvisionerTiming {
        action: row.action,
        ended_at: row.ended_at,
        job_id: row.job_id,
        resource: row.resource,
        source: row.source,
        stage: TimingStage::parse(&row.stage),
        started_at: row.started_at,
    };
    let provisioner_timings = list_job_timings(q, job).await?.into_iter().map(step).collect();
    Ok(WorkspaceBuildTimings { provisioner_timings, ..Default::default() })
}

/// The values that a user's workspaces of a template have, to fill a form with.
///
/// # Errors
/// 404 for other users.
pub async fn autofill_parameters(cx: &Cx, user: &UserRef, template: Uuid) -> Result<Vec<UserParameter>> {
    let conn = cx.db().conn().await?;
    let owner = resolve::owner(cx, &conn, user).await?;
    let object = warren_rbac::Object::new(warren_rbac::Resource::User).id(owner.id).owned_by(owner.id);
    cx.allow(Action::ReadPersonal, &object)?;
    let rows = builds::list_owner_parameters(&conn, owner.id, template).await?;
    Ok(rows.into_iter().map(|row| UserParameter { name: row.name, value: row.value }).collect())
}
