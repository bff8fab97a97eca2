//! The deployment itself: build information, ssh settings, regions, entitlements, notifications, diagnostics.

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};
use warren_api::*;

use crate::client::Body;
use crate::{Client, Result};

impl Client {
    pub async fn build_info(&self) -> Result<BuildInfoResponse> {
        self.get("/api/v2/buildinfo").await
    }

    pub async fn ssh_config(&self) -> Result<SshConfigResponse> {
        self.get("/api/v2/deployment/ssh").await
    }

    pub async fn appearance(&self) -> Result<AppearanceConfig> {
        self.get("/api/v2/appearance").await
    }

    pub async fn regions(&self) -> Result<Vec<Region>> {
        Ok(self.get::<RegionsResponseCodersdkRegion>("/api/v2/regions").await?.regions)
    }

    pub async fn entitlements(&self) -> Result<Entitlements> {
        self.get("/api/v2/entitlements").await
    }

    pub async fn set_notifications_paused(&self, paused: bool) -> Result<()> {
        let body = NotificationsSettings { notifier_paused: paused };
        self.call(Method::PUT, "/api/v2/notifications/settings", Some(&body)).await
    }

    pub async fn send_test_notification(&self) -> Result<()> {
        self.call::<()>(Method::POST, "/api/v2/notifications/test", None).await
    }

    pub async fn send_custom_notification(&self, title: &str, message: &str) -> Result<()> {
        let body = json!({ "content": { "title": title, "message": message } });
        self.call(Method::POST, "/api/v2/notifications/custom", Some(&body)).await
    }

    pub async fn set_prebuilds_paused(&self, paused: bool) -> Result<()> {
        let body = json!({ "reconciliation_paused": paused });
        self.call(Method::PUT, "/api/v2/prebuilds/settings", Some(&body)).await
    }

    pub async fn workspace_proxies(&self) -> Result<Vec<WorkspaceProxy>> {
        Ok(self.get::<RegionsResponseCodersdkWorkspaceProxy>("/api/v2/workspaceproxies").await?.regions)
    }

    pub async fn create_workspace_proxy(&self, request: &CreateWorkspaceProxyRequest) -> Result<Value> {
        self.post("/api/v2/workspaceproxies", request).await
    }

    pub async fn delete_workspace_proxy(&self, proxy: &str) -> Result<()> {
        self.call::<()>(Method::DELETE, &format!("/api/v2/workspaceproxies/{proxy}"), None).await
    }

    pub async fn patch_workspace_proxy(&self, proxy: &str, request: &PatchWorkspaceProxy) -> Result<Value> {
        self.patch(&format!("/api/v2/workspaceproxies/{proxy}"), request).await
    }

    /// Any document below the API as it is: for diagnostics that are only passed on.
    pub async fn document(&self, path: &str) -> Result<Bytes> {
        self.bytes(Method::GET, path, Body::Empty).await
    }
}
