//! What can go wrong with a call: no connection, an answer of the API, or an answer that nobody understands.

use http::StatusCode;
use warren_api::ValidationError;

/// The error of one call.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server answered with an error.
    #[error(transparent)]
    Api(Box<ApiError>),
    /// No answer: name not found, refused, reset, timed out, TLS trouble.
    #[error("{method} \"{url}\": {reason}")]
    Connect { method: String, url: String, reason: String, retryable: bool },
    /// The answer is not what the contract says.
    #[error("{method} \"{url}\": unexpected answer: {reason}")]
    Decode { method: String, url: String, reason: String },
    /// The client could not be set up.
    #[error("{0}")]
    Setup(String),
}

/// An error that the server reported.
#[derive(Debug, Clone)]
pub struct ApiError {
    pub method: String,
    pub url: String,
    pub status: StatusCode,
    pub message: String,
    pub detail: String,
    /// What to do about it, if the caller knows; the server never sends it.
    pub suggestion: Option<String>,
    pub validations: Vec<ValidationError>,
    /// `X-Coder-Build-Version` of the answer, to tell a deployment from any other web server.
    pub build_version: Option<String>,
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}: unexpected status code {}: {}", self.method, self.url, self.status.as_u16(), self.message)
    }
}

impl std::error::Error for ApiError {}

impl Error {
    /// The API's answer, if it was one.
    pub fn api(&self) -> Option<&ApiError> {
        match self {
            Self::Api(error) => Some(error),
            _ => None,
        }
    }

    /// The HTTP status, if the server answered.
    pub fn status(&self) -> Option<StatusCode> {
        self.api().map(|error| error.status)
    }

    /// True for 404.
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(StatusCode::NOT_FOUND)
    }

    /// True if the same call may succeed in a moment: no connection, or a server error.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Connect { retryable, .. } => *retryable,
            Self::Api(error) => error.status.is_server_error(),
            _ => false,
        }
    }
}

/// The innermost cause of a transport error in words, without the layers that only repeat each other.
pub(crate) fn reason_of(error: &(dyn std::error::Error + 'static)) -> String {
    let mut last: &(dyn std::error::Error + 'static) = error;
    while let Some(source) = last.source() {
        last = source;
    }
    let text = last.to_string();
    if let Some(io) = last.downcast_ref::<std::io::Error>() {
        return match io.kind() {
            std::io::ErrorKind::ConnectionRefused => "connection refused".into(),
            std::io::ErrorKind::ConnectionReset => "connection reset by the server".into(),
            std::io::ErrorKind::TimedOut => "timed out".into(),
            _ => text,
        };
    }
    text
}
