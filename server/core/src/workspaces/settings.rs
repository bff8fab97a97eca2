//! What people change about a workspace.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;
use warren_api::{AutomaticUpdates, ResolveAutostartResponse, Response, Workspace};
use warren_builds::WorkspaceEvent;
use warren_db::workspaces::{self, WorkspaceRow};
use warren_db::{ResultExt, builds, templates, versions};
use warren_rbac::Action;
use warren_schedule::checked_ttl_ms;
use warren_template::parameters::{ParameterValue, Sources, resolve_dynamic};

use super::create::{checked_schedule, next_start};
use super::{load, name_taken, shown_one};
use crate::audit::{Change, Target};
use crate::{Cx, Error, Result};

/// Nearest new deadline; one minute less is let pass for slow clocks.
const LEAST_EXTENSION: SignedDuration = SignedDuration::from_mins(29);

/// Tells watchers and the audit log.
async fn changed(cx: &Cx, q: &impl warren_db::Querier, row: &WorkspaceRow) -> Result<()> {
    let target = Target {
        resource_type: "workspace",
        id: row.id,
        name: row.name.clone(),
        icon: row.template_icon.clone(),
        organization_id: Some(row.organization_id),
    };
    cx.audit(q, "write", &target, Change::none(200)).await?;
    WorkspaceEvent::state(row.id).publish(&cx.services.bus, row.owner_id);
    Ok(())
}

/// Renames a workspace. The same name is fine at any time.
///
/// # Errors
/// 400 while renames are off, 403, 404, 405 for a deleted one, 409 for a taken name.
pub async fn rename_workspace(cx: &Cx, id: Uuid, name: &str) -> Result<()> {
    let conn = cx.db().conn().await?;
    let found = workspaces::find_workspace(&conn, id).await?.ok_or_else(Error::not_found)?;
    let row = found.allow(&cx.actor, Action::Update)?;
    if name.is_empty() || name == row.name {
        return Ok(());
    }
    if !cx.services.config.allow_workspace_renames {
        return Err(Error::invalid("Workspace renames are not allowed."));
    }
    if row.deleted {
        return Err(Error::new(405, format!("Workspace {:?} is deleted and cannot be updated.", row.name)));
    }
    workspaces::update_name(&conn, id, cx.services.now(), name)
        .await
        .on_constraint("workspaces_owner_id_name_idx", || name_taken(name))?;
    changed(cx, &conn, &row).await
}

/// Sets or (with nothing) removes the schedule of automatic starts.
///
/// # Errors
/// 400 for a schedule that cannot be read, 403, 404.
pub async fn update_autostart(cx: &Cx, id: Uuid, schedule: Option<&str>) -> Result<()> {
    let conn = cx.db().conn().await?;
    let row = load(cx, &conn, id, Action::Update).await?;
    let template = templates::find_template(&conn, row.template_id).await?.ok_or_else(Error::not_found)?;
    let template = template.system("the settings of the workspace's own template");
    let schedule = schedule.filter(|text| !text.is_empty());
    let cron = schedule
        .map(|text| checked_schedule(text, template.allow_user_autostart))
        .transpose()
        .map_err(|problem| Error::invalid("Invalid autostart schedule.").validation("schedule", problem))?;
    let next = cron.as_ref().and_then(|cron| next_start(cron, template.autostart_days, cx.services.now()));
    workspaces::update_autostart(&conn, id, schedule, next).await?;
    changed(cx, &conn, &row).await
}

/// Sets or removes the time to live of coming starts. Without one the running build loses its deadline too.
///
/// # Errors
/// 400 for a time out of bounds or a template that forbids it, 403, 404.
pub async fn update_ttl(cx: &Cx, id: Uuid, ttl_ms: Option<i64>) -> Result<()> {
    let conn = cx.db().conn().await?;
    let row = load(cx, &conn, id, Action::Update).await?;
    let refuse =
        |problem: String| Error::invalid("Error updating workspace time until shutdown.").validation("ttl_ms", problem);
    if !row.template_allow_user_autostop {
        return Err(refuse("the template does not allow a time of one's own".to_owned()));
    }
    let ttl = checked_ttl_ms(ttl_ms.unwrap_or_default()).map_err(|problem| refuse(problem.to_string()))?;
    workspaces::update_ttl(&conn, id, ttl).await?;
    if ttl.is_none() && row.transition == "start" && row.deadline.is_some() {
        // A forced stop stays.
        builds::update_deadline(&conn, row.build_id, cx.services.now(), row.max_deadline, row.max_deadline).await?;
    }
    changed(cx, &conn, &row).await
}

