//! What agents report and ask for.

use jiff::Timestamp;
use postgres_types::Json;
use serde_json::Value;
use uuid::Uuid;
use warren_rbac::{Guarded, Object, Protected};

use crate::access::StoredAcl;
use crate::resources::{AgentMetadataDescription, ResourceRow};
use crate::workspaces::workspace_object;
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
    /// What became of lines that were to be stored.
    pub struct LogsInsertedRow {
        /// Length of the whole output in bytes; `None`: refused, it would be too long.
        pub length: Option<i32>,
        /// The lowest id.
        pub first_id: Option<i64>,
    }
}

row! {
    /// What decides about prolonging a build.
    pub struct BumpFactsRow {
        pub build_id: Uuid,
        pub workspace_id: Uuid,
        pub owner_id: Uuid,
        pub deadline: Option<Timestamp>,
        pub max_deadline: Option<Timestamp>,
        pub ttl_ms: Option<i64>,
        pub autostart_schedule: Option<String>,
        pub activity_bump_ms: i64,
        pub default_ttl_ms: i64,
        pub allow_user_autostart: bool,
        pub allow_user_autostop: bool,
        pub autostart_days: i16,
    }
}

row! {
    /// An agent of a workspace and, if it has it, the app of a slug.
    pub struct AppTargetRow {
        pub workspace_id: Uuid,
        pub workspace_name: String,
        pub owner_id: Uuid,
        pub owner_name: String,
        pub organization_id: Uuid,
        pub dormant: bool,
        pub user_acl: Json<StoredAcl>,
        pub group_acl: Json<StoredAcl>,
        pub agent_id: Uuid,
        pub agent_name: String,
        pub slug: Option<String>,
        pub url: Option<String>,
        pub external: Option<bool>,
        pub subdomain: Option<bool>,
        pub sharing_level: Option<String>,
        pub health: Option<String>,
    }
}

impl Protected for AppTargetRow {
    fn object(&self) -> Object {
        let lists = (&self.user_acl.0, &self.group_acl.0);
        workspace_object(self.workspace_id, self.owner_id, self.organization_id, self.dormant, lists)
    }
}

row! {
    /// An agent of a workspace's latest build, as metrics show it.
    pub struct FleetRow {
        pub id: Uuid,
        pub name: String,
        pub owner_name: String,
        pub workspace_name: String,
        pub template_name: String,
        pub version_name: String,
        pub created_at: Timestamp,
        pub connection_timeout_seconds: i32,
        pub lifecycle_state: String,
        pub first_connected_at: Option<Timestamp>,
        pub last_connected_at: Option<Timestamp>,
        pub disconnected_at: Option<Timestamp>,
        pub app_names: Vec<String>,
        pub app_healths: Vec<String>,
    }
}

