//! Rate limits (rest.md §4).

use std::time::Instant;

use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use jiff::Timestamp;
use warren_auth::{Limit, Verdict};
use warren_core::{Error, Services};
use warren_rbac::Actor;

use crate::api::RateScope;
use crate::error::ApiError;

const LOGIN: u32 = 60;
const FILES: u32 = 12;

/// Counts the request; `None` when no limit applies.
pub(crate) fn count(
    services: &Services,
    scope: RateScope,
    actor: Option<&Actor>,
    ip: &str,
    request: &Parts,
) -> Option<Verdict> {
    let limit = match scope {
        RateScope::None => return None,
        _ if !services.config.rate_limits => return None,
        RateScope::Api => services.config.api_rate_limit?,
        RateScope::Login => LOGIN,
        RateScope::Files => FILES,
    };
    // Owners may ask to be let through, for scripts that touch everything.
    if request.headers.get("x-coder-bypass-ratelimit").is_some_and(|value| value == "true")
        && actor.is_some_and(|actor| actor.has_role("owner"))
    {
        return None;
    }
    let caller = actor.map_or_else(|| ip.to_owned(), |actor| actor.user_id.to_string());
    Some(services.limits.count(&caller, request.uri.path(), Limit(limit), Instant::now()))
}

/// The refusal.
pub(crate) fn refusal(verdict: &Verdict) -> Response {
    let message = format!("You've been rate limited for sending more than {} requests in 1m0s.", verdict.limit);
    let mut response = ApiError(Error::new(429, message)).into_response();
    response.headers_mut().insert(http::header::RETRY_AFTER, HeaderValue::from_static("60"));
    response
}

/// Tells the client where it stands.
pub(crate) fn announce(verdict: &Verdict, headers: &mut HeaderMap) {
    let reset = Timestamp::now().as_second() + i64::try_from(verdict.resets_in.as_secs()).unwrap_or(0) + 1;
    // The window's end is a whole minute for clients.
    let reset = (reset + 59) / 60 * 60;
    headers.insert("x-ratelimit-limit", HeaderValue::from(verdict.limit));
    headers.insert("x-ratelimit-remaining", HeaderValue::from(verdict.remaining));
    headers.insert("x-ratelimit-reset", HeaderValue::from(reset));
}
