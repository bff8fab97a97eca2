//! Request types whose fields have no rules of their own.

use crate::*;

impl Rules for UpdateWorkspaceDormancy {}
impl Rules for UpdateTemplateAcl {}
impl Rules for UpdateWorkspaceAcl {}
impl Rules for CreateProvisionerKeyRequest {}
impl Rules for ArchiveTemplateVersionsRequest {}
impl Rules for UpdateHealthSettings {}
impl Rules for NotificationsSettings {}
impl Rules for CustomNotificationRequest {}
impl Rules for UpdateUserNotificationPreferences {}

/// `CreateProvisionerKeyRequest`.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct CreateProvisionerKeyRequest {
    pub name: String,
    #[serde(deserialize_with = "null_default")]
    pub tags: std::collections::BTreeMap<String, String>,
}

/// `ArchiveTemplateVersionsRequest`.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct ArchiveTemplateVersionsRequest {
    pub all: bool,
}

/// `ArchiveTemplateVersionsResponse`.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct ArchiveTemplateVersionsResponse {
    #[serde(deserialize_with = "null_default")]
    pub archived_ids: Vec<uuid::Uuid>,
    pub template_id: uuid::Uuid,
}
