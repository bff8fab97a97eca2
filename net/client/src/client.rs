//! The connection to one deployment: headers, token, time limits, and the four kinds of calls (JSON, bytes, upload, upgrade).

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use reqwest::redirect::Policy;
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::error::reason_of;
use crate::{ApiError, Error, Result};

/// Carries the session token (user) or the agent token.
pub const TOKEN_HEADER: &str = "coder-session-token";
const BUILD_VERSION_HEADER: &str = "x-coder-build-version";
const WARNING_HEADER: &str = "x-coder-entitlements-warning";
/// Longest JSON answer that is read.
const MAX_JSON_BYTES: usize = 64 << 20;
/// A call of JSON that takes longer is given up.
const CALL_TIMEOUT: Duration = Duration::from_secs(90);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// How often answers may lead elsewhere.
const MAX_REDIRECTS: usize = 5;
/// How much of an answer that is not JSON an error shows.
const SHOWN_BODY_BYTES: usize = 2048;

/// What the first answer of a process said about the server.
#[derive(Debug, Clone, Default)]
pub struct FirstResponse {
    pub build_version: Option<String>,
    pub warnings: Vec<String>,
}

/// Called once, before the first answer is handed out.
pub type Hook = Arc<dyn Fn(FirstResponse) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// How to reach a deployment.
#[derive(Clone)]
pub struct ClientOptions {
    pub url: Url,
    pub token: Option<String>,
    /// Sent with every request, upgrades included.
    pub headers: Vec<(String, String)>,
    pub user_agent: String,
    pub tls: warren_tls::ClientTls,
    pub first_response: Option<Hook>,
    /// Writes each request and answer to standard error.
    pub trace: bool,
}

impl ClientOptions {
    /// Options with nothing but the address.
    pub fn new(url: Url) -> Self {
        Self {
            url,
            token: None,
            headers: Vec::new(),
            user_agent: "warren".into(),
            tls: warren_tls::ClientTls::default(),
            first_response: None,
            trace: false,
        }
    }
}

/// A client of one deployment. Cheap to clone.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    http: reqwest::Client,
    options: ClientOptions,
    headers: HeaderMap,
    seen: AtomicBool,
}

/// Where answers may lead. With secrets in the headers only to the same host, by a connection that is no less protected:
/// they would be sent along.
fn redirects(has_secrets: bool) -> Policy {
    Policy::custom(move |attempt| {
        let last = attempt.previous().last().cloned();
        let safe = last.is_none_or(|last| {
            let upgrade = last.scheme() == "http" && attempt.url().scheme() == "https";
            last.host() == attempt.url().host() && (upgrade || last.origin() == attempt.url().origin())
        });
        if attempt.previous().len() > MAX_REDIRECTS {
            attempt.error("the server redirects too often")
        } else if has_secrets && !safe {
            let elsewhere = attempt.url().origin().ascii_serialization();
            attempt
                .error(format!("the server redirects to {elsewhere}, to which the login is not sent: use that address"))
        } else {
            attempt.follow()
        }
    })
}

/// A request body.
pub(crate) enum Body {
    Empty,
    /// No body, and headers that ask for another protocol.
    Upgrade(HeaderMap),
    Json(Vec<u8>),
    Raw(&'static str, reqwest::Body),
}

impl Client {
    /// Sets the client up; nothing is sent yet.
    pub fn new(options: ClientOptions) -> Result<Self> {
        warren_tls::install_default_provider();
        let tls = warren_tls::client_config(&options.tls).map_err(|e| Error::Setup(e.to_string()))?;
        let mut headers = HeaderMap::new();
        for (name, value) in &options.headers {
            let name: HeaderName =
                name.trim().parse().map_err(|_| Error::Setup(format!("invalid header name {name:?}")))?;
            let value: HeaderValue =
                value.trim().parse().map_err(|_| Error::Setup(format!("invalid value of header {name}")))?;
            headers.append(name, value);
        }
        if let Some(token) = &options.token {
            let mut value: HeaderValue =
                token.parse().map_err(|_| Error::Setup("the session token is not valid text for a header".into()))?;
            value.set_sensitive(true);
            headers.insert(TOKEN_HEADER, value);
        }
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .user_agent(&options.user_agent)
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(redirects(options.token.is_some() || !options.headers.is_empty()))
            .build()
            .map_err(|e| Error::Setup(reason_of(&e)))?;
        Ok(Self(Arc::new(Inner { http, options, headers, seen: AtomicBool::new(false) })))
    }

