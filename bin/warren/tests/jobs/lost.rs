//! Daemons that lose their connection, for a moment or for good.

use serde_json::json;

use crate::daemons::{Transport, Wanted};
use crate::lives::Lives;
use crate::over_both;
use crate::templates::{PLAIN, SLOW};
use crate::world::{World, build_path, hanging, resources, version_path};

over_both!(
    a_daemon_that_comes_back_goes_on_with_its_job,
    an_import_of_a_lost_daemon_is_done_by_another,
    a_build_of_a_lost_daemon_fails_with_the_state_of_what_was_made,
);

async fn a_daemon_that_comes_back_goes_on_with_its_job(transport: Transport) {
    let Some(world) = World::start(transport).await else { return };
    let daemon = world.daemon().await;
    let mut lives = Lives::new(world.dir.path());
    let go = world.dir.path().join("go");
    nix::unistd::mkfifo(&go, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let script = lives.hold(&format!("printf x >&7; read line < '{}'", go.display()));
    let template = world.template(&[("main.tf", &SLOW.replace("exec sleep 140", &script))]).await;
    let workspace = world.workspace(&template, &[]).await;
    let path = build_path(&workspace["latest_build"]);
    lives.written(1).await;
    daemon.disconnect();
    // The provisioner ends while nobody hears of it, or just after.
    tokio::task::spawn_blocking(move || std::fs::write(go, "go\n")).await.unwrap().unwrap();
    let build = world.finished(&path).await;
    assert_eq!(build["status"], "running", "{build}");
    world.logged(&path, "Apply complete!").await;
    daemon.stop().await.unwrap();
}

async fn an_import_of_a_lost_daemon_is_done_by_another(transport: Transport) {
    let Some(world) = World::start(transport).await else { return };
    let daemon = world.daemon().await;
    let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let import = world.import_with(&[("main.tf", &hanging(&server))], json!({})).await;
    let first = server.accept().await.unwrap();
    let running = world.get(&version_path(&import)).await;
    assert_eq!(running["job"]["status"], "running");
    daemon.lose();
    world.give_up(&import).await;
    let taken = world.until(&version_path(&import), |version| version["job"]["status"] == "pending").await;
    assert!(taken["job"]["worker_id"].is_null());
    let _second = world.daemon_with(Wanted { name: "second", ..Wanted::default() }).await;
    let again = server.accept().await.unwrap();
    let version = world.get(&version_path(&import)).await;
    assert_eq!(version["job"]["status"], "running");
    assert_ne!(version["job"]["worker_id"], running["job"]["worker_id"]);
    drop((first, again));
}

async fn a_build_of_a_lost_daemon_fails_with_the_state_of_what_was_made(transport: Transport) {
    let Some(world) = World::start(transport).await else { return };
    let daemon = world.daemon().await;
    let mut lives = Lives::new(world.dir.path());
    let script = lives.hold("printf x >&7; exec sleep 140");
    let template = world.template(&[("main.tf", &SLOW.replace("exec sleep 140", &script))]).await;
    let workspace = world.workspace(&template, &[]).await;
    let path = build_path(&workspace["latest_build"]);
    lives.written(1).await;
    // The state of each finished resource reaches the server during the apply.
    world
        .until_async(&path, async |world| resources(&world.state(&workspace["latest_build"]).await) == ["first"])
        .await;
    daemon.lose();
    world.give_up(&workspace["latest_build"]).await;
    let build = world.finished(&path).await;
    let error = "the provisioner daemon that ran this job is gone";
    assert_eq!((&build["status"], &build["job"]["error"]), (&json!("failed"), &json!(error)));
    assert_eq!(resources(&world.state(&build).await), ["first"]);
    let _second = world.daemon_with(Wanted { name: "second", ..Wanted::default() }).await;
    assert_eq!(world.build(&workspace, "delete", &[]).await["status"], "deleted");
    assert_eq!(world.imported(&[("main.tf", PLAIN)]).await["job"]["status"], "succeeded");
}
