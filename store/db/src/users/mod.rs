//! Users.

use jiff::Timestamp;
use uuid::Uuid;
use warren_rbac::{Filter, Guarded, Object, Protected, Resource};

use crate::{DbError, Querier, all, execute, one, optional, scalar};

row! {
    /// A living user.
    #[derive(PartialEq, Eq, serde::Serialize)]
    pub struct UserRow {
        pub id: Uuid,
        pub username: String,
        pub email: String,
        pub name: String,
        pub avatar_url: String,
        pub login_type: String,
        pub status: String,
        pub site_roles: Vec<String>,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
        pub last_seen_at: Timestamp,
        pub is_service_account: bool,
        pub theme_preference: String,
        pub terminal_font: String,
        pub quiet_hours_schedule: String,
        pub organization_ids: Vec<Uuid>,
    }
}

impl Protected for UserRow {
    fn object(&self) -> Object {
        Object::new(Resource::User).id(self.id).owned_by(self.id)
    }
}

row! {
    /// What a password login needs.
    pub struct LoginRow {
        pub id: Uuid,
        pub username: String,
        pub login_type: String,
        pub status: String,
        pub site_roles: Vec<String>,
        pub password_hash: Option<String>,
    }
}

/// A user to store.
#[derive(Debug, Clone)]
pub struct NewUser {
    pub id: Uuid,
    pub username: String,
    pub email: String,
    pub name: String,
    pub login_type: String,
    pub status: String,
    pub password_hash: Option<String>,
    pub site_roles: Vec<String>,
    pub is_service_account: bool,
    pub created_at: Timestamp,
}

/// What to list; `None` or empty for any. Texts are lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserSearch {
    /// Part of username or e-mail.
    pub search: String,
    /// Part of the full name.
    pub name: String,
    pub username: String,
    pub email: String,
    pub status: Vec<String>,
    pub roles: Vec<String>,
    pub login_types: Vec<String>,
    pub service_account: Option<bool>,
    pub last_seen_after: Option<Timestamp>,
    pub last_seen_before: Option<Timestamp>,
    pub created_after: Option<Timestamp>,
    pub created_before: Option<Timestamp>,
    pub github_user_id: Option<i64>,
}

/// Makes a dormant user active; false when the user was not dormant.
pub async fn activate_dormant_user(q: &impl Querier, user: Uuid, now: Timestamp) -> Result<bool, DbError> {
    Ok(execute(q, statement!("activate_dormant_user"), &[&user, &now]).await? > 0)
}

/// Whether anybody was ever registered. Takes a lock that makes two first registrations run one after another.
pub async fn lock_first_user(q: &impl Querier) -> Result<bool, DbError> {
    execute(q, statement!("lock_first_user"), &[]).await?;
    has_users(q).await
}

/// Whether anybody was ever registered.
pub async fn has_users(q: &impl Querier) -> Result<bool, DbError> {
    Ok(scalar(q, statement!("has_users"), &[]).await?.unwrap_or(false))
}

/// Stores a user.
pub async fn insert_user(q: &impl Querier, user: &NewUser) -> Result<(), DbError> {
    let u = user;
    execute(
        q,
        statement!("insert_user"),
        &[
            &u.id,
            &u.username,
            &u.email,
            &u.name,
            &u.login_type,
            &u.status,
            &u.password_hash,
            &u.site_roles,
            &u.is_service_account,
            &u.created_at,
        ],
    )
    .await?;
    Ok(())
}

/// A user by id.
pub async fn find_user_by_id(q: &impl Querier, id: Uuid) -> Result<Option<Guarded<UserRow>>, DbError> {
    Ok(optional(q, statement!("find_user_by_id"), &[&id]).await?.map(Guarded::new))
}

/// A user by name, in any case.
pub async fn find_user_by_name(q: &impl Querier, username: &str) -> Result<Option<Guarded<UserRow>>, DbError> {
    Ok(optional(q, statement!("find_user_by_name"), &[&username]).await?.map(Guarded::new))
}

/// What a login by this e-mail address needs; nobody is authenticated yet.
pub async fn find_login_by_email(q: &impl Querier, email: &str) -> Result<Option<LoginRow>, DbError> {
    optional(q, statement!("find_login_by_email"), &[&email]).await
}

/// The same for a known user.
pub async fn find_login_by_id(q: &impl Querier, id: Uuid) -> Result<Option<LoginRow>, DbError> {
    optional(q, statement!("find_login_by_id"), &[&id]).await
}

