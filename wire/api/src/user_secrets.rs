//! REST types: secrets of users.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `CreateUserSecretRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CreateUserSecretRequest {
    #[serde(skip_serializing_if = "is_default")]
    pub description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    #[serde(skip_serializing_if = "is_default")]
    pub env_name: String,
    #[serde(skip_serializing_if = "is_default")]
    pub file_path: String,
    pub name: String,
    pub value: String,
}

impl Rules for CreateUserSecretRequest {
    const RULES: &'static [FieldRule] = &[];
}

/// `UpdateUserSecretRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpdateUserSecretRequest {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub env_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

impl Rules for UpdateUserSecretRequest {
    const RULES: &'static [FieldRule] = &[];
}

/// `UserSecret`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UserSecret {
    #[serde(default = "zero_time")]
    pub created_at: Timestamp,
    pub description: String,
    pub enabled: bool,
    pub env_name: String,
    pub file_path: String,
    pub id: Uuid,
    pub name: String,
    #[serde(default = "zero_time")]
    pub updated_at: Timestamp,
}

impl Default for UserSecret {
    fn default() -> Self {
        Self {
            created_at: zero_time(),
            description: Default::default(),
            enabled: Default::default(),
            env_name: Default::default(),
            file_path: Default::default(),
            id: Default::default(),
            name: Default::default(),
            updated_at: zero_time(),
        }
    }
}
