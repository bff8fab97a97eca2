//! What people change about a workspace.

use jiff::Timestamp;
use postgres_types::Json;
use uuid::Uuid;

use crate::access::StoredAcl;
use crate::{DbError, Querier, execute};

/// Renames a workspace.
///
/// # Errors
/// [`DbError`]; unique `workspaces_owner_id_name_idx`.
pub async fn update_name(q: &impl Querier, id: Uuid, now: Timestamp, name: &str) -> Result<(), DbError> {
    execute(q, statement!("update_name"), &[&id, &now, &name]).await?;
    Ok(())
}

/// Sets the schedule and the time that follows from it.
///
/// # Errors
/// [`DbError`].
pub async fn update_autostart(
    q: &impl Querier,
    id: Uuid,
    schedule: Option<&str>,
    next_start_at: Option<Timestamp>,
) -> Result<(), DbError> {
    execute(q, statement!("update_autostart"), &[&id, &schedule, &next_start_at]).await?;
    Ok(())
}

/// Sets the time to live of coming starts.
///
/// # Errors
/// [`DbError`].
pub async fn update_ttl(q: &impl Querier, id: Uuid, ttl_ms: Option<i64>) -> Result<(), DbError> {
    execute(q, statement!("update_ttl"), &[&id, &ttl_ms]).await?;
    Ok(())
}

/// `always` or `never`.
///
/// # Errors
/// [`DbError`].
pub async fn update_automatic_updates(q: &impl Querier, id: Uuid, value: &str) -> Result<(), DbError> {
    execute(q, statement!("update_automatic_updates"), &[&id, &value]).await?;
    Ok(())
}

/// Makes a workspace dormant, or wakes it, which counts as use.
///
/// # Errors
/// [`DbError`].
pub async fn update_dormancy(
    q: &impl Querier,
    id: Uuid,
    dormant_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), DbError> {
    execute(q, statement!("update_dormancy"), &[&id, &dormant_at, &now]).await?;
    Ok(())
}

/// The owner's mark.
///
/// # Errors
/// [`DbError`].
pub async fn update_favorite(q: &impl Querier, id: Uuid, favorite: bool) -> Result<(), DbError> {
    execute(q, statement!("update_favorite"), &[&id, &favorite]).await?;
    Ok(())
}

/// Replaces both access lists.
///
/// # Errors
/// [`DbError`].
pub async fn update_acl(q: &impl Querier, id: Uuid, users: &StoredAcl, groups: &StoredAcl) -> Result<(), DbError> {
    execute(q, statement!("update_acl"), &[&id, &Json(users), &Json(groups)]).await?;
    Ok(())
}

/// Notes that these workspaces were used.
///
/// # Errors
/// [`DbError`].
pub async fn touch_workspaces(q: &impl Querier, ids: &[Uuid], now: Timestamp) -> Result<(), DbError> {
    execute(q, statement!("touch_workspaces"), &[&ids, &now]).await?;
    Ok(())
}

/// Sets when it starts by itself next.
///
/// # Errors
/// [`DbError`].
pub async fn update_next_start(q: &impl Querier, id: Uuid, next_start_at: Option<Timestamp>) -> Result<(), DbError> {
    execute(q, statement!("update_next_start"), &[&id, &next_start_at]).await?;
    Ok(())
}

/// Hides a workspace for good.
///
/// # Errors
/// [`DbError`].
pub async fn delete_workspace(q: &impl Querier, id: Uuid, now: Timestamp) -> Result<(), DbError> {
    execute(q, statement!("delete_workspace"), &[&id, &now]).await?;
    Ok(())
}
