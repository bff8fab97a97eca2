//! Users and roles as the API shows them.

use uuid::Uuid;
use warren_api::{LoginType, Permission, RbacAction, RbacResource, SlimRole, User, UserStatus};
use warren_db::users::UserRow;
use warren_rbac::{ORG_ROLES, SITE_ROLES};

/// A user as the API shows them.
pub fn user_view(row: UserRow) -> User {
    User {
        id: row.id,
        username: row.username,
        email: row.email,
        name: row.name,
        avatar_url: row.avatar_url,
        login_type: LoginType::parse(&row.login_type),
        status: UserStatus::parse(&row.status),
        roles: slim_site_roles(&row.site_roles),
        created_at: row.created_at,
        updated_at: row.updated_at,
        last_seen_at: row.last_seen_at,
        is_service_account: row.is_service_account,
        theme_preference: row.theme_preference,
        organization_ids: row.organization_ids,
        ..User::default()
    }
}

/// Site roles with their display names.
pub fn slim_site_roles(names: &[String]) -> Vec<SlimRole> {
    names.iter().map(|name| slim(SITE_ROLES, name, None)).collect()
}

/// Roles of an organization with their display names.
pub fn slim_org_roles(names: &[String], org: Uuid) -> Vec<SlimRole> {
    names.iter().map(|name| slim(ORG_ROLES, name, Some(org))).collect()
}

fn slim(known: &[(&str, &str)], name: &str, org: Option<Uuid>) -> SlimRole {
    let display = known.iter().find(|(role, _)| *role == name).map_or("", |(_, display)| display);
    SlimRole {
        name: name.to_owned(),
        display_name: display.to_owned(),
        organization_id: org.map(|org| org.to_string()).unwrap_or_default(),
    }
}

/// Permissions one action at a time; a kind's whole set is written as `*`.
pub(crate) fn permission_views(permissions: Vec<warren_rbac::Permission>) -> Vec<Permission> {
    let mut views = Vec::new();
    for warren_rbac::Permission { negate, kind, actions } in permissions {
        let resource_type = RbacResource::parse(kind.as_str());
        if actions == kind.actions() {
            views.push(Permission { negate, resource_type, action: RbacAction::All });
        } else {
            views.extend(actions.iter().map(|action| Permission {
                negate,
                resource_type,
                action: RbacAction::parse(action.as_str()),
            }));
        }
    }
    views
}
