//! Organizations, their members and roles.

mod members;
mod roles;

pub use members::{
    add_member, get_member, list_members, load_member, paginate_members, remove_member, update_member_roles,
};
pub use roles::{delete_custom_role, list_member_roles, save_custom_role};

use uuid::Uuid;
use warren_api::{CreateOrganizationRequest, Organization, UpdateOrganizationRequest};
use warren_db::ResultExt;
use warren_db::organizations::{self as rows, NewOrganization, OrganizationRow};
use warren_rbac::{Action, Guarded, Object, Protected, Resource};

use crate::audit::{Change, Target};
use crate::users::load_user;
use crate::{Cx, Error, OrgRef, Result, Services, UserRef};

/// The organization that is used when none is named.
///
/// # Errors
/// The database failed.
pub async fn default_organization_id(services: &Services) -> Result<Uuid> {
    let conn = services.db.conn().await?;
    let id = rows::find_default_organization_id(&conn).await?;
    id.ok_or_else(|| Error::internal("there is no default organization"))
}

/// The organization that a path names, without a decision: the caller of this function makes it.
///
/// # Errors
/// 404 for an unknown organization.
pub async fn find_organization(cx: &Cx, organization: &OrgRef) -> Result<Guarded<OrganizationRow>> {
    let conn = cx.db().conn().await?;
    let row = match organization {
        OrgRef::Default => rows::find_default_organization(&conn).await?,
        OrgRef::Id(id) => rows::find_organization_by_id(&conn, *id).await?,
        OrgRef::Name(name) => rows::find_organization_by_name(&conn, name).await?,
    };
    row.ok_or_else(Error::not_found)
}

/// The organization that a path names, if the caller may read it.
///
/// # Errors
/// 404.
pub async fn load_organization(cx: &Cx, organization: &OrgRef) -> Result<OrganizationRow> {
    Ok(find_organization(cx, organization).await?.allow(&cx.actor, Action::Read)?)
}

/// One organization.
///
/// # Errors
/// 404.
pub async fn get_organization(cx: &Cx, organization: &OrgRef) -> Result<Organization> {
    Ok(view(load_organization(cx, organization).await?))
}

/// Every organization that the caller may read.
///
/// # Errors
/// The database failed.
pub async fn list_organizations(cx: &Cx) -> Result<Vec<Organization>> {
    list(cx, None).await
}

/// The organizations of a user, as far as the caller may read them.
///
/// # Errors
/// 404.
pub async fn list_organizations_of_user(cx: &Cx, user: &UserRef) -> Result<Vec<Organization>> {
    let user = match user {
        UserRef::Me => cx.actor.user_id,
        other => load_user(cx, other, Action::Read).await?.id,
    };
    list(cx, Some(user)).await
}

/// One of a user's organizations by name.
///
/// # Errors
/// 404.
pub async fn get_organization_of_user(cx: &Cx, user: &UserRef, name: &OrgRef) -> Result<Organization> {
    let user = load_user(cx, user, Action::Read).await?;
    let organization = load_organization(cx, name).await?;
    if !user.organization_ids.contains(&organization.id) {
        return Err(Error::not_found());
    }
    Ok(view(organization))
}

/// Makes an organization; the caller becomes its administrator.
///
/// # Errors
/// 403, 409.
pub async fn create_organization(cx: &Cx, body: CreateOrganizationRequest) -> Result<Organization> {
    if !cx.actor.may(Action::Create, &Object::new(Resource::Organization)) {
        return Err(Error::forbidden());
    }
    let now = cx.services.now();
    let display_name = if body.display_name.is_empty() { body.name.clone() } else { body.display_name };
    let new = NewOrganization {
        id: Uuid::new_v4(),
        name: body.name,
        display_name,
        description: body.description,
        icon: body.icon,
        created_at: now,
    };
    let new = &new;
    let row = cx
        .db()
        .tx(|tx| async move {
            let row = rows::insert_organization(&tx, new).await.on_constraint("organizations_name_idx", name_taken)?;
            rows::insert_member(&tx, row.id, cx.actor.user_id, &["organization-admin".to_owned()], now).await?;
            cx.audit(&tx, "create", &target(&row), Change::created(&row)).await?;
            cx.services.keys.forget_user_after(&tx, cx.actor.user_id);
            Ok::<_, Error>(row)
        })
        .await?;
    Ok(view(row))
}