/// Whether starts take the template's active version.
///
/// # Errors
/// 400, 403, 404.
pub async fn update_automatic_updates(cx: &Cx, id: Uuid, value: AutomaticUpdates) -> Result<()> {
    let conn = cx.db().conn().await?;
    let row = load(cx, &conn, id, Action::Update).await?;
    if value == AutomaticUpdates::Unset {
        return Err(Error::invalid("Invalid request").validation("automatic_updates", "must be always or never"));
    }
    workspaces::update_automatic_updates(&conn, id, value.as_str()).await?;
    changed(cx, &conn, &row).await
}

/// Lets a workspace rest, or wakes it.
///
/// # Errors
/// 304 if it is so already, 403, 404.
pub async fn update_dormancy(cx: &Cx, id: Uuid, dormant: bool) -> Result<Workspace> {
    let conn = cx.db().conn().await?;
    let row = load(cx, &conn, id, Action::Update).await?;
    if row.dormant_at.is_some() == dormant {
        return Err(Error::new(304, "unchanged"));
    }
    let at = cx.services.now();
    workspaces::update_dormancy(&conn, id, dormant.then_some(at), at).await?;
    changed(cx, &conn, &row).await?;
    let row = load(cx, &conn, id, Action::Read).await?;
    shown_one(cx, &conn, row).await
}

/// Marks a workspace for its owner, or removes the mark.
///
/// # Errors
/// 403 for others, 404.
pub async fn set_favorite(cx: &Cx, id: Uuid, favorite: bool) -> Result<()> {
    let conn = cx.db().conn().await?;
    let row = load(cx, &conn, id, Action::Read).await?;
    if row.owner_id != cx.actor.user_id {
        return Err(Error::forbidden_because("You can only favorite workspaces that you own."));
    }
    workspaces::update_favorite(&conn, id, favorite).await?;
    WorkspaceEvent::state(id).publish(&cx.services.bus, row.owner_id);
    Ok(())
}

/// Moves the deadline of the running build.
///
/// # Errors
/// 400 for a deadline that is too near or beyond the maximum, 403, 404, 409 if there is no deadline to move.
pub async fn extend_workspace(cx: &Cx, id: Uuid, deadline: Timestamp) -> Result<Response> {
    let conn = cx.db().conn().await?;
    let row = load(cx, &conn, id, Action::Update).await?;
    if row.transition != "start" {
        return Err(Error::conflict(format!("Workspace must be started, current status: {}", row.transition)));
    }
    let Some(completed_at) = row.job_completed_at else {
        return Err(Error::conflict("Workspace is still building!"));
    };
    if row.deadline.is_none() {
        return Err(Error::conflict("Workspace shutdown is manual."));
    }
    let refuse = |text: &str| Error::invalid(format!("Cannot extend workspace: {text}"));
    if deadline < completed_at {
        return Err(refuse("new deadline must be after the start of the workspace"));
    }
    let now = cx.services.now();
    if deadline.duration_since(now) < LEAST_EXTENSION {
        return Err(refuse("new deadline must be at least 30 minutes in the future"));
    }
    if row.max_deadline.is_some_and(|max| deadline > max) {
        return Err(refuse("new deadline is greater than max deadline"));
    }
    builds::update_deadline(&conn, row.build_id, now, Some(deadline), row.max_deadline).await?;
    changed(cx, &conn, &row).await?;
    let shown = Timestamp::from_second(deadline.as_second()).unwrap_or(deadline);
    Ok(Response { message: format!("Deadline updated to {shown}."), ..Default::default() })
}

/// Whether an automatic start would need values that are not there.
///
/// # Errors
/// 404.
pub async fn resolve_autostart(cx: &Cx, id: Uuid) -> Result<ResolveAutostartResponse> {
    let conn = cx.db().conn().await?;
    let row = load(cx, &conn, id, Action::Read).await?;
    let updates = row.automatic_updates == "always" || row.template_require_active_version;
    if !updates || row.template_version_id == row.template_active_version_id {
        return Ok(ResolveAutostartResponse { parameter_mismatch: false });
    }
    let import = versions::find_version_import(&conn, row.template_active_version_id).await?;
    let stored = builds::find_build_parameters(&conn, row.build_id).await?;
    let previous: Vec<_> = stored.iter().map(|value| ParameterValue::new(&value.name, &value.value)).collect();
    let sources = Sources { previous: Some(&previous), ..Default::default() };
    let parameter_mismatch = import.is_none_or(|import| resolve_dynamic(&import.parameters.0, sources).is_err());
    Ok(ResolveAutostartResponse { parameter_mismatch })
}
