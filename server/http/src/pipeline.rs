//! The way of a request: id, address, path clean-up, route, rate limit, CSRF, authentication, handler, headers
//! (rest.md §1).

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use futures_util::FutureExt;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use uuid::Uuid;
use warren_auth::AuthError;
use warren_core::{Error, RequestInfo, Services};
use warren_types::COMPATIBILITY_VERSION;

use crate::access_url::Arrival;
use crate::api::{Api, Auth, RateScope, Route, State};
use crate::error::ApiError;
use crate::extract::NewCsrfCookie;
use crate::{access_url, authenticate, client_ip, cookies, csrf, rate_limit};

const VERSION_HEADER: HeaderName = HeaderName::from_static("x-coder-build-version");
const REQUEST_ID_HEADER: HeaderName = HeaderName::from_static("x-coder-request-id");

/// The pattern of the route that answered, for logs and metrics.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MatchedRoute {
    pub(crate) path: &'static str,
}

/// The service that answers every request.
pub fn app(api: Api, services: Arc<Services>) -> Router {
    let state = State(services);
    let mut by_path: BTreeMap<&'static str, Vec<Route>> = BTreeMap::new();
    for route in api.routes() {
        by_path.entry(route.path).or_default().push(route.clone());
    }
    let paths: BTreeSet<&str> = by_path.keys().copied().collect();
    let mut router = Router::new();
    for (path, routes) in by_path.clone() {
        let routes: Arc<[Route]> = routes.into();
        let state = state.clone();
        let serve = any(move |request: Request| dispatch(routes.clone(), state.clone(), request));
        router = router.route(&positional(path), serve.clone());
        // A slash at the end means nothing on the root of a group of routes.
        if !path.ends_with('/') && is_group_root(path, &paths) {
            router = router.route(&positional(&format!("{path}/")), serve);
        }
    }
    let fallback_state = state.clone();
    let router = router.fallback(move |request: Request| fallback(fallback_state.clone(), request));
    Router::new().fallback(move |request: Request| outer(router.clone(), state.clone(), request))
}

/// `/users/{user}/keys/{keyid}` → `/users/{p0}/keys/{p1}`: names of parameters may differ between routes.
fn positional(path: &str) -> String {
    let mut count = 0;
    let segments = path.split('/').map(|segment| {
        let Some(name) = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
            return segment.to_owned();
        };
        let star = if name.starts_with('*') { "*" } else { "" };
        count += 1;
        format!("{{{star}p{}}}", count - 1)
    });
    segments.collect::<Vec<_>>().join("/")
}

fn is_group_root(path: &str, paths: &BTreeSet<&str>) -> bool {
    let with_slash = format!("{path}/");
    !paths.contains(with_slash.as_str())
        && paths.iter().any(|other| other.starts_with(&with_slash) && !other.contains("{*"))
}

/// Everything around routing.
async fn outer(router: Router, state: State, mut request: Request) -> Response {
    collapse_slashes(&mut request);
    let user_agent =
        request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let info = Arc::new(RequestInfo {
        id: Uuid::new_v4(),
        ip: client_ip::client_ip(&request, &state.config),
        user_agent: user_agent.to_owned(),
    });
    let new_csrf_cookie = cookies::find(request.headers(), cookies::CSRF).is_none().then(random_token);
    if let Some(token) = &new_csrf_cookie {
        request.extensions_mut().insert(NewCsrfCookie(token.clone()));
    }
    request.extensions_mut().insert(info.clone());
    let observed = observe::Observed::begin(&request, &info);
    let arrival = Arrival {
        uri: request.uri(),
        headers: request.headers(),
        secured: client_ip::is_secured(&request, &state.config),
    };
    let mut response = match access_url::redirect(&state.config, arrival) {
        Some(redirection) => redirection,
        None => {
            client_ip::remove_untrusted(&mut request, &state.config);
            route(router, request).await
        }
    };
    add_headers(response.headers_mut(), &info, new_csrf_cookie.as_deref());
    observed.end(&response);
    response
}

async fn route(router: Router, request: Request) -> Response {
    match AssertUnwindSafe(tower::ServiceExt::oneshot(router, request)).catch_unwind().await {
        Ok(Ok(response)) => response,
        Ok(Err(never)) => match never {},
        Err(_panic) => ApiError(Error::internal("a handler panicked")).into_response(),
    }
}

