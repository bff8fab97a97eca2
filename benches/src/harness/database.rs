//! A PostgreSQL for each measured server, and what it costs: CPU time of its processes, statements that it ran.

use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use tokio_postgres::{Client, NoTls};
use warren_postgres::Cluster;

use super::process;

/// A cluster of our own, or the one of `CODER_PG_CONNECTION_URL`, in which each run makes a database.
pub struct Database {
    _cluster: Option<Cluster>,
    /// For the server.
    pub url: String,
    /// In another database of the cluster, so that our own statements are not counted.
    observer: Client,
    name: String,
    postmaster: u32,
    counts_statements: bool,
}

impl Database {
    /// An empty database.
    pub async fn start(dir: &Path) -> Result<Self> {
        let (cluster, base) = match std::env::var("CODER_PG_CONNECTION_URL").ok().filter(|url| !url.is_empty()) {
            Some(url) => (None, url),
            None => {
                let mut options = warren_postgres::Options::new(dir.join("postgres"));
                options.max_connections = 200;
                options.settings = vec![
                    ("shared_preload_libraries".into(), "pg_stat_statements".into()),
                    ("shared_buffers".into(), "256MB".into()),
                ];
                let cluster = warren_postgres::start(options).await.context("start PostgreSQL")?;
                let url = cluster.url_of("postgres");
                (Some(cluster), url)
            }
        };
        let name = format!("bench_{}", uuid::Uuid::new_v4().simple());
        let observer = connect(&base).await?;
        observer.batch_execute(&format!("CREATE DATABASE {name}")).await.context("create a database")?;
        let counts_statements =
            observer.batch_execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements").await.is_ok()
                && observer.query("SELECT 1 FROM pg_stat_statements LIMIT 1", &[]).await.is_ok();
        let backend: i32 = observer.query_one("SELECT pg_backend_pid()", &[]).await?.get(0);
        let postmaster = procfs::process::Process::new(backend)
            .and_then(|process| process.stat())
            .map(|stat| stat.ppid.cast_unsigned())
            .context("PostgreSQL runs on another machine: its CPU time cannot be read")?;
        let url = url_of(&base, &name)?;
        Ok(Self { _cluster: cluster, url, observer, name, postmaster, counts_statements })
    }

    /// A connection to the server's database, for rows that no API makes fast enough.
    pub async fn client(&self) -> Result<Client> {
        connect(&self.url).await
    }

    /// CPU time of all processes of the cluster so far. A connection's process counts also after its end.
    pub fn cpu_seconds(&self) -> Result<f64> {
        process::cpu_seconds_with_children(self.postmaster)
    }

    /// Statements that the server's database ran so far, transaction control included, and the milliseconds that they
    /// took inside the database.
    pub async fn statistics(&self) -> Result<(i64, f64)> {
        if !self.counts_statements {
            return Err(anyhow!("PostgreSQL has no pg_stat_statements: load it by shared_preload_libraries"));
        }
        let sql = "SELECT coalesce(sum(calls), 0)::bigint, coalesce(sum(total_exec_time), 0)::float8 \
                   FROM pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = $1)";
        let row = self.observer.query_one(sql, &[&self.name]).await?;
        Ok((row.get(0), row.get(1)))
    }

    /// The statements that ran most since `reset_statements`, for the reader who looks for the reason of a figure.
    pub async fn top_statements(&self, limit: i64) -> Result<Vec<(i64, f64, String)>> {
        let sql = "SELECT calls, total_exec_time, left(regexp_replace(query, '\\s+', ' ', 'g'), 160) \
                   FROM pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = $1) \
                   ORDER BY calls DESC LIMIT $2";
        let rows = self.observer.query(sql, &[&self.name, &limit]).await?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect())
    }

    /// Starts counting anew.
    pub async fn reset_statements(&self) -> Result<()> {
        self.observer.batch_execute("SELECT pg_stat_statements_reset()").await?;
        Ok(())
    }
}

/// Connects; the connection ends with the client.
pub async fn connect(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.context("connect to PostgreSQL")?;
    tokio::spawn(connection);
    Ok(client)
}

/// The same server, another database, in the form that every client library understands: a socket directory is a
/// parameter.
fn url_of(base: &str, database: &str) -> Result<String> {
    let config: tokio_postgres::Config = base.parse()?;
    let user = config.get_user().unwrap_or("postgres");
    let password = config.get_password().map(String::from_utf8_lossy).unwrap_or_default();
    let port = config.get_ports().first().copied().unwrap_or(5432);
    match config.get_hosts().first().context("the database URL has no host")? {
        tokio_postgres::config::Host::Unix(path) => {
            Ok(format!("postgres://{user}:{password}@/{database}?host={}&port={port}&sslmode=disable", path.display()))
        }
        tokio_postgres::config::Host::Tcp(host) => {
            Ok(format!("postgres://{user}:{password}@{host}:{port}/{database}?sslmode=disable"))
        }
    }
}
