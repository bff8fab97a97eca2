//! The few pages that the server draws itself: setup, sign-in, a token for the command line. Plain forms, no script.

use std::sync::{Arc, LazyLock};

use axum::response::{Html, IntoResponse, Redirect, Response};
use http::{HeaderValue, StatusCode, header};
use minijinja::{Environment, Value, context};
use serde::Deserialize;
use warren_api::{CreateFirstUserRequest, LoginWithPasswordRequest};
use warren_core::{Cx, Error, Services, UserRef, keys, users};

use crate::api::{Api, Auth, RateScope, State};
use crate::cookies;
use crate::extract::{Csrf, Form, Query, Request, Server};

/// Nothing but our own style sheet and forms to ourselves; nobody may frame a page.
const CONTENT_SECURITY_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

pub(crate) fn routes(api: &mut Api) {
    api.tag("Pages");
    api.get("/setup", "setup-page", Auth::None, setup_page);
    api.post("/setup", "set-up", Auth::None, set_up).limit(RateScope::Login);
    api.get("/login", "login-page", Auth::SessionOptional, login_page);
    api.post("/login", "log-in-by-form", Auth::None, log_in).limit(RateScope::Login);
    api.post("/logout", "log-out-by-form", Auth::SessionOptional, log_out);
    api.get("/cli-auth", "cli-auth-page", Auth::SessionOptional, cli_auth_page);
    api.post("/cli-auth", "create-key-by-form", Auth::SessionOptional, create_key).limit(RateScope::Login);
    api.get("/pages/style.css", "style-sheet", Auth::None, style);
    api.get("/", "index-page", Auth::SessionOptional, index_page);
}

static PAGES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut pages = Environment::new();
    for (name, text) in [
        ("layout.html", include_str!("../../pages/layout.html")),
        ("login.html", include_str!("../../pages/login.html")),
        ("setup.html", include_str!("../../pages/setup.html")),
        ("cli_auth.html", include_str!("../../pages/cli_auth.html")),
        ("index.html", include_str!("../../pages/index.html")),
    ] {
        pages.add_template(name, text).expect("the pages are valid templates");
    }
    pages
});

