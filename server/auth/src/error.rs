//! Why a request is not authenticated.

use warren_db::DbError;

/// A refused token. `Display` is the detail of the answer: it tells nothing that the caller does not know.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// No token came with the request.
    #[error("no session token was given")]
    Missing,
    /// The token is not `<id>-<secret>`.
    #[error("the session token is malformed")]
    Malformed,
    /// There is no such key, or its secret is another one.
    #[error("the session token is invalid")]
    Invalid,
    /// The key's time is over.
    #[error("the session expired")]
    Expired,
    /// The user may not act.
    #[error("the user is not active (status = \"{status}\")")]
    Inactive {
        /// The status.
        status: String,
    },
    /// The database failed: nothing is known about the token.
    #[error(transparent)]
    Db(#[from] DbError),
}
