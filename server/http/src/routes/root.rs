//! The root of the API, health and latency checks.

use http::HeaderValue;
use warren_api::Response as Envelope;

use crate::api::{Api, Auth};
use crate::Json;

pub(crate) fn routes(api: &mut Api) {
    api.tag("General");
    api.get("/api/v2/", "api-root-handler", Auth::None, api_root);
    api.get("/healthz", "healthz", Auth::None, healthz);
    api.get("/latency-check", "latency-check", Auth::None, latency_check);
}

async fn api_root() -> Json<Envelope> {
    Json(Envelope { message: "👋".into(), ..Default::default() })
}

async fn healthz() -> &'static str {
    "OK"
}

/// Measured by browsers from other origins.
async fn latency_check() -> axum::response::Response {
    let headers = [
        ("timing-allow-origin", HeaderValue::from_static("*")),
        ("access-control-allow-origin", HeaderValue::from_static("*")),
    ];
    axum::response::IntoResponse::into_response((headers, "OK"))
}
