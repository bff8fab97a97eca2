//! REST types: template versions.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `ArchiveTemplateVersionsRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ArchiveTemplateVersionsRequest {
    pub all: bool,
}

impl Rules for ArchiveTemplateVersionsRequest {}

/// `ArchiveTemplateVersionsResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ArchiveTemplateVersionsResponse {
    #[serde(deserialize_with = "null_default")]
    pub archived_ids: Vec<Uuid>,
    pub template_id: Uuid,
}

/// `CreateTemplateVersionDryRunRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CreateTemplateVersionDryRunRequest {
    #[serde(deserialize_with = "null_default")]
    pub rich_parameter_values: Vec<WorkspaceBuildParameter>,
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub user_variable_values: Vec<VariableValue>,
    pub workspace_name: String,
}

impl Rules for CreateTemplateVersionDryRunRequest {
    const RULES: &'static [FieldRule] = &[];
}

/// `CreateTemplateVersionRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CreateTemplateVersionRequest {
    #[serde(skip_serializing_if = "is_default")]
    pub example_id: String,
    pub file_id: Uuid,
    #[serde(skip_serializing_if = "is_default")]
    pub message: String,
    #[serde(skip_serializing_if = "is_default")]
    pub name: String,
    #[schema(schema_with = crate::words::provisioners)]
    pub provisioner: String,
    pub storage_method: ProvisionerStorageMethod,
    #[serde(deserialize_with = "null_default")]
    pub tags: BTreeMap<String, String>,
    pub template_id: Uuid,
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub user_variable_values: Vec<VariableValue>,
}

impl Rules for CreateTemplateVersionRequest {
    const RULES: &'static [FieldRule] = &[
        ("example_id", &["required_without=FileID"]),
        ("file_id", &["required_without=ExampleID"]),
        ("message", &["lt=1048577"]),
        ("name", &["omitempty", "template_version_name"]),
        ("provisioner", &["required", "oneof=terraform echo"]),
        ("storage_method", &["required", "oneof=file"]),
    ];
}

/// `PatchTemplateVersionRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PatchTemplateVersionRequest {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    pub name: String,
}

impl Rules for PatchTemplateVersionRequest {
    const RULES: &'static [FieldRule] =
        &[("message", &["omitempty", "lt=1048577"]), ("name", &["omitempty", "template_version_name"])];
}

/// `TemplateVersion`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TemplateVersion {
    pub archived: bool,
    #[serde(default = "zero_time")]
    pub created_at: Timestamp,
    pub created_by: MinimalUser,
    pub has_external_agent: bool,
    pub id: Uuid,
    pub job: ProvisionerJob,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matched_provisioners: Option<MatchedProvisioners>,
    pub message: String,
    pub name: String,
    pub organization_id: Uuid,
    pub readme: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_id: Option<Uuid>,
    #[serde(default = "zero_time")]
    pub updated_at: Timestamp,
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub warnings: Vec<TemplateVersionWarning>,
}

impl Default for TemplateVersion {
    fn default() -> Self {
        Self {
            archived: Default::default(),
            created_at: zero_time(),
            created_by: Default::default(),
            has_external_agent: Default::default(),
            id: Default::default(),
            job: Default::default(),
            matched_provisioners: Default::default(),
            message: Default::default(),
            name: Default::default(),
            organization_id: Default::default(),
            readme: Default::default(),
            template_id: Default::default(),
            updated_at: zero_time(),
            warnings: Default::default(),
        }
    }
}

/// `TemplateVersionExternalAuth`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TemplateVersionExternalAuth {
    pub authenticate_url: String,
    pub authenticated: bool,
    pub display_icon: String,
    pub display_name: String,
    pub id: String,
    #[serde(skip_serializing_if = "is_default")]
    pub optional: bool,
    #[serde(rename = "type")]
    pub kind: String,
}

/// `TemplateVersionParameter`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TemplateVersionParameter {
    pub default_value: String,
    pub description: String,
    pub description_plaintext: String,
    #[serde(skip_serializing_if = "is_default")]
    pub display_name: String,
    pub ephemeral: bool,
    #[schema(schema_with = crate::words::form_types)]
    pub form_type: String,
    pub icon: String,
    pub mutable: bool,
    pub name: String,
    #[serde(deserialize_with = "null_default")]
    pub options: Vec<TemplateVersionParameterOption>,
    pub required: bool,
    #[serde(rename = "type")]
    #[schema(schema_with = crate::words::parameter_types)]
    pub kind: String,
    #[serde(skip_serializing_if = "is_default")]
    pub validation_error: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation_max: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation_min: Option<i64>,
    #[serde(skip_serializing_if = "is_default")]
    pub validation_monotonic: ValidationMonotonicOrder,
    #[serde(skip_serializing_if = "is_default")]
    pub validation_regex: String,
}

/// `TemplateVersionParameterOption`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TemplateVersionParameterOption {
    pub description: String,
    pub icon: String,
    pub name: String,
    pub value: String,
}

/// `TemplateVersionVariable`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TemplateVersionVariable {
    pub default_value: String,
    pub description: String,
    pub name: String,
    pub required: bool,
    pub sensitive: bool,
    #[serde(rename = "type")]
    #[schema(schema_with = crate::words::variable_types)]
    pub kind: String,
    pub value: String,
}

string_enum! {
    /// `TemplateVersionWarning`.
    pub enum TemplateVersionWarning {
        UNSUPPORTEDWORKSPACES = "UNSUPPORTED_WORKSPACES",
    }
}

/// `UpdateActiveTemplateVersion`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpdateActiveTemplateVersion {
    pub id: Uuid,
}

impl Rules for UpdateActiveTemplateVersion {
    const RULES: &'static [FieldRule] = &[("id", &["required"])];
}

/// `VariableValue`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct VariableValue {
    pub name: String,
    pub value: String,
}
