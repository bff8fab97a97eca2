//! REST types: what callers may do.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `ACLAvailable`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AclAvailable {
    #[serde(deserialize_with = "null_default")]
    pub groups: Vec<Group>,
    #[serde(deserialize_with = "null_default")]
    pub users: Vec<ReducedUser>,
}

/// `AssignableRoles`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AssignableRoles {
    pub assignable: bool,
    pub built_in: bool,
    pub display_name: String,
    pub name: String,
    #[serde(skip_serializing_if = "is_default")]
    pub organization_id: Uuid,
    #[serde(deserialize_with = "null_default")]
    pub organization_member_permissions: Vec<Permission>,
    #[serde(deserialize_with = "null_default")]
    pub organization_permissions: Vec<Permission>,
    #[serde(deserialize_with = "null_default")]
    pub site_permissions: Vec<Permission>,
    #[serde(deserialize_with = "null_default")]
    pub user_permissions: Vec<Permission>,
}

/// `CustomRoleRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CustomRoleRequest {
    pub display_name: String,
    pub name: String,
    #[serde(deserialize_with = "null_default")]
    pub organization_member_permissions: Vec<Permission>,
    #[serde(deserialize_with = "null_default")]
    pub organization_permissions: Vec<Permission>,
    #[serde(deserialize_with = "null_default")]
    pub site_permissions: Vec<Permission>,
    #[serde(deserialize_with = "null_default")]
    pub user_permissions: Vec<Permission>,
}

impl Rules for CustomRoleRequest {
    const RULES: &'static [FieldRule] = &[("name", &["username"])];
}

/// `Permission`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Permission {
    pub action: RbacAction,
    pub negate: bool,
    pub resource_type: RbacResource,
}

/// `Role`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Role {
    pub display_name: String,
    pub name: String,
    #[serde(skip_serializing_if = "is_default")]
    pub organization_id: Uuid,
    #[serde(deserialize_with = "null_default")]
    pub organization_member_permissions: Vec<Permission>,
    #[serde(deserialize_with = "null_default")]
    pub organization_permissions: Vec<Permission>,
    #[serde(deserialize_with = "null_default")]
    pub site_permissions: Vec<Permission>,
    #[serde(deserialize_with = "null_default")]
    pub user_permissions: Vec<Permission>,
}

/// `SlimRole`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct SlimRole {
    pub display_name: String,
    pub name: String,
    #[serde(skip_serializing_if = "is_default")]
    pub organization_id: String,
}

/// `UpdateRoles`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpdateRoles {
    #[serde(deserialize_with = "null_default")]
    pub roles: Vec<String>,
}

impl Rules for UpdateRoles {
    const RULES: &'static [FieldRule] = &[];
}

/// `AuthorizationCheck`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AuthorizationCheck {
    pub action: RbacAction,
    pub object: AuthorizationObject,
}

/// `AuthorizationObject`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AuthorizationObject {
    #[serde(skip_serializing_if = "is_default")]
    pub any_org: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub organization_id: String,
    #[serde(skip_serializing_if = "is_default")]
    pub owner_id: String,
    #[serde(skip_serializing_if = "is_default")]
    pub resource_id: String,
    pub resource_type: RbacResource,
}

/// `AuthorizationRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AuthorizationRequest {
    #[serde(deserialize_with = "null_default")]
    pub checks: BTreeMap<String, AuthorizationCheck>,
}

impl Rules for AuthorizationRequest {
    const RULES: &'static [FieldRule] = &[];
}

/// `AuthorizationResponse`.
pub type AuthorizationResponse = BTreeMap<String, bool>;

string_enum! {
    /// `RBACAction`.
    pub enum RbacAction {
        ApplicationConnect = "application_connect",
        Assign = "assign",
        Create = "create",
        CreateAgent = "create_agent",
        Delete = "delete",
        DeleteAgent = "delete_agent",
        Read = "read",
        ReadPersonal = "read_personal",
        Ssh = "ssh",
        Share = "share",
        Unassign = "unassign",
        Update = "update",
        UpdateAgent = "update_agent",
        UpdatePersonal = "update_personal",
        Use = "use",
        ViewInsights = "view_insights",
        Start = "start",
        Stop = "stop",
        All = "*",
    }
}

/// `UserRoles`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UserRoles {
    /// key = organization id; one entry per membership, \[] when it has no roles
    #[serde(deserialize_with = "null_default")]
    pub organization_roles: BTreeMap<String, Vec<String>>,
    #[serde(deserialize_with = "null_default")]
    pub roles: Vec<String>,
}
