//! Daemons, their keys, and the queue of an organization.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use warren_api::{
    CreateProvisionerKeyRequest, CreateProvisionerKeyResponse, ProvisionerDaemon, ProvisionerDaemonJob,
    ProvisionerDaemonStatus, ProvisionerJob, ProvisionerJobStatus, ProvisionerKey, ProvisionerKeyDaemons,
};
use warren_auth::ProvisionerKeys;
use warren_builds::{BUILT_IN_KEY, DAEMON_STALE, DaemonIdentity, PSK_KEY, USER_KEY};
use warren_db::daemons::{self, DaemonRow, ProvisionerKeyRow};
use warren_db::jobs::{JobSearch, Tags, list_jobs_by_organization};
use warren_db::{Db, DbError, ResultExt};
use warren_rbac::{Action, Object, Principal, Resource};
use warren_template::tags::{OWNER, SCOPE, USER, normalize};

use crate::{Cx, Error, OrgRef, Result, check_name, resolve, view};

/// Names that the fixed keys have.
const RESERVED: [&str; 3] = ["built-in", "user-auth", "psk"];
const SECRET_LENGTH: usize = 43;

/// What to list of the daemons.
#[derive(Debug, Clone, Default)]
pub struct DaemonSearch {
    pub ids: Option<Vec<Uuid>>,
    pub tags: Option<Tags>,
    /// Only these states; those that are away are left out unless wanted.
    pub statuses: Option<Vec<ProvisionerDaemonStatus>>,
    pub offline: bool,
    pub max_age: Option<SignedDuration>,
    pub limit: i64,
}

/// Daemons of an organization.
///
/// # Errors
/// 404.
pub async fn list_daemons(cx: &Cx, org: &OrgRef, search: DaemonSearch) -> Result<Vec<ProvisionerDaemon>> {
    let conn = cx.db().conn().await?;
    let home = resolve::home(cx, &conn, org).await?;
    let now = cx.services.now();
    let rows = daemons::list_daemons(&conn, home.id, search.ids.clone(), search.tags.as_ref(), search.limit).await?;
    let seen = rows.into_iter().filter_map(|row| row.allow(&cx.actor, Action::Read).ok());
    let wanted = |daemon: &ProvisionerDaemon| {
        let status = daemon.status.unwrap_or_default();
        let by_status = match &search.statuses {
            Some(statuses) => statuses.contains(&status),
            None => search.offline || status != ProvisionerDaemonStatus::Offline,
        };
        let young =
            search.max_age.is_none_or(|age| daemon.last_seen_at.is_some_and(|seen| now.duration_since(seen) <= age));
        by_status && young
    };
    Ok(seen.map(|row| shown(row, now)).filter(wanted).collect())
}

fn shown(row: DaemonRow, now: Timestamp) -> ProvisionerDaemon {
    let there = row.last_seen_at.is_some_and(|seen| now.duration_since(seen) <= DAEMON_STALE);
    let status = match (row.current_job_id.is_some(), there) {
        (true, _) => ProvisionerDaemonStatus::Busy,
        (false, true) => ProvisionerDaemonStatus::Idle,
        (false, false) => ProvisionerDaemonStatus::Offline,
    };
    let job = |id: Option<Uuid>,
               status: Option<String>,
               name: Option<String>,
               display: Option<String>,
               icon: Option<String>| {
        Some(ProvisionerDaemonJob {
            id: id?,
            status: ProvisionerJobStatus::parse(status.as_deref().unwrap_or_default()),
            template_display_name: display.unwrap_or_default(),
            template_icon: icon.unwrap_or_default(),
            template_name: name.unwrap_or_default(),
        })
    };
    let key_name = match row.key_id {
        id if id == BUILT_IN_KEY => Some("built-in".to_owned()),
        id if id == USER_KEY => Some("user-auth".to_owned()),
        id if id == PSK_KEY => Some("psk".to_owned()),
        _ => row.key_name,
    };
    ProvisionerDaemon {
        api_version: row.api_version,
        created_at: row.created_at,
        current_job: job(
            row.current_job_id,
            row.current_job_status,
            row.current_template_name,
            row.current_template_display_name,
            row.current_template_icon,
        ),
        id: row.id,
        key_id: row.key_id,
        key_name,
        last_seen_at: row.last_seen_at,
        name: row.name,
        organization_id: row.organization_id,
        previous_job: job(
            row.previous_job_id,
            row.previous_job_status,
            row.previous_template_name,
            row.previous_template_display_name,
            row.previous_template_icon,
        ),
        provisioners: row.provisioners,
        status: Some(status),
        tags: row.tags.0,
        version: row.version,
    }
}

