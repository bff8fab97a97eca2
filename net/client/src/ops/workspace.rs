//! Workspaces, builds, agents as the user sees them.

use bytes::Bytes;
use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;
use warren_api::*;

use crate::client::{Body, segment, with_query};
use crate::{Client, JsonStream, Result};

/// The Terraform state of a build, as it is stored.
pub type BuildState = Bytes;

impl Client {
    pub async fn workspaces(&self, query: &str) -> Result<WorkspacesResponse> {
        let pairs: &[(&str, &str)] = if query.is_empty() { &[] } else { &[("q", query)] };
        self.get(&with_query("/api/v2/workspaces", pairs)).await
    }

    pub async fn workspaces_page(&self, query: &str, limit: usize, offset: usize) -> Result<WorkspacesResponse> {
        let (limit, offset) = (limit.to_string(), offset.to_string());
        self.get(&with_query("/api/v2/workspaces", &[("q", query), ("limit", &limit), ("offset", &offset)])).await
    }

    pub async fn workspace(&self, id: Uuid) -> Result<Workspace> {
        self.get(&format!("/api/v2/workspaces/{id}")).await
    }

    pub async fn workspace_by_name(&self, owner: &str, name: &str) -> Result<Workspace> {
        self.get(&format!("/api/v2/users/{}/workspace/{}", segment(owner), segment(name))).await
    }

    pub async fn create_workspace(&self, owner: &str, request: &CreateWorkspaceRequest) -> Result<Workspace> {
        self.post(&format!("/api/v2/users/{}/workspaces", segment(owner)), request).await
    }

    pub async fn rename_workspace(&self, id: Uuid, name: &str) -> Result<()> {
        let body = UpdateWorkspaceRequest { name: name.into() };
        self.call(Method::PATCH, &format!("/api/v2/workspaces/{id}"), Some(&body)).await
    }

    pub async fn set_autostart(&self, id: Uuid, schedule: Option<String>) -> Result<()> {
        let body = json!({ "schedule": schedule });
        self.call(Method::PUT, &format!("/api/v2/workspaces/{id}/autostart"), Some(&body)).await
    }

    pub async fn set_ttl(&self, id: Uuid, ttl_ms: Option<i64>) -> Result<()> {
        self.call(Method::PUT, &format!("/api/v2/workspaces/{id}/ttl"), Some(&json!({ "ttl_ms": ttl_ms }))).await
    }

    pub async fn extend_workspace(&self, id: Uuid, deadline: Timestamp) -> Result<()> {
        let body = PutExtendWorkspaceRequest { deadline };
        self.call(Method::PUT, &format!("/api/v2/workspaces/{id}/extend"), Some(&body)).await
    }

    pub async fn set_dormant(&self, id: Uuid, dormant: bool) -> Result<()> {
        let body = UpdateWorkspaceDormancy { dormant };
        self.call(Method::PUT, &format!("/api/v2/workspaces/{id}/dormant"), Some(&body)).await
    }

    pub async fn set_automatic_updates(&self, id: Uuid, automatic_updates: AutomaticUpdates) -> Result<()> {
        let body = UpdateWorkspaceAutomaticUpdatesRequest { automatic_updates };
        self.call(Method::PUT, &format!("/api/v2/workspaces/{id}/autoupdates"), Some(&body)).await
    }

    pub async fn set_favorite(&self, id: Uuid, favorite: bool) -> Result<()> {
        let method = if favorite { Method::PUT } else { Method::DELETE };
        self.call::<()>(method, &format!("/api/v2/workspaces/{id}/favorite"), None).await
    }

    /// Reports use by an application; without one only the workspace counts as used.
    pub async fn post_usage(&self, id: Uuid, usage: Option<&PostWorkspaceUsageRequest>) -> Result<()> {
        self.call(Method::POST, &format!("/api/v2/workspaces/{id}/usage"), usage).await
    }