    /// A client for the same deployment with another token.
    pub fn with_token(&self, token: Option<String>) -> Result<Self> {
        Self::new(ClientOptions { token, ..self.0.options.clone() })
    }

    /// The address of the deployment.
    pub fn url(&self) -> &Url {
        &self.0.options.url
    }

    /// The token in use, for peers of the same deployment (relay, coordination).
    pub fn token(&self) -> Option<&str> {
        self.0.options.token.as_deref()
    }

    /// The extra headers of the user, for other connections to the same deployment.
    pub fn extra_headers(&self) -> &[(String, String)] {
        &self.0.options.headers
    }

    /// All headers of a request, the token included.
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// The TLS material in use.
    pub fn tls(&self) -> &warren_tls::ClientTls {
        &self.0.options.tls
    }

    /// The absolute URL of a path below the deployment's address.
    pub fn url_of(&self, path: &str) -> Result<Url> {
        self.url().join(path).map_err(|e| Error::Setup(format!("invalid URL path {path:?}: {e}")))
    }

    /// GET of JSON.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        self.json(Method::GET, path, Body::Empty).await
    }

    /// POST of JSON for JSON.
    pub async fn post<B: Serialize + ?Sized, T: DeserializeOwned>(&self, path: &str, body: &B) -> Result<T> {
        self.json(Method::POST, path, json(body)?).await
    }

    /// PATCH of JSON for JSON.
    pub async fn patch<B: Serialize + ?Sized, T: DeserializeOwned>(&self, path: &str, body: &B) -> Result<T> {
        self.json(Method::PATCH, path, json(body)?).await
    }

    /// PUT of JSON for JSON.
    pub async fn put<B: Serialize + ?Sized, T: DeserializeOwned>(&self, path: &str, body: &B) -> Result<T> {
        self.json(Method::PUT, path, json(body)?).await
    }

    /// A call whose answer does not matter beyond its success.
    pub async fn call<B: Serialize + ?Sized>(&self, method: Method, path: &str, body: Option<&B>) -> Result<()> {
        let body = body.map_or(Ok(Body::Empty), json)?;
        self.bytes(method, path, body).await.map(drop)
    }

    pub(crate) async fn json<T: DeserializeOwned>(&self, method: Method, path: &str, body: Body) -> Result<T> {
        let bytes = self.bytes(method.clone(), path, body).await?;
        // A body of nothing is JSON's null: some actions answer so.
        let text: &[u8] = if bytes.iter().all(u8::is_ascii_whitespace) { b"null" } else { &bytes };
        serde_json::from_slice(text).map_err(|e| Error::Decode {
            method: method.to_string(),
            url: self.url_of(path).map(String::from).unwrap_or_default(),
            reason: e.to_string(),
        })
    }

    /// The answer as bytes, bounded.
    pub(crate) async fn bytes(&self, method: Method, path: &str, body: Body) -> Result<Bytes> {
        let response = self.send(method.clone(), path, body, Some(CALL_TIMEOUT)).await?;
        read_bounded(response, MAX_JSON_BYTES).await.map_err(|reason| Error::Decode {
            method: method.to_string(),
            url: self.url_of(path).map(String::from).unwrap_or_default(),
            reason,
        })
    }

