//! API keys: sessions and long-lived tokens.

use jiff::Timestamp;
use postgres_types::Json;
use serde::Deserialize;
use uuid::Uuid;
use warren_rbac::{Guarded, Object, Protected, Resource};

use crate::{DbError, Querier, execute, list, optional};

row! {
    /// A key without its secret.
    #[derive(PartialEq, Eq)]
    pub struct ApiKeyRow {
        pub id: String,
        pub user_id: Uuid,
        pub login_type: String,
        pub token_name: String,
        pub scopes: Vec<String>,
        pub allow_list: Vec<String>,
        pub lifetime_seconds: i64,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
        pub last_used: Timestamp,
        pub expires_at: Timestamp,
        pub username: String,
    }
}

impl Protected for ApiKeyRow {
    fn object(&self) -> Object {
        Object::new(Resource::ApiKey).owned_by(self.user_id)
    }
}

row! {
    /// A key with what the roles of its user are compiled from.
    pub struct KeyFactsRow {
        pub hashed_secret: Vec<u8>,
        pub key_login_type: String,
        pub scopes: Vec<String>,
        pub allow_list: Vec<String>,
        pub lifetime_seconds: i64,
        pub last_used: Timestamp,
        pub expires_at: Timestamp,
        pub user_id: Uuid,
        pub username: String,
        pub status: String,
        pub login_type: String,
        pub site_roles: Vec<String>,
        pub is_service_account: bool,
        pub memberships: Json<Vec<MembershipFacts>>,
        pub groups: Vec<Uuid>,
    }
}

row! {
    /// What the roles of a user are compiled from.
    pub struct ActorFactsRow {
        pub user_id: Uuid,
        pub username: String,
        pub status: String,
        pub login_type: String,
        pub site_roles: Vec<String>,
        pub is_service_account: bool,
        pub memberships: Json<Vec<MembershipFacts>>,
        pub groups: Vec<Uuid>,
    }
}

/// A membership with the organization's default roles and the permissions of custom roles.
#[derive(Debug, Clone, Deserialize)]
pub struct MembershipFacts {
    /// The organization.
    pub organization_id: Uuid,
    /// Names of roles, default ones included.
    pub roles: Vec<String>,
    /// `everyone`, `service_accounts`, `none`
    pub sharing: String,
    /// Permissions of each custom role held.
    pub custom: Vec<Vec<PermissionFacts>>,
}

/// A stored permission of a custom role.
#[derive(Debug, Clone, Deserialize)]
pub struct PermissionFacts {
    /// Denies instead of grants.
    #[serde(default)]
    pub negate: bool,
    /// The kind of object.
    pub resource_type: String,
    /// The action.
    pub action: String,
}

/// A key to store.
#[derive(Debug, Clone)]
pub struct NewApiKey {
    pub id: String,
    pub hashed_secret: Vec<u8>,
    pub user_id: Uuid,
    pub login_type: String,
    pub token_name: String,
    pub scopes: Vec<String>,
    pub allow_list: Vec<String>,
    pub lifetime_seconds: i64,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub ip_address: String,
}

/// A use of a key, to be written in a batch.
#[derive(Debug, Clone)]
pub struct KeyUse {
    pub id: String,
    pub last_used: Timestamp,
    pub expires_at: Timestamp,
    pub ip_address: String,
}

/// The key with everything that authentication needs; not guarded, because there is no actor yet.
pub async fn find_key_facts(q: &impl Querier, id: &str) -> Result<Option<KeyFactsRow>, DbError> {
    optional(q, statement!("find_key_facts"), &[&id]).await
}

/// The facts of a user who acts without a key (through an agent, for example).
pub async fn find_actor_facts(q: &impl Querier, user: Uuid) -> Result<Option<ActorFactsRow>, DbError> {
    optional(q, statement!("find_actor_facts"), &[&user]).await
}

/// Stores a key.
pub async fn insert_api_key(q: &impl Querier, key: &NewApiKey) -> Result<(), DbError> {
    let NewApiKey {
        id,
        hashed_secret,
        user_id,
        login_type,
        token_name,
        scopes,
        allow_list,
        lifetime_seconds,
        created_at,
        expires_at,
        ip_address,
    } = key;
    execute(
        q,
        statement!("insert_api_key"),
        &[
            id,
            hashed_secret,
            user_id,
            login_type,
            token_name,
            scopes,
            allow_list,
            lifetime_seconds,
            created_at,
            expires_at,
            ip_address,
        ],
    )
    .await?;
    Ok(())
}

/// Writes uses of keys, and when their users were seen, in one statement.
pub async fn touch_api_keys(q: &impl Querier, uses: &[KeyUse]) -> Result<u64, DbError> {
    let ids: Vec<&str> = uses.iter().map(|used| used.id.as_str()).collect();
    let last_used: Vec<Timestamp> = uses.iter().map(|used| used.last_used).collect();
    let expires_at: Vec<Timestamp> = uses.iter().map(|used| used.expires_at).collect();
    let ips: Vec<&str> = uses.iter().map(|used| used.ip_address.as_str()).collect();
    execute(q, statement!("touch_api_keys"), &[&ids, &last_used, &expires_at, &ips]).await
}

/// A key of a user.
pub async fn find_api_key(q: &impl Querier, user: Uuid, id: &str) -> Result<Option<Guarded<ApiKeyRow>>, DbError> {
    Ok(optional(q, statement!("find_api_key"), &[&user, &id]).await?.map(Guarded::new))
}

/// A long-lived token of a user by its name.
pub async fn find_token_by_name(
    q: &impl Querier,
    user: Uuid,
    name: &str,
) -> Result<Option<Guarded<ApiKeyRow>>, DbError> {
    Ok(optional(q, statement!("find_token_by_name"), &[&user, &name]).await?.map(Guarded::new))
}

/// Long-lived tokens by name: of one user, or of everybody with `None`.
pub async fn list_tokens(
    q: &impl Querier,
    user: Option<Uuid>,
    include_expired: bool,
) -> Result<Vec<Guarded<ApiKeyRow>>, DbError> {
    let rows = crate::all(q, statement!("list_tokens"), &[&user, &include_expired]).await?;
    Ok(rows.into_iter().map(Guarded::new).collect())
}

/// Removes a key for good; false when it was not there.
pub async fn delete_api_key(q: &impl Querier, id: &str) -> Result<bool, DbError> {
    Ok(execute(q, statement!("delete_api_key"), &[&id]).await? > 0)
}

/// Ends a key now and keeps it.
pub async fn expire_api_key(q: &impl Querier, id: &str, now: Timestamp) -> Result<bool, DbError> {
    Ok(execute(q, statement!("expire_api_key"), &[&id, &now]).await? > 0)
}

/// Removes every key of a user.
pub async fn delete_api_keys_of_user(q: &impl Querier, user: Uuid) -> Result<u64, DbError> {
    execute(q, statement!("delete_api_keys_of_user"), &[&user]).await
}

/// Removes the keys of a user that only open applications.
pub async fn delete_application_keys_of_user(q: &impl Querier, user: Uuid) -> Result<Vec<String>, DbError> {
    list(q, statement!("delete_application_keys_of_user"), &[&user]).await
}

/// Removes a user's keys of this name; answers their ids.
///
/// # Errors
/// [`DbError`].
pub async fn delete_api_keys_by_name(q: &impl Querier, user: Uuid, name: &str) -> Result<Vec<String>, DbError> {
    list(q, statement!("delete_api_keys_by_name"), &[&user, &name]).await
}
