//! The embedded relay. No authentication by design: whoever knows two random keys may relay between them.

use std::sync::Arc;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use tower::ServiceExt;
use warren_relay::Relay;

use crate::api::{Api, Auth};
use crate::extract::Server;

pub(crate) fn routes(api: &mut Api) {
    api.tag("Root");
    api.get("/derp", "derp", Auth::None, relay).also(&[101]);
    api.get("/derp/", "derp-slash", Auth::None, relay).also(&[101]);
    api.get("/derp/latency-check", "derp-latency-check", Auth::None, relay);
    api.get("/derp/probe", "derp-probe", Auth::None, relay);
    api.get("/generate_204", "generate-204", Auth::None, relay);
}

/// The relay's own router, made once.
pub(crate) struct RelayRoutes(axum::Router);

impl RelayRoutes {
    pub(crate) fn new(relay: Arc<Relay>) -> Self {
        Self(warren_relay::router(relay))
    }
}

async fn relay(Server(services): Server, request: Request) -> Response {
    match services.extensions.find::<RelayRoutes>() {
        Some(routes) => match routes.0.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        },
        None => (StatusCode::NOT_FOUND, "the relay of this server is switched off\n").into_response(),
    }
}
