//! Organizations and their members.

use jiff::Timestamp;
use uuid::Uuid;
use warren_rbac::{Filter, Guarded, Object, Protected, Resource};

use crate::{DbError, Querier, all, execute, one, optional, scalar};

row! {
    /// A living organization.
    #[derive(PartialEq, Eq, serde::Serialize)]
    pub struct OrganizationRow {
        pub id: Uuid,
        pub name: String,
        pub display_name: String,
        pub description: String,
        pub icon: String,
        pub is_default: bool,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
        pub sharing: String,
        pub default_member_roles: Vec<String>,
    }
}

impl Protected for OrganizationRow {
    fn object(&self) -> Object {
        Object::new(Resource::Organization).id(self.id).in_org(self.id)
    }
}

row! {
    /// A membership with what is shown of the member.
    #[derive(PartialEq, Eq, serde::Serialize)]
    pub struct MemberRow {
        pub organization_id: Uuid,
        pub user_id: Uuid,
        pub roles: Vec<String>,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
        pub username: String,
        pub name: String,
        pub email: String,
        pub avatar_url: String,
        pub site_roles: Vec<String>,
        pub status: String,
        pub login_type: String,
        pub is_service_account: bool,
        pub last_seen_at: Timestamp,
        pub user_created_at: Timestamp,
        pub user_updated_at: Timestamp,
    }
}

impl Protected for MemberRow {
    fn object(&self) -> Object {
        Object::new(Resource::OrganizationMember).id(self.user_id).owned_by(self.user_id).in_org(self.organization_id)
    }
}

/// An organization to store.
#[derive(Debug, Clone)]
pub struct NewOrganization {
    pub id: Uuid,
    pub name: String,
    pub display_name: String,
    pub description: String,
    pub icon: String,
    pub created_at: Timestamp,
}

/// The default organization.
pub async fn find_default_organization_id(q: &impl Querier) -> Result<Option<Uuid>, DbError> {
    scalar(q, statement!("find_default_organization_id"), &[]).await
}

/// The default organization.
pub async fn find_default_organization(q: &impl Querier) -> Result<Option<Guarded<OrganizationRow>>, DbError> {
    Ok(optional(q, statement!("find_default_organization"), &[]).await?.map(Guarded::new))
}

/// An organization by id.
pub async fn find_organization_by_id(q: &impl Querier, id: Uuid) -> Result<Option<Guarded<OrganizationRow>>, DbError> {
    Ok(optional(q, statement!("find_organization_by_id"), &[&id]).await?.map(Guarded::new))
}

/// An organization by name, in any case.
pub async fn find_organization_by_name(
    q: &impl Querier,
    name: &str,
) -> Result<Option<Guarded<OrganizationRow>>, DbError> {
    Ok(optional(q, statement!("find_organization_by_name"), &[&name]).await?.map(Guarded::new))
}

/// Organizations that the filter lets through, by name; those of one member with `member`.
pub async fn list_organizations(
    q: &impl Querier,
    filter: &Filter,
    member: Option<Uuid>,
) -> Result<Vec<OrganizationRow>, DbError> {
    all(q, statement!("list_organizations"), &[&filter.all, &filter.orgs, &filter.ids, &member]).await
}

/// Stores an organization and its "Everyone" group.
pub async fn insert_organization(q: &impl Querier, org: &NewOrganization) -> Result<OrganizationRow, DbError> {
    let o = org;
    one(
        q,
        statement!("insert_organization"),
        &[&o.id, &o.name, &o.display_name, &o.description, &o.icon, &o.created_at],
    )
    .await
}

/// Changes an organization.
pub async fn update_organization(
    q: &impl Querier,
    org: &OrganizationRow,
    now: Timestamp,
) -> Result<OrganizationRow, DbError> {
    let o = org;
    one(
        q,
        statement!("update_organization"),
        &[&o.id, &o.name, &o.display_name, &o.description, &o.icon, &o.sharing, &o.default_member_roles, &now],
    )
    .await
}

/// Hides an organization.
pub async fn delete_organization(q: &impl Querier, id: Uuid, now: Timestamp) -> Result<(), DbError> {
    execute(q, statement!("delete_organization"), &[&id, &now]).await?;
    Ok(())
}

