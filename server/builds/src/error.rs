//! Why something about a job or a build did not happen.

use warren_db::{Collides, DbError};
use warren_rpc::RpcError;
use warren_template::parameters::{ClassicProblem, FieldProblem};

/// A refusal or failure. The texts are fit for callers.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The latest build is not complete.
    #[error("A workspace build is already active.")]
    ActiveBuild,
    /// The workspace was deleted.
    #[error("Cannot start a deleted workspace!")]
    Deleted,
    /// There is no such template version.
    #[error("template version does not exist")]
    VersionMissing,
    /// It belongs to another template.
    #[error("the template version belongs to another template")]
    VersionOfOtherTemplate,
    /// Its import is not complete.
    #[error("The provided template version is {0}. Wait for it to complete importing!")]
    VersionNotReady(String),
    /// Its import failed or was canceled.
    #[error("{0}")]
    VersionFailed(String),
    /// Values do not fit; every one that does not.
    #[error("Unable to validate parameters")]
    Parameters(Vec<FieldProblem>),
    /// A value does not fit; the classic flow tells the first.
    #[error("Unable to validate parameter {:?}", .0.name)]
    Parameter(ClassicProblem),
    /// There is no such preset.
    #[error("the preset does not exist in this template version")]
    PresetMissing,
    /// Tags cannot be evaluated.
    #[error("Unable to parse workspace tags")]
    Tags(Vec<(String, String)>),
    /// The caller's session does not have this job.
    #[error("you don't own this job")]
    NotOwner,
    /// The job is in another state than the call needs.
    #[error("{0}")]
    JobState(&'static str),
    /// A message that breaks the rules.
    #[error("{0}")]
    Invalid(String),
    /// The database.
    #[error("database error")]
    Db(#[from] DbError),
}

impl Collides for Error {
    fn collides(&self) -> bool {
        matches!(self, Self::Db(error) if error.collides())
    }
}

impl From<Error> for RpcError {
    fn from(error: Error) -> Self {
        if let Error::Db(cause) = &error {
            tracing::error!(error = %cause, source = ?std::error::Error::source(cause).map(ToString::to_string), "a daemon's call failed");
        }
        Self::new(error.to_string())
    }
}
