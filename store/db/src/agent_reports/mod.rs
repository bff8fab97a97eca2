//! What agents report and ask for.

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::{DbError, Querier, all, execute, list, one, optional, scalar};

row! {
    /// What an agent's manifest is made of.
    pub struct ManifestRow {
        pub id: Uuid,
        pub parent_id: Option<Uuid>,
        pub name: String,
        pub directory: String,
        pub motd_file: String,
        pub environment_variables: Value,
        pub scripts: Value,
        pub metadata: Value,
        pub devcontainers: Value,
        pub workspace_id: Uuid,
        pub workspace_name: String,
        pub owner_name: String,
        pub apps: Value,
    }
}

row! {
    /// An app and its health.
    pub struct AppHealthRow {
        pub id: Uuid,
        pub healthcheck_url: String,
        pub health: String,
    }
}

row! {
    /// One line of output.
    pub struct AgentLogRow {
        pub id: i64,
        pub created_at: Timestamp,
        pub level: String,
        pub log_source_id: Uuid,
        pub output: String,
    }
}

row! {
    /// Where lines of output come from.
    pub struct LogSourceRow {
        pub workspace_agent_id: Uuid,
        pub id: Uuid,
        pub created_at: Timestamp,
        pub display_name: String,
        pub icon: String,
    }
}

/// A run of a script.
#[derive(Debug, Clone)]
pub struct ScriptTiming {
    pub script_id: Uuid,
    pub started_at: Timestamp,
    pub ended_at: Timestamp,
    pub exit_code: i32,
    pub stage: &'static str,
    pub status: &'static str,
}

/// A session into a workspace that began or ended.
#[derive(Debug, Clone)]
pub struct ConnectionReport {
    pub connection_id: Uuid,
    pub workspace_id: Uuid,
    pub agent_name: String,
    pub kind: &'static str,
    pub ip: Option<String>,
    pub at: Timestamp,
    /// Status code and reason of its end.
    pub ended: Option<(i32, Option<String>)>,
}

/// Everything an agent's manifest needs.
///
/// # Errors
/// [`DbError`].
pub async fn find_manifest(q: &impl Querier, agent: Uuid) -> Result<Option<ManifestRow>, DbError> {
    optional(q, statement!("find_manifest"), &[&agent]).await
}

/// Stores version, directory, subsystems and API version of an agent.
///
/// # Errors
/// [`DbError`].
pub async fn update_startup(
    q: &impl Querier,
    agent: Uuid,
    (version, directory, api_version): (&str, &str, &str),
    subsystems: &[&str],
) -> Result<u64, DbError> {
    execute(q, statement!("update_startup"), &[&agent, &version, &directory, &subsystems, &api_version]).await
}

/// Stores a lifecycle state and the times that follow from it.
///
/// # Errors
/// [`DbError`].
pub async fn update_lifecycle(q: &impl Querier, agent: Uuid, state: &str, at: Timestamp) -> Result<u64, DbError> {
    execute(q, statement!("update_lifecycle"), &[&agent, &state, &at]).await
}

/// An agent connected.
///
/// # Errors
/// [`DbError`].
pub async fn update_connected(q: &impl Querier, agent: Uuid, now: Timestamp) -> Result<u64, DbError> {
    execute(q, statement!("update_connected"), &[&agent, &now]).await
}

/// An agent's connection ended.
///
/// # Errors
/// [`DbError`].
pub async fn update_disconnected(
    q: &impl Querier,
    agent: Uuid,
    last_seen: Timestamp,
    now: Timestamp,
) -> Result<u64, DbError> {
    execute(q, statement!("update_disconnected"), &[&agent, &last_seen, &now]).await
}

/// Stores the last signs of life of many agents in one statement.
///
/// # Errors
/// [`DbError`].
pub async fn update_last_seen(q: &impl Querier, agents: &[Uuid], times: &[Timestamp]) -> Result<u64, DbError> {
    execute(q, statement!("update_last_seen"), &[&agents, &times]).await
}

/// The apps of an agent with their healths.
///
/// # Errors
/// [`DbError`].
pub async fn list_app_healths(q: &impl Querier, agent: Uuid) -> Result<Vec<AppHealthRow>, DbError> {
    all(q, statement!("list_app_healths"), &[&agent]).await
}

