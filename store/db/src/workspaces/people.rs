//! Whose a workspace can be, and where.

use uuid::Uuid;

use crate::{DbError, Querier, all, optional};

row! {
    /// A user who can own workspaces.
    pub struct OwnerRow {
        pub id: Uuid,
        pub username: String,
        pub avatar_url: String,
        pub status: String,
    }
}

row! {
    /// An organization.
    pub struct HomeRow {
        pub id: Uuid,
        pub name: String,
        pub display_name: String,
        pub icon: String,
    }
}

row! {
    /// A member for whom a workspace can be made.
    pub struct PossibleOwnerRow {
        pub id: Uuid,
        pub username: String,
        pub name: String,
        pub avatar_url: String,
    }
}

/// A user by id or by name.
///
/// # Errors
/// [`DbError`].
pub async fn find_owner(q: &impl Querier, id: Option<Uuid>, name: Option<&str>) -> Result<Option<OwnerRow>, DbError> {
    optional(q, statement!("find_owner"), &[&id, &name]).await
}

/// An organization by id, by name, or the default one.
///
/// # Errors
/// [`DbError`].
pub async fn find_home(q: &impl Querier, id: Option<Uuid>, name: Option<&str>) -> Result<Option<HomeRow>, DbError> {
    optional(q, statement!("find_home"), &[&id, &name]).await
}

/// Members of an organization, by name.
///
/// # Errors
/// [`DbError`].
pub async fn list_possible_owners(
    q: &impl Querier,
    organization_id: Uuid,
    pattern: Option<&str>,
    offset: i64,
    limit: Option<i64>,
) -> Result<Vec<PossibleOwnerRow>, DbError> {
    all(q, statement!("list_possible_owners"), &[&organization_id, &pattern, &offset, &limit]).await
}
