//! REST types: the error envelope.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `Response`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Response {
    #[serde(skip_serializing_if = "is_default")]
    pub detail: String,
    pub message: String,
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub validations: Vec<ValidationError>,
}

/// `ValidationError`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ValidationError {
    pub detail: String,
    pub field: String,
}