fn add_headers(headers: &mut HeaderMap, info: &RequestInfo, new_csrf_cookie: Option<&str>) {
    headers.insert(VERSION_HEADER, HeaderValue::from_static(COMPATIBILITY_VERSION));
    if let Ok(id) = HeaderValue::from_str(&info.id.to_string()) {
        headers.insert(REQUEST_ID_HEADER, id);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.append(header::VARY, HeaderValue::from_static("Cookie"));
    if let Some(token) = new_csrf_cookie {
        headers.append(header::SET_COOKIE, cookies::set_csrf(token));
    }
}

fn random_token() -> String {
    let token: [u8; 24] = rand::random();
    base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, token)
}

fn collapse_slashes(request: &mut Request) {
    if !request.uri().path().contains("//") {
        return;
    }
    let mut path = String::with_capacity(request.uri().path().len());
    for letter in request.uri().path().chars() {
        if letter != '/' || !path.ends_with('/') {
            path.push(letter);
        }
    }
    if let Some(query) = request.uri().query() {
        path.push('?');
        path.push_str(query);
    }
    if let Ok(uri) = path.parse::<Uri>() {
        *request.uri_mut() = uri;
    }
}

/// One path: finds the method's route, then everything that has to hold before its handler runs.
async fn dispatch(routes: Arc<[Route]>, state: State, request: Request) -> Response {
    let wanted = request.method();
    let Some(route) = routes.iter().find(|route| route.method.as_ref().is_none_or(|method| method == wanted)) else {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    };
    let matched = MatchedRoute { path: route.path };
    let mut request = request;
    let measured = observe::Measurement::begin(&request, route.path);
    request.extensions_mut().insert(measured.measured);
    let mut response = guarded(route, state, request).await;
    measured.end(&response);
    if response.status() == StatusCode::OK && route.status != StatusCode::OK {
        *response.status_mut() = route.status;
    }
    response.extensions_mut().insert(matched);
    response
}

async fn guarded(route: &Route, state: State, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let info = parts.extensions.get::<Arc<RequestInfo>>().cloned().unwrap_or_default();
    if let Err(refusal) = csrf::check(&parts, &state.config) {
        return *refusal;
    }
    // The user is looked up once: the rate limit counts by user, authentication decides by it.
    let wants_user = match route.auth {
        Auth::Agent => false,
        Auth::None => route.limit != RateScope::None,
        Auth::Session | Auth::SessionOptional | Auth::ProvisionerDaemon => true,
    };
    let user = if wants_user { authenticate::session(&parts, &state, &info).await } else { Err(AuthError::Missing) };
    let actor = user.as_ref().ok().map(|caller| caller.actor.clone());
    if let Some(refusal) = bypass_refusal(&parts, actor.as_ref()) {
        return refusal;
    }
    let verdict = rate_limit::count(&state, route.limit, actor.as_ref(), &info.ip, &parts);
    let mut response = if let Some(verdict) = verdict.as_ref().filter(|verdict| !verdict.allowed) {
        rate_limit::refusal(verdict)
    } else {
        match authenticate::authenticate(route.auth, &parts, &state.0, user).await {
            Err(refusal) => *refusal,
            Ok(caller) => {
                if let Some(caller) = caller {
                    parts.extensions.insert(caller);
                }
                (route.handler)(Request::from_parts(parts, body), state).await
            }
        }
    };
    if let Some(actor) = actor {
        response.extensions_mut().insert(observe::Requester(actor.username.clone(), actor.user_id));
    }
    if let Some(verdict) = verdict {
        rate_limit::announce(&verdict, response.headers_mut());
    }
    response
}

/// Only owners may ask to be let through the rate limit.
fn bypass_refusal(parts: &Parts, actor: Option<&warren_rbac::Actor>) -> Option<Response> {
    let asks = parts.headers.get("x-coder-bypass-ratelimit").is_some_and(|value| value == "true");
    let allowed = actor.is_none_or(|actor| actor.has_role("owner"));
    (asks && !allowed)
        .then(|| (StatusCode::PRECONDITION_REQUIRED, "only owners may bypass the rate limit\n").into_response())
}

/// No route: the envelope below `/api`, pages elsewhere.
async fn fallback(state: State, request: Request) -> Response {
    let pattern = if request.uri().path().starts_with("/api/") { "UNKNOWN" } else { "STATIC" };
    let measured = observe::Measurement::begin(&request, pattern);
    let response = unmatched(&state, &request);
    measured.end(&response);
    response
}

fn unmatched(state: &State, request: &Request) -> Response {
    let path = request.uri().path();
    if path.starts_with("/api/") || path == "/api" {
        return ApiError(Error::new(404, "Route not found.")).into_response();
    }
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return crate::routes::pages::index(state, request);
    }
    StatusCode::METHOD_NOT_ALLOWED.into_response()
}

