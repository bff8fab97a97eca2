//! REST types: groups and roles from an identity provider.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `GroupSyncSettings`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct GroupSyncSettings {
    pub auto_create_missing_groups: bool,
    pub field: String,
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub legacy_group_name_mapping: BTreeMap<String, String>,
    #[serde(deserialize_with = "null_default")]
    pub mapping: BTreeMap<String, Vec<String>>,
    pub regex_filter: Option<String>,
}

/// `OrganizationSyncSettings`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct OrganizationSyncSettings {
    pub field: String,
    #[serde(deserialize_with = "null_default")]
    pub mapping: BTreeMap<String, Vec<String>>,
    pub organization_assign_default: bool,
}

/// `RoleSyncSettings`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct RoleSyncSettings {
    pub field: String,
    #[serde(deserialize_with = "null_default")]
    pub mapping: BTreeMap<String, Vec<String>>,
}
