//! REST types: parameters, evaluated as a form is filled.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

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

string_enum! {
    /// `ValidationMonotonicOrder`.
    pub enum ValidationMonotonicOrder {
        Increasing = "increasing",
        Decreasing = "decreasing",
    }
}

/// `UserParameter`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UserParameter {
    pub name: String,
    pub value: String,
}
