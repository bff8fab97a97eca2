//! Resources, agents and apps that jobs found or built.

use std::collections::BTreeMap;

use jiff::Timestamp;
use postgres_types::Json;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{DbError, Querier, all, execute, list};

row! {
    /// A resource and one of its agents, if it has one.
    pub struct ResourceRow {
        pub id: Uuid,
        pub created_at: Timestamp,
        pub job_id: Uuid,
        pub transition: String,
        pub r#type: String,
        pub name: String,
        pub hide: bool,
        pub icon: String,
        pub daily_cost: i32,
        pub metadata: Json<Vec<ResourceMetadata>>,
        pub agent_id: Option<Uuid>,
        pub parent_id: Option<Uuid>,
        pub agent_created_at: Option<Timestamp>,
        pub agent_updated_at: Option<Timestamp>,
        pub agent_name: Option<String>,
        pub auth_instance_id: Option<String>,
        pub architecture: Option<String>,
        pub operating_system: Option<String>,
        pub directory: Option<String>,
        pub environment_variables: Option<Json<BTreeMap<String, String>>>,
        pub connection_timeout_seconds: Option<i32>,
        pub troubleshooting_url: Option<String>,
        pub display_apps: Option<Vec<String>>,
        pub display_order: Option<i32>,
        pub scripts: Option<Json<Vec<AgentScript>>>,
        pub version: Option<String>,
        pub api_version: Option<String>,
        pub expanded_directory: Option<String>,
        pub subsystems: Option<Vec<String>>,
        pub lifecycle_state: Option<String>,
        pub started_at: Option<Timestamp>,
        pub ready_at: Option<Timestamp>,
        pub first_connected_at: Option<Timestamp>,
        pub last_connected_at: Option<Timestamp>,
        pub disconnected_at: Option<Timestamp>,
        pub logs_length: Option<i32>,
        pub logs_overflowed: Option<bool>,
        pub apps: Option<Json<Vec<AppDocument>>>,
        pub log_sources: Option<Json<Vec<LogSourceDocument>>>,
    }
}

/// A resource to store; the names are those of the columns.
#[derive(Debug, Clone, Serialize)]
pub struct NewResource {
    pub id: Uuid,
    pub created_at: Timestamp,
    pub job_id: Uuid,
    pub transition: String,
    pub r#type: String,
    pub name: String,
    pub hide: bool,
    pub icon: String,
    pub instance_type: String,
    pub daily_cost: i32,
    pub module_path: String,
    pub metadata: Vec<ResourceMetadata>,
}

/// A fact about a resource that people see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceMetadata {
    pub key: String,
    pub value: String,
    pub sensitive: bool,
}

/// An agent to store; the names are those of the columns.
#[derive(Debug, Clone, Serialize)]
pub struct NewAgent {
    pub id: Uuid,
    pub created_at: Timestamp,
    pub resource_id: Uuid,
    pub job_id: Uuid,
    pub build_id: Option<Uuid>,
    pub workspace_id: Option<Uuid>,
    pub name: String,
    pub auth_token: Uuid,
    pub auth_instance_id: Option<String>,
    pub api_key_scope: String,
    pub architecture: String,
    pub operating_system: String,
    pub directory: String,
    pub environment_variables: BTreeMap<String, String>,
    pub connection_timeout_seconds: i32,
    pub troubleshooting_url: String,
    pub motd_file: String,
    pub display_apps: Vec<&'static str>,
    pub display_order: i32,
    pub scripts: Vec<AgentScript>,
    pub metadata: Vec<AgentMetadataDescription>,
    pub devcontainers: Vec<AgentDevcontainer>,
    pub resource_monitors: ResourceMonitors,
}

/// A script of an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentScript {
    pub id: Uuid,
    pub log_source_id: Uuid,
    pub log_path: String,
    pub script: String,
    pub cron: String,
    pub run_on_start: bool,
    pub run_on_stop: bool,
    pub start_blocks_login: bool,
    /// Seconds; 0 is none.
    pub timeout: i32,
    pub display_name: String,
    pub icon: String,
}

