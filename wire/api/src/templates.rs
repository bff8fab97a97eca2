//! REST types: templates.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

string_enum! {
    /// `AgentSubsystem`.
    pub enum AgentSubsystem {
        Envbox = "envbox",
        Envbuilder = "envbuilder",
        Exectrace = "exectrace",
    }
}

string_enum! {
    /// `CORSBehavior`.
    pub enum CorsBehavior {
        Simple = "simple",
        Passthru = "passthru",
    }
}

/// `CreateTemplateRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CreateTemplateRequest {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activity_bump_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agents_allowed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_user_autostart: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_user_autostop: Option<bool>,
    pub allow_user_cancel_workspace_jobs: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub autostart_requirement: Option<TemplateAutostartRequirement>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub autostop_requirement: Option<TemplateAutostopRequirement>,
    pub cors_behavior: Option<CorsBehavior>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_ttl_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_ttl_ms: Option<i64>,
    #[serde(skip_serializing_if = "is_default")]
    pub description: String,
    pub disable_everyone_group_access: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub display_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dormant_ttl_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_ttl_ms: Option<i64>,
    #[serde(skip_serializing_if = "is_default")]
    pub icon: String,
    pub max_port_share_level: Option<WorkspaceAgentPortShareLevel>,
    pub name: String,
    pub require_active_version: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_use_classic_parameter_flow: Option<bool>,
    pub template_version_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_til_autostop_notify_ms: Option<i64>,
}

impl Rules for CreateTemplateRequest {
    const RULES: &'static [FieldRule] = &[
        ("description", &["lt=128"]),
        ("display_name", &["template_display_name"]),
        ("name", &["required", "template_name"]),
        ("template_version_id", &["required"]),
    ];
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

/// `DERPRegion`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct DerpRegion {
    pub latency_ms: f64,
    pub preferred: bool,
}

/// `DiagnosticExtra`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct DiagnosticExtra {
    pub code: String,
}

string_enum! {
    /// `DiagnosticSeverityString`.
    pub enum DiagnosticSeverityString {
        Error = "error",
        Warning = "warning",
    }
}

string_enum! {
    /// `DisplayApp`.
    pub enum DisplayApp {
        Vscode = "vscode",
        VscodeInsiders = "vscode_insiders",
        WebTerminal = "web_terminal",
        PortForwardingHelper = "port_forwarding_helper",
        SshHelper = "ssh_helper",
    }
}

/// `DynamicParametersRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct DynamicParametersRequest {
    pub id: i64,
    #[serde(deserialize_with = "null_default")]
    pub inputs: BTreeMap<String, String>,
    pub owner_id: Uuid,
}

impl Rules for DynamicParametersRequest {
    const RULES: &'static [FieldRule] = &[];
}

/// `DynamicParametersResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct DynamicParametersResponse {
    #[serde(deserialize_with = "null_default")]
    pub diagnostics: Vec<FriendlyDiagnostic>,
    pub id: i64,
    /// None when the owner is not known.
    pub parameters: Option<Vec<PreviewParameter>>,
}

/// `FriendlyDiagnostic`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct FriendlyDiagnostic {
    pub detail: String,
    pub extra: DiagnosticExtra,
    pub severity: DiagnosticSeverityString,
    pub summary: String,
}

/// `Healthcheck`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Healthcheck {
    pub interval: i64,
    pub threshold: i64,
    pub url: String,
}

string_enum! {
    /// `JobErrorCode`.
    pub enum JobErrorCode {
        REQUIREDTEMPLATEVARIABLES = "REQUIRED_TEMPLATE_VARIABLES",
        INSUFFICIENTQUOTA = "INSUFFICIENT_QUOTA",
    }
}

string_enum! {
    /// `LogLevel`.
    pub enum LogLevel {
        Trace = "trace",
        Debug = "debug",
        Info = "info",
        Warn = "warn",
        Error = "error",
    }
}

string_enum! {
    /// `LogSource`.
    pub enum LogSource {
        ProvisionerDaemon = "provisioner_daemon",
        Provisioner = "provisioner",
    }
}

/// `MatchedProvisioners`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct MatchedProvisioners {
    pub available: i64,
    pub count: i64,
    pub most_recently_seen: Option<Timestamp>,
}

/// `MinimalUser`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct MinimalUser {
    #[serde(skip_serializing_if = "is_default")]
    pub avatar_url: String,
    pub id: Uuid,
    #[serde(skip_serializing_if = "is_default")]
    pub name: String,
    pub username: String,
}

/// `NullHCLString`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct NullHclString {
    pub valid: bool,
    pub value: String,
}

string_enum! {
    /// `OptionType`.
    pub enum OptionType {
        String = "string",
        Number = "number",
        Bool = "bool",
        ListString = "list(string)",
    }
}

string_enum! {
    /// `ParameterFormType`.
    pub enum ParameterFormType or "" {
        Radio = "radio",
        Slider = "slider",
        Input = "input",
        Dropdown = "dropdown",
        Checkbox = "checkbox",
        Switch = "switch",
        MultiSelect = "multi-select",
        TagSelect = "tag-select",
        Textarea = "textarea",
        Error = "error",
    }
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

/// `Preset`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Preset {
    #[serde(rename = "Default")]
    pub default: bool,
    #[serde(rename = "Description")]
    pub description: String,
    #[serde(rename = "DesiredPrebuildInstances")]
    pub desired_prebuild_instances: Option<i64>,
    #[serde(rename = "Icon")]
    pub icon: String,
    #[serde(rename = "ID")]
    pub id: String,
    #[serde(rename = "Name")]
    pub name: String,
    #[serde(rename = "Parameters", deserialize_with = "null_default")]
    pub parameters: Vec<PresetParameter>,
}

/// `PresetParameter`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PresetParameter {
    #[serde(rename = "Name")]
    pub name: String,
    #[serde(rename = "Value")]
    pub value: String,
}

/// `PreviewParameter`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PreviewParameter {
    pub default_value: NullHclString,
    pub description: String,
    #[serde(deserialize_with = "null_default")]
    pub diagnostics: Vec<FriendlyDiagnostic>,
    pub display_name: String,
    pub ephemeral: bool,
    pub form_type: ParameterFormType,
    pub icon: String,
    pub mutable: bool,
    pub name: String,
    #[serde(deserialize_with = "null_default")]
    pub options: Vec<PreviewParameterOption>,
    pub order: i64,
    pub required: bool,
    pub styling: PreviewParameterStyling,
    #[serde(rename = "type")]
    pub kind: OptionType,
    #[serde(deserialize_with = "null_default")]
    pub validations: Vec<PreviewParameterValidation>,
    pub value: NullHclString,
}

/// `PreviewParameterOption`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PreviewParameterOption {
    pub description: String,
    pub icon: String,
    pub name: String,
    pub value: NullHclString,
}

/// `PreviewParameterStyling`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PreviewParameterStyling {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mask_input: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placeholder: Option<String>,
}

/// `PreviewParameterValidation`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PreviewParameterValidation {
    pub validation_error: String,
    pub validation_max: Option<i64>,
    pub validation_min: Option<i64>,
    pub validation_monotonic: Option<String>,
    pub validation_regex: Option<String>,
}
