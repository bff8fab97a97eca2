//! REST types: organizations and their members.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `MinimalOrganization`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct MinimalOrganization {
    pub display_name: String,
    pub icon: String,
    pub id: Uuid,
    pub name: String,
}

/// `CreateOrganizationRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CreateOrganizationRequest {
    #[serde(skip_serializing_if = "is_default")]
    pub description: String,
    #[serde(skip_serializing_if = "is_default")]
    pub display_name: String,
    #[serde(skip_serializing_if = "is_default")]
    pub icon: String,
    pub name: String,
}

impl Rules for CreateOrganizationRequest {
    const RULES: &'static [FieldRule] =
        &[("display_name", &["omitempty", "organization_display_name"]), ("name", &["required", "organization_name"])];
}

/// `Organization`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Organization {
    #[serde(default = "zero_time")]
    pub created_at: Timestamp,
    #[serde(deserialize_with = "null_default")]
    pub default_org_member_roles: Vec<String>,
    pub description: String,
    pub display_name: String,
    pub icon: String,
    pub id: Uuid,
    pub is_default: bool,
    pub name: String,
    #[serde(default = "zero_time")]
    pub updated_at: Timestamp,
}

impl Default for Organization {
    fn default() -> Self {
        Self {
            created_at: zero_time(),
            default_org_member_roles: Default::default(),
            description: Default::default(),
            display_name: Default::default(),
            icon: Default::default(),
            id: Default::default(),
            is_default: Default::default(),
            name: Default::default(),
            updated_at: zero_time(),
        }
    }
}

/// `OrganizationMember`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct OrganizationMember {
    #[serde(default = "zero_time")]
    pub created_at: Timestamp,
    pub organization_id: Uuid,
    #[serde(deserialize_with = "null_default")]
    pub roles: Vec<SlimRole>,
    #[serde(default = "zero_time")]
    pub updated_at: Timestamp,
    pub user_id: Uuid,
}

impl Default for OrganizationMember {
    fn default() -> Self {
        Self {
            created_at: zero_time(),
            organization_id: Default::default(),
            roles: Default::default(),
            updated_at: zero_time(),
            user_id: Default::default(),
        }
    }
}

/// `OrganizationMemberWithUserData`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct OrganizationMemberWithUserData {
    #[serde(skip_serializing_if = "is_default")]
    pub avatar_url: String,
    #[serde(default = "zero_time")]
    pub created_at: Timestamp,
    pub email: String,
    #[serde(deserialize_with = "null_default")]
    pub global_roles: Vec<SlimRole>,
    pub has_ai_seat: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub is_service_account: bool,
    #[serde(default = "zero_time")]
    pub last_seen_at: Timestamp,
    pub login_type: LoginType,
    #[serde(skip_serializing_if = "is_default")]
    pub name: String,
    pub organization_id: Uuid,
    #[serde(deserialize_with = "null_default")]
    pub roles: Vec<SlimRole>,
    pub status: UserStatus,
    #[serde(default = "zero_time")]
    pub updated_at: Timestamp,
    #[serde(default = "zero_time")]
    pub user_created_at: Timestamp,
    pub user_id: Uuid,
    #[serde(default = "zero_time")]
    pub user_updated_at: Timestamp,
    pub username: String,
}

impl Default for OrganizationMemberWithUserData {
    fn default() -> Self {
        Self {
            avatar_url: Default::default(),
            created_at: zero_time(),
            email: Default::default(),
            global_roles: Default::default(),
            has_ai_seat: Default::default(),
            is_service_account: Default::default(),
            last_seen_at: zero_time(),
            login_type: Default::default(),
            name: Default::default(),
            organization_id: Default::default(),
            roles: Default::default(),
            status: Default::default(),
            updated_at: zero_time(),
            user_created_at: zero_time(),
            user_id: Default::default(),
            user_updated_at: zero_time(),
            username: Default::default(),
        }
    }
}

/// `PaginatedMembersResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PaginatedMembersResponse {
    pub count: i64,
    #[serde(deserialize_with = "null_default")]
    pub members: Vec<OrganizationMemberWithUserData>,
}

/// `UpdateOrganizationRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpdateOrganizationRequest {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_org_member_roles: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub display_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub name: String,
}

impl Rules for UpdateOrganizationRequest {
    const RULES: &'static [FieldRule] =
        &[("display_name", &["omitempty", "organization_display_name"]), ("name", &["omitempty", "organization_name"])];
}
