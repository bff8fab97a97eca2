//! Headers between a browser and an app: what is passed, and what stays here.

use http::header::{CONNECTION, COOKIE, SET_COOKIE, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue};

/// Names of cookies of the server: never sent to an app, never set by one.
const OWN_COOKIES: [&str; 7] = [
    "coder_session_token",
    "__Host-coder_session_token",
    "csrf_token",
    "oauth_state",
    "oauth_redirect",
    "oauth_pkce_verifier",
    "coder_path_app_session_token",
];
const OWN_COOKIE_PREFIXES: [&str; 4] = [
    "coder_signed_app_token",
    "coder_subdomain_app_session_token",
    "coder_path_app_session_token",
    "coder_impersonated_user_session",
];

/// Headers that end at each hop.
const HOP_BY_HOP: [HeaderName; 5] = [CONNECTION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE];
const HOP_BY_HOP_NAMES: [&str; 4] = ["keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection"];

/// What is known of the client.
#[derive(Debug, Clone)]
pub(crate) struct Client<'a> {
    pub ip: &'a str,
    pub scheme: &'a str,
}

/// The protocol that a request wants to change to, if it does.
pub(crate) fn wanted_upgrade(headers: &HeaderMap) -> Option<HeaderValue> {
    let asks = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let asks = asks.flat_map(|text| text.split(',')).any(|token| token.trim().eq_ignore_ascii_case("upgrade"));
    headers.get(UPGRADE).filter(|_| asks).cloned()
}

/// Makes a client's headers those of the request to the app.
pub(crate) fn towards_app(headers: &mut HeaderMap, client: &Client<'_>, host: Option<HeaderValue>) {
    remove_hop_by_hop(headers);
    headers.remove("coder-session-token");
    headers.remove("coder-csrf-token");
    headers.remove("x-csrf-token");
    if headers.get(http::header::AUTHORIZATION).is_some_and(carries_own_key) {
        headers.remove(http::header::AUTHORIZATION);
    }
    strip_cookies(headers);
    let forwarded: Vec<&str> =
        headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok()).chain([client.ip]).collect();
    if let Ok(value) = HeaderValue::from_str(&forwarded.join(", ")) {
        headers.insert("x-forwarded-for", value);
    }
    if let Ok(value) = HeaderValue::from_str(client.scheme) {
        headers.insert("x-forwarded-proto", value);
    }
    if let Some(host) = host {
        headers.insert("x-forwarded-host", host);
    }
}

/// Makes an app's headers those of the answer to the client.
pub(crate) fn towards_client(headers: &mut HeaderMap) {
    remove_hop_by_hop(headers);
    // An app on our origin must not end sessions, nor take over paths that are not its own.
    headers.remove("clear-site-data");
    headers.remove("service-worker-allowed");
    let kept: Vec<HeaderValue> = headers.get_all(SET_COOKIE).iter().filter(|value| !sets_own(value)).cloned().collect();
    headers.remove(SET_COOKIE);
    for value in kept {
        headers.append(SET_COOKIE, value);
    }
}

fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(','))
        .filter_map(|name| HeaderName::try_from(name.trim()).ok())
        .collect();
    for name in named.iter().chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
    for name in HOP_BY_HOP_NAMES {
        headers.remove(name);
    }
}

fn strip_cookies(headers: &mut HeaderMap) {
    let texts: Vec<String> =
        headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).map(str::to_owned).collect();
    if headers.remove(COOKIE).is_none() {
        return;
    }
    let pairs = texts.iter().flat_map(|text| text.split(';')).map(str::trim);
    let kept: Vec<&str> = pairs.filter(|pair| !pair.is_empty() && !is_own(name_of(pair))).collect();
    if let Some(value) = Some(kept.join("; ")).filter(|text| !text.is_empty())
        && let Ok(value) = HeaderValue::from_str(&value)
    {
        headers.insert(COOKIE, value);
    }
}

