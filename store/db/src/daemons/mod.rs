//! Provisioner daemons and their keys.

use jiff::Timestamp;
use postgres_types::Json;
use uuid::Uuid;
use warren_rbac::{Guarded, Object, Protected, Resource};

use crate::jobs::Tags;
use crate::{DbError, Querier, all, execute, one, optional, scalar};

row! {
    /// A daemon with what it does and did last.
    pub struct DaemonRow {
        pub id: Uuid,
        pub created_at: Timestamp,
        pub organization_id: Uuid,
        pub key_id: Uuid,
        pub name: String,
        pub provisioners: Vec<String>,
        pub tags: Json<Tags>,
        pub last_seen_at: Option<Timestamp>,
        pub version: String,
        pub api_version: String,
        pub key_name: Option<String>,
        pub current_job_id: Option<Uuid>,
        pub current_job_status: Option<String>,
        pub current_template_name: Option<String>,
        pub current_template_display_name: Option<String>,
        pub current_template_icon: Option<String>,
        pub previous_job_id: Option<Uuid>,
        pub previous_job_status: Option<String>,
        pub previous_template_name: Option<String>,
        pub previous_template_display_name: Option<String>,
        pub previous_template_icon: Option<String>,
    }
}

row! {
    /// How many daemons could run a job.
    pub struct MatchingDaemonsRow {
        pub count: i64,
        pub available: i64,
        pub most_recently_seen: Option<Timestamp>,
    }
}

row! {
    /// A key, without its secret.
    pub struct ProvisionerKeyRow {
        pub id: Uuid,
        pub created_at: Timestamp,
        pub organization_id: Uuid,
        pub name: String,
        pub tags: Json<Tags>,
    }
}

impl Protected for DaemonRow {
    fn object(&self) -> Object {
        let object = Object::new(Resource::ProvisionerDaemon).id(self.id).in_org(self.organization_id);
        match self.tags.0.get("owner").and_then(|owner| owner.parse().ok()) {
            Some(owner) => object.owned_by(owner),
            None => object,
        }
    }
}

/// A daemon that connects.
#[derive(Debug, Clone)]
pub struct NewDaemon {
    pub organization_id: Uuid,
    pub key_id: Uuid,
    pub name: String,
    pub provisioners: Vec<String>,
    pub tags: Tags,
    pub version: String,
    pub api_version: String,
}

/// Registers a daemon; one of the same organization, name and owner keeps its id.
///
/// # Errors
/// [`DbError`].
pub async fn upsert_daemon(q: &impl Querier, now: Timestamp, daemon: &NewDaemon) -> Result<Uuid, DbError> {
    let NewDaemon { organization_id, key_id, name, provisioners, tags, version, api_version } = daemon;
    let id: Option<Uuid> = scalar(
        q,
        statement!("upsert_daemon"),
        &[&Uuid::new_v4(), &now, organization_id, key_id, name, provisioners, &Json(tags), version, api_version],
    )
    .await?;
    id.ok_or_else(|| DbError::Other { query: "upsert_daemon", source: "no row came back".into() })
}

/// Notes that these daemons are there.
///
/// # Errors
/// [`DbError`].
pub async fn touch_daemons(q: &impl Querier, ids: &[Uuid], now: Timestamp) -> Result<(), DbError> {
    execute(q, statement!("touch_daemons"), &[&ids, &now]).await?;
    Ok(())
}

/// Forgets daemons that were not seen for long.
///
/// # Errors
/// [`DbError`].
pub async fn delete_stale_daemons(q: &impl Querier, not_seen_since: Timestamp) -> Result<u64, DbError> {
    execute(q, statement!("delete_stale_daemons"), &[&not_seen_since]).await
}

/// How many daemons could run a job with these tags.
///
/// # Errors
/// [`DbError`].
pub async fn count_matching_daemons(
    q: &impl Querier,
    organization_id: Uuid,
    provisioner: &str,
    tags: &Tags,
    seen_since: Timestamp,
) -> Result<MatchingDaemonsRow, DbError> {
    one(q, statement!("count_matching_daemons"), &[&organization_id, &provisioner, &Json(tags), &seen_since]).await
}

/// Daemons of an organization.
///
/// # Errors
/// [`DbError`].
pub async fn list_daemons(
    q: &impl Querier,
    organization_id: Uuid,
    ids: Option<Vec<Uuid>>,
    tags: Option<&Tags>,
    limit: i64,
) -> Result<Vec<Guarded<DaemonRow>>, DbError> {
    let rows = all(q, statement!("list_daemons"), &[&organization_id, &ids, &tags.map(Json), &limit]).await?;
    Ok(rows.into_iter().map(Guarded::new).collect())
}

/// Stores a key. The name is unique in the organization (`provisioner_keys_organization_id_name_idx`).
///
/// # Errors
/// [`DbError`].
pub async fn insert_key(
    q: &impl Querier,
    now: Timestamp,
    key: &ProvisionerKeyRow,
    hashed_secret: &[u8],
) -> Result<(), DbError> {
    let ProvisionerKeyRow { id, organization_id, name, tags, .. } = key;
    execute(q, statement!("insert_key"), &[id, &now, organization_id, name, &hashed_secret, tags]).await?;
    Ok(())
}

/// Keys of an organization.
///
/// # Errors
/// [`DbError`].
pub async fn list_keys(q: &impl Querier, organization_id: Uuid) -> Result<Vec<ProvisionerKeyRow>, DbError> {
    all(q, statement!("list_keys"), &[&organization_id]).await
}

/// The key with this secret.
///
/// # Errors
/// [`DbError`].
pub async fn find_key_by_secret(q: &impl Querier, hashed_secret: &[u8]) -> Result<Option<ProvisionerKeyRow>, DbError> {
    optional(q, statement!("find_key_by_secret"), &[&hashed_secret]).await
}

/// Removes a key; false if there is none of this name.
///
/// # Errors
/// [`DbError`].
pub async fn delete_key(q: &impl Querier, organization_id: Uuid, name: &str) -> Result<bool, DbError> {
    Ok(execute(q, statement!("delete_key"), &[&organization_id, &name]).await? > 0)
}

/// Whether a key is still there.
///
/// # Errors
/// [`DbError`].
pub async fn has_key(q: &impl Querier, id: Uuid) -> Result<bool, DbError> {
    Ok(scalar(q, statement!("has_key"), &[&id]).await?.unwrap_or(false))
}
