//! Members of organizations.

use uuid::Uuid;
use warren_api::{
    LoginType, OrganizationMember, OrganizationMemberWithUserData, PaginatedMembersResponse, UpdateRoles, UserStatus,
};
use warren_db::ResultExt;
use warren_db::organizations::{self as rows, MemberRow, OrganizationRow};
use warren_rbac::{Action, ORG_ROLES, Object, Protected, Resource, assignable_by};

use super::load_organization;
use crate::audit::{Change, Target};
use crate::users::{find_user, slim_org_roles, slim_site_roles};
use crate::{Cx, Error, OrgRef, Result, UserRef};

/// The membership that a path names, if the caller may read it; the caller need not be allowed to read the user.
///
/// # Errors
/// 404.
pub async fn load_member(cx: &Cx, org: Uuid, user: &UserRef) -> Result<MemberRow> {
    let conn = cx.db().conn().await?;
    let row = match user {
        UserRef::Me => rows::find_member(&conn, org, cx.actor.user_id).await?,
        UserRef::Id(id) => rows::find_member(&conn, org, *id).await?,
        UserRef::Name(name) => rows::find_member_by_name(&conn, org, name).await?,
    };
    Ok(row.ok_or_else(Error::not_found)?.allow(&cx.actor, Action::Read)?)
}

/// One member.
///
/// # Errors
/// 404.
pub async fn get_member(cx: &Cx, org: &OrgRef, user: &UserRef) -> Result<OrganizationMemberWithUserData> {
    let org = load_organization(cx, org).await?;
    Ok(full_view(load_member(cx, org.id, user).await?))
}

/// Every member that the caller may see.
///
/// # Errors
/// 404.
pub async fn list_members(cx: &Cx, org: &OrgRef) -> Result<Vec<OrganizationMemberWithUserData>> {
    let org = load_organization(cx, org).await?;
    let conn = cx.db().conn().await?;
    let members = rows::list_members(&conn, org.id, visible(cx, org.id), "", (None, 0, None)).await?;
    Ok(members.into_iter().map(full_view).collect())
}

/// A page of the members that the caller may see.
///
/// # Errors
/// 404.
pub async fn paginate_members(
    cx: &Cx,
    org: &OrgRef,
    search: &str,
    page: (Option<Uuid>, i64, Option<i64>),
) -> Result<PaginatedMembersResponse> {
    let org = load_organization(cx, org).await?;
    let conn = cx.db().conn().await?;
    let (own, search) = (visible(cx, org.id), search.trim().to_lowercase());
    let members = rows::list_members(&conn, org.id, own, &search, page).await?;
    let count = rows::count_members(&conn, org.id, own, &search).await?;
    Ok(PaginatedMembersResponse { members: members.into_iter().map(full_view).collect(), count })
}

/// Adds a user to an organization.
///
/// # Errors
/// 404, 403; 400 for a member.
pub async fn add_member(cx: &Cx, org: &OrgRef, user: &UserRef) -> Result<OrganizationMember> {
    let org = load_organization(cx, org).await?;
    cx.allow(Action::Create, &Object::new(Resource::OrganizationMember).in_org(org.id))?;
    let user = find_user(cx, user).await?.allow(&cx.actor, Action::Read)?;
    let already = || {
        Error::invalid("User is already an organization member")
            .detail(format!("{} is already a member of {}", user.username, org.display_name))
    };
    let (org, user_id, already) = (&org, user.id, &already);
    let row = cx
        .db()
        .tx(|tx| async move {
            rows::insert_member(&tx, org.id, user_id, &[], cx.services.now())
                .await
                .on_constraint("organization_members_pkey", already)?;
            let row = rows::find_member(&tx, org.id, user_id).await?.ok_or_else(Error::not_found)?;
            let row = row.system("made in this transaction");
            cx.audit(&tx, "create", &target(org, &row), Change::created(&row)).await?;
            cx.services.keys.forget_user_after(&tx, user_id);
            Ok::<_, Error>(row)
        })
        .await?;
    Ok(view(row))
}

/// Removes a member.
///
/// # Errors
/// 404, 403; 400 for oneself.
pub async fn remove_member(cx: &Cx, org: &OrgRef, user: &UserRef) -> Result<()> {
    let org = load_organization(cx, org).await?;
    let member = load_member(cx, org.id, user).await?;
    if member.user_id == cx.actor.user_id {
        return Err(Error::invalid("cannot remove self from an organization"));
    }
    cx.allow(Action::Delete, &member.object())?;
    let (org, member) = (&org, &member);
    cx.db()
        .tx(|tx| async move {
            rows::delete_member(&tx, org.id, member.user_id).await?;
            cx.audit(&tx, "delete", &target(org, member), Change::deleted(member)).await?;
            cx.services.keys.forget_user_after(&tx, member.user_id);
            Ok::<_, Error>(())
        })
        .await
}