/// Stores healths of an agent's apps; ids of others are ignored.
///
/// # Errors
/// [`DbError`].
pub async fn update_app_healths(
    q: &impl Querier,
    agent: Uuid,
    apps: &[Uuid],
    healths: &[&str],
) -> Result<u64, DbError> {
    execute(q, statement!("update_app_healths"), &[&agent, &apps, &healths]).await
}

/// Adds to the length of an agent's output; `None` when that would pass the limit. The first value is the new length.
///
/// # Errors
/// [`DbError`].
pub async fn reserve_log_bytes(
    q: &impl Querier,
    agent: Uuid,
    bytes: i32,
    limit: i32,
) -> Result<Option<i32>, DbError> {
    scalar(q, statement!("reserve_log_bytes"), &[&agent, &bytes, &limit]).await
}

/// From now on the agent's output is refused.
///
/// # Errors
/// [`DbError`].
pub async fn mark_logs_overflowed(q: &impl Querier, agent: Uuid) -> Result<u64, DbError> {
    execute(q, statement!("mark_logs_overflowed"), &[&agent]).await
}

/// Stores lines of one source; answers their ids in order.
///
/// # Errors
/// [`DbError`].
pub async fn insert_logs(
    q: &impl Querier,
    (agent, source, now): (Uuid, Uuid, Timestamp),
    levels: &[&str],
    lines: &[String],
) -> Result<Vec<i64>, DbError> {
    list(q, statement!("insert_logs"), &[&agent, &source, &now, &levels, &lines]).await
}

/// Lines after an id, at most `limit`.
///
/// # Errors
/// [`DbError`].
pub async fn list_logs(q: &impl Querier, agent: Uuid, after: i64, limit: i64) -> Result<Vec<AgentLogRow>, DbError> {
    all(q, statement!("list_logs"), &[&agent, &after, &limit]).await
}

/// Adds a source of output; one that exists stays as it is.
///
/// # Errors
/// [`DbError`].
pub async fn insert_log_source(
    q: &impl Querier,
    (agent, id, now): (Uuid, Uuid, Timestamp),
    display_name: &str,
    icon: &str,
) -> Result<LogSourceRow, DbError> {
    one(q, statement!("insert_log_source"), &[&agent, &id, &now, &display_name, &icon]).await
}

/// Stores a run of a script.
///
/// # Errors
/// [`DbError`].
pub async fn insert_script_timing(q: &impl Querier, agent: Uuid, run: &ScriptTiming) -> Result<u64, DbError> {
    let ScriptTiming { script_id, started_at, ended_at, exit_code, stage, status } = run;
    let params: &[&(dyn tokio_postgres::types::ToSql + Sync)] =
        &[&agent, script_id, started_at, ended_at, exit_code, stage, status];
    execute(q, statement!("insert_script_timing"), params).await
}

/// Stores the begin or the end of a session.
///
/// # Errors
/// [`DbError`].
pub async fn upsert_connection_log(q: &impl Querier, report: &ConnectionReport) -> Result<u64, DbError> {
    let code = report.ended.as_ref().map(|(code, _)| *code);
    let reason = report.ended.as_ref().and_then(|(_, reason)| reason.clone());
    let ended = report.ended.is_some();
    let ConnectionReport { connection_id, workspace_id, agent_name, kind, ip, at, .. } = report;
    let params: &[&(dyn tokio_postgres::types::ToSql + Sync)] =
        &[connection_id, workspace_id, agent_name, kind, ip, at, &ended, &code, &reason];
    execute(q, statement!("upsert_connection_log"), params).await
}

/// Whether the agent's build is the latest of its workspace.
///
/// # Errors
/// [`DbError`].
pub async fn is_latest_build(q: &impl Querier, agent: Uuid) -> Result<bool, DbError> {
    Ok(scalar::<Option<bool>>(q, statement!("is_latest_build"), &[&agent]).await?.flatten().unwrap_or(false))
}

/// The monitors that the template asks for, as JSON.
///
/// # Errors
/// [`DbError`].
pub async fn find_monitors(q: &impl Querier, agent: Uuid) -> Result<Option<Value>, DbError> {
    scalar(q, statement!("find_monitors"), &[&agent]).await
}
