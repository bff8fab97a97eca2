//! REST types: the deployment.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `BuildInfoResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct BuildInfoResponse {
    pub agent_api_version: String,
    pub dashboard_url: String,
    pub deployment_id: String,
    pub external_url: String,
    pub provisioner_api_version: String,
    pub telemetry: bool,
    pub upgrade_message: String,
    pub version: String,
    #[serde(skip_serializing_if = "is_default")]
    pub webpush_public_key: String,
    pub workspace_proxy: bool,
}

string_enum! {
    /// `Experiment`.
    pub enum Experiment {
        Example = "example",
        AutoFillParameters = "auto-fill-parameters",
        Notifications = "notifications",
        WorkspaceUsage = "workspace-usage",
        Oauth2 = "oauth2",
        McpServerHttp = "mcp-server-http",
        McpToolSearch = "mcp-tool-search",
        WorkspaceBuildUpdates = "workspace-build-updates",
        NatsPubsub = "nats_pubsub",
        WorkspaceCapableLicensing = "workspace-capable-licensing",
        AiGatewaySeatExclusion = "ai-gateway-seat-exclusion",
        ChatAdvisor = "chat-advisor",
        ChatVirtualDesktop = "chat-virtual-desktop",
        AgentLifecycleHooks = "agent-lifecycle-hooks",
    }
}

/// `SSHConfigResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct SshConfigResponse {
    pub hostname_prefix: String,
    pub hostname_suffix: String,
    #[serde(deserialize_with = "null_default")]
    pub ssh_config_options: BTreeMap<String, String>,
}

/// `UpdateCheckResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpdateCheckResponse {
    pub current: bool,
    pub url: String,
    pub version: String,
}

/// `AvailableExperiments`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AvailableExperiments {
    #[serde(deserialize_with = "null_default")]
    pub safe: Vec<Experiment>,
}
