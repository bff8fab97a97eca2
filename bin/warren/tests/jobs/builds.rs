//! Builds: start, stop, delete; plans and applies that fail; what they cost.

use serde_json::json;

use crate::daemons::Transport;
use crate::over_both;
use crate::templates::LITE;
use crate::world::{World, build_path, resources, text};

over_both!(
    a_workspace_starts_stops_starts_again_and_is_deleted,
    a_failed_plan_keeps_the_state_and_a_failed_apply_brings_its_own,
);

async fn a_workspace_starts_stops_starts_again_and_is_deleted(transport: Transport) {
    let Some(world) = World::start(transport).await else { return };
    let _daemon = world.daemon().await;
    let template = world.template(&[("main.tf", LITE)]).await;
    let workspace = world.workspace(&template, &[("size", "3")]).await;
    let path = build_path(&workspace["latest_build"]);
    let build = world.finished(&path).await;
    assert_eq!((&build["status"], &build["daily_cost"]), (&json!("running"), &json!(3)), "{build}");
    let expected = [
        "Setting up",
        "Initializing Terraform Directory",
        "Planning Infrastructure",
        "Commit quota",
        "Starting workspace",
        "Cleaning Up",
    ];
    assert_eq!(world.stages(&path).await, expected);
    let quota: Vec<_> = world.rows(&path).await.into_iter().filter(|row| row[0] == "Commit quota").collect();
    let lines: Vec<_> = quota.iter().map(|row| row[3].as_str()).collect();
    assert_eq!(lines, ["Build cost       —   3", "Budget           —   -1", "Credits consumed —   0"]);
    let agent = |build: &serde_json::Value| {
        let all = build["resources"].as_array().unwrap().clone();
        all.iter().find_map(|one| one["agents"].as_array()?.first().cloned())
    };
    let first = agent(&build).expect("an agent");
    assert_eq!((&first["name"], &first["apps"][0]["slug"]), (&json!("main"), &json!("web")));
    assert_eq!(resources(&world.state(&build).await), ["main", "web", "vm", "disk", "vm"]);

    let build = world.build(&workspace, "stop", &[]).await;
    assert_eq!(build["status"], "stopped", "{build}");
    assert!(agent(&build).is_none());
    assert_eq!(world.stages(&build_path(&build)).await[3], "Stopping workspace", "a stop costs nothing");
    assert!(!resources(&world.state(&build).await).contains(&"vm".to_owned()));

    let build = world.build(&workspace, "start", &[("word", "bye")]).await;
    assert_eq!(build["status"], "running", "{build}");
    assert_ne!(agent(&build).unwrap()["id"], first["id"]);

    let build = world.build(&workspace, "delete", &[]).await;
    assert_eq!(build["status"], "deleted", "{build}");
    assert_eq!(resources(&world.state(&build).await), [""; 0]);
    let found = world.call(reqwest::Method::GET, &format!("/workspaces/{}", text(&workspace["id"])), None).await.0;
    assert_eq!(found, 410);
}

async fn a_failed_plan_keeps_the_state_and_a_failed_apply_brings_its_own(transport: Transport) {
    let Some(world) = World::start(transport).await else { return };
    let _daemon = world.daemon().await;
    // Fails at the plan when the word says so; the provider itself would refuse no word.
    let text = format!(
        "{LITE}resource \"terraform_data\" \"check\" {{\n  lifecycle {{\n    precondition {{\n      \
         condition = data.coder_parameter.word.value != \"planfail\"\n      error_message = \"the word is bad\"\n    \
         }}\n  }}\n}}\n"
    );
    let template = world.template(&[("main.tf", &text)]).await;
    let workspace = world.workspace(&template, &[]).await;
    let good = world.finished(&build_path(&workspace["latest_build"])).await;
    assert_eq!(good["status"], "running", "{good}");

    let planned = world.build(&workspace, "start", &[("word", "planfail")]).await;
    let error = planned["job"]["error"].as_str().unwrap();
    assert!(error.starts_with("terraform plan: exit status 1: Resource precondition failed"), "{error}");
    assert_eq!(planned["status"], "failed");
    assert_eq!(world.state(&planned).await, world.state(&good).await);

    let applied = world.build(&workspace, "start", &[("word", "fail")]).await;
    let error = applied["job"]["error"].as_str().unwrap();
    assert!(error.starts_with("terraform apply: exit status 1: local-exec provisioner error"), "{error}");
    let state = world.state(&applied).await;
    assert_ne!(state["serial"], world.state(&good).await["serial"]);
    assert!(resources(&state).contains(&"disk".to_owned()));

    assert_eq!(world.build(&workspace, "delete", &[("word", "ok")]).await["status"], "deleted");
}