/// Users by name, a page of them.
pub async fn list_users(
    q: &impl Querier,
    filter: &Filter,
    search: &UserSearch,
    page: (Option<Uuid>, i64, Option<i64>),
) -> Result<Vec<UserRow>, DbError> {
    let (after, offset, limit) = page;
    let s = search;
    all(
        q,
        statement!("list_users"),
        &[
            &filter.all,
            &filter.own,
            &filter.ids,
            &s.search,
            &s.name,
            &s.username,
            &s.email,
            &s.status,
            &s.roles,
            &s.login_types,
            &s.service_account,
            &s.last_seen_after,
            &s.last_seen_before,
            &s.created_after,
            &s.created_before,
            &s.github_user_id,
            &after,
            &offset,
            &limit,
        ],
    )
    .await
}

/// How many users [`list_users`] would return without a page.
pub async fn count_users(q: &impl Querier, filter: &Filter, search: &UserSearch) -> Result<i64, DbError> {
    let s = search;
    Ok(scalar(
        q,
        statement!("count_users"),
        &[
            &filter.all,
            &filter.own,
            &filter.ids,
            &s.search,
            &s.name,
            &s.username,
            &s.email,
            &s.status,
            &s.roles,
            &s.login_types,
            &s.service_account,
            &s.last_seen_after,
            &s.last_seen_before,
            &s.created_after,
            &s.created_before,
            &s.github_user_id,
        ],
    )
    .await?
    .unwrap_or(0))
}

/// Changes username, full name and picture.
pub async fn update_user_profile(
    q: &impl Querier,
    id: Uuid,
    (username, name, avatar_url): (&str, &str, &str),
    now: Timestamp,
) -> Result<UserRow, DbError> {
    one(q, statement!("update_user_profile"), &[&id, &username, &name, &avatar_url, &now]).await
}

/// Changes the status.
pub async fn update_user_status(q: &impl Querier, id: Uuid, status: &str, now: Timestamp) -> Result<UserRow, DbError> {
    one(q, statement!("update_user_status"), &[&id, &status, &now]).await
}

/// Changes the site roles.
pub async fn update_user_roles(
    q: &impl Querier,
    id: Uuid,
    roles: &[String],
    now: Timestamp,
) -> Result<UserRow, DbError> {
    one(q, statement!("update_user_roles"), &[&id, &roles, &now]).await
}

/// Changes the kept hash of the password and forgets a one-time passcode.
pub async fn update_user_password(q: &impl Querier, id: Uuid, hash: &str, now: Timestamp) -> Result<(), DbError> {
    execute(q, statement!("update_user_password"), &[&id, &hash, &now]).await?;
    Ok(())
}

/// Changes theme and terminal font.
pub async fn update_user_appearance(
    q: &impl Querier,
    id: Uuid,
    theme: &str,
    font: &str,
    now: Timestamp,
) -> Result<(), DbError> {
    execute(q, statement!("update_user_appearance"), &[&id, &theme, &font, &now]).await?;
    Ok(())
}

/// Changes the quiet hours.
pub async fn update_user_quiet_hours(
    q: &impl Querier,
    id: Uuid,
    schedule: &str,
    now: Timestamp,
) -> Result<(), DbError> {
    execute(q, statement!("update_user_quiet_hours"), &[&id, &schedule, &now]).await?;
    Ok(())
}

/// Hides a user, and takes memberships and keys away. Their name and address become free.
pub async fn delete_user(q: &impl Querier, id: Uuid, now: Timestamp) -> Result<(), DbError> {
    execute(q, statement!("delete_user"), &[&id, &now]).await?;
    Ok(())
}

/// Whether a user owns living workspaces.
pub async fn has_workspaces(q: &impl Querier, user: Uuid) -> Result<bool, DbError> {
    Ok(scalar(q, statement!("has_workspaces"), &[&user]).await?.unwrap_or(false))
}

row! {
    /// The SSH key pair of a user for git.
    pub struct GitSshKeyRow {
        pub user_id: Uuid,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
        pub private_key: String,
        pub public_key: String,
    }
}

impl Protected for GitSshKeyRow {
    fn object(&self) -> Object {
        Object::new(Resource::User).id(self.user_id).owned_by(self.user_id)
    }
}

/// The key pair of a user.
pub async fn find_git_ssh_key(q: &impl Querier, user: Uuid) -> Result<Option<Guarded<GitSshKeyRow>>, DbError> {
    Ok(optional(q, statement!("find_git_ssh_key"), &[&user]).await?.map(Guarded::new))
}

/// Stores or replaces the key pair of a user.
pub async fn upsert_git_ssh_key(
    q: &impl Querier,
    user: Uuid,
    private_key: &str,
    public_key: &str,
    now: Timestamp,
) -> Result<GitSshKeyRow, DbError> {
    one(q, statement!("upsert_git_ssh_key"), &[&user, &private_key, &public_key, &now]).await
}
