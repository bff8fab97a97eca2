//! Connections and transactions.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, QueueMode, RecyclingMethod, Runtime, Timeouts};
use parking_lot::Mutex;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::DbError;
use crate::connect::{self, Target};
use crate::stats::QueryStats;

/// How long a request waits for a free connection, and for a new one to be made.
const WAIT_TIMEOUT: Duration = Duration::from_secs(5);
/// How often a colliding transaction is repeated.
const MAX_ATTEMPTS: u32 = 5;

/// How to connect.
#[derive(Debug, Clone)]
pub struct Options {
    /// Largest number of connections of this process, the listening one not counted.
    pub max_connections: usize,
    /// Name in `pg_stat_activity`.
    pub application_name: String,
}

impl Default for Options {
    fn default() -> Self {
        Self { max_connections: 10, application_name: "warren".into() }
    }
}

/// The database; cheap to clone.
#[derive(Debug, Clone)]
pub struct Db {
    pool: Pool,
    stats: QueryStats,
    target: Arc<Target>,
}

/// A secured connection of [`Db::dedicated`].
type Stream = <MakeRustlsConnect as MakeTlsConnect<tokio_postgres::Socket>>::Stream;

/// Anything that can run a statement: [`Conn`] or [`Tx`].
pub trait Querier: Send + Sync {
    /// The connection below.
    fn conn(&self) -> &Conn;
}

/// A connection of the pool. Every statement commits by itself.
#[derive(Debug)]
pub struct Conn {
    object: Option<Object>,
    stats: QueryStats,
}

/// How far a transaction is shielded from others. Colliding ones are repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isolation {
    /// Sees what others commit meanwhile; not repeated.
    ReadCommitted,
    /// Sees one state; repeated when another one changed the same rows.
    RepeatableRead,
    /// As if it ran alone; repeated on any collision.
    Serializable,
}

/// A transaction; cheap to clone. Commits when the closure of [`Db::tx`] returns `Ok`.
#[derive(Clone)]
pub struct Tx(Arc<TxInner>);

struct TxInner {
    conn: Conn,
    finished: std::sync::atomic::AtomicBool,
    on_commit: Mutex<Vec<Box<dyn FnOnce() + Send>>>,
}

impl Db {
    /// Prepares a pool; connections are made when they are needed.
    ///
    /// # Errors
    /// [`DbError::Address`].
    pub fn new(url: &str, options: &Options) -> Result<Self, DbError> {
        let mut target = connect::parse(url).map_err(DbError::Address)?;
        let config = &mut target.config;
        if config.get_application_name().is_none() {
            config.application_name(&options.application_name);
        }
        config.connect_timeout(WAIT_TIMEOUT);
        let manager_config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(config.clone(), target.tls.clone(), manager_config);
        let timeouts = Timeouts { wait: Some(WAIT_TIMEOUT), create: Some(WAIT_TIMEOUT), recycle: Some(WAIT_TIMEOUT) };
        let pool = Pool::builder(manager)
            .max_size(options.max_connections)
            // The connection that worked last has its statements planned and its pages warm.
            .queue_mode(QueueMode::Lifo)
            .timeouts(timeouts)
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| DbError::Other { query: "connection pool", source: Box::new(error) })?;
        Ok(Self { pool, stats: QueryStats::default(), target: Arc::new(target) })
    }

    /// A connection.
    ///
    /// # Errors
    /// [`DbError::Unavailable`].
    pub async fn conn(&self) -> Result<Conn, DbError> {
        let object = self.pool.get().await.map_err(|error| DbError::Unavailable(Box::new(error)))?;
        Ok(Conn { object: Some(object), stats: self.stats.clone() })
    }

    /// Runs `work` in a transaction at the level READ COMMITTED: committed when it returns `Ok`, else rolled back.
    ///
    /// # Errors
    /// Those of `work`, and [`DbError`].
    pub async fn tx<T, E, F, Fut>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(Tx) -> Fut,
        Fut: Future<Output = Result<T, E>>,
        E: From<DbError>,
    {
        self.attempt(Isolation::ReadCommitted, work).await.map_err(Failure::into_inner)
    }

    /// Like [`Db::tx`] at another level; repeated when it collides with another transaction, so `work` must have no
    /// effect outside the transaction.
    ///
    /// # Errors
    /// Those of `work`, and [`DbError`].
    pub async fn tx_at<T, E, F, Fut>(&self, isolation: Isolation, work: F) -> Result<T, E>
    where
        F: Fn(Tx) -> Fut,
        Fut: Future<Output = Result<T, E>>,
        E: From<DbError> + Collides,
    {
        let mut attempt = 1;
        loop {
            match self.attempt(isolation, &work).await {
                Ok(value) => return Ok(value),
                Err(failure) if attempt < MAX_ATTEMPTS && failure.collides() => attempt += 1,
                Err(failure) => return Err(failure.into_inner()),
            }
        }
    }

    /// The measurements of every query.
    pub fn stats(&self) -> &QueryStats {
        &self.stats
    }

    /// `(open, idle, waiting)` connections of the pool, and the largest number.
    pub fn pool_status(&self) -> (usize, usize, usize, usize) {
        let status = self.pool.status();
        (status.size, status.available, status.waiting, status.max_size)
    }

    /// A connection outside the pool, for listening.
    ///
    /// # Errors
    /// [`DbError::Unavailable`].
    pub async fn dedicated(
        &self,
    ) -> Result<(tokio_postgres::Client, tokio_postgres::Connection<tokio_postgres::Socket, Stream>), DbError> {
        self.target.config.connect(self.target.tls.clone()).await.map_err(|error| DbError::Unavailable(Box::new(error)))
    }

    /// Where the database is, `host:port` or the folder of its socket; nothing secret.
    pub fn address(&self) -> String {
        let ports = self.target.config.get_ports();
        let port = |index: usize| ports.get(index).or(ports.first()).copied().unwrap_or(5432);
        let hosts = self.target.config.get_hosts().iter().enumerate().map(|(index, host)| match host {
            tokio_postgres::config::Host::Tcp(name) => format!("{name}:{}", port(index)),
            #[cfg(unix)]
            tokio_postgres::config::Host::Unix(path) => path.display().to_string(),
        });
        hosts.collect::<Vec<_>>().join(", ")
    }

    /// Closes every connection; further calls answer [`DbError::Unavailable`].
    pub fn close(&self) {
        self.pool.close();
    }

    async fn attempt<T, E, F, Fut>(&self, isolation: Isolation, work: F) -> Result<T, Failure<E>>
    where
        F: FnOnce(Tx) -> Fut,
        Fut: Future<Output = Result<T, E>>,
        E: From<DbError>,
    {
        let tx = Tx::begin(self.conn().await.map_err(Failure::Db)?, isolation).await.map_err(Failure::Db)?;
        match work(tx.clone()).await {
            Ok(value) => {
                tx.commit().await.map_err(Failure::Db)?;
                Ok(value)
            }
            Err(error) => {
                tx.rollback().await;
                Err(Failure::Work(error))
            }
        }
    }
}