row! {
    /// A key pair in OpenSSH form.
    pub struct GitKeyRow {
        pub public_key: String,
        pub private_key: String,
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

/// An agent connected; when it did for the first time.
///
/// # Errors
/// [`DbError`].
pub async fn update_connected(q: &impl Querier, agent: Uuid, now: Timestamp) -> Result<Option<Timestamp>, DbError> {
    scalar(q, statement!("update_connected"), &[&agent, &now]).await
}

/// An agent's connection that began at `since` ended; nothing happens when another server has a newer one.
///
/// # Errors
/// [`DbError`].
pub async fn update_disconnected(
    q: &impl Querier,
    agent: Uuid,
    (since, last_seen): (Timestamp, Timestamp),
    now: Timestamp,
) -> Result<u64, DbError> {
    execute(q, statement!("update_disconnected"), &[&agent, &since, &last_seen, &now]).await
}

/// Which of these agents may be connected.
///
/// # Errors
/// [`DbError`].
pub async fn list_admitted(q: &impl Querier, agents: &[Uuid]) -> Result<Vec<Uuid>, DbError> {
    list(q, statement!("list_admitted"), &[&agents]).await
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

/// From now on the agent's output is refused.
///
/// # Errors
/// [`DbError`].
pub async fn mark_logs_overflowed(q: &impl Querier, agent: Uuid) -> Result<u64, DbError> {
    execute(q, statement!("mark_logs_overflowed"), &[&agent]).await
}

/// Lines of an agent's output to store.
#[derive(Debug)]
pub struct NewLogs<'a> {
    pub agent_id: Uuid,
    pub source_id: Uuid,
    pub created_at: Timestamp,
    /// One for each line.
    pub levels: &'a [&'a str],
    pub lines: &'a [String],
}

/// Stores lines of one source unless the agent's output would become longer than `limit` bytes.
///
/// # Errors
/// [`DbError`].
pub async fn insert_logs(q: &impl Querier, logs: &NewLogs<'_>, limit: i32) -> Result<LogsInsertedRow, DbError> {
    let NewLogs { agent_id, source_id, created_at, levels, lines } = logs;
    let bytes = lines.iter().map(String::len).sum::<usize>();
    // More than any limit: the comparison in the statement must not overflow.
    let bytes = i32::try_from(bytes).unwrap_or(i32::MAX / 2).min(i32::MAX / 2);
    let params: &[&(dyn tokio_postgres::types::ToSql + Sync)] =
        &[agent_id, source_id, created_at, levels, lines, &bytes, &limit];
    one(q, statement!("insert_logs"), params).await
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

/// The monitors that the template asks for, as JSON.
///
/// # Errors
/// [`DbError`].
pub async fn find_monitors(q: &impl Querier, agent: Uuid) -> Result<Option<Value>, DbError> {
    scalar(q, statement!("find_monitors"), &[&agent]).await
}

/// An agent with its resource.
///
/// # Errors
/// [`DbError`].
pub async fn find_agent(q: &impl Querier, agent: Uuid) -> Result<Option<ResourceRow>, DbError> {
    optional(q, statement!("find_agent"), &[&agent]).await
}

/// What an agent measures again and again, in display order.
///
/// # Errors
/// [`DbError`].
pub async fn find_metadata(q: &impl Querier, agent: Uuid) -> Result<Option<Vec<AgentMetadataDescription>>, DbError> {
    Ok(scalar::<Json<Vec<AgentMetadataDescription>>>(q, statement!("find_metadata"), &[&agent])
        .await?
        .map(|json| json.0))
}

/// What decides about prolonging workspaces that were used.
///
/// # Errors
/// [`DbError`].
pub async fn list_bump_facts(q: &impl Querier, workspaces: &[Uuid]) -> Result<Vec<BumpFactsRow>, DbError> {
    all(q, statement!("list_bump_facts"), &[&workspaces]).await
}

/// Prolongs builds.
///
/// # Errors
/// [`DbError`].
pub async fn update_deadlines(q: &impl Querier, builds: &[Uuid], deadlines: &[Timestamp]) -> Result<u64, DbError> {
    execute(q, statement!("update_deadlines"), &[&builds, &deadlines]).await
}

/// The stored key of a feature, or this one, stored now.
///
/// # Errors
/// [`DbError`].
pub async fn ensure_secret(q: &impl Querier, feature: &str, secret: &[u8], now: Timestamp) -> Result<Vec<u8>, DbError> {
    Ok(scalar(q, statement!("ensure_secret"), &[&feature, &secret, &now]).await?.unwrap_or_else(|| secret.to_vec()))
}

/// The agents of a workspace's latest build, each with the app of this slug if it has it.
///
/// # Errors
/// [`DbError`].
pub async fn list_app_targets(
    q: &impl Querier,
    (owner, workspace, agent): (&str, &str, Option<&str>),
    slug: &str,
) -> Result<Vec<Guarded<AppTargetRow>>, DbError> {
    let rows = all(q, statement!("list_app_targets"), &[&owner, &workspace, &agent, &slug]).await?;
    Ok(rows.into_iter().map(Guarded::new).collect())
}

/// The key pair with which a user's workspaces reach repositories.
///
/// # Errors
/// [`DbError`].
pub async fn find_git_key(q: &impl Querier, user: Uuid) -> Result<Option<GitKeyRow>, DbError> {
    optional(q, statement!("find_git_key"), &[&user]).await
}

/// Every agent of the latest build of every workspace.
///
/// # Errors
/// [`DbError`].
pub async fn list_fleet(q: &impl Querier) -> Result<Vec<FleetRow>, DbError> {
    all(q, statement!("list_fleet"), &[]).await
}
