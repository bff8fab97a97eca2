//! Two buses on one database stand for two replicas.

use std::time::Duration;

use warren_db::testing::database;
use warren_db::{DbError, Querier};
use warren_pubsub::{Bus, Event, Subscription};

#[tokio::test]
async fn delivers_inside_the_process_at_once_and_exactly_once() {
    let database = database().await;
    let bus = Bus::start(database.db.clone());
    let mut subscription = connected(&bus, "a").await;
    bus.publish("a", "1");
    bus.publish("b", "other channel");
    bus.publish("a", "2");
    assert_eq!(subscription.recv().await, message("1"));
    assert_eq!(subscription.recv().await, message("2"));
    bus.publish("a", "3");
    assert_eq!(subscription.recv().await, message("3"));
    bus.stop().await;
}

#[tokio::test]
async fn delivers_to_other_processes_in_order() {
    let database = database().await;
    let (here, there) = (Bus::start(database.db.clone()), Bus::start(database.db.clone()));
    // Together: a subscription that comes after the connection is not told that there is one.
    let (mut subscription, _) = tokio::join!(connected(&there, "a"), connected(&here, "b"));
    for i in 0..1_000 {
        here.publish("a", &format!("{i} {}", "x".repeat(40)));
    }
    for i in 0..1_000 {
        let Event::Message(text) = soon(&mut subscription).await else { panic!("dropped at {i}") };
        assert!(text.starts_with(&format!("{i} ")), "{text}");
        if i % 200 == 0 {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn announces_after_commit_only() {
    let database = database().await;
    let bus = Bus::start(database.db.clone());
    let mut subscription = connected(&bus, "a").await;
    let publisher = bus.clone();
    let failed: Result<(), DbError> = database
        .tx(|tx| async move {
            publisher.publish_tx(&tx, "a", "rolled back");
            let _ = tx.conn();
            Err(DbError::Collision)
        })
        .await;
    failed.unwrap_err();
    let publisher = bus.clone();
    database
        .tx(|tx| async move {
            publisher.publish_tx(&tx, "a", "committed");
            Ok::<_, DbError>(())
        })
        .await
        .unwrap();
    assert_eq!(subscription.recv().await, message("committed"));
}

#[tokio::test]
async fn slow_subscriber_is_told_that_messages_are_missing() {
    let database = database().await;
    let bus = Bus::start(database.db.clone());
    let mut subscription = connected(&bus, "a").await;
    for _ in 0..2_000 {
        bus.publish("a", "x");
    }
    assert_eq!(subscription.recv().await, Event::Dropped);
    assert_eq!(subscription.recv().await, message("x"));
}

#[tokio::test]
async fn comes_back_after_the_connection_was_cut() {
    let database = database().await;
    let (here, there) = (Bus::start(database.db.clone()), Bus::start(database.db.clone()));
    // Together: a subscription that comes after the connection is not told that there is one.
    let (mut subscription, _) = tokio::join!(connected(&there, "a"), connected(&here, "b"));
    const CUT: warren_db::Statement = warren_db::Statement {
        name: "cut",
        sql: "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()",
    };
    let cut: Vec<bool> = warren_db::list(&database.conn().await.unwrap(), &CUT, &[]).await.unwrap();
    assert_eq!(cut.len(), 2);
    assert_eq!(soon(&mut subscription).await, Event::Dropped);
    while !(here.stats().connected && there.stats().connected && here.stats().disconnections == 1) {
        tokio::task::yield_now().await;
        assert_eq!(soon_or_idle(&mut subscription).await, ());
    }
    here.publish("a", "again");
    while soon(&mut subscription).await != message("again") {}
}

async fn connected(bus: &Bus, channel: &str) -> Subscription {
    let mut subscription = bus.subscribe(channel);
    while subscription.recv().await != Event::Dropped {}
    subscription
}

fn message(text: &str) -> Event {
    Event::Message(text.into())
}

async fn soon(subscription: &mut Subscription) -> Event {
    tokio::time::timeout(Duration::from_secs(10), subscription.recv()).await.expect("an event")
}

async fn soon_or_idle(subscription: &mut Subscription) {
    let _idle = tokio::time::timeout(Duration::from_millis(5), subscription.recv()).await;
}
