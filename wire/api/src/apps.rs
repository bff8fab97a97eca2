//! REST types: apps.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `AppHostResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AppHostResponse {
    pub host: String,
}

/// `agentsdk.PatchAppStatus`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PatchAppStatus {
    pub app_slug: String,
    pub icon: String,
    pub message: String,
    pub needs_user_attention: bool,
    pub state: WorkspaceAppStatusState,
    pub uri: String,
}

impl Rules for PatchAppStatus {}
