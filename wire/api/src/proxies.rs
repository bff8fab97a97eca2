//! REST types: proxies.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `Region`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Region {
    pub display_name: String,
    pub healthy: bool,
    pub icon_url: String,
    pub id: Uuid,
    pub name: String,
    pub path_app_url: String,
    pub wildcard_hostname: String,
}

/// `RegionsResponse-codersdk_Region`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct RegionsResponseCodersdkRegion {
    #[serde(deserialize_with = "null_default")]
    pub regions: Vec<Region>,
}
