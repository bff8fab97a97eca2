//! What can go wrong, by what the caller can do about it.

use tokio_postgres::error::SqlState;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A failed database call.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The connection string cannot be used.
    #[error("the connection string cannot be used")]
    Address(#[source] crate::connect::ConnectError),
    /// The database does not answer; nothing is known about the request. Becomes 503, never 401.
    #[error("the database is unavailable")]
    Unavailable(#[source] Cause),
    /// A unique constraint or index refused the row.
    #[error("the row exists already ({constraint})")]
    Unique {
        /// Its name.
        constraint: String,
    },
    /// A reference to a row that does not exist, or that still exists.
    #[error("a referenced row is missing or still in use ({constraint})")]
    Foreign {
        /// Its name.
        constraint: String,
    },
    /// A check constraint refused the row.
    #[error("the row breaks a rule ({constraint})")]
    Check {
        /// Its name.
        constraint: String,
    },
    /// A text with a character that the database cannot keep: NUL. Whoever sent it is told.
    #[error("a text holds a character that cannot be stored")]
    Unstorable,
    /// The transaction collided with another one; repeating it is safe.
    #[error("the transaction collided with another one")]
    Collision,
    /// A query returned columns other than the row type declares: a bug.
    #[error("the columns of {query} are {found:?}, expected {expected:?}")]
    Columns {
        /// The query.
        query: &'static str,
        /// The columns that came.
        found: Vec<String>,
        /// The columns of the row type.
        expected: &'static [&'static str],
    },
    /// Anything else: a bug or a broken database.
    #[error("the database refused {query}")]
    Other {
        /// The query, or what was being done.
        query: &'static str,
        /// The cause.
        #[source]
        source: Cause,
    },
}

impl DbError {
    /// True for a violation of the constraint or unique index of this name.
    pub fn violates(&self, name: &str) -> bool {
        match self {
            Self::Unique { constraint } | Self::Foreign { constraint } | Self::Check { constraint } => {
                constraint == name
            }
            _ => false,
        }
    }

    pub(crate) fn from_postgres(query: &'static str, error: tokio_postgres::Error) -> Self {
        let Some(db) = error.as_db_error() else {
            if error.is_closed()
                || std::error::Error::source(&error).is_some_and(|source| source.is::<std::io::Error>())
            {
                return Self::Unavailable(error.into());
            }
            return Self::Other { query, source: error.into() };
        };
        let constraint = || db.constraint().unwrap_or_default().to_owned();
        match *db.code() {
            SqlState::UNIQUE_VIOLATION => Self::Unique { constraint: constraint() },
            SqlState::FOREIGN_KEY_VIOLATION | SqlState::RESTRICT_VIOLATION => {
                Self::Foreign { constraint: constraint() }
            }
            SqlState::CHECK_VIOLATION => Self::Check { constraint: constraint() },
            SqlState::CHARACTER_NOT_IN_REPERTOIRE | SqlState::UNTRANSLATABLE_CHARACTER => Self::Unstorable,
            SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED => Self::Collision,
            SqlState::ADMIN_SHUTDOWN
            | SqlState::CRASH_SHUTDOWN
            | SqlState::CANNOT_CONNECT_NOW
            | SqlState::TOO_MANY_CONNECTIONS => Self::Unavailable(error.into()),
            _ => Self::Other { query, source: error.into() },
        }
    }
}

/// Turns the violation of one constraint into an error of the caller.
pub trait ResultExt<T> {
    /// `error` takes the place of a violation of the constraint or unique index `name`.
    ///
    /// # Errors
    /// Every other error is passed on.
    fn on_constraint<E: From<DbError>>(self, name: &str, error: impl FnOnce() -> E) -> Result<T, E>;
}

impl<T> ResultExt<T> for Result<T, DbError> {
    fn on_constraint<E: From<DbError>>(self, name: &str, error: impl FnOnce() -> E) -> Result<T, E> {
        self.map_err(|e| if e.violates(name) { error() } else { e.into() })
    }
}
