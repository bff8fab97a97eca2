//! REST types: shared ports.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `DeleteWorkspaceAgentPortShareRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct DeleteWorkspaceAgentPortShareRequest {
    pub agent_name: String,
    pub port: i64,
}

impl Rules for DeleteWorkspaceAgentPortShareRequest {
    const RULES: &'static [FieldRule] = &[];
}

/// `UpsertWorkspaceAgentPortShareRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpsertWorkspaceAgentPortShareRequest {
    pub agent_name: String,
    pub port: i64,
    pub protocol: WorkspaceAgentPortShareProtocol,
    pub share_level: WorkspaceAgentPortShareLevel,
}

impl Rules for UpsertWorkspaceAgentPortShareRequest {
    const RULES: &'static [FieldRule] = &[];
}

/// `WorkspaceAgentPortShare`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceAgentPortShare {
    pub agent_name: String,
    pub port: i64,
    pub protocol: WorkspaceAgentPortShareProtocol,
    pub share_level: WorkspaceAgentPortShareLevel,
    pub workspace_id: Uuid,
}

string_enum! {
    /// `WorkspaceAgentPortShareProtocol`.
    pub enum WorkspaceAgentPortShareProtocol {
        Http = "http",
        Https = "https",
    }
}

/// `WorkspaceAgentPortShares`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceAgentPortShares {
    #[serde(deserialize_with = "null_default")]
    pub shares: Vec<WorkspaceAgentPortShare>,
}

string_enum! {
    /// `WorkspaceAgentPortShareLevel`.
    pub enum WorkspaceAgentPortShareLevel {
        Owner = "owner",
        Authenticated = "authenticated",
        Organization = "organization",
        Public = "public",
    }
}
