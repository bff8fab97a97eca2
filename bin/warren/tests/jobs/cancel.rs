//! Jobs that are cancelled: while they wait, plan, apply; and those that do not listen.

use std::time::Duration;

use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use crate::daemons::{Transport, Wanted};
use crate::lives::Lives;
use crate::over_both;
use crate::templates::{PLAIN, SLOW};
use crate::world::{World, build_path, hanging, resources, version_path};

over_both!(
    a_job_that_nobody_took_is_cancelled_at_once,
    a_cancelled_apply_leaves_its_state_and_no_process,
    a_cancelled_plan_ends_when_terraform_does,
    a_plan_that_does_not_listen_is_given_up_and_killed,
);

async fn a_job_that_nobody_took_is_cancelled_at_once(transport: Transport) {
    let Some(world) = World::start(transport).await else { return };
    let version = version_path(&world.import_with(&[("main.tf", PLAIN)], json!({})).await);
    world.cancel(&version).await;
    assert_eq!(world.get(&version).await["job"]["status"], "canceled");
    assert_eq!(world.rows(&version).await.len(), 0);
    let again = world.call(reqwest::Method::PATCH, &format!("{version}/cancel"), None).await;
    assert_eq!((again.0, &again.1["message"]), (400, &json!("Job has already completed!")));
}

async fn a_cancelled_apply_leaves_its_state_and_no_process(transport: Transport) {
    let Some(world) = World::start(transport).await else { return };
    let _daemon = world.daemon().await;
    let mut lives = Lives::new(world.dir.path());
    // Terraform kills the shell only.
    let script = lives.hold("setsid sleep 140 & sleep 140 & printf x >&7; wait");
    let template = world.template(&[("main.tf", &SLOW.replace("exec sleep 140", &script))]).await;
    let workspace = world.workspace(&template, &[]).await;
    let path = build_path(&workspace["latest_build"]);
    lives.written(1).await;
    world.cancel(&path).await;
    let build = world.finished(&path).await;
    assert_eq!(build["status"], "failed", "{build}");
    assert!(build["job"]["error"].as_str().unwrap().starts_with("terraform apply: exit status 1"), "{build}");
    lives.ended().await;
    let state = world.state(&build).await;
    assert_eq!(resources(&state), ["first", "vm"]);
    assert_eq!(state["resources"].to_string().matches("tainted").count(), 1);
    assert_eq!(world.build(&workspace, "delete", &[]).await["status"], "deleted");
}

async fn a_cancelled_plan_ends_when_terraform_does(transport: Transport) {
    let Some(world) = World::start(transport).await else { return };
    let _daemon = world.daemon().await;
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let version = version_path(&world.import_with(&[("main.tf", &hanging(&server))], json!({})).await);
    let (mut asked, _) = server.accept().await.unwrap();
    world.cancel(&version).await;
    // The interrupt itself says something.
    world.logged(&version, "Interrupt received").await;
    assert_eq!(world.get(&version).await["job"]["status"], "canceling");
    asked.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await.unwrap();
    let version = world.finished(&version).await;
    let error = version["job"]["error"].as_str().unwrap();
    assert!(error.starts_with("template import provision for start: plan during template import"), "{error}");
    assert_eq!(version["job"]["status"], "failed");
}

async fn a_plan_that_does_not_listen_is_given_up_and_killed(transport: Transport) {
    let Some(world) = World::start(transport).await else { return };
    let wanted = Wanted { force_cancel: Duration::from_millis(300), ..Wanted::default() };
    let _daemon = world.daemon_with(wanted).await;
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let version = version_path(&world.import_with(&[("main.tf", &hanging(&server))], json!({})).await);
    let (mut asked, _) = server.accept().await.unwrap();
    world.cancel(&version).await;
    let version = world.finished(&version).await;
    assert_eq!((&version["job"]["status"], &version["job"]["error"]), (&json!("failed"), &json!("Cancel timed out")));
    // The request breaks off: Terraform is gone.
    let mut rest = Vec::new();
    let read = tokio::io::AsyncReadExt::read_to_end(&mut asked, &mut rest);
    let _ = tokio::time::timeout(Duration::from_secs(60), read).await.expect("terraform ends");
    // The daemon goes on.
    assert_eq!(world.imported(&[("main.tf", PLAIN)]).await["job"]["status"], "succeeded");
}