fn page(services: &Services, status: StatusCode, name: &str, values: Value) -> Response {
    let rendered = PAGES.get_template(name).and_then(|template| template.render(values));
    match rendered {
        Ok(text) => {
            let mut response = (status, Html(text)).into_response();
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
            headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            let age = services.config.strict_transport_security;
            if age > 0
                && let Ok(value) = HeaderValue::from_str(&format!("max-age={age}"))
            {
                headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
            }
            response
        }
        Err(error) => {
            tracing::error!(%error, page = name, "cannot draw a page");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn status_of(error: &Error) -> StatusCode {
    StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// What a person can do about it.
fn text_of(error: &Error) -> String {
    let fields = error.validations.iter().map(|validation| validation.detail.as_str());
    std::iter::once(error.message.as_str()).chain(fields).collect::<Vec<_>>().join(" ")
}

#[derive(Deserialize)]
struct SetupForm {
    username: String,
    email: String,
    password: String,
}

async fn setup_page(Server(services): Server, Csrf(csrf): Csrf) -> Response {
    match users::first_user_exists(&services).await {
        Ok(true) => Redirect::to("/login").into_response(),
        Ok(false) => page(&services, StatusCode::OK, "setup.html", context! { csrf }),
        Err(error) => crate::ApiError(error).into_response(),
    }
}

async fn set_up(
    Server(services): Server,
    Request(info): Request,
    Csrf(csrf): Csrf,
    Form(form): Form<SetupForm>,
) -> Response {
    let SetupForm { username, email, password } = form;
    let body = serde_json::json!({ "username": username, "email": email, "password": password });
    let made = async {
        crate::rules::check(&body, <CreateFirstUserRequest as warren_api::Rules>::RULES)?;
        let request: CreateFirstUserRequest = serde_json::from_value(body).map_err(Error::internal)?;
        users::create_first_user(&services, &info, request).await
    };
    match made.await {
        Ok(_) => sign_in(&services, &info, LoginWithPasswordRequest { email, password }, "/")
            .await
            .unwrap_or_else(|_| Redirect::to("/login").into_response()),
        Err(error) => page(
            &services,
            status_of(&error),
            "setup.html",
            context! { csrf, username, email, error => text_of(&error) },
        ),
    }
}

#[derive(Deserialize)]
struct LoginQuery {
    #[serde(default)]
    redirect: String,
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct LoginForm {
    email: String,
    password: String,
    #[serde(default)]
    redirect: String,
}

async fn login_page(
    cx: Option<Cx>,
    Server(services): Server,
    Csrf(csrf): Csrf,
    Query(query): Query<LoginQuery>,
) -> Response {
    if cx.is_some() {
        return Redirect::to(&local_path(&query.redirect)).into_response();
    }
    if users::first_user_exists(&services).await.is_ok_and(|exists| !exists) {
        return Redirect::to("/setup").into_response();
    }
    let values = context! { csrf, redirect => query.redirect, message => query.message };
    page(&services, StatusCode::OK, "login.html", values)
}

async fn log_in(
    Server(services): Server,
    Request(info): Request,
    Csrf(csrf): Csrf,
    Form(form): Form<LoginForm>,
) -> Response {
    let LoginForm { email, password, redirect } = form;
    let request = LoginWithPasswordRequest { email: email.clone(), password };
    match sign_in(&services, &info, request, &redirect).await {
        Ok(response) => response,
        Err(error) => page(
            &services,
            status_of(&error),
            "login.html",
            context! { csrf, redirect, email, error => text_of(&error) },
        ),
    }
}

async fn sign_in(
    services: &Arc<Services>,
    info: &Arc<warren_core::RequestInfo>,
    request: LoginWithPasswordRequest,
    redirect: &str,
) -> Result<Response, Error> {
    let session = users::login_with_password(services, info, request).await?;
    let cookie = cookies::set_session(&services.config, &session.session_token);
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&local_path(redirect))).into_response())
}

async fn log_out(
    cx: Option<Cx>,
    Server(services): Server,
    Csrf(_): Csrf,
    Form(_): Form<serde::de::IgnoredAny>,
) -> Response {
    if let Some(cx) = cx
        && let Err(error) = users::logout(&cx).await
    {
        return crate::ApiError(error).into_response();
    }
    let cookie = cookies::clear_session(&services.config);
    ([(header::SET_COOKIE, cookie)], Redirect::to("/login")).into_response()
}

async fn cli_auth_page(cx: Option<Cx>, Csrf(csrf): Csrf) -> Response {
    let Some(cx) = cx else { return Redirect::to("/login?redirect=%2Fcli-auth").into_response() };
    let username = cx.actor.username.clone();
    page(&cx.services, StatusCode::OK, "cli_auth.html", context! { csrf, username })
}

async fn create_key(cx: Option<Cx>, Csrf(csrf): Csrf, Form(_): Form<serde::de::IgnoredAny>) -> Response {
    let Some(cx) = cx else { return Redirect::to("/login?redirect=%2Fcli-auth").into_response() };
    match keys::create_session_key(&cx, &UserRef::Me).await {
        Ok(made) => page(&cx.services, StatusCode::OK, "cli_auth.html", context! { csrf, key => made.key }),
        Err(error) => {
            let username = cx.actor.username.clone();
            page(
                &cx.services,
                status_of(&error),
                "cli_auth.html",
                context! { csrf, username, error => text_of(&error) },
            )
        }
    }
}

async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("../../pages/style.css")).into_response()
}

async fn index_page(cx: Option<Cx>, Server(services): Server, Csrf(csrf): Csrf) -> Response {
    let username = cx.map(|cx| cx.actor.username.clone());
    let access_url = super::deployment::base_url(&services);
    page(&services, StatusCode::OK, "index.html", context! { csrf, username, access_url })
}

/// What a browser gets at any other path.
pub(crate) fn index(state: &State, request: &axum::extract::Request) -> Response {
    let csrf = crate::extract::csrf_token(request.headers(), request.extensions());
    let access_url = super::deployment::base_url(state);
    page(state, StatusCode::OK, "index.html", context! { csrf, access_url })
}

/// A redirect never leaves this server: only path and query are kept.
fn local_path(text: &str) -> String {
    let path = match url::Url::parse(text) {
        Ok(url) if url.has_host() => {
            format!("{}{}", url.path(), url.query().map(|q| format!("?{q}")).unwrap_or_default())
        }
        Ok(_) => "/".to_owned(),
        Err(_) => text.to_owned(),
    };
    let ok = path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\r', '\n', '\t']);
    if ok { path } else { "/".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_stay_on_this_server() {
        assert_eq!(local_path("/cli-auth?x=1"), "/cli-auth?x=1");
        assert_eq!(local_path("https://evil.example/a?b"), "/a?b");
        for bad in ["", "evil", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\r\nSet-Cookie: x"] {
            assert_eq!(local_path(bad), "/", "{bad}");
        }
    }
}
