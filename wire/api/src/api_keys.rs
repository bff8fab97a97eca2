//! REST types: API keys and tokens.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `APIKey`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ApiKey {
    #[serde(deserialize_with = "null_default")]
    pub allow_list: Vec<String>,
    #[serde(default = "zero_time")]
    pub created_at: Timestamp,
    #[serde(default = "zero_time")]
    pub expires_at: Timestamp,
    pub id: String,
    #[serde(default = "zero_time")]
    pub last_used: Timestamp,
    pub lifetime_seconds: i64,
    pub login_type: LoginType,
    /// may be the empty string (key limited by scopes that have no legacy equivalent)
    pub scope: ApiKeyScope,
    #[serde(deserialize_with = "null_default")]
    pub scopes: Vec<ApiKeyScope>,
    pub token_name: String,
    #[serde(default = "zero_time")]
    pub updated_at: Timestamp,
    pub user_id: Uuid,
}

impl Default for ApiKey {
    fn default() -> Self {
        Self {
            allow_list: Default::default(),
            created_at: zero_time(),
            expires_at: zero_time(),
            id: Default::default(),
            last_used: zero_time(),
            lifetime_seconds: Default::default(),
            login_type: Default::default(),
            scope: Default::default(),
            scopes: Default::default(),
            token_name: Default::default(),
            updated_at: zero_time(),
            user_id: Default::default(),
        }
    }
}

/// `APIKeyWithOwner`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ApiKeyWithOwner {
    #[serde(deserialize_with = "null_default")]
    pub allow_list: Vec<String>,
    #[serde(default = "zero_time")]
    pub created_at: Timestamp,
    #[serde(default = "zero_time")]
    pub expires_at: Timestamp,
    pub id: String,
    #[serde(default = "zero_time")]
    pub last_used: Timestamp,
    pub lifetime_seconds: i64,
    pub login_type: LoginType,
    /// may be the empty string (key limited by scopes that have no legacy equivalent)
    pub scope: ApiKeyScope,
    #[serde(deserialize_with = "null_default")]
    pub scopes: Vec<ApiKeyScope>,
    pub token_name: String,
    #[serde(default = "zero_time")]
    pub updated_at: Timestamp,
    pub user_id: Uuid,
    pub username: String,
}

impl Default for ApiKeyWithOwner {
    fn default() -> Self {
        Self {
            allow_list: Default::default(),
            created_at: zero_time(),
            expires_at: zero_time(),
            id: Default::default(),
            last_used: zero_time(),
            lifetime_seconds: Default::default(),
            login_type: Default::default(),
            scope: Default::default(),
            scopes: Default::default(),
            token_name: Default::default(),
            updated_at: zero_time(),
            user_id: Default::default(),
            username: Default::default(),
        }
    }
}

/// `CreateTokenRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CreateTokenRequest {
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub allow_list: Vec<String>,
    pub lifetime: i64,
    /// As sent: an unknown scope must be refused, not read as none.
    #[serde(skip_serializing_if = "is_default")]
    #[schema(value_type = ApiKeyScope)]
    pub scope: String,
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    #[schema(value_type = Vec<ApiKeyScope>)]
    pub scopes: Vec<String>,
    pub token_name: String,
}

impl Rules for CreateTokenRequest {
    const RULES: &'static [FieldRule] = &[];
}

/// `ExternalAPIKeyScopes`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ExternalApiKeyScopes {
    #[serde(deserialize_with = "null_default")]
    pub external: Vec<ApiKeyScope>,
}

/// `GenerateAPIKeyResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct GenerateApiKeyResponse {
    pub key: String,
}
