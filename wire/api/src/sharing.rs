//! REST types: shared workspaces.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

string_enum! {
    /// `ShareableWorkspaceOwners`.
    pub enum ShareableWorkspaceOwners {
        None = "none",
        Everyone = "everyone",
        ServiceAccounts = "service_accounts",
    }
}

/// `UpdateWorkspaceSharingSettingsRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpdateWorkspaceSharingSettingsRequest {
    #[serde(skip_serializing_if = "is_default")]
    pub shareable_workspace_owners: ShareableWorkspaceOwners,
    #[serde(skip_serializing_if = "is_default")]
    pub sharing_disabled: bool,
}

impl Rules for UpdateWorkspaceSharingSettingsRequest {
    const RULES: &'static [FieldRule] = &[];
}

/// `WorkspaceSharingSettings`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceSharingSettings {
    pub shareable_workspace_owners: ShareableWorkspaceOwners,
    pub sharing_disabled: bool,
    pub sharing_globally_disabled: bool,
}

/// `UpdateWorkspaceACL`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpdateWorkspaceAcl {
    /// As sent: an unknown role must be refused, not read as the empty one, which takes access away.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    #[schema(value_type = BTreeMap<String, WorkspaceRole>)]
    pub group_roles: BTreeMap<String, String>,
    /// As sent.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    #[schema(value_type = BTreeMap<String, WorkspaceRole>)]
    pub user_roles: BTreeMap<String, String>,
}

impl Rules for UpdateWorkspaceAcl {}

/// `SharedWorkspaceActor`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct SharedWorkspaceActor {
    pub actor_type: SharedWorkspaceActorType,
    #[serde(skip_serializing_if = "is_default")]
    pub avatar_url: String,
    pub id: Uuid,
    pub name: String,
    #[serde(deserialize_with = "null_default")]
    pub roles: Vec<WorkspaceRole>,
}

string_enum! {
    /// `SharedWorkspaceActorType`.
    pub enum SharedWorkspaceActorType {
        Group = "group",
        User = "user",
    }
}

/// `WorkspaceACL`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceAcl {
    #[serde(deserialize_with = "null_default")]
    pub group: Vec<WorkspaceGroup>,
    #[serde(deserialize_with = "null_default")]
    pub users: Vec<WorkspaceUser>,
}

/// `WorkspaceGroup`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceGroup {
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
    pub role: WorkspaceRole,
    pub source: GroupSource,
    pub total_member_count: i64,
}

string_enum! {
    /// `WorkspaceRole`.
    pub enum WorkspaceRole or "" {
        Admin = "admin",
        Use = "use",
    }
}

/// `WorkspaceUser`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkspaceUser {
    #[serde(skip_serializing_if = "is_default")]
    pub avatar_url: String,
    pub id: Uuid,
    #[serde(skip_serializing_if = "is_default")]
    pub name: String,
    pub role: WorkspaceRole,
    pub username: String,
}