/// Replaces the roles of a member.
///
/// # Errors
/// 404, 403; 400 for one's own and unknown roles.
pub async fn update_member_roles(
    cx: &Cx,
    org: &OrgRef,
    user: &UserRef,
    body: UpdateRoles,
) -> Result<OrganizationMember> {
    let org = load_organization(cx, org).await?;
    let member = load_member(cx, org.id, user).await?;
    if member.user_id == cx.actor.user_id {
        return Err(Error::invalid("You cannot change your own organization roles.")
            .detail("Another user with the appropriate permissions must change your roles."));
    }
    // Clients may send the form with the organization's suffix.
    let suffix = format!(":{}", org.id);
    let roles: Vec<String> =
        body.roles.iter().map(|role| role.strip_suffix(&suffix).unwrap_or(role).to_owned()).collect();
    check_assignable(cx, &org, &member.roles, &roles).await?;
    let (org, member, roles) = (&org, &member, &roles);
    let changed = cx
        .db()
        .tx(|tx| async move {
            rows::update_member_roles(&tx, org.id, member.user_id, roles, cx.services.now()).await?;
            let changed = rows::find_member(&tx, org.id, member.user_id).await?.ok_or_else(Error::not_found)?;
            let changed = changed.system("changed in this transaction");
            cx.audit(&tx, "write", &target(org, &changed), Change::updated(member, &changed)).await?;
            cx.services.keys.forget_user_after(&tx, member.user_id);
            Ok::<_, Error>(changed)
        })
        .await?;
    Ok(view(changed))
}

async fn check_assignable(cx: &Cx, org: &OrganizationRow, old: &[String], new: &[String]) -> Result<()> {
    let conn = cx.db().conn().await?;
    let custom = rows::list_custom_roles(&conn, org.id).await?;
    let known =
        |role: &String| ORG_ROLES.iter().any(|(name, _)| name == role) || custom.iter().any(|c| &c.name == role);
    if let Some(unknown) = new.iter().find(|role| !known(role)) {
        return Err(Error::invalid(format!("\"{unknown}:{}\" is not a supported role", org.id)));
    }
    let given = new.iter().filter(|role| !old.contains(role)).map(|role| (role, Action::Assign));
    let taken = old.iter().filter(|role| !new.contains(role)).map(|role| (role, Action::Unassign));
    for (role, action) in given.chain(taken) {
        if !may_assign(cx, org.id, role, action) {
            return Err(Error::forbidden_because(format!("You are not allowed to change the role {role:?}.")));
        }
    }
    Ok(())
}

pub(super) fn may_assign(cx: &Cx, org: Uuid, role: &str, action: Action) -> bool {
    let object = Object::new(Resource::AssignOrgRole).in_org(org);
    let here = cx.actor.memberships.iter().filter(|membership| membership.org == org).flat_map(|m| &m.roles);
    cx.actor.may(action, &object) && cx.actor.roles.iter().chain(here).any(|own| assignable_by(own, role))
}

/// `None`: every member; else only the caller.
fn visible(cx: &Cx, org: Uuid) -> Option<Uuid> {
    let any = Object::new(Resource::OrganizationMember).in_org(org);
    (!cx.actor.may(Action::Read, &any)).then_some(cx.actor.user_id)
}

fn view(row: MemberRow) -> OrganizationMember {
    OrganizationMember {
        organization_id: row.organization_id,
        user_id: row.user_id,
        roles: slim_org_roles(&row.roles, row.organization_id),
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

fn full_view(row: MemberRow) -> OrganizationMemberWithUserData {
    OrganizationMemberWithUserData {
        organization_id: row.organization_id,
        user_id: row.user_id,
        roles: slim_org_roles(&row.roles, row.organization_id),
        global_roles: slim_site_roles(&row.site_roles),
        created_at: row.created_at,
        updated_at: row.updated_at,
        username: row.username,
        name: row.name,
        email: row.email,
        avatar_url: row.avatar_url,
        status: UserStatus::parse(&row.status),
        login_type: LoginType::parse(&row.login_type),
        is_service_account: row.is_service_account,
        last_seen_at: row.last_seen_at,
        user_created_at: row.user_created_at,
        user_updated_at: row.user_updated_at,
        ..OrganizationMemberWithUserData::default()
    }
}

fn target(org: &OrganizationRow, member: &MemberRow) -> Target {
    Target {
        resource_type: "organization_member",
        id: member.user_id,
        name: member.username.clone(),
        icon: String::new(),
        organization_id: Some(org.id),
    }
}
