//! Sharing a workspace.

use uuid::Uuid;
use warren_api::{GroupSource, UpdateWorkspaceAcl, WorkspaceAcl, WorkspaceGroup, WorkspaceRole, WorkspaceUser};
use warren_builds::WorkspaceEvent;
use warren_db::access_lists::{list_access_groups, list_access_users};
use warren_db::{StoredAcl, workspaces};
use warren_rbac::Action;

use super::load;
use crate::{Cx, Error, Result};

const USE: [&str; 5] = ["read", "ssh", "application_connect", "start", "stop"];
const ADMIN: [&str; 10] = [
    "read",
    "update",
    "ssh",
    "application_connect",
    "start",
    "stop",
    "create_agent",
    "update_agent",
    "delete_agent",
    "share",
];

fn role(actions: &[String]) -> WorkspaceRole {
    if actions.iter().any(|action| action == "update") { WorkspaceRole::Admin } else { WorkspaceRole::Use }
}

/// The access lists with names.
///
/// # Errors
/// 404.
pub async fn get_workspace_acl(cx: &Cx, id: Uuid) -> Result<WorkspaceAcl> {
    let conn = cx.db().conn().await?;
    let row = load(cx, &conn, id, Action::Read).await?;
    let ids = |acl: &StoredAcl| acl.keys().copied().collect::<Vec<_>>();
    let users = list_access_users(&conn, row.organization_id, Some(ids(&row.user_acl.0))).await?;
    let groups = list_access_groups(&conn, row.organization_id, Some(ids(&row.group_acl.0))).await?;
    let actions = |acl: &StoredAcl, id: Uuid| role(acl.get(&id).map_or(&[], Vec::as_slice));
    Ok(WorkspaceAcl {
        users: users
            .into_iter()
            .map(|user| WorkspaceUser {
                role: actions(&row.user_acl.0, user.id),
                avatar_url: user.avatar_url,
                id: user.id,
                name: user.name,
                username: user.username,
            })
            .collect(),
        group: groups
            .into_iter()
            .map(|group| WorkspaceGroup {
                role: actions(&row.group_acl.0, group.id),
                avatar_url: group.avatar_url,
                display_name: group.display_name,
                id: group.id,
                members: Vec::new(),
                name: group.name,
                organization_display_name: group.organization_display_name,
                organization_id: group.organization_id,
                organization_name: group.organization_name,
                quota_allowance: i64::from(group.quota_allowance),
                source: GroupSource::parse(&group.source),
                total_member_count: group.member_count,
            })
            .collect(),
    })
}

/// Gives, changes or (with an empty role) removes access.
///
/// # Errors
/// 400 for unknown ids, 403, 404.
pub async fn update_workspace_acl(cx: &Cx, id: Uuid, request: UpdateWorkspaceAcl) -> Result<()> {
    let conn = cx.db().conn().await?;
    let row = load(cx, &conn, id, Action::Share).await?;
    let mut error = Error::invalid("Invalid request to update workspace ACL");
    let mut apply = |field: &str,
                     kind: &str,
                     acl: &StoredAcl,
                     roles: &std::collections::BTreeMap<String, String>,
                     known: &[Uuid]| {
        let mut acl = acl.clone();
        for (text, role) in roles {
            let known_role = match WorkspaceRole::parse(role) {
                WorkspaceRole::Unset if !role.is_empty() => {
                    let detail = format!("role {role:?} is not a valid workspace role");
                    error.validations.push(warren_api::ValidationError { field: field.to_owned(), detail });
                    continue;
                }
                known => known,
            };
            match Uuid::parse_str(text).ok().filter(|id| known.contains(id)) {
                None => error.validations.push(warren_api::ValidationError {
                    field: field.to_owned(),
                    detail: format!("{kind} with ID {text} does not exist"),
                }),
                Some(id) => match known_role {
                    WorkspaceRole::Admin => drop(acl.insert(id, ADMIN.map(str::to_owned).to_vec())),
                    WorkspaceRole::Use => drop(acl.insert(id, USE.map(str::to_owned).to_vec())),
                    WorkspaceRole::Unset => drop(acl.remove(&id)),
                },
            }
        }
        acl
    };
    let ids = |roles: &std::collections::BTreeMap<String, String>| {
        roles.keys().filter_map(|id| Uuid::parse_str(id).ok()).collect::<Vec<_>>()
    };
    let users = list_access_users(&conn, row.organization_id, Some(ids(&request.user_roles))).await?;
    let users: Vec<Uuid> = users.into_iter().map(|user| user.id).collect();
    let groups = list_access_groups(&conn, row.organization_id, Some(ids(&request.group_roles))).await?;
    let groups: Vec<Uuid> = groups.into_iter().map(|group| group.id).collect();
    let user_acl = apply("user_roles", "user", &row.user_acl.0, &request.user_roles, &users);
    let group_acl = apply("group_roles", "group", &row.group_acl.0, &request.group_roles, &groups);
    if !error.validations.is_empty() {
        return Err(error);
    }
    workspaces::update_acl(&conn, id, &user_acl, &group_acl).await?;
    WorkspaceEvent::state(id).publish(&cx.services.bus, row.owner_id);
    Ok(())
}

/// Takes all shared access back.
///
/// # Errors
/// 403, 404.
pub async fn clear_workspace_acl(cx: &Cx, id: Uuid) -> Result<()> {
    let conn = cx.db().conn().await?;
    let row = load(cx, &conn, id, Action::Share).await?;
    workspaces::update_acl(&conn, id, &StoredAcl::new(), &StoredAcl::new()).await?;
    WorkspaceEvent::state(id).publish(&cx.services.bus, row.owner_id);
    Ok(())
}
