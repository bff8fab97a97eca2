//! REST types: the health report.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

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

/// `UpdateHealthSettings`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpdateHealthSettings {
    #[serde(deserialize_with = "null_default")]
    pub dismissed_healthchecks: Vec<HealthSection>,
}

impl Rules for UpdateHealthSettings {}

/// `WebsocketReport`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WebsocketReport {
    pub body: String,
    pub code: i64,
    pub dismissed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    pub healthy: bool,
    pub severity: HealthSeverity,
    #[serde(deserialize_with = "null_default")]
    pub warnings: Vec<HealthMessage>,
}

/// `Report`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct NetcheckReport {
    #[serde(rename = "CaptivePortal")]
    pub captive_portal: Option<bool>,
    #[serde(rename = "GlobalV4")]
    pub global_v4: String,
    #[serde(rename = "GlobalV6")]
    pub global_v6: String,
    #[serde(rename = "HairPinning")]
    pub hair_pinning: Option<bool>,
    #[serde(rename = "ICMPv4")]
    pub icmpv4: bool,
    #[serde(rename = "IPv4")]
    pub ipv4: bool,
    #[serde(rename = "IPv4CanSend")]
    pub ipv4_can_send: bool,
    #[serde(rename = "IPv6")]
    pub ipv6: bool,
    #[serde(rename = "IPv6CanSend")]
    pub ipv6_can_send: bool,
    #[serde(rename = "MappingVariesByDestIP")]
    pub mapping_varies_by_dest_ip: Option<bool>,
    #[serde(rename = "OSHasIPv6")]
    pub oshas_ipv6: bool,
    #[serde(rename = "PCP")]
    pub pcp: Option<bool>,
    #[serde(rename = "PMP")]
    pub pmp: Option<bool>,
    #[serde(rename = "PreferredDERP")]
    pub preferred_derp: i64,
    /// nanoseconds, key = region id
    #[serde(rename = "RegionLatency", deserialize_with = "null_default")]
    pub region_latency: BTreeMap<String, i64>,
    /// nanoseconds, key = region id
    #[serde(rename = "RegionV4Latency", deserialize_with = "null_default")]
    pub region_v4_latency: BTreeMap<String, i64>,
    /// nanoseconds, key = region id
    #[serde(rename = "RegionV6Latency", deserialize_with = "null_default")]
    pub region_v6_latency: BTreeMap<String, i64>,
    #[serde(rename = "UDP")]
    pub udp: bool,
    #[serde(rename = "UPnP")]
    pub upn_p: Option<bool>,
}
