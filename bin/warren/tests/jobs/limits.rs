//! Floods of log lines, and silence.

use serde_json::json;

use crate::daemons::Transport;
use crate::over_both;
use crate::templates::SLOW;
use crate::world::{World, build_path, text};

over_both!(a_job_that_logs_too_much_is_cut_and_succeeds, a_silent_job_gives_signs_of_life);

async fn a_job_that_logs_too_much_is_cut_and_succeeds(transport: Transport) {
    let Some(world) = World::start(transport).await else { return };
    let _daemon = world.daemon().await;
    let flood = "i=0; while [ $i -lt 1300 ]; do printf '%01000d\\n' $i; i=$((i+1)); done";
    let template = world.template(&[("main.tf", &SLOW.replace("exec sleep 140", flood))]).await;
    let workspace = world.workspace(&template, &[]).await;
    let path = build_path(&workspace["latest_build"]);
    let build = world.finished(&path).await;
    assert_eq!((&build["status"], &build["job"]["logs_overflowed"]), (&json!("running"), &json!(true)), "{build}");
    let rows = world.rows(&path).await;
    let last = rows.last().unwrap();
    assert!(last[2] == "warn" && last[3].contains("limit of 1 MB"), "{last:?}");
    assert!(rows.iter().map(|row| row[3].len()).sum::<usize>() <= 1 << 20);
}

async fn a_silent_job_gives_signs_of_life(transport: Transport) {
    let Some(world) = World::start(transport).await else { return };
    let _daemon = world.daemon().await;
    let template = world.template(&[("main.tf", SLOW)]).await;
    let workspace = world.workspace(&template, &[]).await;
    let path = build_path(&workspace["latest_build"]);
    world.logged(&path, "Provisioning with 'local-exec'").await;
    // Terraform says nothing for ten seconds; the heartbeats are written more often.
    let lines = world.rows(&path).await.len();
    let job = world.job_updated_at(&path).await;
    world.until_async(&path, async |world| world.job_updated_at(&path).await > job).await;
    assert!(world.rows(&path).await.len() <= lines + 1, "not by a log line");
    world.builds.take_back_idle().await.unwrap();
    assert_eq!(world.get(&path).await["job"]["status"], "running");
    world.cancel(&path).await;
    assert_eq!(text(&world.finished(&path).await["status"]), "failed");
}
