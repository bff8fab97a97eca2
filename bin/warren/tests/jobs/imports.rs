//! Imports: what they find, what they ask for, who may run them.

use serde_json::json;

use crate::daemons::{Transport, Wanted, shown};
use crate::over_both;
use crate::templates::{LITE, PLAIN};
use crate::world::{World, text, version_path};

over_both!(
    an_import_finds_everything_that_the_template_declares,
    a_missing_variable_is_asked_for_and_a_given_one_arrives,
    a_template_that_cannot_be_read_fails_its_import,
    tags_decide_which_daemon_runs_an_import,
    several_daemons_share_the_queue,
);

const VARIABLES: &str = "variable \"need\" {\n  type = string\n}\nvariable \"secret\" {\n  type = string\n  \
                         sensitive = true\n  default = \"x\"\n}\n";

async fn an_import_finds_everything_that_the_template_declares(transport: Transport) {
    let Some(world) = World::start(transport).await else { return };
    let _daemon = world.daemon().await;
    let template = format!("{LITE}{VARIABLES}");
    let given = json!({ "user_variable_values": [{ "name": "need", "value": "it" }] });
    let version = world.import_with(&[("main.tf", &template), ("README.md", "# Lite\n")], given).await;
    let path = version_path(&version);
    let version = world.finished(&path).await;
    assert_eq!((&version["job"]["status"], &version["readme"]), (&json!("succeeded"), &json!("# Lite\n")), "{version}");
    let variables = world.get(&format!("{path}/variables")).await;
    let shown: Vec<_> = variables.as_array().unwrap().iter().map(|v| (text(&v["name"]), text(&v["value"]))).collect();
    assert_eq!(shown, [("need".to_owned(), "it".to_owned()), ("secret".to_owned(), "*redacted*".to_owned())]);
    let parameters = world.get(&format!("{path}/rich-parameters")).await;
    let names: Vec<_> = parameters.as_array().unwrap().iter().map(|one| text(&one["name"])).collect();
    assert_eq!(names, ["size", "word"]);
    assert_eq!(parameters[0]["validation_max"], 8);
    let presets = world.get(&format!("{path}/presets")).await;
    assert_eq!((&presets[0]["Name"], &presets[0]["Parameters"][0]["Value"]), (&json!("Big"), &json!("8")));
    let resources = world.get(&format!("{path}/resources")).await;
    let mut found: Vec<_> = resources
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (text(&one["workspace_transition"]), text(&one["name"]), one["agents"].as_array().map_or(0, Vec::len))
        })
        .collect();
    found.sort();
    let expected = [("start", "disk", 0), ("start", "vm", 1), ("stop", "disk", 0)];
    assert_eq!(found, expected.map(|(transition, name, agents)| (transition.to_owned(), name.to_owned(), agents)));
    let expected = [
        "Setting up",
        "Initializing Terraform Directory",
        "Parsing template parameters",
        "Detecting persistent resources",
        "Detecting ephemeral resources",
        "Cleaning Up",
    ];
    assert_eq!(world.stages(&path).await, expected);
}

async fn a_missing_variable_is_asked_for_and_a_given_one_arrives(transport: Transport) {
    let Some(world) = World::start(transport).await else { return };
    let _daemon = world.daemon().await;
    let template = format!("{VARIABLES}resource \"terraform_data\" \"x\" {{\n  input = var.need\n}}\n");
    let version = world.imported(&[("main.tf", &template)]).await;
    assert_eq!(version["job"]["error"], "update job: required template variables need values: need");
    assert_eq!(version["job"]["error_code"], "REQUIRED_TEMPLATE_VARIABLES");
    let given = json!({ "user_variable_values": [{ "name": "need", "value": "it" }] });
    let version = world.import_with(&[("main.tf", &template)], given).await;
    assert_eq!(world.finished(&version_path(&version)).await["job"]["status"], "succeeded");
}

async fn a_template_that_cannot_be_read_fails_its_import(transport: Transport) {
    let Some(world) = World::start(transport).await else { return };
    let _daemon = world.daemon().await;
    let version = world.imported(&[("main.tf", "resource \"terraform_data\" \"x\" {\n  input = \n")]).await;
    let expected =
        "template import init error: initialize terraform: exit status 1: Invalid expression (on main.tf line 2)";
    assert_eq!((&version["job"]["status"], &version["job"]["error"]), (&json!("failed"), &json!(expected)));
    assert_eq!(world.stages(&version_path(&version)).await.last().unwrap(), "Cleaning Up");
    // The daemon goes on.
    assert_eq!(world.imported(&[("main.tf", PLAIN)]).await["job"]["status"], "succeeded");
}

async fn tags_decide_which_daemon_runs_an_import(transport: Transport) {
    let Some(world) = World::start(transport).await else { return };
    let _plain = world.daemon().await;
    let tags = "data \"coder_workspace_tags\" \"t\" {\n  tags = { zone = \"a\" }\n}\n";
    let header = "terraform {\n  required_providers {\n    coder = { source = \"coder/coder\" }\n  }\n}\n";
    let tagged = world.import_with(&[("main.tf", &format!("{header}{tags}{PLAIN}"))], json!({})).await;
    assert_eq!(tagged["job"]["tags"], json!(shown(&[("zone", "a")])));
    assert_eq!(tagged["matched_provisioners"]["count"], 0);
    // Something that the untagged daemon may do has passed the job in the queue.
    assert_eq!(world.imported(&[("main.tf", PLAIN)]).await["job"]["status"], "succeeded");
    assert_eq!(world.get(&version_path(&tagged)).await["job"]["status"], "pending");
    let wanted = Wanted { name: "tagged", tags: vec![("zone", "a"), ("more", "b")], ..Wanted::default() };
    let _tagged = world.daemon_with(wanted).await;
    let version = world.finished(&version_path(&tagged)).await;
    assert_eq!(version["job"]["status"], "succeeded", "{version}");
    let daemons = world.get(&format!("/organizations/{}/provisionerdaemons", world.organization)).await;
    let worker = daemons.as_array().unwrap().iter().find(|one| one["id"] == version["job"]["worker_id"]).unwrap();
    assert_eq!((&worker["name"], &worker["tags"]), (&json!("tagged"), &json!(shown(&[("zone", "a"), ("more", "b")]))));
}

async fn several_daemons_share_the_queue(transport: Transport) {
    let Some(world) = World::start(transport).await else { return };
    let mut versions = Vec::new();
    for _ in 0..5 {
        versions.push(world.import_with(&[("main.tf", PLAIN)], json!({})).await);
    }
    let mut daemons = Vec::new();
    for name in ["d0", "d1", "d2"] {
        daemons.push(world.daemon_with(Wanted { name, ..Wanted::default() }).await);
    }
    let mut workers = std::collections::BTreeSet::new();
    for version in versions {
        let version = world.finished(&version_path(&version)).await;
        assert_eq!(version["job"]["status"], "succeeded");
        workers.insert(text(&version["job"]["worker_id"]));
    }
    assert!(workers.len() > 1, "{workers:?}");
    for daemon in daemons {
        daemon.stop().await.unwrap();
    }
}