/// Changes an organization; absent fields stay.
///
/// # Errors
/// 404, 403, 409.
pub async fn update_organization(
    cx: &Cx,
    organization: &OrgRef,
    body: UpdateOrganizationRequest,
) -> Result<Organization> {
    let old = load_organization(cx, organization).await?;
    cx.allow(Action::Update, &old.object())?;
    let mut new = old.clone();
    if !body.name.is_empty() {
        if old.is_default && body.name.eq_ignore_ascii_case("default") {
            return Err(Error::invalid("Organization name \"default\" is reserved."));
        }
        new.name = body.name;
    }
    if !body.display_name.is_empty() {
        new.display_name = body.display_name;
    }
    new.description = body.description.unwrap_or(new.description);
    new.icon = body.icon.unwrap_or(new.icon);
    new.default_member_roles = body.default_org_member_roles.unwrap_or(new.default_member_roles);
    let (old, new) = (&old, &new);
    let row = cx
        .db()
        .tx(|tx| async move {
            let row = rows::update_organization(&tx, new, cx.services.now())
                .await
                .on_constraint("organizations_name_idx", name_taken)?;
            cx.audit(&tx, "write", &target(&row), Change::updated(old, &row)).await?;
            let keys = cx.services.keys.clone();
            tx.on_commit(move || keys.forget_all());
            Ok::<_, Error>(row)
        })
        .await?;
    Ok(view(row))
}

/// Hides an organization.
///
/// # Errors
/// 404, 403; 400 for the default one or one that is in use.
pub async fn delete_organization(cx: &Cx, organization: &OrgRef) -> Result<()> {
    let row = load_organization(cx, organization).await?;
    cx.allow(Action::Delete, &row.object())?;
    if row.is_default {
        return Err(Error::invalid("Default organization cannot be deleted."));
    }
    let row = &row;
    cx.db()
        .tx(|tx| async move {
            let counts = rows::count_organization_resources(&tx, row.id).await?;
            if let [workspaces, templates, groups, members] = counts[..]
                && (workspaces > 0 || templates > 0 || groups > 0 || members > 1)
            {
                return Err(Error::invalid("Error deleting organization.").detail(format!(
                    "The organization still has {workspaces} workspaces, {templates} templates, {groups} groups and \
                     {members} members; remove them first (the last member may stay)."
                )));
            }
            rows::delete_organization(&tx, row.id, cx.services.now()).await?;
            cx.audit(&tx, "delete", &target(row), Change::deleted(row)).await?;
            let keys = cx.services.keys.clone();
            tx.on_commit(move || keys.forget_all());
            Ok(())
        })
        .await
}

async fn list(cx: &Cx, member: Option<Uuid>) -> Result<Vec<Organization>> {
    let filter = cx.actor.filter(Resource::Organization, Action::Read);
    let conn = cx.db().conn().await?;
    Ok(rows::list_organizations(&conn, &filter, member).await?.into_iter().map(view).collect())
}

fn name_taken() -> Error {
    Error::conflict("Organization already exists with that name.")
        .validation("name", "This value is already in use and should be unique.")
}

fn view(row: OrganizationRow) -> Organization {
    Organization {
        id: row.id,
        name: row.name,
        display_name: row.display_name,
        description: row.description,
        icon: row.icon,
        is_default: row.is_default,
        created_at: row.created_at,
        updated_at: row.updated_at,
        default_org_member_roles: row.default_member_roles,
    }
}

pub(crate) fn target(row: &OrganizationRow) -> Target {
    Target {
        resource_type: "organization",
        id: row.id,
        name: row.name.clone(),
        icon: row.icon.clone(),
        organization_id: Some(row.id),
    }
}
