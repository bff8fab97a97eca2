//! Templates.

mod acl;
mod create;
mod search;
mod stats;
mod update;

pub use acl::{available_template_acl, get_template_acl, update_template_acl};
pub use create::create_template;
pub use update::{activate_version, delete_template, update_template};

use jiff::Timestamp;
use uuid::Uuid;
use warren_api::{DaUsResponse, DauEntry, Template};
use warren_db::templates::{self, TemplateRow};
use warren_db::{DbError, Querier};
use warren_rbac::{Action, Resource};

use crate::{Cx, Error, OrgRef, Result, resolve, view};

/// A live template that the caller may do `action` to.
pub(crate) async fn load(cx: &Cx, q: &impl Querier, id: Uuid, action: Action) -> Result<TemplateRow> {
    let found = templates::find_template(q, id).await?.ok_or_else(Error::not_found)?;
    let row = found.allow(&cx.actor, action)?;
    if row.deleted { Err(Error::not_found()) } else { Ok(row) }
}

/// Templates that the caller may see; of one organization or of all.
///
/// # Errors
/// 400 for a search that cannot be read, 404.
pub async fn list_templates(cx: &Cx, org: Option<&OrgRef>, query: &str) -> Result<Vec<Template>> {
    let conn = cx.db().conn().await?;
    let mut search = search::parse(cx, query)?;
    if let Some(org) = org {
        search.filter.organization_id = Some(resolve::home(cx, &conn, org).await?.id);
    } else if let Some(name) = &search.organization {
        let org = name.parse().unwrap_or(OrgRef::Default);
        match resolve::home(cx, &conn, &org).await {
            Ok(home) => search.filter.organization_id = Some(home.id),
            Err(_) => return Ok(Vec::new()),
        }
    }
    let filter = cx.actor.filter(Resource::Template, Action::Read);
    if filter.is_empty() {
        return Ok(Vec::new());
    }
    let rows = templates::list_templates(&conn, &filter, &search.filter).await?;
    stats::add(cx, &conn, rows.into_iter().map(view::template).collect()).await
}

/// A template.
///
/// # Errors
/// 404.
pub async fn get_template(cx: &Cx, id: Uuid) -> Result<Template> {
    let conn = cx.db().conn().await?;
    shown(cx, &conn, load(cx, &conn, id, Action::Read).await?).await
}

async fn shown(cx: &Cx, q: &impl Querier, row: TemplateRow) -> Result<Template> {
    stats::add(cx, q, vec![view::template(row)]).await?.pop().ok_or_else(Error::not_found)
}

/// The template of this name, in any case.
///
/// # Errors
/// 404.
pub async fn get_template_by_name(cx: &Cx, org: &OrgRef, name: &str) -> Result<Template> {
    let conn = cx.db().conn().await?;
    shown(cx, &conn, load_by_name(cx, &conn, org, name).await?).await
}

pub(crate) async fn load_by_name(cx: &Cx, q: &impl Querier, org: &OrgRef, name: &str) -> Result<TemplateRow> {
    let home = resolve::home(cx, q, org).await?;
    let found = templates::find_template_by_name(q, home.id, name).await?.ok_or_else(Error::not_found)?;
    Ok(found.allow(&cx.actor, Action::Read)?)
}

/// Users per day: none are counted yet, the last sixty days are listed.
///
/// # Errors
/// 404.
pub async fn template_users_by_day(cx: &Cx, id: Uuid) -> Result<DaUsResponse> {
    let conn = cx.db().conn().await?;
    load(cx, &conn, id, Action::Read).await?;
    let today = cx.services.now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let day = |back: i64| today.checked_sub(jiff::Span::new().days(back)).unwrap_or(today);
    let entries = (0..=60).rev().map(|back| DauEntry { amount: 0, date: day(back).to_string() });
    Ok(DaUsResponse { entries: entries.collect(), tz_hour_offset: 0 })
}

/// The refusal of a name that another template has.
fn name_taken(name: &str) -> Error {
    Error::conflict(format!("Template with name {name:?} already exists."))
        .validation("name", "This value is already in use and should be unique.")
}

pub(crate) fn now(cx: &Cx) -> Timestamp {
    cx.services.now()
}

/// The group that every member of an organization is in.
pub(crate) async fn reload(q: &impl Querier, id: Uuid) -> Result<TemplateRow> {
    let found = templates::find_template(q, id).await?;
    let found = found
        .ok_or_else(|| Error::from(DbError::Other { query: "find_template", source: "the row vanished".into() }))?;
    Ok(found.system("just written by the caller"))
}
