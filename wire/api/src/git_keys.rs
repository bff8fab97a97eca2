//! REST types: keys for Git.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `GitSSHKey`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AgentGitSshKey {
    pub private_key: String,
    pub public_key: String,
}

/// `GitSSHKey`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct GitSshKey {
    #[serde(default = "zero_time")]
    pub created_at: Timestamp,
    pub public_key: String,
    #[serde(default = "zero_time")]
    pub updated_at: Timestamp,
    pub user_id: Uuid,
}

impl Default for GitSshKey {
    fn default() -> Self {
        Self {
            created_at: zero_time(),
            public_key: Default::default(),
            updated_at: zero_time(),
            user_id: Default::default(),
        }
    }
}
