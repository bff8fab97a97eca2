//! REST types: figures of the deployment.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `DeploymentStats`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct DeploymentStats {
    #[serde(default = "zero_time")]
    pub aggregated_from: Timestamp,
    #[serde(default = "zero_time")]
    pub collected_at: Timestamp,
    #[serde(default = "zero_time")]
    pub next_update_at: Timestamp,
    pub session_count: SessionCountDeploymentStats,
    pub workspaces: WorkspaceDeploymentStats,
}

impl Default for DeploymentStats {
    fn default() -> Self {
        Self {
            aggregated_from: zero_time(),
            collected_at: zero_time(),
            next_update_at: zero_time(),
            session_count: Default::default(),
            workspaces: Default::default(),
        }
    }
}

/// `SessionCountDeploymentStats`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct SessionCountDeploymentStats {
    pub jetbrains: i64,
    pub reconnecting_pty: i64,
    pub ssh: i64,
    pub vscode: i64,
}

/// `WorkspaceConnectionLatencyMS`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceConnectionLatencyMs {
    #[serde(rename = "P50")]
    pub p50: f64,
    #[serde(rename = "P95")]
    pub p95: f64,
}

/// `WorkspaceDeploymentStats`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceDeploymentStats {
    pub building: i64,
    pub connection_latency_ms: WorkspaceConnectionLatencyMs,
    pub failed: i64,
    pub pending: i64,
    pub running: i64,
    pub rx_bytes: i64,
    pub stopped: i64,
    pub tx_bytes: i64,
}
