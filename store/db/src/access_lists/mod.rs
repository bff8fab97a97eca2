//! Users and groups in access lists.

use jiff::Timestamp;
use uuid::Uuid;

use crate::{DbError, Querier, all};

row! {
    /// A user of an access list.
    pub struct AccessUserRow {
        pub id: Uuid,
        pub username: String,
        pub email: String,
        pub name: String,
        pub avatar_url: String,
        pub login_type: String,
        pub status: String,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
        pub last_seen_at: Timestamp,
    }
}

row! {
    /// A group of an access list.
    pub struct AccessGroupRow {
        pub id: Uuid,
        pub organization_id: Uuid,
        pub name: String,
        pub display_name: String,
        pub avatar_url: String,
        pub quota_allowance: i32,
        pub source: String,
        pub organization_name: String,
        pub organization_display_name: String,
        pub member_count: i64,
    }
}

/// Members of an organization, all or those with these ids.
///
/// # Errors
/// [`DbError`].
pub async fn list_access_users(
    q: &impl Querier,
    organization_id: Uuid,
    ids: Option<Vec<Uuid>>,
) -> Result<Vec<AccessUserRow>, DbError> {
    all(q, statement!("list_access_users"), &[&organization_id, &ids]).await
}

/// Groups of an organization, all or those with these ids.
///
/// # Errors
/// [`DbError`].
pub async fn list_access_groups(
    q: &impl Querier,
    organization_id: Uuid,
    ids: Option<Vec<Uuid>>,
) -> Result<Vec<AccessGroupRow>, DbError> {
    all(q, statement!("list_access_groups"), &[&organization_id, &ids]).await
}
