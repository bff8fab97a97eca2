//! REST types: what agents send over HTTP.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

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