pub(crate) mod observe {
    //! The access log and the request metrics.

    use std::sync::Arc;
    use std::time::Instant;

    use axum::extract::Request;
    use axum::response::Response;
    use uuid::Uuid;
    use warren_core::RequestInfo;
    use warren_observe::metrics::{HTTP, Measured};

    use super::MatchedRoute;
    use crate::error::LoggedCause;

    /// Who asked, for the access log.
    #[derive(Debug, Clone)]
    pub(crate) struct Requester(pub(crate) String, pub(crate) Uuid);

    /// One request in the metrics. A websocket goes on after the response; `Upgrade` ends its measurement.
    pub(crate) struct Measurement {
        pub(crate) measured: Measured,
        started: Instant,
        ended: bool,
    }

    impl Measurement {
        pub(crate) fn begin(request: &Request, path: &'static str) -> Self {
            let method = match request.method().as_str() {
                "GET" => "GET",
                "POST" => "POST",
                "PUT" => "PUT",
                "PATCH" => "PATCH",
                "DELETE" => "DELETE",
                "HEAD" => "HEAD",
                "OPTIONS" => "OPTIONS",
                _ => "OTHER",
            };
            let measured = Measured { method, path, websocket: is_websocket(request) };
            HTTP.begin(&measured);
            Self { measured, started: Instant::now(), ended: false }
        }

        pub(crate) fn end(mut self, response: &Response) {
            self.ended = true;
            let goes_on = response.extensions().get::<MeasuredByUpgrade>().is_some();
            if !goes_on {
                HTTP.end(&self.measured, response.status().as_u16(), self.started.elapsed());
            }
        }
    }

    impl Drop for Measurement {
        fn drop(&mut self) {
            // The client went away before there was an answer.
            if !self.ended {
                HTTP.end(&self.measured, 0, self.started.elapsed());
            }
        }
    }

    /// Marks a response whose websocket ends the measurement itself.
    #[derive(Debug, Clone, Copy)]
    pub(crate) struct MeasuredByUpgrade;

    fn is_websocket(request: &Request) -> bool {
        let upgrade = request.headers().get(http::header::UPGRADE);
        upgrade.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
    }

    pub(crate) struct Observed {
        started: Instant,
        at: jiff::Timestamp,
        method: http::Method,
        host: String,
        path: String,
        proto: http::Version,
        info: Arc<RequestInfo>,
    }

    impl Observed {
        pub(crate) fn begin(request: &Request, info: &Arc<RequestInfo>) -> Self {
            let (method, path) = (request.method().clone(), request.uri().path().to_owned());
            let host = request.headers().get(http::header::HOST).and_then(|host| host.to_str().ok());
            let (host, proto) = (host.unwrap_or_default().to_owned(), request.version());
            let (started, at) = (Instant::now(), jiff::Timestamp::now());
            Self { started, at, method, host, path, proto, info: info.clone() }
        }

        pub(crate) fn end(self, response: &Response) {
            let extensions = response.extensions();
            let route = extensions.get::<MatchedRoute>().map_or("", |matched| matched.path);
            let requester = extensions.get::<Requester>();
            let requestor_id = requester.map(|requester| requester.1.to_string());
            let requestor_name = requester.map(|requester| requester.0.as_str());
            let cause = extensions.get::<LoggedCause>().map(|cause| cause.0.as_str());
            if self.path == "/healthz" {
                return;
            }
            let status_code = response.status().as_u16();
            let latency_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
            let (method, path, remote_addr, request_id) =
                (self.method.as_str(), self.path.as_str(), self.info.ip.as_str(), self.info.id.to_string());
            let (user_agent, host) = (self.info.user_agent.as_str(), self.host.as_str());
            let (proto, start) = (format!("{:?}", self.proto), self.at.to_string());
            let took = format!("{:?}", self.started.elapsed());
            if status_code >= 500 {
                tracing::warn!(
                    target: "coderd",
                    user_agent, host, path, proto, remote_addr, start, requestor_id, requestor_name, took, status_code,
                    latency_ms, route, cause, request_id,
                    "{method}"
                );
            } else {
                tracing::debug!(
                    target: "coderd",
                    user_agent, host, path, proto, remote_addr, start, requestor_id, requestor_name, took, status_code,
                    latency_ms, route, cause, request_id,
                    "{method}"
                );
            }
        }
    }
}
