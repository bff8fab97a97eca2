//! Cookies: reading them, and the attributes of ours (rest.md §2.2).

use http::{HeaderMap, HeaderValue, header};
use warren_core::{Config, SameSite};

pub(crate) const SESSION: &str = "coder_session_token";
pub(crate) const CSRF: &str = "csrf_token";
const HOST_PREFIX: &str = "__Host-";
/// A year: the server decides when a session ends.
const MAX_AGE: u32 = 31_536_000;

/// The value of a cookie.
pub(crate) fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value.trim_matches('"'))
}

/// The session cookie of a request, under the name that the configuration uses.
pub(crate) fn session<'a>(headers: &'a HeaderMap, config: &Config) -> Option<&'a str> {
    find(headers, &session_name(config)).filter(|token| !token.is_empty())
}

/// Sets the session cookie.
pub(crate) fn set_session(config: &Config, token: &str) -> HeaderValue {
    let attributes = format!("Path=/; Max-Age={MAX_AGE}; HttpOnly{}", shared_attributes(config));
    value(&format!("{}={token}; {attributes}", session_name(config)))
}

/// Removes the session cookie.
pub(crate) fn clear_session(config: &Config) -> HeaderValue {
    // Browsers take a name with the prefix from secured pages only, also to remove it.
    let secure = if config.host_prefix_cookie { "; Secure" } else { "" };
    value(&format!("{}=; Path=/; Max-Age=0{secure}; SameSite=Lax", session_name(config)))
}

/// Sets the base cookie of the CSRF protection.
pub(crate) fn set_csrf(token: &str) -> HeaderValue {
    value(&format!("{CSRF}={token}; Path=/; HttpOnly; SameSite=Lax"))
}

fn session_name(config: &Config) -> String {
    if config.host_prefix_cookie { format!("{HOST_PREFIX}{SESSION}") } else { SESSION.to_owned() }
}

fn shared_attributes(config: &Config) -> &'static str {
    match (config.secure_auth_cookie || config.host_prefix_cookie, config.same_site) {
        (false, SameSite::Lax) => "; SameSite=Lax",
        (true, SameSite::Lax) => "; Secure; SameSite=Lax",
        // Browsers take "None" together with "Secure" only.
        (_, SameSite::None) => "; Secure; SameSite=None",
    }
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixed_cookies_are_secured() {
        let config = Config { host_prefix_cookie: true, secure_auth_cookie: false, ..Config::default() };
        for cookie in [set_session(&config, "x"), clear_session(&config)] {
            let cookie = cookie.to_str().unwrap();
            assert!(cookie.starts_with("__Host-coder_session_token=") && cookie.contains("; Secure"), "{cookie}");
        }
    }
}