enum Failure<E> {
    Db(DbError),
    Work(E),
}

impl<E: From<DbError>> Failure<E> {
    fn into_inner(self) -> E {
        match self {
            Self::Db(error) => error.into(),
            Self::Work(error) => error,
        }
    }
}

impl<E: Collides> Failure<E> {
    fn collides(&self) -> bool {
        match self {
            Self::Db(error) => error.collides(),
            Self::Work(error) => error.collides(),
        }
    }
}

/// An error type that can tell whether repeating the transaction helps.
pub trait Collides {
    /// True for [`DbError::Collision`].
    fn collides(&self) -> bool;
}

impl Collides for DbError {
    fn collides(&self) -> bool {
        matches!(self, Self::Collision)
    }
}

impl Conn {
    pub(crate) fn client(&self) -> &deadpool_postgres::ClientWrapper {
        self.object.as_ref().expect("taken only when the connection is dropped")
    }

    pub(crate) fn stats(&self) -> &QueryStats {
        &self.stats
    }

    pub(crate) async fn batch(&self, sql: &str, name: &'static str) -> Result<(), DbError> {
        self.client().batch_execute(sql).await.map_err(|error| DbError::from_postgres(name, error))
    }
}

impl Querier for Conn {
    fn conn(&self) -> &Conn {
        self
    }
}

impl Querier for Tx {
    fn conn(&self) -> &Conn {
        &self.0.conn
    }
}

impl<Q: Querier> Querier for &Q {
    fn conn(&self) -> &Conn {
        (**self).conn()
    }
}

impl Tx {
    /// Runs `work` right after the commit, before [`Db::tx`] returns; not at all after a rollback.
    pub fn on_commit(&self, work: impl FnOnce() + Send + 'static) {
        self.0.on_commit.lock().push(Box::new(work));
    }

    async fn begin(conn: Conn, isolation: Isolation) -> Result<Self, DbError> {
        let tx = Self(Arc::new(TxInner { conn, finished: false.into(), on_commit: Mutex::default() }));
        let sql = match isolation {
            Isolation::ReadCommitted => "BEGIN",
            Isolation::RepeatableRead => "BEGIN ISOLATION LEVEL REPEATABLE READ",
            Isolation::Serializable => "BEGIN ISOLATION LEVEL SERIALIZABLE",
        };
        tx.conn().batch(sql, "begin").await?;
        Ok(tx)
    }

    async fn commit(&self) -> Result<(), DbError> {
        self.conn().batch("COMMIT", "commit").await?;
        self.finish();
        let work = std::mem::take(&mut *self.0.on_commit.lock());
        work.into_iter().for_each(|work| work());
        Ok(())
    }

    async fn rollback(&self) {
        // A connection that cannot roll back is broken; dropping the transaction closes it.
        if self.conn().batch("ROLLBACK", "rollback").await.is_ok() {
            self.finish();
        }
    }

    fn finish(&self) {
        self.0.finished.store(true, std::sync::atomic::Ordering::Relaxed);
    }
}

impl Drop for TxInner {
    fn drop(&mut self) {
        if !*self.finished.get_mut()
            && let Some(object) = self.conn.object.take()
        {
            // Closing the connection is the one way to end the transaction without waiting.
            drop(Object::take(object));
        }
    }
}
