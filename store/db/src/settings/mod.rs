//! Settings and facts of the deployment.

use crate::{DbError, Querier, execute, scalar};

/// A setting.
pub async fn find_setting(q: &impl Querier, key: &str) -> Result<Option<String>, DbError> {
    scalar(q, statement!("find_setting"), &[&key]).await
}

/// Stores a setting.
pub async fn upsert_setting(q: &impl Querier, key: &str, value: &str) -> Result<(), DbError> {
    execute(q, statement!("upsert_setting"), &[&key, &value]).await?;
    Ok(())
}

/// The stored value, or `value` stored now when there is none; several servers that start together agree.
pub async fn ensure_setting(q: &impl Querier, key: &str, value: &str) -> Result<String, DbError> {
    if let Some(stored) = find_setting(q, key).await? {
        return Ok(stored);
    }
    Ok(scalar(q, statement!("ensure_setting"), &[&key, &value]).await?.unwrap_or_else(|| value.to_owned()))
}

row! {
    /// How many living workspaces have a status.
    pub struct WorkspaceStatusCount {
        pub status: String,
        pub count: i64,
    }
}

/// Living workspaces by the status of their latest build.
pub async fn count_workspaces_by_status(q: &impl Querier) -> Result<Vec<(String, i64)>, DbError> {
    let rows: Vec<WorkspaceStatusCount> = crate::all(q, statement!("count_workspaces_by_status"), &[]).await?;
    Ok(rows.into_iter().map(|row| (row.status, row.count)).collect())
}

/// One round trip.
pub async fn ping(q: &impl Querier) -> Result<(), DbError> {
    execute(q, statement!("ping"), &[]).await?;
    Ok(())
}
