//! REST types: provisioner daemons and their keys.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `CreateProvisionerKeyResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CreateProvisionerKeyResponse {
    pub key: String,
}

/// `ProvisionerKey`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ProvisionerKey {
    #[serde(default = "zero_time")]
    pub created_at: Timestamp,
    pub id: Uuid,
    pub name: String,
    pub organization: Uuid,
    #[serde(deserialize_with = "null_default")]
    pub tags: BTreeMap<String, String>,
}

impl Default for ProvisionerKey {
    fn default() -> Self {
        Self {
            created_at: zero_time(),
            id: Default::default(),
            name: Default::default(),
            organization: Default::default(),
            tags: Default::default(),
        }
    }
}

/// `ProvisionerKeyDaemons`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ProvisionerKeyDaemons {
    #[serde(deserialize_with = "null_default")]
    pub daemons: Vec<ProvisionerDaemon>,
    pub key: ProvisionerKey,
}

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

/// `CreateProvisionerKeyRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CreateProvisionerKeyRequest {
    pub name: String,
    #[serde(deserialize_with = "null_default")]
    pub tags: BTreeMap<String, String>,
}

impl Rules for CreateProvisionerKeyRequest {}

/// `MatchedProvisioners`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct MatchedProvisioners {
    pub available: i64,
    pub count: i64,
    pub most_recently_seen: Option<Timestamp>,
}

string_enum! {
    /// `ProvisionerStorageMethod`.
    pub enum ProvisionerStorageMethod {
        File = "file",
    }
}
