//! What an import found: variables, presets, external logins, resources.

use uuid::Uuid;
use warren_api::{Preset, TemplateVersionExternalAuth, TemplateVersionVariable, WorkspaceResource};
use warren_db::Querier;
use warren_db::resources::list_resources;
use warren_db::versions::{VersionImportRow, VersionRow, find_version_import};
use warren_rbac::{Action, Object, Resource};

use super::load;
use crate::{Cx, Error, Result, view};

/// What clients compare with.
const REDACTED: &str = "*redacted*";

pub(super) async fn import(q: &impl Querier, id: Uuid) -> Result<VersionImportRow> {
    find_version_import(q, id).await?.ok_or_else(Error::not_found)
}

/// Refuses with this status while the import runs.
pub(super) fn finished(row: &VersionRow, status: u16) -> Result<()> {
    if row.job_completed_at.is_some() {
        return Ok(());
    }
    Err(Error::new(status, "Template version job has not finished"))
}

/// Variables with their values; sensitive ones without.
///
/// # Errors
/// 403 while the import runs, 404.
pub async fn list_version_variables(cx: &Cx, id: Uuid) -> Result<Vec<TemplateVersionVariable>> {
    let conn = cx.db().conn().await?;
    let row = load(cx, &conn, id, Action::Read).await?;
    finished(&row, 403)?;
    let mut variables = import(&conn, id).await?.variables.0;
    for variable in variables.iter_mut().filter(|variable| variable.sensitive) {
        variable.value = REDACTED.to_owned();
        variable.default_value = REDACTED.to_owned();
    }
    variables.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(variables)
}

/// Presets; none while the import runs.
///
/// # Errors
/// 404.
pub async fn list_presets(cx: &Cx, id: Uuid) -> Result<Vec<Preset>> {
    let conn = cx.db().conn().await?;
    load(cx, &conn, id, Action::Read).await?;
    Ok(import(&conn, id).await?.presets.0)
}

/// External logins that the template asks for.
///
/// # Errors
/// 404.
pub async fn list_external_auth(cx: &Cx, id: Uuid, owner: Option<Uuid>) -> Result<Vec<TemplateVersionExternalAuth>> {
    let conn = cx.db().conn().await?;
    let version = load(cx, &conn, id, Action::Read).await?;
    // Somebody else's logins are for those who may make a workspace in their name.
    if let Some(owner) = owner
        && !cx
            .actor
            .may(Action::Create, &Object::new(Resource::Workspace).in_org(version.organization_id).owned_by(owner))
    {
        return Err(Error::forbidden());
    }
    let needs = import(&conn, id).await?.external_auth.0;
    let builds = cx.builds();
    let known = &builds.options().external_auth;
    if let Some(need) = needs.iter().find(|need| !known.contains(&need.id)) {
        return Err(Error::new(404, format!("The external auth provider {:?} is not configured.", need.id)));
    }
    let shown = |need: warren_db::versions::ExternalAuthNeed| TemplateVersionExternalAuth {
        authenticate_url: cx
            .services
            .config
            .access_url
            .join(&format!("/external-auth/{}", need.id))
            .map_or_else(|_| String::new(), String::from),
        authenticated: false,
        id: need.id,
        optional: need.optional,
        ..Default::default()
    };
    Ok(needs.into_iter().map(shown).collect())
}

/// Resources of the start and the stop plan, by name.
///
/// # Errors
/// 400 while the import runs, 404.
pub async fn list_version_resources(cx: &Cx, id: Uuid) -> Result<Vec<WorkspaceResource>> {
    let conn = cx.db().conn().await?;
    let row = load(cx, &conn, id, Action::Read).await?;
    if row.job_completed_at.is_none() {
        return Err(Error::invalid("Job hasn't completed!"));
    }
    of_job(cx, &conn, row.job_id).await
}

/// Resources of a job without a workspace, by name.
pub(super) async fn of_job(cx: &Cx, q: &impl Querier, job: Uuid) -> Result<Vec<WorkspaceResource>> {
    let rows = list_resources(q, &[job]).await?;
    let mut sets = view::resources(&cx.services, rows, cx.services.now(), |_| None);
    let mut found = sets.remove(&job).unwrap_or_default();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}