fn name_of(pair: &str) -> &str {
    pair.split('=').next().unwrap_or_default().trim()
}

fn is_own(name: &str) -> bool {
    OWN_COOKIES.iter().any(|own| name.eq_ignore_ascii_case(own))
        || OWN_COOKIE_PREFIXES
            .iter()
            .any(|prefix| name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix)))
}

fn sets_own(value: &HeaderValue) -> bool {
    let text = String::from_utf8_lossy(value.as_bytes());
    is_own(name_of(text.split(';').next().unwrap_or_default()))
}

/// Whether a bearer token has the form of a key of this server. The app's own tokens pass.
fn carries_own_key(value: &HeaderValue) -> bool {
    let Some((scheme, token)) = value.to_str().ok().and_then(|text| text.split_once(' ')) else { return false };
    let Some((id, secret)) = token.trim().split_once('-') else { return false };
    let alphanumeric = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    scheme.eq_ignore_ascii_case("bearer")
        && (id.len(), secret.len()) == (10, 22)
        && alphanumeric(id)
        && alphanumeric(secret)
}

/// A query string without the parameters that carry our tokens.
pub(crate) fn strip_query(query: &str) -> String {
    let own = |pair: &str| {
        let name = name_of(pair);
        name == "coder_session_token"
            || name.starts_with("coder_signed_app_token")
            || name.starts_with("coder_application_connect_api_key")
    };
    query.split('&').filter(|pair| !own(pair)).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn own_secrets_stay_here() {
        let mut headers = map(&[
            ("cookie", "a=1; coder_session_token=x; csrf_token=y"),
            ("cookie", "coder_signed_app_token_ab=z; b=2"),
            ("coder-session-token", "x"),
            ("authorization", "Bearer abcdefghij-abcdefghijklmnopqrstuv"),
            ("x-forwarded-for", "10.0.0.1"),
        ]);
        towards_app(&mut headers, &Client { ip: "10.0.0.2", scheme: "https" }, None);
        assert_eq!(headers["cookie"], "a=1; b=2");
        assert!(!headers.contains_key("coder-session-token") && !headers.contains_key("authorization"));
        assert_eq!(headers["x-forwarded-for"], "10.0.0.1, 10.0.0.2");
        assert_eq!(headers["x-forwarded-proto"], "https");
        let mut headers = map(&[("authorization", "Bearer of-the-app"), ("cookie", "csrf_token=1")]);
        towards_app(&mut headers, &Client { ip: "::1", scheme: "http" }, None);
        assert_eq!(headers["authorization"], "Bearer of-the-app");
        assert!(!headers.contains_key("cookie"));
        assert_eq!(strip_query("a=1&coder_session_token=x&b=2"), "a=1&b=2");
    }

    #[test]
    fn hop_by_hop_headers_end_here() {
        let mut headers =
            map(&[("connection", "close, x-private"), ("x-private", "1"), ("te", "trailers"), ("x", "1")]);
        towards_client(&mut headers);
        assert_eq!(headers, map(&[("x", "1")]));
    }

    #[test]
    fn an_app_cannot_set_our_cookies() {
        let mut headers = map(&[
            ("set-cookie", "coder_session_token=evil; Path=/"),
            ("set-cookie", "own=1"),
            ("clear-site-data", "\"cookies\""),
            ("service-worker-allowed", "/"),
        ]);
        towards_client(&mut headers);
        assert_eq!(headers, map(&[("set-cookie", "own=1")]));
    }

    #[test]
    fn an_upgrade_needs_both_headers() {
        assert!(wanted_upgrade(&map(&[("connection", "keep-alive, Upgrade"), ("upgrade", "websocket")])).is_some());
        assert!(wanted_upgrade(&map(&[("upgrade", "websocket")])).is_none());
        assert!(wanted_upgrade(&map(&[("connection", "upgrade")])).is_none());
    }
}
