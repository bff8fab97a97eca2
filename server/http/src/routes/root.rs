//! The root of the API, health and latency checks.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode};
use warren_api::Response as Envelope;

use crate::Json;
use crate::api::{Api, Auth};
use crate::extract::Server;

pub(crate) fn routes(api: &mut Api) {
    api.tag("General");
    api.get("/api/v2/", "api-root-handler", Auth::None, api_root);
    api.get("/healthz", "healthz", Auth::None, healthz);
    api.get("/readyz", "readyz", Auth::None, readyz).media("text/plain");
    api.get("/latency-check", "latency-check", Auth::None, latency_check).media("text/plain");
}

async fn api_root() -> Json<Envelope> {
    Json(Envelope { message: "👋".into(), ..Default::default() })
}

async fn healthz() -> &'static str {
    "OK"
}

/// Whether requests should be sent here: not while the database or the bus does not answer, and not while draining.
async fn readyz(Server(services): Server) -> Response {
    let unready = |why: &'static str| (StatusCode::SERVICE_UNAVAILABLE, why).into_response();
    if services.shutdown.is_cancelled() {
        return unready("draining");
    }
    if !services.bus.stats().connected {
        return unready("the notification bus is not connected");
    }
    match services.db.conn().await {
        Ok(_) => "OK".into_response(),
        Err(_) => unready("the database does not answer"),
    }
}

/// Measured by browsers from other origins.
async fn latency_check() -> Response {
    let headers = [
        ("timing-allow-origin", HeaderValue::from_static("*")),
        ("access-control-allow-origin", HeaderValue::from_static("*")),
    ];
    (headers, "OK").into_response()
}
