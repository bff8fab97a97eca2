//! Lists of workspaces.

use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;
use warren_api::WorkspacesResponse;
use warren_db::Querier;
use warren_db::workspaces::{self, WorkspaceSearch};
use warren_rbac::{Action, Resource};

use super::shown;
use crate::terms::Search;
use crate::{Cx, OrgRef, Result, UserRef, resolve};

const STATUSES: [&str; 10] =
    ["pending", "starting", "running", "stopping", "stopped", "deleting", "deleted", "canceling", "canceled", "failed"];

/// Workspaces that the caller may see: one query for the page, one for the resources on it.
///
/// # Errors
/// 400 for a search that cannot be read.
pub async fn list_workspaces(cx: &Cx, query: &str, offset: i64, limit: Option<i64>) -> Result<WorkspacesResponse> {
    let conn = cx.db().conn().await?;
    let Some(search) = parse(cx, &conn, query).await? else { return Ok(WorkspacesResponse::default()) };
    let filter = cx.actor.filter(Resource::Workspace, Action::Read);
    if filter.is_empty() {
        return Ok(WorkspacesResponse::default());
    }
    let (rows, count) = workspaces::list_workspaces(&conn, &filter, &search, offset, limit).await?;
    Ok(WorkspacesResponse { count, workspaces: shown(cx, &conn, rows).await? })
}

/// `None`: it names something that does not exist, so that nothing matches.
async fn parse(cx: &Cx, q: &impl Querier, query: &str) -> Result<Option<WorkspaceSearch>> {
    let mut search = Search::parse(query, "name", "Invalid workspace search query.")?;
    let mut found = WorkspaceSearch { ids: search.uuids("id"), ..Default::default() };
    let mut name = search.one("name");
    let mut owner = search.one("owner");
    // "owner/name" in place of a name.
    if let Some((before, after)) = name.clone().as_deref().and_then(|name| name.split_once('/')) {
        owner = Some(before.to_owned());
        name = (!after.is_empty()).then(|| after.to_owned());
    }
    match owner.as_deref() {
        Some("me") => found.owner_id = Some(cx.actor.user_id),
        Some(owner) => match Uuid::parse_str(owner) {
            Ok(id) => found.owner_id = Some(id),
            Err(_) => found.owner_name = Some(owner.to_owned()),
        },
        None => {}
    }
    found.name_pattern = name.map(|name| format!("%{name}%"));
    found.template_name = search.one("template");
    found.statuses = search.choices("status", &STATUSES);
    found.dormant = search.flag("dormant").filter(|dormant| *dormant);
    let time = |text: &str| text.to_ascii_uppercase().parse::<Timestamp>().ok();
    found.last_used_after = search.read("last_used_after", time, "a valid time in RFC 3339");
    found.last_used_before = search.read("last_used_before", time, "a valid time in RFC 3339");
    found.outdated = search.flag("outdated");
    found.parameters = parameters(search.repeated("param"));
    found.agent_statuses = agent_statuses(&mut search);
    found.shared = search.flag("shared");
    found.has_external_agent = search.flag("has_external_agent");
    search.flag("has-ai-task");
    search.list("include_agent_metadata");
    let organization = search.one("organization");
    let with_user = search.one("shared_with_user");
    let with_group = search.one("shared_with_group");
    search.finish()?;
    if let Some(text) = organization {
        let org = text.parse().unwrap_or(OrgRef::Default);
        match resolve::home(cx, q, &org).await {
            Ok(home) => found.organization_id = Some(home.id),
            Err(_) => return Ok(None),
        }
    }
    if let Some(text) = with_user {
        let user = text.parse().unwrap_or(UserRef::Me);
        match resolve::owner(cx, q, &user).await {
            Ok(user) => found.shared_with_user = Some(user.id),
            Err(_) => return Ok(None),
        }
    }
    if let Some(text) = with_group {
        match Uuid::parse_str(&text) {
            Ok(id) => found.shared_with_group = Some(id),
            Err(_) => return Ok(None),
        }
    }
    Ok(Some(found))
}

fn parameters(terms: Vec<String>) -> Option<Vec<serde_json::Value>> {
    let wanted = |term: &String| match term.split_once('=') {
        Some((name, value)) => json!([{ "name": name, "value": value }]),
        None => json!([{ "name": term }]),
    };
    (!terms.is_empty()).then(|| terms.iter().map(wanted).collect())
}

fn agent_statuses(search: &mut Search) -> Option<Vec<String>> {
    let named = search.list("has-agent");
    let healthy = search.flag("healthy").map(|healthy| match healthy {
        true => vec!["connected".to_owned()],
        false => vec!["disconnected".to_owned(), "timeout".to_owned()],
    });
    match (named, healthy) {
        (Some(named), Some(healthy)) => Some(named.into_iter().filter(|status| healthy.contains(status)).collect()),
        (named, healthy) => named.or(healthy),
    }
}
