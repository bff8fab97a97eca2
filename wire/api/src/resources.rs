//! REST types: resources of a build.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `WorkspaceResource`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceResource {
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub agents: Vec<WorkspaceAgent>,
    #[serde(default = "zero_time")]
    pub created_at: Timestamp,
    pub daily_cost: i64,
    pub hide: bool,
    pub icon: String,
    pub id: Uuid,
    pub job_id: Uuid,
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub metadata: Vec<WorkspaceResourceMetadata>,
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub workspace_transition: WorkspaceTransition,
}

impl Default for WorkspaceResource {
    fn default() -> Self {
        Self {
            agents: Default::default(),
            created_at: zero_time(),
            daily_cost: Default::default(),
            hide: Default::default(),
            icon: Default::default(),
            id: Default::default(),
            job_id: Default::default(),
            metadata: Default::default(),
            name: Default::default(),
            kind: Default::default(),
            workspace_transition: Default::default(),
        }
    }
}

/// `WorkspaceResourceMetadata`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceResourceMetadata {
    pub key: String,
    pub sensitive: bool,
    pub value: String,
}
