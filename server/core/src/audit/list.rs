//! Reading the audit log.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use warren_api::{AuditAction, AuditLog, AuditLogResponse, MinimalOrganization, ResourceType, User};
use warren_db::audit::{AuditRow, AuditSearch, count_audit_logs, list_audit_logs, list_audit_users};
use warren_rbac::{Action, Protected, Resource};

use crate::search::Search;
use crate::users::user_view;
use crate::{Cx, Error, OrgRef, Result};

/// More than this is not counted.
const COUNT_CAP: i64 = 2_000;

/// Entries that the caller may read, newest first: a page of `(offset, limit)`.
///
/// # Errors
/// 403 for who may read none, 400 for a bad search.
pub async fn list_audit(cx: &Cx, search: &str, page: (i64, Option<i64>)) -> Result<AuditLogResponse> {
    let filter = cx.actor.filter(Resource::AuditLog, Action::Read);
    if filter.is_empty() || !filter.all && filter.orgs.is_empty() {
        return Err(Error::forbidden());
    }
    let search = parse(cx, search).await?;
    let conn = cx.db().conn().await?;
    let rows = list_audit_logs(&conn, &filter, &search, page).await?;
    let count = count_audit_logs(&conn, &filter, &search, COUNT_CAP + 1).await?;
    let mut ids: Vec<_> = rows.iter().map(|row| row.user_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let users = list_audit_users(&conn, &ids).await?;
    let users: Vec<User> =
        users.into_iter().filter(|row| cx.actor.may(Action::Read, &row.object())).map(user_view).collect();
    let audit_logs = rows.into_iter().map(|row| view(row, &users)).collect();
    Ok(AuditLogResponse { audit_logs, count, count_cap: COUNT_CAP })
}

async fn parse(cx: &Cx, text: &str) -> Result<AuditSearch> {
    let mut search = Search::parse(text, "resource_type");
    let organization = match search.raw("organization") {
        Some(name) => Some(
            crate::organizations::get_organization(cx, &name.parse::<OrgRef>().unwrap_or(OrgRef::Default)).await?.id,
        ),
        None => None,
    };
    let resource_type = search.text("resource_type");
    if !resource_type.is_empty() && ResourceType::parse(&resource_type) == ResourceType::Unset {
        search.problem("resource_type", format!("Query param \"resource_type\": there is no {resource_type:?}"));
    }
    let action = search.text("action");
    if !action.is_empty() && AuditAction::parse(&action) == AuditAction::Unset {
        search.problem("action", format!("Query param \"action\": there is no {action:?}"));
    }
    let username = match search.text("username") {
        me if me == "me" => cx.actor.username.to_lowercase(),
        name => name,
    };
    let from = day(&mut search, "date_from", 0);
    let to = day(&mut search, "date_to", 1);
    let parsed = AuditSearch {
        resource_type,
        resource_id: search.ids("resource_id").first().copied(),
        resource_target: search.text("resource_target"),
        action,
        request_id: search.ids("request_id").first().copied(),
        username,
        email: search.text("email"),
        organization,
        from,
        to,
        build_reason: search.text("build_reason"),
    };
    search.finish("Invalid audit search query.")?;
    Ok(parsed)
}

/// The start (UTC) of the day, or of the day `later` days after it.
fn day(search: &mut Search, key: &str, later: i64) -> Option<Timestamp> {
    let text = search.raw(key)?;
    let start = |date: Date| date.checked_add(later.days()).ok()?.to_zoned(TimeZone::UTC).ok();
    let found = text.parse::<Date>().ok().and_then(start);
    if found.is_none() {
        search.problem(key, format!("Query param {key:?} must be a date (YYYY-MM-DD)"));
    }
    found.map(|zoned| zoned.timestamp())
}

fn view(row: AuditRow, users: &[User]) -> AuditLog {
    let organization = row.organization_name.map(|name| MinimalOrganization {
        id: row.organization_id,
        name,
        display_name: row.organization_display_name.unwrap_or_default(),
        icon: row.organization_icon.unwrap_or_default(),
    });
    let resource_link = match (row.resource_type.as_str(), &row.workspace_owner) {
        ("template", _) => format!("/templates/{}", row.resource_target),
        ("user", _) => format!("/users?filter={}", row.resource_target),
        ("workspace", Some(owner)) => format!("/@{owner}/{}", row.resource_target),
        _ => String::new(),
    };
    AuditLog {
        description: description(&row.action, &row.resource_type, row.status_code),
        action: AuditAction::parse(&row.action),
        additional_fields: row.additional_fields,
        diff: serde_json::from_value(row.diff).unwrap_or_default(),
        id: row.id,
        ip: row.ip,
        is_deleted: row.is_deleted,
        organization,
        organization_id: row.organization_id,
        request_id: row.request_id,
        resource_icon: row.resource_icon,
        resource_id: row.resource_id,
        resource_link,
        resource_target: row.resource_target,
        resource_type: ResourceType::parse(&row.resource_type),
        status_code: row.status_code.into(),
        time: row.time,
        user: users.iter().find(|user| user.id == row.user_id).cloned(),
        user_agent: row.user_agent,
    }
}

/// A sentence in which clients put names for `{user}` and `{target}`.
fn description(action: &str, kind: &str, status: i32) -> String {
    let done = match action {
        "login" => return "{user} logged in".into(),
        "logout" => return "{user} logged out".into(),
        "create" => "created",
        "write" => "changed",
        "delete" => "deleted",
        "start" => "started",
        "stop" => "stopped",
        other => other,
    };
    let refused = if status >= 400 { " (refused)" } else { "" };
    format!("{{user}} {done} {} {{target}}{refused}", kind.replace('_', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_whole() {
        let mut search = Search::parse("date_from:2026-11-01 date_to:2026-11-02", "x");
        let from = day(&mut search, "date_from", 0).unwrap();
        let to = day(&mut search, "date_to", 1).unwrap();
        assert_eq!((from.to_string(), to.to_string()), ("2026-11-01T00:00:00Z".into(), "2026-11-03T00:00:00Z".into()));
    }
}
