//! The relay's HTTP side (`docs/protocol/derp.md`, "Over HTTP"). No authentication, no redirects, no body limits
//! belong in front of it.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{
    CONNECTION, CONTENT_TYPE, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use warren_derp::PROTOCOL_VERSION;

use crate::relay::Relay;
use crate::websocket::WebSocketStream;

const DERP_VERSION: HeaderName = HeaderName::from_static("derp-version");
const DERP_PUBLIC_KEY: HeaderName = HeaderName::from_static("derp-public-key");
const SUBPROTOCOL: &str = "derp";

/// `/derp`, `/derp/`, `/derp/latency-check`, `/derp/probe` and `/generate_204`.
pub fn router(relay: Arc<Relay>) -> Router {
    Router::new()
        .route("/derp", get(connect))
        .route("/derp/", get(connect))
        .route("/derp/latency-check", get(latency_check))
        .route("/derp/probe", get(probe))
        .route("/generate_204", get(no_content))
        .with_state(relay)
}

async fn connect(State(relay): State<Arc<Relay>>, mut request: Request) -> Response {
    let headers = request.headers();
    let websocket = has_token(headers, UPGRADE, "websocket");
    let way = if websocket && has_token(headers, SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL) {
        let Some(key) = headers.get(SEC_WEBSOCKET_KEY) else {
            return refuse(StatusCode::BAD_REQUEST, "Sec-WebSocket-Key is missing\n");
        };
        Way::WebSocket { accept: derive_accept_key(key.as_bytes()) }
    } else if websocket || has_token(headers, UPGRADE, "derp") {
        Way::Raw
    } else {
        return refuse(StatusCode::UPGRADE_REQUIRED, "DERP requires connection upgrade\n");
    };
    if !relay.is_accepting() {
        return refuse(StatusCode::SERVICE_UNAVAILABLE, "relay is shutting down\n");
    }
    let Some(upgrade) = request.extensions_mut().remove::<OnUpgrade>() else {
        return refuse(StatusCode::UPGRADE_REQUIRED, "DERP requires HTTP/1.1\n");
    };
    match way {
        Way::Raw => {
            relay.spawn(async move { upgrade.await.ok().map(TokioIo::new) });
            raw_response(&relay)
        }
        Way::WebSocket { accept } => {
            relay.spawn(async move { upgrade.await.ok().map(|io| WebSocketStream::server(TokioIo::new(io))) });
            websocket_response(&accept)
        }
    }
}

enum Way {
    Raw,
    WebSocket { accept: String },
}

fn raw_response(relay: &Relay) -> Response {
    let mut response = switching("DERP");
    let headers = response.headers_mut();
    headers.insert(DERP_VERSION, PROTOCOL_VERSION.into());
    let key = HeaderValue::from_str(&relay.public_key().to_hex()).expect("hexadecimal digits are a header value");
    headers.insert(DERP_PUBLIC_KEY, key);
    response
}

fn websocket_response(accept: &str) -> Response {
    let mut response = switching("websocket");
    let headers = response.headers_mut();
    headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
    headers.insert(SEC_WEBSOCKET_ACCEPT, HeaderValue::from_str(accept).expect("base64 is a header value"));
    response
}

fn switching(protocol: &'static str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    response.headers_mut().insert(UPGRADE, HeaderValue::from_static(protocol));
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    response
}

fn refuse(status: StatusCode, text: &'static str) -> Response {
    (status, [(CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

/// Clients take the time of this answer as the latency of the region.
async fn latency_check() -> StatusCode {
    StatusCode::OK
}

async fn probe() -> impl IntoResponse {
    [("Access-Control-Allow-Origin", "*")]
}

async fn no_content() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Whether a comma-separated header contains the token, in any case.
fn has_token(headers: &HeaderMap, name: HeaderName, token: &str) -> bool {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|part| part.trim().eq_ignore_ascii_case(token))
}
