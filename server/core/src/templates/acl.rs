//! Who may use or administer a template.

use std::collections::BTreeMap;

use uuid::Uuid;
use warren_api::{
    AclAvailable, GroupSource, LoginType, ReducedUser, Response, TemplateAcl, TemplateGroup, TemplateRole,
    TemplateUser, UpdateTemplateAcl, UserStatus,
};
use warren_db::access_lists::{AccessGroupRow, AccessUserRow, list_access_groups, list_access_users};
use warren_db::{StoredAcl, templates};
use warren_rbac::Action;

use super::{load, now};
use crate::{Cx, Error, Result};

const USE: [&str; 2] = ["read", "use"];

fn role(actions: &[String]) -> TemplateRole {
    if actions.iter().any(|action| action == "*") { TemplateRole::Admin } else { TemplateRole::Use }
}

/// The access lists with names; they name people, so only who may change them sees them.
///
/// # Errors
/// 403, 404.
pub async fn get_template_acl(cx: &Cx, id: Uuid) -> Result<TemplateAcl> {
    let conn = cx.db().conn().await?;
    let row = load(cx, &conn, id, Action::Update).await?;
    let ids = |acl: &StoredAcl| acl.keys().copied().collect::<Vec<_>>();
    let users = list_access_users(&conn, row.organization_id, Some(ids(&row.user_acl.0))).await?;
    let groups = list_access_groups(&conn, row.organization_id, Some(ids(&row.group_acl.0))).await?;
    let actions = |acl: &StoredAcl, id: Uuid| acl.get(&id).cloned().unwrap_or_default();
    Ok(TemplateAcl {
        users: users
            .into_iter()
            .map(|found| {
                let role = role(&actions(&row.user_acl.0, found.id));
                user(found, role)
            })
            .collect(),
        group: groups
            .into_iter()
            .map(|found| {
                let role = role(&actions(&row.group_acl.0, found.id));
                group(found, role)
            })
            .collect(),
    })
}

/// Who can be given access: members and groups of the organization.
///
/// # Errors
/// 403, 404.
pub async fn available_template_acl(cx: &Cx, id: Uuid) -> Result<AclAvailable> {
    let conn = cx.db().conn().await?;
    let row = load(cx, &conn, id, Action::Update).await?;
    let users = list_access_users(&conn, row.organization_id, None).await?;
    let groups = list_access_groups(&conn, row.organization_id, None).await?;
    let group = |found: AccessGroupRow| warren_api::Group {
        avatar_url: found.avatar_url,
        display_name: found.display_name,
        id: found.id,
        name: found.name,
        organization_display_name: found.organization_display_name,
        organization_id: found.organization_id,
        organization_name: found.organization_name,
        quota_allowance: i64::from(found.quota_allowance),
        source: GroupSource::parse(&found.source),
        total_member_count: found.member_count,
        ..Default::default()
    };
    Ok(AclAvailable {
        users: users.into_iter().map(reduced).collect(),
        groups: groups.into_iter().map(group).collect(),
    })
}

/// Gives, changes or (with an empty role) removes access.
///
/// # Errors
/// 400 for unknown ids, 403, 404.
pub async fn update_template_acl(cx: &Cx, id: Uuid, request: UpdateTemplateAcl) -> Result<Response> {
    let conn = cx.db().conn().await?;
    let row = load(cx, &conn, id, Action::Update).await?;
    let mut error = Error::invalid("Invalid request to update template metadata!");
    let users = changed(&mut error, "user_perms", row.user_acl.0, &request.user_perms);
    let groups = changed(&mut error, "group_perms", row.group_acl.0, &request.group_perms);
    let known = list_access_users(&conn, row.organization_id, Some(given(&request.user_perms))).await?;
    for id in given(&request.user_perms) {
        if !known.iter().any(|user| user.id == id) {
            error = error.validation("user_perms", format!("user with ID {id} does not exist"));
        }
    }
    let known = list_access_groups(&conn, row.organization_id, Some(given(&request.group_perms))).await?;
    for id in given(&request.group_perms) {
        if !known.iter().any(|group| group.id == id) {
            error = error.validation("group_perms", format!("group with ID {id} does not exist"));
        }
    }
    if !error.validations.is_empty() {
        return Err(error);
    }
    templates::update_template_acl(&conn, id, now(cx), &users, &groups).await?;
    Ok(Response { message: "Successfully updated template ACL list.".into(), ..Default::default() })
}

fn given(permissions: &BTreeMap<String, String>) -> Vec<Uuid> {
    permissions.keys().filter_map(|id| Uuid::parse_str(id).ok()).collect()
}

fn changed(error: &mut Error, field: &str, mut acl: StoredAcl, permissions: &BTreeMap<String, String>) -> StoredAcl {
    for (text, role) in permissions {
        let Ok(id) = Uuid::parse_str(text) else {
            let detail = format!("{text:?} is not a UUID");
            error.validations.push(warren_api::ValidationError { field: field.to_owned(), detail });
            continue;
        };
        match TemplateRole::parse(role) {
            TemplateRole::Unset if !role.is_empty() => {
                let detail = format!("role {role:?} is not a valid template role");
                error.validations.push(warren_api::ValidationError { field: field.to_owned(), detail });
            }
            TemplateRole::Admin => {
                acl.insert(id, vec!["*".to_owned()]);
            }
            TemplateRole::Use => {
                acl.insert(id, USE.map(str::to_owned).to_vec());
            }
            TemplateRole::Unset => {
                acl.remove(&id);
            }
        }
    }
    acl
}

fn reduced(found: AccessUserRow) -> ReducedUser {
    ReducedUser {
        avatar_url: found.avatar_url,
        created_at: found.created_at,
        email: found.email,
        id: found.id,
        last_seen_at: found.last_seen_at,
        login_type: LoginType::parse(&found.login_type),
        name: found.name,
        status: UserStatus::parse(&found.status),
        updated_at: found.updated_at,
        username: found.username,
        ..Default::default()
    }
}

fn user(found: AccessUserRow, role: TemplateRole) -> TemplateUser {
    TemplateUser {
        avatar_url: found.avatar_url,
        created_at: found.created_at,
        email: found.email,
        id: found.id,
        last_seen_at: found.last_seen_at,
        login_type: LoginType::parse(&found.login_type),
        name: found.name,
        role,
        status: UserStatus::parse(&found.status),
        updated_at: found.updated_at,
        username: found.username,
        ..Default::default()
    }
}

fn group(found: AccessGroupRow, role: TemplateRole) -> TemplateGroup {
    TemplateGroup {
        avatar_url: found.avatar_url,
        display_name: found.display_name,
        id: found.id,
        members: Vec::new(),
        name: found.name,
        organization_display_name: found.organization_display_name,
        organization_id: found.organization_id,
        organization_name: found.organization_name,
        quota_allowance: i64::from(found.quota_allowance),
        role,
        source: GroupSource::parse(&found.source),
        total_member_count: found.member_count,
    }
}
