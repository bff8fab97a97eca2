//! REST types: containers beside an agent.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `WorkspaceAgentContainer`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceAgentContainer {
    #[serde(default = "zero_time")]
    pub created_at: Timestamp,
    pub id: String,
    pub image: String,
    #[serde(deserialize_with = "null_default")]
    pub labels: BTreeMap<String, String>,
    pub name: String,
    #[serde(deserialize_with = "null_default")]
    pub ports: Vec<WorkspaceAgentContainerPort>,
    pub running: bool,
    pub status: String,
    #[serde(deserialize_with = "null_default")]
    pub volumes: BTreeMap<String, String>,
}

impl Default for WorkspaceAgentContainer {
    fn default() -> Self {
        Self {
            created_at: zero_time(),
            id: Default::default(),
            image: Default::default(),
            labels: Default::default(),
            name: Default::default(),
            ports: Default::default(),
            running: Default::default(),
            status: Default::default(),
            volumes: Default::default(),
        }
    }
}

/// `WorkspaceAgentContainerPort`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceAgentContainerPort {
    #[serde(skip_serializing_if = "is_default")]
    pub host_ip: String,
    #[serde(skip_serializing_if = "is_default")]
    pub host_port: i64,
    pub network: String,
    pub port: i64,
}

/// `WorkspaceAgentDevcontainer`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceAgentDevcontainer {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<WorkspaceAgentDevcontainerAgent>,
    #[serde(skip_serializing_if = "is_default")]
    pub config_path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<WorkspaceAgentContainer>,
    pub dirty: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub error: String,
    pub id: Uuid,
    pub name: String,
    pub status: WorkspaceAgentDevcontainerStatus,
    pub subagent_id: Option<Uuid>,
    pub workspace_folder: String,
}

/// `WorkspaceAgentDevcontainerAgent`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceAgentDevcontainerAgent {
    pub directory: String,
    pub id: Uuid,
    pub name: String,
}

string_enum! {
    /// `WorkspaceAgentDevcontainerStatus`.
    pub enum WorkspaceAgentDevcontainerStatus {
        Running = "running",
        Stopped = "stopped",
        Starting = "starting",
        Stopping = "stopping",
        Deleting = "deleting",
        Error = "error",
    }
}

/// `WorkspaceAgentListContainersResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceAgentListContainersResponse {
    #[serde(deserialize_with = "null_default")]
    pub containers: Vec<WorkspaceAgentContainer>,
    #[serde(deserialize_with = "null_default")]
    pub devcontainers: Vec<WorkspaceAgentDevcontainer>,
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub warnings: Vec<String>,
}