    pub async fn watch_workspace(&self, id: Uuid) -> Result<JsonStream<ServerSentEvent>> {
        self.json_stream(&format!("/api/v2/workspaces/{id}/watch-ws")).await
    }

    pub async fn create_build(&self, workspace: Uuid, request: &CreateWorkspaceBuildRequest) -> Result<WorkspaceBuild> {
        self.post(&format!("/api/v2/workspaces/{workspace}/builds"), request).await
    }

    pub async fn build(&self, id: Uuid) -> Result<WorkspaceBuild> {
        self.get(&format!("/api/v2/workspacebuilds/{id}")).await
    }

    pub async fn build_by_number(&self, owner: &str, workspace: &str, number: i64) -> Result<WorkspaceBuild> {
        let path = format!("/api/v2/users/{}/workspace/{}/builds/{number}", segment(owner), segment(workspace));
        self.get(&path).await
    }

    pub async fn build_parameters(&self, id: Uuid) -> Result<Vec<WorkspaceBuildParameter>> {
        self.get(&format!("/api/v2/workspacebuilds/{id}/parameters")).await
    }

    pub async fn build_state(&self, id: Uuid) -> Result<BuildState> {
        self.bytes(Method::GET, &format!("/api/v2/workspacebuilds/{id}/state"), Body::Empty).await
    }

    /// Replaces the stored state (base64 text) without a build.
    pub async fn update_build_state(&self, id: Uuid, state_base64: &str) -> Result<()> {
        let body = json!({ "state": state_base64 });
        self.call(Method::PUT, &format!("/api/v2/workspacebuilds/{id}/state"), Some(&body)).await
    }

    pub async fn agent(&self, id: Uuid) -> Result<WorkspaceAgent> {
        self.get(&format!("/api/v2/workspaceagents/{id}")).await
    }

    pub async fn agent_connection(&self, id: Uuid) -> Result<AgentConnectionInfo> {
        self.get(&format!("/api/v2/workspaceagents/{id}/connection")).await
    }

    pub async fn connection_info(&self) -> Result<AgentConnectionInfo> {
        self.get("/api/v2/workspaceagents/connection").await
    }

    pub async fn agent_logs(&self, id: Uuid, after: i64) -> Result<Vec<WorkspaceAgentLog>> {
        let path = format!("/api/v2/workspaceagents/{id}/logs?after={after}");
        Ok(self.get::<Option<_>>(&path).await?.unwrap_or_default())
    }

    pub async fn follow_agent_logs(&self, id: Uuid, after: i64) -> Result<JsonStream<Vec<WorkspaceAgentLog>>> {
        self.json_stream(&format!("/api/v2/workspaceagents/{id}/logs?follow&after={after}&no_compression")).await
    }

    pub async fn listening_ports(&self, id: Uuid) -> Result<WorkspaceAgentListeningPortsResponse> {
        self.get(&format!("/api/v2/workspaceagents/{id}/listening-ports")).await
    }

    pub async fn containers(&self, id: Uuid, labels: &[&str]) -> Result<WorkspaceAgentListContainersResponse> {
        let pairs: Vec<_> = labels.iter().map(|label| ("label", *label)).collect();
        self.get(&with_query(&format!("/api/v2/workspaceagents/{id}/containers"), &pairs)).await
    }

    pub async fn external_agent_credentials(&self, workspace: Uuid, agent: &str) -> Result<Value> {
        self.get(&format!("/api/v2/workspaces/{workspace}/external-agent/{}/credentials", segment(agent))).await
    }

    pub async fn workspace_acl(&self, id: Uuid) -> Result<WorkspaceAcl> {
        self.get(&format!("/api/v2/workspaces/{id}/acl")).await
    }

    pub async fn update_workspace_acl(&self, id: Uuid, acl: &UpdateWorkspaceAcl) -> Result<()> {
        self.call(Method::PATCH, &format!("/api/v2/workspaces/{id}/acl"), Some(acl)).await
    }
}
