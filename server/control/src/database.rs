//! The database: an external one, or a private cluster.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use warren_db::{Db, DbError, Options, Querier, Statement, migrate, scalar};
use warren_postgres::Cluster;

use crate::options::Values;

/// How long an external database may take to answer at the start.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LAST_RETRY: Duration = Duration::from_secs(3);
/// Oldest version, as `server_version_num`.
const OLDEST: i32 = 130_000;

/// An open database with the current schema.
pub(crate) struct Database {
    pub(crate) db: Db,
    /// The private cluster, to be stopped last.
    pub(crate) cluster: Option<Cluster>,
}

/// Connects, starts the private cluster if no other is named, and migrates.
pub(crate) async fn open(values: &Values, data_dir: &Path) -> Result<Database> {
    let url = values.text("postgres-url");
    let cluster = if url.is_empty() {
        let started = Instant::now();
        let cluster = warren_postgres::start(warren_postgres::Options::new(data_dir.join("postgres"))).await?;
        tracing::info!(took_ms = elapsed_ms(started), "private PostgreSQL started");
        Some(cluster)
    } else {
        None
    };
    let url = cluster.as_ref().map_or(url, Cluster::url);
    let url = if cluster.is_some() { ensure_database(&url).await? } else { url };
    let max_connections = usize::try_from(values.int("postgres-conn-max-open")).unwrap_or(10).max(1);
    let options = Options { max_connections, ..Options::default() };
    let db = Db::new(&url, &options).context("CODER_PG_CONNECTION_URL")?;
    check_version(&db).await?;
    let started = Instant::now();
    let steps = migrate(&db).await.context("cannot bring the database schema up to date")?;
    if steps > 0 {
        tracing::info!(steps, took_ms = elapsed_ms(started), "database schema is up to date");
    }
    Ok(Database { db, cluster })
}

/// Makes the server's database in a fresh private cluster.
async fn ensure_database(url: &str) -> Result<String> {
    let (server, name) = url.rsplit_once('/').context("the private cluster's address names a database")?;
    let admin = Db::new(&format!("{server}/postgres"), &Options { max_connections: 1, ..Options::default() })?;
    let conn = admin.conn().await?;
    const EXISTS: Statement =
        Statement { name: "database_exists", sql: "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)" };
    if !scalar::<bool>(&conn, &EXISTS, &[&name]).await?.unwrap_or(false) {
        let create = Statement { name: "create_database", sql: "CREATE DATABASE coder" };
        warren_db::execute(&conn.conn(), &create, &[]).await?;
    }
    drop(conn);
    admin.close();
    Ok(url.to_owned())
}

async fn check_version(db: &Db) -> Result<()> {
    const VERSION: Statement =
        Statement { name: "server_version", sql: "SELECT current_setting('server_version_num')::int" };
    let started = Instant::now();
    let mut pause = FIRST_RETRY;
    loop {
        let asked = async { scalar::<i32>(&db.conn().await?, &VERSION, &[]).await };
        match asked.await {
            Ok(Some(version)) if version < OLDEST => {
                bail!("PostgreSQL {} is too old, 13 is needed", version / 10_000)
            }
            Ok(_) => return Ok(()),
            Err(error @ DbError::Unavailable(_)) if started.elapsed() + pause < CONNECT_TIMEOUT => {
                let address = db.address();
                tracing::warn!(address, error = %chain(&error), "PostgreSQL does not answer, trying again");
                tokio::time::sleep(pause).await;
                pause = (pause + FIRST_RETRY).min(LAST_RETRY);
            }
            Err(error) => {
                let address = db.address();
                return Err(error).with_context(|| {
                    format!("PostgreSQL at {address} does not answer; check CODER_PG_CONNECTION_URL")
                });
            }
        }
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text.push_str(": ");
        text.push_str(&error.to_string());
        next = error.source();
    }
    text
}

fn elapsed_ms(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)
}
