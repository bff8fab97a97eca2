//! The core of the crate against a real database.

mod lists;
mod secured;
mod statements;

use tokio_postgres as _;
use warren_db::testing::{database, empty_database};
use warren_db::{
    DbError, Isolation, Querier, Statement, count_statements, execute, migrate, one, optional, row, scalar,
};

row! {
    struct OrganizationRow { name: String, is_default: bool }
}

const FIND: Statement = Statement { name: "find", sql: "SELECT name, is_default FROM organizations" };
const SET: Statement = Statement { name: "set_value", sql: "INSERT INTO site_settings (key, value) VALUES ($1, $2)" };
const GET: Statement = Statement { name: "get_value", sql: "SELECT value FROM site_settings WHERE key = $1" };

#[tokio::test]
async fn migrates_once() {
    let database = empty_database().await;
    assert!(migrate(&database).await.unwrap() > 0);
    assert_eq!(migrate(&database).await.unwrap(), 0);
}

#[tokio::test]
async fn servers_that_start_together_migrate_one_after_another() {
    let database = empty_database().await;
    let (first, second) = tokio::join!(migrate(&database), migrate(&database));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert!((first == 0) != (second == 0), "{first} {second}");
}

#[tokio::test]
async fn reads_rows_by_declaration() {
    let database = database().await;
    let row: OrganizationRow = one(&database.conn().await.unwrap(), &FIND, &[]).await.unwrap();
    assert!(row.is_default && row.name == "coder");
}

#[tokio::test]
async fn refuses_columns_that_do_not_fit_the_row() {
    row! { struct Wrong { name: String, other: bool } }
    let database = database().await;
    let error = one::<Wrong>(&database.conn().await.unwrap(), &FIND, &[]).await.unwrap_err();
    assert!(matches!(error, DbError::Columns { .. }), "{error}");
}

#[tokio::test]
async fn commits_on_ok_and_rolls_back_on_error() {
    let database = database().await;
    let committed = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let flag = committed.clone();
    database
        .tx(|tx| async move {
            tx.on_commit(move || flag.store(true, std::sync::atomic::Ordering::Relaxed));
            execute(&tx, &SET, &[&"a", &"1"]).await?;
            Ok::<_, DbError>(())
        })
        .await
        .unwrap();
    assert!(committed.load(std::sync::atomic::Ordering::Relaxed));
    let failed = database
        .tx(|tx| async move {
            execute(&tx, &SET, &[&"b", &"1"]).await?;
            execute(&tx, &SET, &[&"a", &"2"]).await?;
            Ok::<_, DbError>(())
        })
        .await;
    assert!(failed.unwrap_err().violates("site_settings_pkey"));
    let conn = database.conn().await.unwrap();
    assert_eq!(scalar::<String>(&conn, &GET, &[&"a"]).await.unwrap().as_deref(), Some("1"));
    assert_eq!(scalar::<String>(&conn, &GET, &[&"b"]).await.unwrap(), None);
}

#[tokio::test]
async fn dropped_transaction_leaves_nothing() {
    let database = database().await;
    let work = database.tx(|tx| async move {
        execute(&tx, &SET, &[&"c", &"1"]).await?;
        std::future::pending::<()>().await;
        Ok::<_, DbError>(())
    });
    let timed_out = tokio::time::timeout(std::time::Duration::from_millis(50), work).await;
    assert!(timed_out.is_err());
    let conn = database.conn().await.unwrap();
    assert_eq!(scalar::<String>(&conn, &GET, &[&"c"]).await.unwrap(), None);
}

#[tokio::test]
async fn repeats_a_transaction_that_collided() {
    let database = database().await;
    execute(&database.conn().await.unwrap(), &SET, &[&"n", &"0"]).await.unwrap();
    const ADD: Statement =
        Statement { name: "add", sql: "UPDATE site_settings SET value = (value::int + 1)::text WHERE key = 'n'" };
    let add = || {
        database.tx_at(Isolation::Serializable, |tx| async move {
            optional::<ValueRow>(&tx, &GET, &[&"n"]).await?;
            tokio::task::yield_now().await;
            execute(&tx, &ADD, &[]).await
        })
    };
    let (a, b, c) = tokio::join!(add(), add(), add());
    a.and(b).and(c).unwrap();
    let conn = database.conn().await.unwrap();
    assert_eq!(scalar::<String>(&conn, &GET, &[&"n"]).await.unwrap().as_deref(), Some("3"));
}

row! { struct ValueRow { #[allow(dead_code)] value: String } }

#[tokio::test]
async fn counts_and_measures_statements() {
    let database = database().await;
    let conn = database.conn().await.unwrap();
    let ((), count) = count_statements(async {
        for _ in 0..3 {
            scalar::<String>(&conn.conn(), &GET, &[&"x"]).await.unwrap();
        }
    })
    .await;
    assert_eq!(count, 3);
    let samples = database.stats().snapshot();
    let (_, sample) = samples.iter().find(|(name, _)| *name == "get_value").unwrap();
    assert_eq!(sample.count, 3);
    assert_eq!(Statement::label("find_user_by_id"), "FindUserById");
}

#[tokio::test]
async fn says_unavailable_when_the_database_does_not_answer() {
    let database = database().await;
    database.close();
    assert!(matches!(database.conn().await.unwrap_err(), DbError::Unavailable(_)));
}

#[tokio::test]
async fn every_query_fits_the_schema() {
    let database = database().await;
    let (client, connection) = database.dedicated().await.unwrap();
    let pump = tokio::spawn(connection);
    let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
    let mut wrong = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "sql") {
                let sql = std::fs::read_to_string(&path).unwrap();
                if let Err(error) = client.prepare(&sql).await {
                    let cause = error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string);
                    wrong.push(format!("{}: {cause}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    drop(client);
    pump.await.unwrap().unwrap();
}
