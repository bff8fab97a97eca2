//! Template versions: imports, what they found, dry runs.

mod change;
mod create;
mod dry_run;
mod found;
mod parameters;

pub use change::{archive_unused_versions, cancel_version, set_version_archived, update_version};
pub use create::create_version;
pub use dry_run::{
    DryRunLogs, cancel_dry_run, create_dry_run, dry_run_logs, dry_run_matched_provisioners, follow_dry_run_logs,
    get_dry_run, list_dry_run_resources,
};
pub use found::{list_external_auth, list_presets, list_version_resources, list_version_variables};
pub use parameters::{Form, FormOwner, evaluate_parameters, list_rich_parameters, open_form};

use futures_util::Stream;
use uuid::Uuid;
use warren_api::{ProvisionerJobLog, TemplateVersion};
use warren_db::Querier;
use warren_db::daemons::count_matching_daemons;
use warren_db::versions::{self, Page, VersionRow};
use warren_rbac::Action;

use crate::view::Queue;
use crate::{Cx, Error, OrgRef, Result, logs, templates, view};

/// A version that the caller may do `action` to: as its template.
pub(crate) async fn load(cx: &Cx, q: &impl Querier, id: Uuid, action: Action) -> Result<VersionRow> {
    let found = versions::find_version(q, id).await?.ok_or_else(Error::not_found)?;
    Ok(found.allow(&cx.actor, action)?)
}

async fn shown(cx: &Cx, q: &impl Querier, row: VersionRow) -> Result<TemplateVersion> {
    let now = cx.services.now();
    let queue = Queue::load(q, now, std::iter::once((row.job_id, row.job_status.as_str()))).await?;
    let matched = match row.job_completed_at {
        Some(_) => None,
        None => {
            let seen_since = now.checked_sub(warren_builds::DAEMON_STALE).unwrap_or(jiff::Timestamp::MIN);
            let matching =
                count_matching_daemons(q, row.organization_id, &row.provisioner, &row.job_tags.0, seen_since).await?;
            Some(view::matched(&matching))
        }
    };
    Ok(view::version(&row, &queue, matched))
}

/// A version.
///
/// # Errors
/// 404.
pub async fn get_version(cx: &Cx, id: Uuid) -> Result<TemplateVersion> {
    let conn = cx.db().conn().await?;
    let row = load(cx, &conn, id, Action::Read).await?;
    shown(cx, &conn, row).await
}

/// Versions of a template, the oldest first.
///
/// # Errors
/// 400 for an unknown start, 404.
pub async fn list_versions(
    cx: &Cx,
    template: Uuid,
    include_archived: bool,
    page: Page,
) -> Result<Vec<TemplateVersion>> {
    let conn = cx.db().conn().await?;
    templates::load(cx, &conn, template, Action::Read).await?;
    if let Some(after) = page.after_id
        && versions::find_version(&conn, after).await?.is_none()
    {
        return Err(Error::invalid(format!("Record at \"after_id\" (\"{after}\") does not exists.")));
    }
    let rows = versions::list_versions(&conn, template, include_archived, page).await?;
    let jobs = rows.iter().map(|row| (row.job_id, row.job_status.as_str()));
    let queue = Queue::load(&conn, cx.services.now(), jobs).await?;
    Ok(rows.iter().map(|row| view::version(row, &queue, None)).collect())
}

fn no_version(name: &str) -> Error {
    Error::new(404, format!("No template version found by name {name:?}."))
}

/// A template's version of this name.
///
/// # Errors
/// 404.
pub async fn get_version_by_name(cx: &Cx, template: Uuid, name: &str) -> Result<TemplateVersion> {
    let conn = cx.db().conn().await?;
    templates::load(cx, &conn, template, Action::Read).await?;
    let found = versions::find_version_by_name(&conn, template, name).await?.ok_or_else(|| no_version(name))?;
    shown(cx, &conn, found.allow(&cx.actor, Action::Read)?).await
}

/// A version by the names of organization, template and version.
///
/// # Errors
/// 404.
pub async fn get_version_by_names(cx: &Cx, org: &OrgRef, template: &str, name: &str) -> Result<TemplateVersion> {
    let conn = cx.db().conn().await?;
    let template = templates::load_by_name(cx, &conn, org, template).await?;
    let found = versions::find_version_by_name(&conn, template.id, name).await?.ok_or_else(|| no_version(name))?;
    shown(cx, &conn, found.allow(&cx.actor, Action::Read)?).await
}

/// The version before the named one; `None` if it is the first.
///
/// # Errors
/// 404.
pub async fn get_previous_version(
    cx: &Cx,
    org: &OrgRef,
    template: &str,
    name: &str,
) -> Result<Option<TemplateVersion>> {
    let conn = cx.db().conn().await?;
    let template = templates::load_by_name(cx, &conn, org, template).await?;
    if versions::find_version_by_name(&conn, template.id, name).await?.is_none() {
        return Err(no_version(name));
    }
    match versions::find_previous_version(&conn, template.id, name).await? {
        Some(found) => Ok(Some(shown(cx, &conn, found.allow(&cx.actor, Action::Read)?).await?)),
        None => Ok(None),
    }
}

/// The log of a version's import.
///
/// # Errors
/// 404.
pub async fn version_logs(cx: &Cx, id: Uuid, after: i64) -> Result<Vec<ProvisionerJobLog>> {
    let conn = cx.db().conn().await?;
    let job = load(cx, &conn, id, Action::Read).await?.job_id;
    drop(conn);
    logs::list(cx, job, after).await
}

/// The log of a version's import, followed until it is complete.
///
/// # Errors
/// 404.
pub async fn follow_version_logs(
    cx: &Cx,
    id: Uuid,
    after: i64,
) -> Result<impl Stream<Item = ProvisionerJobLog> + Send + use<>> {
    let conn = cx.db().conn().await?;
    let job = load(cx, &conn, id, Action::Read).await?.job_id;
    Ok(logs::follow(&cx.services.bus, cx.db().clone(), job, after))
}
