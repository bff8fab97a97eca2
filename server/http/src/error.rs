//! The one place where errors become HTTP.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use warren_api::Response as Envelope;
use warren_auth::AuthError;
use warren_core::Error;
use warren_db::DbError;
use warren_rbac::Denied;

use crate::Json;

/// Result of a handler.
pub type Result<T, E = ApiError> = std::result::Result<T, E>;

/// An error on its way out.
#[derive(Debug)]
pub struct ApiError(pub Error);

/// The log line of an error, carried to the access log of the request.
#[derive(Debug, Clone)]
pub(crate) struct LoggedCause(pub(crate) String);

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl From<DbError> for ApiError {
    fn from(error: DbError) -> Self {
        Self(error.into())
    }
}

impl From<Denied> for ApiError {
    fn from(denied: Denied) -> Self {
        Self(denied.into())
    }
}

impl From<AuthError> for ApiError {
    fn from(error: AuthError) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Error { status, message, detail, validations, cause } = self.0;
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if matches!(status, StatusCode::NOT_MODIFIED | StatusCode::NO_CONTENT) {
            return status.into_response();
        }
        let cause = cause.map(|cause| chain(&*cause));
        if let Some(cause) = cause.as_deref().filter(|_| status.is_server_error()) {
            tracing::error!(status = status.as_u16(), %cause, "{message}");
        }
        let mut response = (status, Json(Envelope { message, detail, validations })).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if let Some(cause) = cause {
            response.extensions_mut().insert(LoggedCause(cause));
        }
        response
    }
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text.push_str(": ");
        text.push_str(&error.to_string());
        next = error.source();
    }
    text
}
