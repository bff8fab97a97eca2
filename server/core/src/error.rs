//! What a use case answers instead of a result: a status, texts for the caller, a cause for the log.

use warren_api::ValidationError;
use warren_auth::AuthError;
use warren_db::{Collides, DbError};
use warren_rbac::Denied;

type Cause = Box<dyn std::error::Error + Send + Sync>;
/// Result of a use case.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A refusal or failure. The texts go to the caller, the cause only to the log.
#[derive(Debug)]
pub struct Error {
    /// HTTP status.
    pub status: u16,
    /// For the caller; never empty.
    pub message: String,
    /// For the caller; empty when there is no more to say.
    pub detail: String,
    /// Fields that are wrong.
    pub validations: Vec<ValidationError>,
    /// For the log.
    pub cause: Option<Cause>,
}

impl Error {
    /// Any status with a message.
    pub fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), detail: String::new(), validations: Vec::new(), cause: None }
    }

    /// 400
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, message)
    }

    /// 400 in the form of a failed field validation.
    pub fn field(field: &str, detail: impl Into<String>) -> Self {
        Self::new(400, "Validation failed.").validation(field, detail)
    }

    /// 401
    pub fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(401, message)
    }

    /// 403 with the generic text.
    pub fn forbidden() -> Self {
        Self::new(403, "Forbidden.").detail("You don't have permission to do this. Ask an administrator for access.")
    }

    /// 403 with a message.
    pub fn forbidden_because(message: impl Into<String>) -> Self {
        Self::new(403, message)
    }

    /// 404 with the one text for "absent" and "not visible".
    pub fn not_found() -> Self {
        Self::new(404, "Resource not found or you do not have access to this resource")
    }

    /// 409
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(409, message)
    }

    /// 410
    pub fn gone(message: impl Into<String>) -> Self {
        Self::new(410, message)
    }

    /// 500: a bug or a broken part; the caller learns nothing of the cause.
    pub fn internal(cause: impl Into<Cause>) -> Self {
        Self::new(500, "An internal server error occurred.").cause(cause)
    }

    /// 503
    pub fn unavailable(cause: impl Into<Cause>) -> Self {
        Self::new(503, "The database is not reachable. Try again shortly.").cause(cause)
    }

    /// With a detail.
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// With a field that is wrong.
    pub fn validation(mut self, field: impl Into<String>, detail: impl Into<String>) -> Self {
        self.validations.push(ValidationError { field: field.into(), detail: detail.into() });
        self
    }

    /// With a cause for the log.
    pub fn cause(mut self, cause: impl Into<Cause>) -> Self {
        self.cause = Some(cause.into());
        self
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as &(dyn std::error::Error + 'static))
    }
}

impl From<DbError> for Error {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Unavailable(_) => Self::unavailable(error),
            DbError::Unstorable => Self::invalid("The request contains a character that cannot be stored.")
                .detail("Texts may not hold NUL characters."),
            error => Self::internal(error),
        }
    }
}

impl From<Denied> for Error {
    fn from(denied: Denied) -> Self {
        if denied.visible { Self::forbidden() } else { Self::not_found() }.cause(denied)
    }
}

impl From<AuthError> for Error {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Db(error) => error.into(),
            AuthError::Inactive { ref status } => Self::unauthorized(format!(
                "User is not active (status = \"{status}\"). Contact an admin to reactivate your account."
            )),
            error => {
                Self::unauthorized("You are signed out or your session has expired. Please sign in again to continue.")
                    .detail(sentence(&error.to_string()))
            }
        }
    }
}

impl Collides for Error {
    fn collides(&self) -> bool {
        self.cause.as_ref().and_then(|cause| cause.downcast_ref::<DbError>()).is_some_and(DbError::collides)
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).chain(['.']).collect()
}
