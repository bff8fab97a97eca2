//! Migrations: forward only, each in a transaction of its own, under an advisory lock, remembered with a checksum. An
//! empty database gets all of them in one transaction.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use crate::{Db, DbError};

/// Key of the advisory lock that makes several servers migrate one after another.
const LOCK: i64 = 0x7761_7272_656e;

/// One step of the schema.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// `NNNN_verb_object`
    pub name: &'static str,
    /// The text.
    pub sql: &'static str,
}

/// Why the schema is not current.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
    /// One step failed; the ones before it are in place.
    #[error("migration {name}")]
    Step {
        /// The step.
        name: &'static str,
        /// The cause.
        #[source]
        source: DbError,
    },
    /// A step that is in place was another text then.
    #[error("migration {0} was changed after it was applied")]
    Changed(String),
}

/// Every step of this version.
pub(crate) const MIGRATIONS: &[Migration] = include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

/// Brings the schema up to date. A newer schema is left alone: old code runs on it. Returns how many steps were taken.
///
/// # Errors
/// [`MigrateError`].
pub async fn migrate(db: &Db) -> Result<usize, MigrateError> {
    let conn = db.conn().await?;
    let client = conn.client();
    let fail = |error| DbError::from_postgres("migrate", error);
    // The common case, everything in place, is one round trip.
    if let Ok(rows) = client.simple_query("SELECT name, checksum FROM warren_migrations").await
        && missing(&applied(&rows))?.is_empty()
    {
        return Ok(0);
    }
    conn.batch(&format!("SELECT pg_advisory_lock({LOCK})"), "migrate").await?;
    let steps = async {
        conn.batch(
            "CREATE TABLE IF NOT EXISTS warren_migrations (
                name text PRIMARY KEY,
                checksum text NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT now()
            )",
            "migrate",
        )
        .await?;
        let rows = client.simple_query("SELECT name, checksum FROM warren_migrations").await.map_err(fail)?;
        let applied = applied(&rows);
        let steps = missing(&applied)?;
        // Should the short way fail, the long one says which step it was.
        if applied.is_empty() && apply_all(&conn, &steps).await.is_ok() {
            return Ok(steps.len());
        }
        for step in &steps {
            apply(&conn, step).await.map_err(|source| MigrateError::Step { name: step.name, source })?;
            tracing::debug!(migration = step.name, "migrated");
        }
        Ok(steps.len())
    };
    let result = steps.await;
    // After a failed step the connection is inside an aborted transaction; the lock ends with the connection then.
    if result.is_ok() {
        conn.batch(&format!("SELECT pg_advisory_unlock({LOCK})"), "migrate").await?;
    }
    result
}

async fn apply(conn: &crate::Conn, step: &Migration) -> Result<(), DbError> {
    transaction(conn, &text(step), step.name).await
}

/// Every step at once: one round trip, one commit, and that one need not reach the disk at once: there is nothing to
/// lose yet, and whatever is committed later reaches the disk only after it.
async fn apply_all(conn: &crate::Conn, steps: &[&Migration]) -> Result<(), DbError> {
    let steps: String = steps.iter().map(|step| text(step)).collect();
    transaction(conn, &format!("SET LOCAL synchronous_commit = off;\n{steps}"), "migrate").await
}

async fn transaction(conn: &crate::Conn, sql: &str, name: &'static str) -> Result<(), DbError> {
    let result = conn.batch(&format!("BEGIN;\n{sql}COMMIT"), name).await;
    if result.is_err() {
        conn.batch("ROLLBACK", name).await?;
    }
    result
}

/// A step with the record that it was taken.
fn text(step: &Migration) -> String {
    let Migration { name, sql } = step;
    format!("{sql}\n;INSERT INTO warren_migrations (name, checksum) VALUES ('{name}', '{}');\n", checksum(sql))
}

fn applied(rows: &[tokio_postgres::SimpleQueryMessage]) -> HashMap<String, String> {
    let row = |message: &tokio_postgres::SimpleQueryMessage| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => Some((row.get(0)?.to_owned(), row.get(1)?.to_owned())),
        _ => None,
    };
    rows.iter().filter_map(row).collect()
}

fn missing(applied: &HashMap<String, String>) -> Result<Vec<&'static Migration>, MigrateError> {
    let mut steps = Vec::new();
    for step in MIGRATIONS {
        match applied.get(step.name) {
            None => steps.push(step),
            Some(sum) if *sum == checksum(step.sql) => {}
            Some(_) => return Err(MigrateError::Changed(step.name.to_owned())),
        }
    }
    Ok(steps)
}

fn checksum(sql: &str) -> String {
    hex::encode(Sha256::digest(sql.as_bytes()))
}
