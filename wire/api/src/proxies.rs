//! REST types: workspace proxies and regions.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `CreateWorkspaceProxyRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CreateWorkspaceProxyRequest {
    pub display_name: String,
    pub icon: String,
    pub name: String,
}

impl Rules for CreateWorkspaceProxyRequest {
    const RULES: &'static [FieldRule] = &[("name", &["required"])];
}

/// `CryptoKey`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CryptoKey {
    #[serde(default = "zero_time")]
    pub deletes_at: Timestamp,
    pub feature: CryptoKeyFeature,
    pub secret: String,
    pub sequence: i64,
    #[serde(default = "zero_time")]
    pub starts_at: Timestamp,
}

impl Default for CryptoKey {
    fn default() -> Self {
        Self {
            deletes_at: zero_time(),
            feature: Default::default(),
            secret: Default::default(),
            sequence: Default::default(),
            starts_at: zero_time(),
        }
    }
}

string_enum! {
    /// `CryptoKeyFeature`.
    pub enum CryptoKeyFeature {
        WorkspaceAppsApiKey = "workspace_apps_api_key",
        WorkspaceAppsToken = "workspace_apps_token",
        OidcConvert = "oidc_convert",
        ChatFilesToken = "chat_files_token",
        TailnetResume = "tailnet_resume",
        NatsCa = "nats_ca",
    }
}

/// `PatchWorkspaceProxy`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PatchWorkspaceProxy {
    pub display_name: String,
    pub icon: String,
    pub id: Uuid,
    pub name: String,
    pub regenerate_token: bool,
}

/// `Replica`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Replica {
    #[serde(default = "zero_time")]
    pub created_at: Timestamp,
    pub database_latency: i64,
    pub error: String,
    pub hostname: String,
    pub id: Uuid,
    pub region_id: i64,
    pub relay_address: String,
}

impl Default for Replica {
    fn default() -> Self {
        Self {
            created_at: zero_time(),
            database_latency: Default::default(),
            error: Default::default(),
            hostname: Default::default(),
            id: Default::default(),
            region_id: Default::default(),
            relay_address: Default::default(),
        }
    }
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

/// `Region`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Region {
    pub display_name: String,
    pub healthy: bool,
    pub icon_url: String,
    pub id: Uuid,
    pub name: String,
    pub path_app_url: String,
    pub wildcard_hostname: String,
}

/// `RegionsResponse-codersdk_Region`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct RegionsResponseCodersdkRegion {
    #[serde(deserialize_with = "null_default")]
    pub regions: Vec<Region>,
}
