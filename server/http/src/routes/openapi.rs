//! The document that describes the API.

use std::sync::OnceLock;

use serde_json::Value;

use crate::Json;
use crate::api::{Api, Auth};
use crate::openapi::document;

static DOCUMENT: OnceLock<Value> = OnceLock::new();

pub(crate) fn routes(api: &mut Api) {
    api.tag("General");
    api.get("/api/v2/openapi.json", "get-openapi-document", Auth::None, get);
}

async fn get() -> Json<Value> {
    Json(DOCUMENT.get_or_init(|| document(&super::api())).clone())
}
