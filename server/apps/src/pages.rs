//! Pages that a visitor sees instead of an app. No script, no style from elsewhere, every text escaped.

use axum::body::Body;
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};

/// What a page says.
#[derive(Debug, Clone)]
pub struct Page<'a> {
    /// Status of the answer.
    pub status: StatusCode,
    /// A few words.
    pub title: &'a str,
    /// One or two sentences.
    pub text: &'a str,
    /// Offers the page again.
    pub retry: bool,
}

const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'sha256-c6M9g+hLSJFPXxNOi3hdJbT7oe+Z8kXBzTreSz1m3qI='; frame-ancestors 'none'; \
     base-uri 'none'; form-action 'none'",
);
const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;margin:15vh auto;max-width:32rem;padding:0 1rem;\
                     color:#1f2430;background:#fff}h1{font-size:1.4rem}a{color:#2457d6}\
                     @media(prefers-color-scheme:dark){body{color:#e6e8ee;background:#14161c}a{color:#8fb0ff}}";

/// Draws a page.
pub fn page(page: &Page<'_>) -> Response {
    let retry = if page.retry { "<p><a href=\"\">Try again</a></p>" } else { "" };
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title><meta name=\"viewport\" \
         content=\"width=device-width\"><style>{STYLE}</style><h1>{title}</h1><p>{text}</p>{retry}\
         <p><a href=\"/workspaces\">Workspaces</a></p></html>\n",
        title = escape(page.title),
        text = escape(page.text),
    );
    let mut response = Response::new(Body::from(html));
    *response.status_mut() = page.status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use sha2::Digest as _;

    use super::*;

    #[test]
    fn the_policy_allows_this_style_alone() {
        let hash = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(STYLE));
        assert!(POLICY.to_str().unwrap().contains(&format!("'sha256-{hash}'")), "{hash}");
    }

    #[test]
    fn names_are_text_never_markup() {
        assert_eq!(escape("<img src=x onerror='a()'>&"), "&lt;img src=x onerror=&#39;a()&#39;&gt;&amp;");
    }
}
