//! REST types: health.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `ProvisionerDaemon`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ProvisionerDaemon {
    pub api_version: String,
    #[serde(default = "zero_time")]
    pub created_at: Timestamp,
    pub current_job: Option<ProvisionerDaemonJob>,
    pub id: Uuid,
    pub key_id: Uuid,
    pub key_name: Option<String>,
    pub last_seen_at: Option<Timestamp>,
    pub name: String,
    pub organization_id: Uuid,
    pub previous_job: Option<ProvisionerDaemonJob>,
    #[serde(deserialize_with = "null_default")]
    pub provisioners: Vec<String>,
    pub status: Option<ProvisionerDaemonStatus>,
    #[serde(deserialize_with = "null_default")]
    pub tags: BTreeMap<String, String>,
    pub version: String,
}

impl Default for ProvisionerDaemon {
    fn default() -> Self {
        Self {
            api_version: Default::default(),
            created_at: zero_time(),
            current_job: Default::default(),
            id: Default::default(),
            key_id: Default::default(),
            key_name: Default::default(),
            last_seen_at: Default::default(),
            name: Default::default(),
            organization_id: Default::default(),
            previous_job: Default::default(),
            provisioners: Default::default(),
            status: Default::default(),
            tags: Default::default(),
            version: Default::default(),
        }
    }
}

/// `ProvisionerDaemonJob`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ProvisionerDaemonJob {
    pub id: Uuid,
    pub status: ProvisionerJobStatus,
    pub template_display_name: String,
    pub template_icon: String,
    pub template_name: String,
}

string_enum! {
    /// `ProvisionerDaemonStatus`.
    pub enum ProvisionerDaemonStatus {
        Offline = "offline",
        Idle = "idle",
        Busy = "busy",
    }
}

/// `ProxyHealthReport`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ProxyHealthReport {
    #[serde(deserialize_with = "null_default")]
    pub errors: Vec<String>,
    #[serde(deserialize_with = "null_default")]
    pub warnings: Vec<String>,
}

string_enum! {
    /// `ProxyHealthStatus`.
    pub enum ProxyHealthStatus {
        Ok = "ok",
        Unreachable = "unreachable",
        Unhealthy = "unhealthy",
        Unregistered = "unregistered",
    }
}

/// `RegionsResponse-codersdk_WorkspaceProxy`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct RegionsResponseCodersdkWorkspaceProxy {
    #[serde(deserialize_with = "null_default")]
    pub regions: Vec<WorkspaceProxy>,
}

/// `WorkspaceProxy`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceProxy {
    #[serde(default = "zero_time")]
    pub created_at: Timestamp,
    pub deleted: bool,
    pub derp_enabled: bool,
    pub derp_only: bool,
    pub display_name: String,
    pub healthy: bool,
    pub icon_url: String,
    pub id: Uuid,
    pub name: String,
    pub path_app_url: String,
    pub status: WorkspaceProxyStatus,
    #[serde(default = "zero_time")]
    pub updated_at: Timestamp,
    pub version: String,
    pub wildcard_hostname: String,
}

impl Default for WorkspaceProxy {
    fn default() -> Self {
        Self {
            created_at: zero_time(),
            deleted: Default::default(),
            derp_enabled: Default::default(),
            derp_only: Default::default(),
            display_name: Default::default(),
            healthy: Default::default(),
            icon_url: Default::default(),
            id: Default::default(),
            name: Default::default(),
            path_app_url: Default::default(),
            status: Default::default(),
            updated_at: zero_time(),
            version: Default::default(),
            wildcard_hostname: Default::default(),
        }
    }
}

/// `WorkspaceProxyStatus`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceProxyStatus {
    #[serde(default = "zero_time")]
    pub checked_at: Timestamp,
    pub report: ProxyHealthReport,
    pub status: ProxyHealthStatus,
}

impl Default for WorkspaceProxyStatus {
    fn default() -> Self {
        Self { checked_at: zero_time(), report: Default::default(), status: Default::default() }
    }
}

/// `ServerInfoMessage`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct DerpServerInfo {
    #[serde(rename = "TokenBucketBytesBurst")]
    pub token_bucket_bytes_burst: i64,
    #[serde(rename = "TokenBucketBytesPerSecond")]
    pub token_bucket_bytes_per_second: i64,
}

string_enum! {
    /// `Code`.
    pub enum HealthCode {
        EUNKNOWN = "EUNKNOWN",
        EWP01 = "EWP01",
        EWP02 = "EWP02",
        EWP04 = "EWP04",
        EDB01 = "EDB01",
        EDB02 = "EDB02",
        EWS01 = "EWS01",
        EWS02 = "EWS02",
        EWS03 = "EWS03",
        EACS01 = "EACS01",
        EACS02 = "EACS02",
        EACS03 = "EACS03",
        EACS04 = "EACS04",
        EDERP01 = "EDERP01",
        EDERP02 = "EDERP02",
        EDERP03 = "EDERP03",
        EPD01 = "EPD01",
        EPD02 = "EPD02",
        EPD03 = "EPD03",
    }
}

