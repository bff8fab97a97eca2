//! REST types: the relay map.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

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

/// `DERPRegion`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct DerpRegion {
    pub latency_ms: f64,
    pub preferred: bool,
}
