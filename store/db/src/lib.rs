#![doc = include_str!("../README.md")]

#[macro_use]
mod row;
#[macro_use]
mod statement;
mod access;
pub mod access_lists;
pub mod agent_reports;
pub mod agents;
pub mod api_keys;
pub mod audit;
pub mod builds;
mod connect;
pub mod daemons;
mod db;
mod error;
pub mod files;
pub mod jobs;
mod migrate;
pub mod notifications;
pub mod organizations;
pub mod resources;
mod run;
pub mod settings;
mod stats;
pub mod templates;
#[cfg(feature = "testing")]
pub mod testing;
pub mod users;
pub mod versions;
pub mod workspaces;

pub use access::StoredAcl;
pub use connect::ConnectError;
pub use db::{Collides, Conn, Db, Isolation, Options, Querier, Tx};
pub use error::{DbError, ResultExt};
pub use migrate::{MigrateError, Migration, migrate};
pub use row::FromRow;
pub use run::{all, execute, list, one, optional, scalar};
pub use statement::Statement;
pub use stats::{BUCKETS, QueryStats, Sample, count_statements};

/// What the macros need by an absolute path.
#[doc(hidden)]
pub mod private {
    pub use tokio_postgres::{Error, Row};
}