/// Jobs of an organization, the youngest first.
///
/// # Errors
/// 404 without the right to see jobs.
pub async fn list_jobs(cx: &Cx, org: &OrgRef, search: JobSearch) -> Result<Vec<ProvisionerJob>> {
    let conn = cx.db().conn().await?;
    let home = resolve::home(cx, &conn, org).await?;
    cx.allow(Action::Read, &Object::new(Resource::ProvisionerJobs).in_org(home.id)).map_err(|_| Error::not_found())?;
    let seen_since = cx.services.now().checked_sub(DAEMON_STALE).unwrap_or(Timestamp::MIN);
    let rows = list_jobs_by_organization(&conn, home.id, &search, seen_since).await?;
    Ok(rows.into_iter().map(view::job_details).collect())
}

/// A job of an organization.
///
/// # Errors
/// 404.
pub async fn get_job(cx: &Cx, org: &OrgRef, id: Uuid) -> Result<ProvisionerJob> {
    let search = JobSearch { ids: Some(vec![id]), limit: 1, ..Default::default() };
    let mut job = list_jobs(cx, org, search).await?.pop().ok_or_else(Error::not_found)?;
    // The length of the queue is told with running jobs in lists only.
    if job.status != ProvisionerJobStatus::Pending {
        job.queue_size = 0;
    }
    Ok(job)
}

/// Makes a key; its secret is shown this once.
///
/// # Errors
/// 400 for a bad name, 403, 404, 409 for a taken name.
pub async fn create_key(
    cx: &Cx,
    org: &OrgRef,
    request: CreateProvisionerKeyRequest,
) -> Result<CreateProvisionerKeyResponse> {
    let conn = cx.db().conn().await?;
    let home = resolve::home(cx, &conn, org).await?;
    cx.allow(Action::Create, &Object::new(Resource::ProvisionerDaemon).in_org(home.id))?;
    let name = request.name.to_lowercase();
    if RESERVED.contains(&name.as_str()) {
        return Err(Error::invalid("The name of the key is reserved.").validation("name", "reserved"));
    }
    check_name(&name)
        .map_err(|problem| Error::invalid("The name of the key is invalid.").validation("name", problem))?;
    let secret = random_secret();
    let row = ProvisionerKeyRow {
        id: Uuid::new_v4(),
        created_at: cx.services.now(),
        organization_id: home.id,
        name: name.clone(),
        tags: postgres_types::Json(request.tags),
    };
    let hashed = Sha256::digest(secret.as_bytes());
    daemons::insert_key(&conn, row.created_at, &row, &hashed).await.on_constraint(
        "provisioner_keys_organization_id_name_idx",
        || {
            Error::conflict(format!("Provisioner key with name {name:?} already exists in the organization."))
                .validation("name", "This value is already in use and should be unique.")
        },
    )?;
    Ok(CreateProvisionerKeyResponse { key: secret })
}

fn random_secret() -> String {
    use rand::RngExt;
    const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut rng = rand::rng();
    (0..SECRET_LENGTH).map(|_| char::from(ALPHABET[rng.random_range(0..ALPHABET.len())])).collect()
}

fn key(row: ProvisionerKeyRow) -> ProvisionerKey {
    ProvisionerKey {
        created_at: row.created_at,
        id: row.id,
        name: row.name,
        organization: row.organization_id,
        tags: row.tags.0,
    }
}

/// Keys of an organization.
///
/// # Errors
/// 403, 404.
pub async fn list_keys(cx: &Cx, org: &OrgRef) -> Result<Vec<ProvisionerKey>> {
    let conn = cx.db().conn().await?;
    let home = resolve::home(cx, &conn, org).await?;
    cx.allow(Action::Read, &Object::new(Resource::ProvisionerDaemon).in_org(home.id))?;
    Ok(daemons::list_keys(&conn, home.id).await?.into_iter().map(key).collect())
}

/// Keys of an organization with the daemons that use them.
///
/// # Errors
/// 403, 404.
pub async fn list_key_daemons(cx: &Cx, org: &OrgRef) -> Result<Vec<ProvisionerKeyDaemons>> {
    let keys = list_keys(cx, org).await?;
    let search = DaemonSearch { limit: i64::from(i32::MAX), ..Default::default() };
    let daemons = list_daemons(cx, org, search).await?;
    let with_daemons = |key: ProvisionerKey| ProvisionerKeyDaemons {
        daemons: daemons.iter().filter(|daemon| daemon.key_id == key.id).cloned().collect(),
        key,
    };
    Ok(keys.into_iter().map(with_daemons).collect())
}

