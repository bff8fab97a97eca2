//! REST types: presets and prebuilt workspaces.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

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
