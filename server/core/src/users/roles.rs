//! Site roles.

use warren_api::{AssignableRoles, UpdateRoles, User, UserRoles};
use warren_db::organizations::list_memberships_of_user;
use warren_db::users::update_user_roles as update_row;
use warren_rbac::{Action, Object, Protected, Resource, SITE_ROLES, SharingMode, assignable_by, builtin_role};

use super::view::{permission_views, user_view};
use super::{audit_target, load_user};
use crate::audit::Change;
use crate::{Cx, Error, Result, UserRef};

/// The roles of a user, site-wide and by organization.
///
/// # Errors
/// 404, 403.
pub async fn get_user_roles(cx: &Cx, user: &UserRef) -> Result<UserRoles> {
    let row = load_user(cx, user, Action::Read).await?;
    cx.allow(Action::ReadPersonal, &row.object())?;
    let conn = cx.db().conn().await?;
    let memberships = list_memberships_of_user(&conn, row.id).await?;
    Ok(UserRoles {
        roles: row.site_roles,
        organization_roles: memberships.into_iter().map(|m| (m.organization_id.to_string(), m.roles)).collect(),
    })
}

/// Replaces the site roles of a user.
///
/// # Errors
/// 404, 403; 400 for one's own or unknown roles.
pub async fn update_user_roles(cx: &Cx, user: &UserRef, body: UpdateRoles) -> Result<User> {
    let row = load_user(cx, user, Action::Read).await?;
    if row.id == cx.actor.user_id {
        return Err(Error::invalid("You cannot change your own roles."));
    }
    check_assignable(cx, &row.site_roles, &body.roles)?;
    let (row, roles) = (&row, &body.roles);
    let changed = cx
        .db()
        .tx(|tx| async move {
            let changed = update_row(&tx, row.id, roles, cx.services.now()).await?;
            cx.audit(&tx, "write", &audit_target(&changed), Change::updated(row, &changed)).await?;
            cx.services.keys.forget_user_after(&tx, row.id);
            Ok::<_, Error>(changed)
        })
        .await?;
    Ok(user_view(changed))
}

/// The site roles, and which of them the caller may give.
///
/// # Errors
/// 403.
pub fn list_site_roles(cx: &Cx) -> Result<Vec<AssignableRoles>> {
    cx.allow(Action::Read, &Object::new(Resource::AssignRole))?;
    let options = cx.services.config.role_options();
    let roles = SITE_ROLES.iter().filter_map(|(name, display)| {
        let role = builtin_role(name, options, SharingMode::Everyone)?;
        Some(AssignableRoles {
            name: (*name).to_owned(),
            display_name: (*display).to_owned(),
            site_permissions: permission_views(role.site_permissions()),
            user_permissions: permission_views(role.user_permissions()),
            assignable: may_assign(cx, name, Action::Assign),
            built_in: true,
            ..AssignableRoles::default()
        })
    });
    Ok(roles.collect())
}

/// Checks that the caller may turn the roles `old` into `new`.
pub(super) fn check_assignable(cx: &Cx, old: &[String], new: &[String]) -> Result<()> {
    if let Some(unknown) = new.iter().find(|role| !SITE_ROLES.iter().any(|(name, _)| name == role)) {
        return Err(Error::invalid(format!("{unknown:?} is not a supported role")));
    }
    let given = new.iter().filter(|role| !old.contains(role)).map(|role| (role, Action::Assign));
    let taken = old.iter().filter(|role| !new.contains(role)).map(|role| (role, Action::Unassign));
    for (role, action) in given.chain(taken) {
        if !may_assign(cx, role, action) {
            return Err(Error::forbidden_because(format!("You are not allowed to change the role {role:?}.")));
        }
    }
    Ok(())
}

fn may_assign(cx: &Cx, role: &str, action: Action) -> bool {
    cx.actor.may(action, &Object::new(Resource::AssignRole))
        && cx.actor.roles.iter().any(|own| assignable_by(own, role))
}
