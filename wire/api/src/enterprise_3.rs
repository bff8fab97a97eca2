//! REST types: enterprise 3.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `StatsReport`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AppStatsReport {
    pub access_method: AppAccessMethod,
    pub agent_id: String,
    pub requests: i64,
    pub session_ended_at: String,
    pub session_id: String,
    pub session_started_at: String,
    pub slug_or_port: String,
    pub user_id: String,
    pub workspace_id: String,
}

/// `CryptoKeysResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CryptoKeysResponse {
    #[serde(deserialize_with = "null_default")]
    pub crypto_keys: Vec<CryptoKey>,
}

/// `DeregisterWorkspaceProxyRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct DeregisterWorkspaceProxyRequest {
    pub replica_id: String,
}

impl Rules for DeregisterWorkspaceProxyRequest {
    const RULES: &'static [FieldRule] = &[];
}

/// `IssueSignedAppTokenResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct IssueSignedAppTokenResponse {
    pub signed_token_str: String,
}

/// `RegisterWorkspaceProxyRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct RegisterWorkspaceProxyRequest {
    pub access_url: String,
    pub derp_enabled: bool,
    pub derp_only: bool,
    pub hostname: String,
    pub replica_error: String,
    pub replica_id: String,
    pub replica_relay_address: String,
    pub version: String,
    pub wildcard_hostname: String,
}

impl Rules for RegisterWorkspaceProxyRequest {
    const RULES: &'static [FieldRule] = &[];
}

/// `RegisterWorkspaceProxyResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct RegisterWorkspaceProxyResponse {
    pub derp_force_websockets: bool,
    pub derp_map: DerpMap,
    pub derp_mesh_key: String,
    pub derp_region_id: i64,
    #[serde(deserialize_with = "null_default")]
    pub sibling_replicas: Vec<Replica>,
}

/// `ReportAppStatsRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ReportAppStatsRequest {
    #[serde(deserialize_with = "null_default")]
    pub stats: Vec<AppStatsReport>,
}

impl Rules for ReportAppStatsRequest {
    const RULES: &'static [FieldRule] = &[];
}

/// `License`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct License {
    #[serde(deserialize_with = "null_default")]
    pub claims: std::collections::BTreeMap<String, serde_json::Value>,
    pub id: i64,
    #[serde(default = "zero_time")]
    pub uploaded_at: jiff::Timestamp,
    pub uuid: uuid::Uuid,
}

impl Default for License {
    fn default() -> Self {
        Self { claims: Default::default(), id: Default::default(), uploaded_at: zero_time(), uuid: Default::default() }
    }
}
