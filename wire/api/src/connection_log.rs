//! REST types: the connection log.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `ConnectionLog`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ConnectionLog {
    pub agent_name: String,
    #[serde(default = "zero_time")]
    pub connect_time: Timestamp,
    pub id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    pub organization: MinimalOrganization,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ssh_info: Option<ConnectionLogSshInfo>,
    #[serde(rename = "type")]
    pub kind: ConnectionType,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web_info: Option<ConnectionLogWebInfo>,
    pub workspace_id: Uuid,
    pub workspace_name: String,
    pub workspace_owner_id: Uuid,
    pub workspace_owner_username: String,
}

impl Default for ConnectionLog {
    fn default() -> Self {
        Self {
            agent_name: Default::default(),
            connect_time: zero_time(),
            id: Default::default(),
            ip: Default::default(),
            organization: Default::default(),
            ssh_info: Default::default(),
            kind: Default::default(),
            web_info: Default::default(),
            workspace_id: Default::default(),
            workspace_name: Default::default(),
            workspace_owner_id: Default::default(),
            workspace_owner_username: Default::default(),
        }
    }
}

/// `ConnectionLogResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ConnectionLogResponse {
    #[serde(deserialize_with = "null_default")]
    pub connection_logs: Vec<ConnectionLog>,
    pub count: i64,
    pub count_cap: i64,
}

/// `ConnectionLogSSHInfo`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ConnectionLogSshInfo {
    pub connection_id: Uuid,
    #[serde(skip_serializing_if = "is_default")]
    pub disconnect_reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disconnect_time: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i64>,
}

/// `ConnectionLogWebInfo`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ConnectionLogWebInfo {
    pub slug_or_port: String,
    pub status_code: i64,
    pub user: Option<User>,
    pub user_agent: String,
}

string_enum! {
    /// `ConnectionType`.
    pub enum ConnectionType {
        Ssh = "ssh",
        Vscode = "vscode",
        Jetbrains = "jetbrains",
        ReconnectingPty = "reconnecting_pty",
        WorkspaceApp = "workspace_app",
        PortForwarding = "port_forwarding",
        Tunnel = "tunnel",
    }
}
