//! Protection against requests that another site makes with a browser's cookie (rest.md §2.3): double submit.

use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode};
use warren_core::Config;

use crate::authenticate::{query_parameter, session_header};
use crate::cookies;

/// Refuses a state-changing request that relies on the session cookie alone.
pub(crate) fn check(request: &Parts, config: &Config) -> Result<(), Box<Response>> {
    if matches!(request.method, Method::GET | Method::HEAD | Method::OPTIONS) || is_exempt(request.uri.path()) {
        return Ok(());
    }
    let headers = &request.headers;
    let Some(cookie) = cookies::session(headers, config) else { return Ok(()) };
    if headers.contains_key("coder-provisioner-daemon-key")
        || headers.contains_key("coder-provisioner-daemon-psk")
        || bearer(headers).is_some()
    {
        return Ok(());
    }
    if let Some(token) = session_header(headers) {
        return if token == cookie { Ok(()) } else { Err(refuse("the session header and the session cookie differ")) };
    }
    if query_parameter(&request.uri, cookies::SESSION).is_some_and(|token| token == cookie) {
        return Ok(());
    }
    let sent = headers.get("x-csrf-token").and_then(|value| value.to_str().ok());
    match (sent, cookies::find(headers, cookies::CSRF)) {
        (Some(sent), Some(base)) if !base.is_empty() && sent == base => Ok(()),
        _ => Err(refuse("the CSRF token is missing or invalid; send X-CSRF-TOKEN or Coder-Session-Token")),
    }
}

/// `Authorization: Bearer <token>`.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(http::header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty()).then_some(token.trim())
}

fn is_exempt(path: &str) -> bool {
    const EXEMPT: [&str; 2] = ["/api/v2/users/first", "/api/v2/csp/reports"];
    const EXEMPT_BELOW: [&str; 4] = ["/api/v2/workspaceagents/me/", "/api/v2/workspaceproxies/me/", "/derp", "/scim/"];
    let guarded = path.starts_with("/api/") || path.starts_with("/oauth2/authorize");
    !guarded
        || EXEMPT.contains(&path)
        || EXEMPT_BELOW.iter().any(|prefix| path.starts_with(prefix))
        || (path.starts_with("/api/v2/organizations/") && path.contains("/provisionerdaemons/"))
}

fn refuse(reason: &str) -> Box<Response> {
    let body = format!("Something is wrong with your request: {reason}.\n");
    Box::new((StatusCode::BAD_REQUEST, body).into_response())
}
