#![doc = include_str!("../README.md")]

mod binaries;
mod cluster;
mod process;
mod user;

pub use binaries::{Binaries, find_binaries};
pub use cluster::{Cluster, Options, start};

use std::path::PathBuf;

/// Why a private cluster cannot run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No installation was found.
    #[error(
        "no PostgreSQL installation found (looked in {0}); install PostgreSQL 13 or newer, or set CODER_PG_CONNECTION_URL"
    )]
    NotInstalled(String),
    /// The data belong to another major version than any installation found.
    #[error(
        "the cluster in {dir} was made by PostgreSQL {cluster}, but only {found} is installed; install PostgreSQL {cluster} or migrate the data"
    )]
    OtherMajor {
        /// Where the data are.
        dir: PathBuf,
        /// Their major version.
        cluster: u32,
        /// The versions that are installed.
        found: String,
    },
    /// A folder above the data directory is closed to the database's user.
    #[error(
        "{dir} is closed to the user {user:?}, which PostgreSQL must run as when the server runs as root; choose another data directory (CODER_CONFIG_DIR)"
    )]
    NotTraversable {
        /// The folder.
        dir: PathBuf,
        /// The user.
        user: String,
    },
    /// The server runs as root and there is no user to drop to.
    #[error("PostgreSQL refuses to run as root, and there is neither a user \"postgres\" nor \"nobody\"")]
    NoUser,
    /// Another server runs on these data.
    #[error("the cluster in {dir} is in use by process {pid}")]
    InUse {
        /// Where the data are.
        dir: PathBuf,
        /// The database's process.
        pid: i32,
    },
    /// `initdb` failed.
    #[error("initdb failed: {0}")]
    Initdb(String),
    /// The database ended before it was ready.
    #[error("PostgreSQL did not start: {0}")]
    Start(String),
    /// The file system said no.
    #[error("{what} {path}")]
    Io {
        /// What was being done.
        what: &'static str,
        /// To what.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
}

trait IoContext<T> {
    fn context(self, what: &'static str, path: impl Into<PathBuf>) -> Result<T, Error>;
}

impl<T> IoContext<T> for std::io::Result<T> {
    fn context(self, what: &'static str, path: impl Into<PathBuf>) -> Result<T, Error> {
        self.map_err(|source| Error::Io { what, path: path.into(), source })
    }
}
