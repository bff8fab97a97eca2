//! REST types: health 2.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `UpdateHealthSettings`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpdateHealthSettings {
    #[serde(deserialize_with = "null_default")]
    pub dismissed_healthchecks: Vec<HealthSection>,
}

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

/// `WorkspaceProxyReport`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceProxyReport {
    pub dismissed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    pub healthy: bool,
    pub severity: HealthSeverity,
    #[serde(deserialize_with = "null_default")]
    pub warnings: Vec<HealthMessage>,
    pub workspace_proxies: RegionsResponseCodersdkWorkspaceProxy,
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
