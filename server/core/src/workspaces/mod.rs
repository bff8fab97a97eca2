//! Workspaces.

mod create;
mod search;
mod settings;
mod sharing;
mod usage;
mod watch;

pub use create::{available_owners, create_workspace};
pub use search::list_workspaces;
pub use settings::{
    extend_workspace, rename_workspace, resolve_autostart, set_favorite, update_automatic_updates, update_autostart,
    update_dormancy, update_ttl,
};
pub use sharing::{clear_workspace_acl, get_workspace_acl, update_workspace_acl};
pub use usage::post_usage;
pub use watch::watch_workspace;

use std::collections::HashMap;

use uuid::Uuid;
use warren_api::Workspace;
use warren_db::Querier;
use warren_db::resources::list_resources;
use warren_db::workspaces::{self, WorkspaceRow};
use warren_rbac::Action;

use crate::view::Queue;
use crate::{Cx, Error, Result, UserRef, resolve, view};

/// A live workspace that the caller may do `action` to.
pub(crate) async fn load(cx: &Cx, q: &impl Querier, id: Uuid, action: Action) -> Result<WorkspaceRow> {
    let found = workspaces::find_workspace(q, id).await?.ok_or_else(Error::not_found)?;
    let row = found.allow(&cx.actor, action)?;
    if row.deleted { Err(gone(id)) } else { Ok(row) }
}

fn gone(id: Uuid) -> Error {
    Error::gone(format!(
        "Workspace \"{id}\" was deleted, you can view this workspace by specifying '?include_deleted=true' and trying again."
    ))
}

/// Rows as the caller sees them: one query for the resources of all, one more only while a job waits.
pub(crate) async fn shown(cx: &Cx, q: &impl Querier, rows: Vec<WorkspaceRow>) -> Result<Vec<Workspace>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let now = cx.services.now();
    let jobs: Vec<Uuid> = rows.iter().map(|row| row.job_id).collect();
    let resources = list_resources(q, &jobs).await?;
    let names: HashMap<_, _> =
        rows.iter().map(|row| (row.job_id, (row.name.as_str(), row.owner_name.as_str()))).collect();
    let mut sets = view::resources(&cx.services, resources, now, |job| names.get(&job).copied());
    let queue = Queue::load(q, now, rows.iter().map(|row| (row.job_id, row.job_status.as_str()))).await?;
    let shown = rows.iter().map(|row| {
        let resources = sets.remove(&row.job_id).unwrap_or_default();
        view::workspace(cx, row, &queue, resources)
    });
    Ok(shown.collect())
}

pub(crate) async fn shown_one(cx: &Cx, q: &impl Querier, row: WorkspaceRow) -> Result<Workspace> {
    shown(cx, q, vec![row]).await?.pop().ok_or_else(Error::not_found)
}

/// A workspace.
///
/// # Errors
/// 404, 410 for a deleted one unless those are wanted.
pub async fn get_workspace(cx: &Cx, id: Uuid, include_deleted: bool) -> Result<Workspace> {
    let conn = cx.db().conn().await?;
    let found = workspaces::find_workspace(&conn, id).await?.ok_or_else(Error::not_found)?;
    let row = found.allow(&cx.actor, Action::Read)?;
    if row.deleted && !include_deleted {
        return Err(gone(id));
    }
    shown_one(cx, &conn, row).await
}

/// The workspace of this name, in any case.
///
/// # Errors
/// 404.
pub async fn get_workspace_by_name(cx: &Cx, user: &UserRef, name: &str, include_deleted: bool) -> Result<Workspace> {
    let conn = cx.db().conn().await?;
    let row = load_by_name(cx, &conn, user, name, include_deleted).await?;
    shown_one(cx, &conn, row).await
}

pub(crate) async fn load_by_name(
    cx: &Cx,
    q: &impl Querier,
    user: &UserRef,
    name: &str,
    include_deleted: bool,
) -> Result<WorkspaceRow> {
    let owner = match user {
        UserRef::Me if !cx.actor.user_id.is_nil() => cx.actor.user_id,
        user => resolve::owner(cx, q, user).await?.id,
    };
    let found = workspaces::find_workspace_by_name(q, owner, name, include_deleted).await?;
    Ok(found.ok_or_else(Error::not_found)?.allow(&cx.actor, Action::Read)?)
}

/// The refusal of a name that another workspace of the owner has.
fn name_taken(name: &str) -> Error {
    Error::conflict(format!("Workspace {name:?} already exists."))
        .validation("name", "This value is already in use and should be unique.")
}
