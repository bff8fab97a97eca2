//! Forms of the server's own pages, with their protection against foreign sites.

use std::convert::Infallible;

use axum::extract::{FromRequest, FromRequestParts, Request};
use http::request::Parts;
use http::{Extensions, HeaderMap};
use serde::de::DeserializeOwned;
use subtle::ConstantTimeEq;
use warren_core::Error;

use super::RawBody;
use crate::api::State;
use crate::cookies;
use crate::describe::Describe;
use crate::error::ApiError;

/// Largest form.
const MAX_FORM: usize = 64 * 1024;

/// The base cookie that the answer to this request will set.
#[derive(Debug, Clone)]
pub(crate) struct NewCsrfCookie(pub(crate) String);

/// The token for the forms of a page.
#[derive(Debug, Clone)]
pub struct Csrf(pub String);

/// A form that was sent from one of our pages.
#[derive(Debug, Clone)]
pub struct Form<T>(pub T);

/// The base cookie of a request, or the one that its answer will set.
pub(crate) fn csrf_token(headers: &HeaderMap, extensions: &Extensions) -> String {
    let fresh = extensions.get::<NewCsrfCookie>().map(|cookie| cookie.0.clone());
    cookies::find(headers, cookies::CSRF).map(str::to_owned).or(fresh).unwrap_or_default()
}

impl FromRequestParts<State> for Csrf {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Infallible> {
        Ok(Self(csrf_token(&parts.headers, &parts.extensions)))
    }
}

impl<T: DeserializeOwned> FromRequest<State> for Form<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &State) -> Result<Self, ApiError> {
        let cookie = cookies::find(request.headers(), cookies::CSRF).unwrap_or_default().to_owned();
        let RawBody(bytes) = RawBody::<MAX_FORM>::from_request(request, state).await?;
        let token =
            url::form_urlencoded::parse(&bytes).find(|(key, _)| key == "csrf").map(|(_, value)| value.into_owned());
        let token = token.unwrap_or_default();
        if cookie.is_empty() || !bool::from(token.as_bytes().ct_eq(cookie.as_bytes())) {
            return Err(ApiError(Error::invalid("The form has expired. Go back, reload the page and try again.")));
        }
        let uri = http::Uri::builder().path_and_query([b"/?", &bytes[..]].concat()).build();
        let uri = uri.map_err(|error| ApiError(Error::invalid("The form is malformed.").detail(error.to_string())))?;
        let parsed = axum::extract::Query::<T>::try_from_uri(&uri)
            .map_err(|error| ApiError(Error::invalid("The form is incomplete.").detail(error.body_text())))?;
        Ok(Self(parsed.0))
    }
}

impl Describe for Csrf {}
impl<T> Describe for Form<T> {}