/// Living workspaces, templates, groups and members of an organization.
pub async fn count_organization_resources(q: &impl Querier, id: Uuid) -> Result<Vec<i64>, DbError> {
    Ok(scalar(q, statement!("count_organization_resources"), &[&id]).await?.unwrap_or_default())
}

/// Adds a member.
pub async fn insert_member(
    q: &impl Querier,
    org: Uuid,
    user: Uuid,
    roles: &[String],
    now: Timestamp,
) -> Result<(), DbError> {
    execute(q, statement!("insert_member"), &[&org, &user, &roles, &now]).await?;
    Ok(())
}

/// A membership.
pub async fn find_member(q: &impl Querier, org: Uuid, user: Uuid) -> Result<Option<Guarded<MemberRow>>, DbError> {
    Ok(optional(q, statement!("find_member"), &[&org, &user]).await?.map(Guarded::new))
}

/// A membership by username, in any case.
pub async fn find_member_by_name(
    q: &impl Querier,
    org: Uuid,
    username: &str,
) -> Result<Option<Guarded<MemberRow>>, DbError> {
    Ok(optional(q, statement!("find_member_by_name"), &[&org, &username]).await?.map(Guarded::new))
}

/// Members by name: those that `own` alone may see, or all with `None`; a page of them.
pub async fn list_members(
    q: &impl Querier,
    org: Uuid,
    own: Option<Uuid>,
    search: &str,
    page: (Option<Uuid>, i64, Option<i64>),
) -> Result<Vec<MemberRow>, DbError> {
    let (after, offset, limit) = page;
    all(q, statement!("list_members"), &[&org, &own, &search, &after, &offset, &limit]).await
}

/// How many members [`list_members`] would return without a page.
pub async fn count_members(q: &impl Querier, org: Uuid, own: Option<Uuid>, search: &str) -> Result<i64, DbError> {
    Ok(scalar(q, statement!("count_members"), &[&org, &own, &search]).await?.unwrap_or(0))
}

/// Removes a member, also from the organization's groups.
pub async fn delete_member(q: &impl Querier, org: Uuid, user: Uuid) -> Result<(), DbError> {
    execute(q, statement!("delete_member"), &[&org, &user]).await?;
    Ok(())
}

/// Changes the roles of a member.
pub async fn update_member_roles(
    q: &impl Querier,
    org: Uuid,
    user: Uuid,
    roles: &[String],
    now: Timestamp,
) -> Result<(), DbError> {
    execute(q, statement!("update_member_roles"), &[&org, &user, &roles, &now]).await?;
    Ok(())
}

row! {
    /// A role that an organization made.
    #[derive(PartialEq, serde::Serialize)]
    pub struct CustomRoleRow {
        pub organization_id: Uuid,
        pub name: String,
        pub display_name: String,
        pub permissions: serde_json::Value,
    }
}

/// The custom roles of an organization by name.
pub async fn list_custom_roles(q: &impl Querier, org: Uuid) -> Result<Vec<CustomRoleRow>, DbError> {
    all(q, statement!("list_custom_roles"), &[&org]).await
}

/// Stores or replaces a custom role.
pub async fn upsert_custom_role(q: &impl Querier, role: &CustomRoleRow, now: Timestamp) -> Result<(), DbError> {
    let r = role;
    execute(q, statement!("upsert_custom_role"), &[&r.organization_id, &r.name, &r.display_name, &r.permissions, &now])
        .await?;
    Ok(())
}

/// Removes a custom role, also from its holders; false when it was not there.
pub async fn delete_custom_role(q: &impl Querier, org: Uuid, name: &str) -> Result<bool, DbError> {
    Ok(execute(q, statement!("delete_custom_role"), &[&org, &name]).await? > 0)
}

row! {
    /// A membership alone.
    pub struct MembershipRow {
        pub organization_id: Uuid,
        pub roles: Vec<String>,
    }
}

/// The memberships of a user.
pub async fn list_memberships_of_user(q: &impl Querier, user: Uuid) -> Result<Vec<MembershipRow>, DbError> {
    all(q, statement!("list_memberships_of_user"), &[&user]).await
}
