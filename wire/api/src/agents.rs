//! REST types: agents.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `DeleteWorkspaceAgentPortShareRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct DeleteWorkspaceAgentPortShareRequest {
    pub agent_name: String,
    pub port: i64,
}

impl Rules for DeleteWorkspaceAgentPortShareRequest {
    const RULES: &'static [FieldRule] = &[];
}

/// `ServerSentEvent`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ServerSentEvent {
    pub data: serde_json::Value,
    #[serde(rename = "type")]
    pub kind: ServerSentEventType,
}

string_enum! {
    /// `ServerSentEventType`.
    pub enum ServerSentEventType {
        Ping = "ping",
        Data = "data",
        Error = "error",
    }
}

/// `UpsertWorkspaceAgentPortShareRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpsertWorkspaceAgentPortShareRequest {
    pub agent_name: String,
    pub port: i64,
    pub protocol: WorkspaceAgentPortShareProtocol,
    pub share_level: WorkspaceAgentPortShareLevel,
}

impl Rules for UpsertWorkspaceAgentPortShareRequest {
    const RULES: &'static [FieldRule] = &[];
}

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

/// `WorkspaceAgentListeningPort`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceAgentListeningPort {
    pub network: String,
    pub port: i64,
    pub process_name: String,
}

/// `WorkspaceAgentListeningPortsResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceAgentListeningPortsResponse {
    #[serde(deserialize_with = "null_default")]
    pub ports: Vec<WorkspaceAgentListeningPort>,
}

/// `WorkspaceAgentLog`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceAgentLog {
    #[serde(default = "zero_time")]
    pub created_at: Timestamp,
    pub id: i64,
    pub level: LogLevel,
    pub output: String,
    pub source_id: Uuid,
}

impl Default for WorkspaceAgentLog {
    fn default() -> Self {
        Self {
            created_at: zero_time(),
            id: Default::default(),
            level: Default::default(),
            output: Default::default(),
            source_id: Default::default(),
        }
    }
}

/// `WorkspaceAgentPortShare`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceAgentPortShare {
    pub agent_name: String,
    pub port: i64,
    pub protocol: WorkspaceAgentPortShareProtocol,
    pub share_level: WorkspaceAgentPortShareLevel,
    pub workspace_id: Uuid,
}

string_enum! {
    /// `WorkspaceAgentPortShareProtocol`.
    pub enum WorkspaceAgentPortShareProtocol {
        Http = "http",
        Https = "https",
    }
}

/// `WorkspaceAgentPortShares`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceAgentPortShares {
    #[serde(deserialize_with = "null_default")]
    pub shares: Vec<WorkspaceAgentPortShare>,
}

/// `ExternalAuthResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ExternalAuthResponse {
    pub access_token: String,
    pub expires_at: String,
    pub password: String,
    #[serde(deserialize_with = "null_default")]
    pub token_extra: BTreeMap<String, serde_json::Value>,
    #[serde(rename = "type")]
    pub kind: String,
    pub url: String,
    pub username: String,
}

/// `GitSSHKey`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AgentGitSshKey {
    pub private_key: String,
    pub public_key: String,
}

/// `Log`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AgentLog {
    pub created_at: String,
    /// Kept as it was sent, so that a word that is none can be refused.
    #[schema(value_type = LogLevel)]
    pub level: String,
    pub output: String,
}

/// `PatchLogs`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PatchLogs {
    pub log_source_id: String,
    #[serde(deserialize_with = "null_default")]
    pub logs: Vec<AgentLog>,
}

impl Rules for PatchLogs {
    const RULES: &'static [FieldRule] = &[];
}

/// `PostLogSourceRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PostLogSourceRequest {
    pub display_name: String,
    pub icon: String,
    pub id: String,
}

impl Rules for PostLogSourceRequest {
    const RULES: &'static [FieldRule] = &[];
}

/// `ReinitializationEvent`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ReinitializationEvent {
    #[serde(skip_serializing_if = "is_default")]
    pub owner_id: Uuid,
    pub reason: ReinitializationReason,
    pub workspace_id: Uuid,
}

string_enum! {
    /// `ReinitializationReason`.
    pub enum ReinitializationReason {
        PrebuildClaimed = "prebuild_claimed",
    }
}

/// `DERPHomeParams`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct DerpHomeParams {
    #[serde(rename = "RegionScore", skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub region_score: BTreeMap<String, f64>,
}

/// `DERPMap`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct DerpMap {
    #[serde(rename = "HomeParams", skip_serializing_if = "is_default")]
    pub home_params: DerpHomeParams,
    #[serde(rename = "omitDefaultRegions", skip_serializing_if = "is_default")]
    pub omit_default_regions: bool,
    #[serde(rename = "Regions", deserialize_with = "null_default")]
    pub regions: BTreeMap<String, MapDerpRegion>,
}

/// `DERPNode`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct MapDerpNode {
    #[serde(rename = "CanPort80", skip_serializing_if = "is_default")]
    pub can_port80: bool,
    #[serde(rename = "CertName", skip_serializing_if = "is_default")]
    pub cert_name: String,
    #[serde(rename = "DERPPort", skip_serializing_if = "is_default")]
    pub derpport: i64,
    #[serde(rename = "ForceHTTP", skip_serializing_if = "is_default")]
    pub force_http: bool,
    #[serde(rename = "HostName")]
    pub host_name: String,
    #[serde(rename = "InsecureForTests", skip_serializing_if = "is_default")]
    pub insecure_for_tests: bool,
    #[serde(rename = "IPv4", skip_serializing_if = "is_default")]
    pub ipv4: String,
    #[serde(rename = "IPv6", skip_serializing_if = "is_default")]
    pub ipv6: String,
    #[serde(rename = "Name")]
    pub name: String,
    #[serde(rename = "RegionID")]
    pub region_id: i64,
    #[serde(rename = "STUNOnly", skip_serializing_if = "is_default")]
    pub stunonly: bool,
    #[serde(rename = "STUNPort", skip_serializing_if = "is_default")]
    pub stunport: i64,
    #[serde(rename = "STUNTestIP", skip_serializing_if = "is_default")]
    pub stuntest_ip: String,
}

/// `DERPRegion`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct MapDerpRegion {
    #[serde(rename = "Avoid", skip_serializing_if = "is_default")]
    pub avoid: bool,
    #[serde(rename = "EmbeddedRelay")]
    pub embedded_relay: bool,
    #[serde(rename = "Nodes", deserialize_with = "null_default")]
    pub nodes: Vec<MapDerpNode>,
    #[serde(rename = "RegionCode")]
    pub region_code: String,
    #[serde(rename = "RegionID")]
    pub region_id: i64,
    #[serde(rename = "RegionName")]
    pub region_name: String,
}

/// `AgentConnectionInfo`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AgentConnectionInfo {
    pub derp_force_websockets: bool,
    pub derp_map: Option<DerpMap>,
    pub disable_direct_connections: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub hostname_suffix: String,
}
