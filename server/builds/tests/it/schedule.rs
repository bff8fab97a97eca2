//! Deadlines, and the lifecycle executor.

use jiff::{SignedDuration, Timestamp};
use warren_db::templates::TemplateSettings;

use crate::world::{World, plain_tags};

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

#[tokio::test]
async fn running_workspace_stops_at_its_deadline_and_starts_by_its_schedule() {
    let world = World::start().await;
    let daemon = world.daemon("d", plain_tags());
    let workspace = world.workspace(&daemon, TemplateSettings::default(), Some("0 */2 * * *")).await;
    daemon.complete_next().await;
    let deadline = world.find(workspace).await.deadline.expect("a deadline by the time to live");
    assert!(deadline > Timestamp::now());
    let run = async |at: Timestamp| world.builds.lifecycle_once(at).await.unwrap();
    assert!(run(Timestamp::now()).await.is_empty());
    assert_eq!(run(deadline).await, [workspace]);
    assert!(run(deadline).await.is_empty(), "a build is active");
    let row = world.find(workspace).await;
    assert_eq!((row.transition.as_str(), row.reason.as_str()), ("stop", "autostop"));
    daemon.complete_next().await;
    let next = world.find(workspace).await.next_start_at.expect("it starts again by itself");
    assert!(run(next - hours(3)).await.is_empty());
    assert_eq!(run(next).await, [workspace]);
    let row = world.find(workspace).await;
    assert_eq!((row.transition.as_str(), row.reason.as_str()), ("start", "autostart"));
}

#[tokio::test]
async fn unused_workspace_rests_and_is_removed() {
    let world = World::start().await;
    let daemon = world.daemon("d", plain_tags());
    let settings = TemplateSettings {
        time_til_dormant_ms: 1_000 * 3_600,
        time_til_dormant_autodelete_ms: 2_000 * 3_600,
        ..Default::default()
    };
    let workspace = world.workspace(&daemon, settings, None).await;
    daemon.complete_next().await;
    let stop = world.find(workspace).await.deadline.unwrap();
    world.builds.lifecycle_once(stop).await.unwrap();
    daemon.complete_next().await;
    // To the microsecond that the database keeps.
    let later = Timestamp::from_microsecond((Timestamp::now() + hours(2)).as_microsecond()).unwrap();
    assert_eq!(world.builds.lifecycle_once(later).await.unwrap(), [workspace]);
    let row = world.find(workspace).await;
    assert_eq!((row.dormant_at, row.transition.as_str()), (Some(later), "stop"));
    assert!(world.builds.lifecycle_once(later).await.unwrap().is_empty());
    let deleting = row.deleting_at.expect("a time to be removed");
    assert_eq!(world.builds.lifecycle_once(deleting).await.unwrap(), [workspace]);
    daemon.complete_next().await;
    assert!(world.find(workspace).await.deleted);
}
