//! A fresh, migrated database for each test: a clone of a template in one private cluster of the test process, or in
//! the server that `WARREN_TEST_PG_URL` names.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::OnceCell;

use crate::{Db, Options, migrate};

/// A database of one test.
#[derive(Debug, Clone)]
pub struct TestDatabase {
    /// The open database.
    pub db: Db,
    /// Its connection string.
    pub url: String,
}

impl std::ops::Deref for TestDatabase {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.db
    }
}

/// Makes a database with the current schema.
///
/// # Panics
/// When there is no PostgreSQL, as a test should.
pub async fn database() -> TestDatabase {
    let base = TEMPLATE.get_or_init(template).await;
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    admin(base, &format!("CREATE DATABASE {name} TEMPLATE {}", template_name())).await;
    open(base, &name)
}

/// Makes an empty database without any schema.
///
/// # Panics
/// As [`database`].
pub async fn empty_database() -> TestDatabase {
    let base = TEMPLATE.get_or_init(template).await;
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("empty_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    admin(base, &format!("CREATE DATABASE {name} TEMPLATE template0")).await;
    open(base, &name)
}

static TEMPLATE: OnceCell<String> = OnceCell::const_new();

fn template_name() -> String {
    format!("warren_template_{}", std::process::id())
}

async fn template() -> String {
    let base = match std::env::var("WARREN_TEST_PG_URL") {
        Ok(url) if !url.is_empty() => url,
        _ => private_cluster().await,
    };
    admin(&base, &format!("CREATE DATABASE {} TEMPLATE template0", template_name())).await;
    let database = open(&base, &template_name());
    migrate(&database.db).await.expect("the migrations run");
    // A template is copied only while nobody is connected to it.
    database.db.close();
    drop(database);
    base
}

/// Runs statements on a connection of its own, to the database that `base` names.
async fn admin(base: &str, sql: &str) {
    let db = Db::new(base, &Options { max_connections: 1, ..Options::default() }).expect("valid connection string");
    for attempt in 0.. {
        let conn = db.conn().await.expect("the test database answers");
        match conn.batch(sql, "testing").await {
            Ok(()) => break,
            // The template's last connection may still be on its way out.
            Err(error) if attempt < 100 => {
                tracing::debug!(%error, "retrying");
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
            Err(error) => panic!("{sql}: {:?}", error),
        }
    }
    db.close();
}

fn open(base: &str, name: &str) -> TestDatabase {
    let (start, end) = match base.rsplit_once('?') {
        Some((start, options)) => (start, format!("?{options}")),
        None => (base, String::new()),
    };
    let (server, _) = start.rsplit_once('/').expect("the connection string names a database");
    let url = format!("{server}/{name}{end}");
    let db = Db::new(&url, &Options { max_connections: 5, ..Options::default() }).expect("valid connection string");
    TestDatabase { db, url }
}

/// The cluster lives in a thread of its own until the process ends; the database ends with it.
async fn private_cluster() -> String {
    let (started, url) = tokio::sync::oneshot::channel();
    let thread = std::thread::Builder::new().name("test cluster".into());
    let spawned = thread.spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            let mut options = warren_postgres::Options::new(cluster_dir());
            options.durable = false;
            options.max_connections = 400;
            options.settings = vec![("shared_buffers".into(), "32MB".into())];
            let cluster = warren_postgres::start(options).await.expect("PostgreSQL starts");
            started.send(cluster.url_of("postgres")).expect("the test waits");
            std::future::pending::<()>().await;
        });
    });
    spawned.expect("a thread");
    url.await.expect("the cluster starts")
}

/// A folder named by this process; those of processes that are gone are removed.
fn cluster_dir() -> PathBuf {
    const PREFIX: &str = "warren-test-pg-";
    let parent = std::env::temp_dir();
    let entries = std::fs::read_dir(&parent).into_iter().flatten().filter_map(Result::ok);
    for entry in entries {
        let name = entry.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else { continue };
        if !Path::new("/proc").join(pid).exists() {
            let _another_process_was_faster = std::fs::remove_dir_all(entry.path());
        }
    }
    parent.join(format!("{PREFIX}{}", std::process::id()))
}
