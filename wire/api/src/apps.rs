//! REST types: apps.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `AppHostResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AppHostResponse {
    pub host: String,
}
