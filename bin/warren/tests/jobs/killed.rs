//! `warren provisioner start` as a process of its own, killed in the middle of an apply.

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::process::{Child, Command};

use crate::daemons::{Transport, Wanted};
use crate::lives::Lives;
use crate::templates::SLOW;
use crate::world::{World, build_path, hanging, resources, text, version_path};

/// How long a job may stay with a daemon that is dead.
const TAKE_OVER: Duration = Duration::from_secs(15);

fn start(world: &World, name: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_warren"))
        .args(["provisioner", "start", "--name", name, "--cache-dir"])
        .arg(world.dir.path().join(name))
        .env("CODER_URL", format!("http://{}", world.address))
        .env("CODER_SESSION_TOKEN", &world.token)
        .env("CODER_CONFIG_DIR", world.dir.path().join("config"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(world.dir.path().join(format!("{name}.log"))).unwrap())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

#[tokio::test]
async fn a_killed_daemon_leaves_no_process_no_stuck_build_and_the_state_of_what_it_made() {
    let Some(world) = World::start(Transport::WebSocket).await else { return };
    let mut process = start(&world, "external");
    let mut lives = Lives::new(world.dir.path());
    let script = lives.hold("setsid sleep 140 & sleep 140 & printf x >&7; wait");
    let template = world.template(&[("main.tf", &SLOW.replace("exec sleep 140", &script))]).await;
    let workspace = world.workspace(&template, &[]).await;
    let path = build_path(&workspace["latest_build"]);
    lives.written(1).await;
    world
        .until_async(&path, async |world| resources(&world.state(&workspace["latest_build"]).await) == ["first"])
        .await;
    let killed = Instant::now();
    process.kill().await.unwrap();
    lives.ended().await;
    let gone = killed.elapsed();
    let build = world.finished(&path).await;
    println!("processes gone after {gone:?}, build over after {:?}", killed.elapsed());
    assert!(killed.elapsed() < TAKE_OVER, "{:?}", killed.elapsed());
    let error = "the provisioner daemon that ran this job is gone";
    assert_eq!((&build["status"], &build["job"]["error"]), (&json!("failed"), &json!(error)));
    assert_eq!(resources(&world.state(&build).await), ["first"]);
    // Another daemon goes on from there.
    let _other = world.daemon_with(Wanted { name: "other", ..Wanted::default() }).await;
    assert_eq!(world.build(&workspace, "delete", &[]).await["status"], "deleted");
}

#[tokio::test]
async fn an_import_of_a_killed_daemon_is_done_by_another() {
    let Some(world) = World::start(Transport::WebSocket).await else { return };
    let mut process = start(&world, "external");
    let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let version = world.import_with(&[("main.tf", &hanging(&server))], json!({})).await;
    let first = server.accept().await.unwrap();
    let killed = Instant::now();
    process.kill().await.unwrap();
    drop(first);
    let _other = world.daemon_with(Wanted { name: "other", ..Wanted::default() }).await;
    let _second = server.accept().await.unwrap();
    println!("the other daemon's plan runs after {:?}", killed.elapsed());
    assert!(killed.elapsed() < TAKE_OVER, "{:?}", killed.elapsed());
    let version = world.get(&version_path(&version)).await;
    assert_eq!(text(&version["job"]["status"]), "running");
}
