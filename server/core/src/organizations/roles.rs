//! Roles of organizations: built-in ones, and those that an organization makes.

use serde_json::{Value, json};
use warren_api::{AssignableRoles, CustomRoleRequest, Permission, RbacAction, Role};
use warren_db::organizations::{self as rows, CustomRoleRow};
use warren_rbac::{Action, Actions, ORG_ROLES, Object, Resource, SITE_ROLES, SharingMode, builtin_role};

use super::load_organization;
use super::members::may_assign;
use crate::audit::{Change, Target};
use crate::users::permission_views;
use crate::{Cx, Error, OrgRef, Result, check_display_name};

/// The roles that members of an organization can have, and which of them the caller may give.
///
/// # Errors
/// 404, 403.
pub async fn list_member_roles(cx: &Cx, org: &OrgRef) -> Result<Vec<AssignableRoles>> {
    let org = load_organization(cx, org).await?;
    cx.allow(Action::Read, &Object::new(Resource::AssignOrgRole).in_org(org.id))?;
    let options = cx.services.config.role_options();
    let builtin = ORG_ROLES.iter().filter_map(|(name, display)| {
        let role = builtin_role(name, options, SharingMode::Everyone)?;
        Some(AssignableRoles {
            name: (*name).to_owned(),
            display_name: (*display).to_owned(),
            organization_id: org.id,
            site_permissions: permission_views(role.site_permissions()),
            user_permissions: permission_views(role.user_permissions()),
            organization_permissions: permission_views(role.org_permissions()),
            organization_member_permissions: permission_views(role.member_permissions()),
            assignable: may_assign(cx, org.id, name, Action::Assign),
            built_in: true,
        })
    });
    let mut roles: Vec<AssignableRoles> = builtin.collect();
    let conn = cx.db().conn().await?;
    for role in rows::list_custom_roles(&conn, org.id).await? {
        let view = view(&role);
        roles.push(AssignableRoles {
            assignable: may_assign(cx, org.id, &role.name, Action::Assign),
            built_in: false,
            name: view.name,
            display_name: view.display_name,
            organization_id: view.organization_id,
            site_permissions: Vec::new(),
            user_permissions: Vec::new(),
            organization_permissions: view.organization_permissions,
            organization_member_permissions: Vec::new(),
        });
    }
    Ok(roles)
}

/// Makes or changes a custom role. The author must hold every permission that the role grants.
///
/// # Errors
/// 404, 403, 400.
pub async fn save_custom_role(cx: &Cx, org: &OrgRef, body: CustomRoleRequest, create: bool) -> Result<Vec<Role>> {
    let org = load_organization(cx, org).await?;
    let action = if create { Action::Create } else { Action::Update };
    cx.allow(action, &Object::new(Resource::AssignOrgRole).in_org(org.id))?;
    check_request(&body)?;
    let role = compile(&body.organization_permissions)?;
    if !cx.actor.covers_org_role(org.id, &role) {
        return Err(Error::forbidden_because("A role may grant only what you may do yourself."));
    }
    let row = CustomRoleRow {
        organization_id: org.id,
        name: body.name,
        display_name: body.display_name,
        permissions: stored(&body.organization_permissions),
    };
    let row = &row;
    cx.db()
        .tx(|tx| async move {
            let old = rows::list_custom_roles(&tx, row.organization_id).await?;
            let old = old.into_iter().find(|old| old.name == row.name);
            match (&old, create) {
                (Some(_), true) => {
                    return Err(Error::conflict("A role with this name already exists.")
                        .validation("name", "This value is already in use and should be unique."));
                }
                (None, false) => return Err(Error::not_found()),
                _ => {}
            }
            rows::upsert_custom_role(&tx, row, cx.services.now()).await?;
            let change = old.map_or_else(|| Change::created(row), |old| Change::updated(&old, row));
            cx.audit(&tx, if create { "create" } else { "write" }, &target(row), change).await?;
            let keys = cx.services.keys.clone();
            tx.on_commit(move || keys.forget_all());
            Ok::<_, Error>(())
        })
        .await?;
    Ok(vec![view(row)])
}

/// Removes a custom role, also from its holders.
///
/// # Errors
/// 404, 403.
pub async fn delete_custom_role(cx: &Cx, org: &OrgRef, name: &str) -> Result<()> {
    let org = load_organization(cx, org).await?;
    cx.allow(Action::Delete, &Object::new(Resource::AssignOrgRole).in_org(org.id))?;
    cx.db()
        .tx(|tx| async move {
            let old = rows::list_custom_roles(&tx, org.id).await?;
            let old = old.into_iter().find(|old| old.name == name).ok_or_else(Error::not_found)?;
            rows::delete_custom_role(&tx, org.id, name).await?;
            cx.audit(&tx, "delete", &target(&old), Change::deleted(&old)).await?;
            let keys = cx.services.keys.clone();
            tx.on_commit(move || keys.forget_all());
            Ok(())
        })
        .await
}

fn check_request(body: &CustomRoleRequest) -> Result<()> {
    let reserved = SITE_ROLES.iter().chain(ORG_ROLES).any(|(name, _)| *name == body.name)
        || matches!(body.name.as_str(), "member" | "organization-member");
    if body.name.is_empty() || reserved {
        return Err(Error::invalid("Reserved role name.").validation("name", "this name cannot be used for a role"));
    }
    check_display_name(&body.display_name).map_err(|problem| Error::field("display_name", problem))?;
    let others = [&body.site_permissions, &body.user_permissions, &body.organization_member_permissions];
    if others.iter().any(|permissions| !permissions.is_empty()) {
        return Err(Error::invalid("Invalid request, not allowed to assign site, user or member permissions.")
            .detail("Roles of an organization may hold organization permissions only."));
    }
    if body.organization_permissions.iter().any(|permission| permission.negate) {
        return Err(Error::invalid("Invalid request, custom roles may not deny."));
    }
    Ok(())
}

fn compile(permissions: &[Permission]) -> Result<warren_rbac::Role> {
    let mut compiled = Vec::new();
    for permission in permissions {
        let unknown = || {
            let (kind, action) = (permission.resource_type.as_str(), permission.action.as_str());
            Error::invalid("Invalid permission.").detail(format!("{kind:?} has no action {action:?}."))
        };
        let kind = Resource::parse(permission.resource_type.as_str()).ok_or_else(unknown)?;
        let actions = match permission.action {
            RbacAction::All => kind.actions(),
            action => {
                let action = Action::parse(action.as_str()).filter(|action| kind.actions().contains(*action));
                Actions::of(&[action.ok_or_else(unknown)?])
            }
        };
        compiled.push(warren_rbac::Permission { negate: false, kind, actions });
    }
    Ok(warren_rbac::Role::custom(&compiled))
}

fn stored(permissions: &[Permission]) -> Value {
    let stored = |p: &Permission| json!({ "negate": p.negate, "resource_type": p.resource_type.as_str(), "action": p.action.as_str() });
    permissions.iter().map(stored).collect()
}

fn view(row: &CustomRoleRow) -> Role {
    Role {
        name: row.name.clone(),
        display_name: row.display_name.clone(),
        organization_id: row.organization_id,
        organization_permissions: serde_json::from_value(row.permissions.clone()).unwrap_or_default(),
        ..Role::default()
    }
}

fn target(row: &CustomRoleRow) -> Target {
    Target {
        resource_type: "custom_role",
        name: row.name.clone(),
        organization_id: Some(row.organization_id),
        ..Target::default()
    }
}
