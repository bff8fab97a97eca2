//! REST types: groups and their members.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `CreateGroupRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CreateGroupRequest {
    pub avatar_url: String,
    pub display_name: String,
    pub name: String,
    pub quota_allowance: i64,
}

impl Rules for CreateGroupRequest {
    const RULES: &'static [FieldRule] =
        &[("display_name", &["omitempty", "group_display_name"]), ("name", &["required", "group_name"])];
}

/// `Group`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Group {
    pub avatar_url: String,
    pub display_name: String,
    pub id: Uuid,
    #[serde(deserialize_with = "null_default")]
    pub members: Vec<ReducedUser>,
    pub name: String,
    pub organization_display_name: String,
    pub organization_id: Uuid,
    pub organization_name: String,
    pub quota_allowance: i64,
    pub source: GroupSource,
    pub total_member_count: i64,
}

/// `GroupMembersResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct GroupMembersResponse {
    pub count: i64,
    #[serde(deserialize_with = "null_default")]
    pub users: Vec<ReducedUser>,
}

string_enum! {
    /// `GroupSource`.
    pub enum GroupSource {
        User = "user",
        Oidc = "oidc",
    }
}

/// `PaginatedGroup`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PaginatedGroup {
    pub avatar_url: String,
    pub display_name: String,
    pub id: Uuid,
    pub name: String,
    pub organization_display_name: String,
    pub organization_id: Uuid,
    pub organization_name: String,
    pub quota_allowance: i64,
    pub source: GroupSource,
    pub total_member_count: i64,
}

/// `PaginatedGroupsResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PaginatedGroupsResponse {
    pub count: i64,
    #[serde(deserialize_with = "null_default")]
    pub groups: Vec<PaginatedGroup>,
}

/// `PatchGroupRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PatchGroupRequest {
    #[serde(deserialize_with = "null_default")]
    pub add_users: Vec<String>,
    pub avatar_url: Option<String>,
    pub display_name: Option<String>,
    pub name: String,
    pub quota_allowance: Option<i64>,
    #[serde(deserialize_with = "null_default")]
    pub remove_users: Vec<String>,
}

impl Rules for PatchGroupRequest {
    const RULES: &'static [FieldRule] =
        &[("display_name", &["omitempty", "group_display_name"]), ("name", &["omitempty", "group_name"])];
}
