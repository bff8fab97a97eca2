//! Requests for other hosts are led to the access URL (`redirect-to-access-url`, operations.md §3).

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use url::Url;
use warren_core::Config;

/// Extension of a request that came over TLS.
#[derive(Debug, Clone, Copy)]
pub struct OverTls;

/// What of a request matters here.
#[derive(Clone, Copy)]
pub(crate) struct Arrival<'a> {
    pub(crate) uri: &'a Uri,
    pub(crate) headers: &'a HeaderMap,
    /// The client's connection is secured, up to here or up to a trusted proxy.
    pub(crate) secured: bool,
}

/// The redirection, if the request came by another way than the access URL.
pub(crate) fn redirect(config: &Config, arrival: Arrival<'_>) -> Option<Response> {
    if !config.redirect_to_access_url || is_exempt(&config.wildcard_access_url, arrival) {
        return None;
    }
    let secured = config.access_url.scheme() != "https" || arrival.secured;
    let wanted = authority(&config.access_url);
    let asked = |name: header::HeaderName| arrival.headers.get(name).and_then(|value| value.to_str().ok());
    let forwarded = header::HeaderName::from_static("x-forwarded-host");
    let at_home = [asked(header::HOST), arrival.uri.authority().map(|name| name.as_str()), asked(forwarded)]
        .iter()
        .flatten()
        .any(|host| host.eq_ignore_ascii_case(&wanted));
    if secured && at_home {
        return None;
    }
    let mut target = config.access_url.clone();
    target.set_path(arrival.uri.path());
    target.set_query(arrival.uri.query());
    let location = HeaderValue::from_str(target.as_str()).ok()?;
    Some((StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, location)]).into_response())
}

/// Probes, relays, requests of other replicas, and apps on hosts of their own.
fn is_exempt(wildcard: &str, arrival: Arrival<'_>) -> bool {
    let path = arrival.uri.path();
    let relay = path.strip_prefix("/derp").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let host = arrival.headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name).to_ascii_lowercase();
    let suffix = wildcard.trim_start_matches('*').to_ascii_lowercase();
    let app = !suffix.is_empty()
        && name.strip_suffix(suffix.as_str()).is_some_and(|label| !label.is_empty() && !label.contains('.'));
    path == "/healthz" || relay || app || arrival.headers.contains_key("x-coder-relay-source-replica")
}

/// Host and, unless it is the scheme's own, port.
fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}