    /// Sends a request; an answer outside 2xx becomes an error.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Body,
        limit: Option<Duration>,
    ) -> Result<reqwest::Response> {
        let response = self.execute(method.clone(), path, body, limit).await?;
        if response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED {
            return Ok(response);
        }
        Err(api_error(method, response).await)
    }

    pub(crate) async fn execute(
        &self,
        method: Method,
        path: &str,
        body: Body,
        limit: Option<Duration>,
    ) -> Result<reqwest::Response> {
        let url = self.url_of(path)?;
        let mut request = self.0.http.request(method.clone(), url.clone()).headers(self.0.headers.clone());
        if let Some(limit) = limit {
            request = request.timeout(limit);
        }
        request = match body {
            Body::Empty => request,
            Body::Upgrade(headers) => request.headers(headers),
            Body::Json(bytes) => {
                if self.0.options.trace {
                    eprintln!("> {}", String::from_utf8_lossy(&bytes));
                }
                request.header(http::header::CONTENT_TYPE, "application/json").body(bytes)
            }
            Body::Raw(kind, body) => request.header(http::header::CONTENT_TYPE, kind).body(body),
        };
        if self.0.options.trace {
            eprintln!("> {method} {url}");
        }
        let response = request.send().await.map_err(|e| Error::Connect {
            method: method.to_string(),
            url: url.to_string(),
            reason: reason_of(&e),
            retryable: e.is_connect() || e.is_timeout() || e.is_request(),
        })?;
        if self.0.options.trace {
            eprintln!("< {} {method} {url}", response.status());
        }
        self.announce(response.headers()).await;
        Ok(response)
    }

    /// Hands the first answer to the hook, once.
    async fn announce(&self, headers: &HeaderMap) {
        let Some(hook) = &self.0.options.first_response else { return };
        if self.0.seen.swap(true, Ordering::Relaxed) {
            return;
        }
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        hook(FirstResponse {
            build_version: headers.get(BUILD_VERSION_HEADER).map(text),
            warnings: headers.get_all(WARNING_HEADER).iter().map(text).collect(),
        })
        .await;
    }
}

pub(crate) fn json<B: Serialize + ?Sized>(body: &B) -> Result<Body> {
    serde_json::to_vec(body).map(Body::Json).map_err(|e| Error::Setup(format!("encode request: {e}")))
}

/// A path with a query; names and values are escaped.
pub(crate) fn with_query(path: &str, pairs: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs {
        query.append_pair(name, value);
    }
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// One path segment, escaped.
pub(crate) fn segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~@".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    // A segment of dots alone would climb out of its place.
    if out == "." || out == ".." { out.replace('.', "%2E") } else { out }
}

pub(crate) async fn read_bounded(mut response: reqwest::Response, limit: usize) -> Result<Bytes, String> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|e| reason_of(&e))? {
        if body.len() + chunk.len() > limit {
            return Err(format!("the answer is longer than {limit} bytes"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Reads the envelope of an error answer.
pub(crate) async fn api_error(method: Method, response: reqwest::Response) -> Error {
    let status = response.status();
    let url = response.url().to_string();
    let header =
        |name: &str| response.headers().get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let build_version = header(BUILD_VERSION_HEADER);
    let kind = header("content-type").unwrap_or_default();
    let body = read_bounded(response, 1 << 20).await.unwrap_or_default();
    let envelope = serde_json::from_slice::<warren_api::Response>(&body).ok().filter(|_| kind.contains("json"));
    let (message, detail, validations) = match envelope {
        Some(found) if found.message.is_empty() => {
            ("response has no message".to_owned(), found.detail, found.validations)
        }
        Some(found) => (found.message, found.detail, found.validations),
        None if body.is_empty() => {
            (format!("unexpected non-JSON response {kind:?}"), "no response body".into(), vec![])
        }
        None => {
            let shown = body.get(..SHOWN_BODY_BYTES).unwrap_or(&body);
            let text = String::from_utf8_lossy(shown).into_owned();
            (format!("unexpected non-JSON response {kind:?}"), text, vec![])
        }
    };
    Error::Api(Box::new(ApiError {
        method: method.to_string(),
        url,
        status,
        message,
        detail,
        suggestion: None,
        validations,
        build_version,
    }))
}
