//! Dry runs.

use serde_json::json;

use crate::daemons::Transport;
use crate::over_both;
use crate::templates::LITE;
use crate::world::{World, text, version_path};

over_both!(a_dry_run_shows_what_a_workspace_would_have);

async fn a_dry_run_shows_what_a_workspace_would_have(transport: Transport) {
    let Some(world) = World::start(transport).await else { return };
    let _daemon = world.daemon().await;
    let version = version_path(&world.imported(&[("main.tf", LITE)]).await);
    for (size, error) in [("5", ""), ("99", "run dry-run provision job: plan during template import provision error: ")]
    {
        let body = json!({ "workspace_name": "w", "rich_parameter_values": [{ "name": "size", "value": size }] });
        let job = world.made(&format!("{version}/dry-run"), body).await;
        let path = format!("{version}/dry-run/{}", text(&job["id"]));
        let job = world.job_finished(&path).await;
        let ours = job["error"].as_str().unwrap_or_default();
        assert!(ours.starts_with(error) && ours.is_empty() == error.is_empty(), "{job}");
        if error.is_empty() {
            let resources = world.get(&format!("{path}/resources")).await;
            let mut names: Vec<_> = resources.as_array().unwrap().iter().map(|one| text(&one["name"])).collect();
            names.sort();
            assert_eq!(names, ["disk", "vm"]);
        }
        let expected =
            ["Setting up", "Initializing Terraform Directory", "Detecting persistent resources", "Cleaning Up"];
        assert_eq!(world.stages(&path).await, expected);
    }
}