/// A value that an agent measures again and again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentMetadataDescription {
    pub key: String,
    pub display_name: String,
    pub script: String,
    /// Seconds.
    pub interval: i64,
    /// Seconds.
    pub timeout: i64,
    pub order: i64,
}

/// A container that an agent starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentDevcontainer {
    pub id: Uuid,
    pub name: String,
    pub workspace_folder: String,
    pub config_path: String,
    pub subagent_id: Option<Uuid>,
}

/// What an agent watches over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ResourceMonitors {
    pub memory: Option<MemoryMonitor>,
    pub volumes: Vec<VolumeMonitor>,
}

/// Memory in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryMonitor {
    pub enabled: bool,
    /// Percent.
    pub threshold: i32,
}

/// A volume in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeMonitor {
    pub path: String,
    pub enabled: bool,
    /// Percent.
    pub threshold: i32,
}

/// A source of an agent's logs; the names are those of the columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogSourceDocument {
    pub workspace_agent_id: Uuid,
    pub id: Uuid,
    pub created_at: Timestamp,
    pub display_name: String,
    pub icon: String,
}

/// An app; the names are those of the columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppDocument {
    pub id: Uuid,
    pub created_at: Timestamp,
    pub agent_id: Uuid,
    pub slug: String,
    pub display_name: String,
    pub icon: String,
    pub command: String,
    pub url: String,
    pub external: bool,
    pub subdomain: bool,
    pub sharing_level: String,
    pub healthcheck_url: String,
    pub healthcheck_interval: i32,
    pub healthcheck_threshold: i32,
    pub health: String,
    pub display_order: i32,
    pub display_group: String,
    pub hidden: bool,
    pub open_in: String,
    pub tooltip: String,
}

/// A module to store; the names are those of the columns.
#[derive(Debug, Clone, Serialize)]
pub struct NewModule {
    pub id: Uuid,
    pub created_at: Timestamp,
    pub job_id: Uuid,
    pub transition: String,
    pub source: String,
    pub version: String,
    pub key: String,
}

/// Everything that a job found.
#[derive(Debug, Clone, Default)]
pub struct NewResources {
    pub resources: Vec<NewResource>,
    pub agents: Vec<NewAgent>,
    pub log_sources: Vec<LogSourceDocument>,
    pub apps: Vec<AppDocument>,
    pub modules: Vec<NewModule>,
}

/// Stores everything that a job found: one statement for each table that gets rows. Answers how many apps were stored; an
/// app whose id belongs to another workspace is not.
///
/// # Errors
/// [`DbError`].
pub async fn insert_resources(
    q: &impl Querier,
    found: &NewResources,
    workspace_id: Option<Uuid>,
) -> Result<usize, DbError> {
    if !found.resources.is_empty() {
        execute(q, statement!("insert_resources"), &[&Json(&found.resources)]).await?;
    }
    if !found.agents.is_empty() {
        execute(q, statement!("insert_agents"), &[&Json(&found.agents)]).await?;
    }
    if !found.log_sources.is_empty() {
        execute(q, statement!("insert_log_sources"), &[&Json(&found.log_sources)]).await?;
    }
    if !found.modules.is_empty() {
        execute(q, statement!("insert_modules"), &[&Json(&found.modules)]).await?;
    }
    if found.apps.is_empty() {
        return Ok(0);
    }
    Ok(list::<Uuid>(q, statement!("upsert_apps"), &[&Json(&found.apps), &workspace_id]).await?.len())
}

/// Hides the agents of older builds of a workspace.
///
/// # Errors
/// [`DbError`].
pub async fn delete_prior_agents(q: &impl Querier, workspace_id: Uuid, job_id: Uuid) -> Result<(), DbError> {
    execute(q, statement!("delete_prior_agents"), &[&workspace_id, &job_id]).await?;
    Ok(())
}

/// Resources of jobs with their agents.
///
/// # Errors
/// [`DbError`].
pub async fn list_resources(q: &impl Querier, jobs: &[Uuid]) -> Result<Vec<ResourceRow>, DbError> {
    all(q, statement!("list_resources"), &[&jobs]).await
}