/// Removes a key.
///
/// # Errors
/// 403, 404.
pub async fn delete_key(cx: &Cx, org: &OrgRef, name: &str) -> Result<()> {
    let conn = cx.db().conn().await?;
    let home = resolve::home(cx, &conn, org).await?;
    cx.allow(Action::Delete, &Object::new(Resource::ProvisionerDaemon).in_org(home.id))?;
    if daemons::delete_key(&conn, home.id, name).await? { Ok(()) } else { Err(Error::not_found()) }
}

/// The key that a daemon presented, as the daemon sees it.
///
/// # Errors
/// 404.
pub async fn get_own_key(db: &Db, secret: &str) -> Result<ProvisionerKey> {
    let conn = db.conn().await?;
    let row = daemons::find_key_by_secret(&conn, &Sha256::digest(secret.as_bytes())).await?;
    row.map(key).ok_or_else(Error::not_found)
}

/// Finds keys for the authentication of daemons.
pub struct StoredProvisionerKeys(pub Db);

#[async_trait::async_trait]
impl ProvisionerKeys for StoredProvisionerKeys {
    async fn find_key(&self, text: &str) -> Result<Option<warren_auth::ProvisionerKey>, DbError> {
        let conn = self.0.conn().await?;
        let row = daemons::find_key_by_secret(&conn, &Sha256::digest(text.as_bytes())).await?;
        Ok(row.map(|row| warren_auth::ProvisionerKey {
            id: row.id,
            organization_id: row.organization_id,
            name: row.name,
            tags: row.tags.0,
        }))
    }
}

/// What a daemon says about itself when it connects.
#[derive(Debug, Clone, Default)]
pub struct DaemonClaim {
    pub name: String,
    pub provisioners: Vec<String>,
    pub tags: BTreeMap<String, String>,
    pub version: String,
    pub api_version: String,
}

/// Who the caller is as a daemon of this organization.
///
/// # Errors
/// 400 for a claim that cannot be, 403, 404.
pub async fn identify_daemon(cx: &Cx, org: &OrgRef, claim: DaemonClaim) -> Result<DaemonIdentity> {
    let conn = cx.db().conn().await?;
    let home = resolve::home(cx, &conn, org).await?;
    if claim.name.is_empty() || claim.name.len() > 64 {
        return Err(Error::invalid("A daemon needs a name of at most 64 characters.").validation("name", "bad length"));
    }
    if claim.provisioners.is_empty()
        || claim.provisioners.iter().any(|kind| !matches!(kind.as_str(), "terraform" | "echo"))
    {
        return Err(Error::invalid("A daemon runs \"terraform\" or \"echo\".").validation("provisioner", "unknown"));
    }
    let (key_id, tags) = match &cx.actor.principal {
        Principal::ProvisionerDaemon { key: Some(key) } => {
            let row = daemons::list_keys(&conn, home.id).await?.into_iter().find(|row| row.id == *key);
            // Its tags come from the key, which belongs to this organization.
            (*key, normalize("", [&row.ok_or_else(Error::forbidden)?.tags.0]))
        }
        Principal::ProvisionerDaemon { key: None } => {
            let mut tags = claim.tags.clone();
            tags.remove(SCOPE);
            (PSK_KEY, normalize("", [&tags]))
        }
        Principal::User => {
            let user = cx.actor.user_id;
            let tags = normalize(&user.to_string(), [&claim.tags]);
            let mut object = Object::new(Resource::ProvisionerDaemon).in_org(home.id);
            if tags.get(SCOPE).is_some_and(|scope| scope == USER) {
                object = object.owned_by(user);
            }
            cx.actor.check(Action::Create, &object).map_err(|_| Error::forbidden())?;
            (USER_KEY, tags)
        }
        _ => return Err(Error::forbidden()),
    };
    debug_assert!(tags.contains_key(OWNER), "normalized tags have an owner");
    Ok(DaemonIdentity {
        organization_id: home.id,
        key_id,
        name: claim.name,
        provisioners: claim.provisioners,
        tags,
        version: claim.version,
        api_version: claim.api_version,
    })
}

/// Puts what handlers and authentication need of this part into the services.
pub fn install(services: &crate::Services, builds: warren_builds::Builds) {
    services.extensions.set(Arc::new(builds));
    // Set once at the start.
    let _ = services.provisioner_keys.set(Arc::new(StoredProvisionerKeys(services.db.clone())));
}