/// `Message`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct HealthMessage {
    pub code: HealthCode,
    pub message: String,
}

string_enum! {
    /// `Severity`.
    pub enum HealthSeverity {
        Ok = "ok",
        Warning = "warning",
        Error = "error",
    }
}

/// `AccessURLReport`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AccessUrlReport {
    pub access_url: String,
    pub dismissed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    pub healthy: bool,
    pub healthz_response: String,
    pub reachable: bool,
    pub severity: HealthSeverity,
    pub status_code: i64,
    #[serde(deserialize_with = "null_default")]
    pub warnings: Vec<HealthMessage>,
}

/// `DERPHealthReport`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct DerpHealthReport {
    pub dismissed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    pub healthy: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub netcheck: Option<NetcheckReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub netcheck_err: Option<String>,
    #[serde(deserialize_with = "null_default")]
    pub netcheck_logs: Vec<String>,
    #[serde(deserialize_with = "null_default")]
    pub regions: BTreeMap<String, DerpRegionReport>,
    pub severity: HealthSeverity,
    #[serde(deserialize_with = "null_default")]
    pub warnings: Vec<HealthMessage>,
}

/// `DERPNodeReport`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct DerpNodeReport {
    pub can_exchange_messages: bool,
    #[serde(deserialize_with = "null_default")]
    pub client_errs: Vec<Vec<String>>,
    #[serde(deserialize_with = "null_default")]
    pub client_logs: Vec<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    pub healthy: bool,
    pub node: Option<MapDerpNode>,
    pub node_info: DerpServerInfo,
    pub round_trip_ping: String,
    pub round_trip_ping_ms: i64,
    pub severity: HealthSeverity,
    pub stun: StunReport,
    pub uses_websocket: bool,
    #[serde(deserialize_with = "null_default")]
    pub warnings: Vec<HealthMessage>,
}

/// `DERPRegionReport`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct DerpRegionReport {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    pub healthy: bool,
    #[serde(deserialize_with = "null_default")]
    pub node_reports: Vec<DerpNodeReport>,
    pub region: Option<MapDerpRegion>,
    pub severity: HealthSeverity,
    #[serde(deserialize_with = "null_default")]
    pub warnings: Vec<HealthMessage>,
}

/// `DatabaseReport`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct DatabaseReport {
    pub dismissed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    pub healthy: bool,
    pub latency: String,
    pub latency_ms: i64,
    pub reachable: bool,
    pub severity: HealthSeverity,
    pub threshold_ms: i64,
    #[serde(deserialize_with = "null_default")]
    pub warnings: Vec<HealthMessage>,
}

string_enum! {
    /// `HealthSection`.
    pub enum HealthSection {
        DERP = "DERP",
        AccessURL = "AccessURL",
        Websocket = "Websocket",
        Database = "Database",
        WorkspaceProxy = "WorkspaceProxy",
        ProvisionerDaemons = "ProvisionerDaemons",
    }
}

/// `HealthSettings`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct HealthSettings {
    #[serde(deserialize_with = "null_default")]
    pub dismissed_healthchecks: Vec<HealthSection>,
}

/// `HealthcheckReport`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct HealthcheckReport {
    pub access_url: AccessUrlReport,
    pub coder_version: String,
    pub database: DatabaseReport,
    pub derp: DerpHealthReport,
    pub healthy: bool,
    pub provisioner_daemons: ProvisionerDaemonsReport,
    pub severity: HealthSeverity,
    #[serde(default = "zero_time")]
    pub time: Timestamp,
    pub websocket: WebsocketReport,
    pub workspace_proxy: WorkspaceProxyReport,
}

impl Default for HealthcheckReport {
    fn default() -> Self {
        Self {
            access_url: Default::default(),
            coder_version: Default::default(),
            database: Default::default(),
            derp: Default::default(),
            healthy: Default::default(),
            provisioner_daemons: Default::default(),
            severity: Default::default(),
            time: zero_time(),
            websocket: Default::default(),
            workspace_proxy: Default::default(),
        }
    }
}

/// `ProvisionerDaemonsReport`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ProvisionerDaemonsReport {
    pub dismissed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    #[serde(deserialize_with = "null_default")]
    pub items: Vec<ProvisionerDaemonsReportItem>,
    pub severity: HealthSeverity,
    #[serde(deserialize_with = "null_default")]
    pub warnings: Vec<HealthMessage>,
}

/// `ProvisionerDaemonsReportItem`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ProvisionerDaemonsReportItem {
    pub provisioner_daemon: ProvisionerDaemon,
    #[serde(deserialize_with = "null_default")]
    pub warnings: Vec<HealthMessage>,
}

/// `STUNReport`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct StunReport {
    #[serde(rename = "CanSTUN")]
    pub can_stun: bool,
    #[serde(rename = "Enabled")]
    pub enabled: bool,
    #[serde(rename = "Error")]
    pub error: Option<String>,
}
