use std::collections::BTreeMap;

use serde_json::{Value, json};
use warren_proto::provisioner::agent::Auth;
use warren_template::Module;

use super::*;

fn graph(text: &str) -> Graph {
    let module = Module::parse([("main.tf", text)]);
    assert!(module.problems().is_empty());
    Graph::from_modules(&BTreeMap::from([(Vec::new(), module)]))
}

fn instance(address: &str, values: Value) -> Instance {
    Instance::parse(address, values.as_object().cloned().unwrap()).unwrap()
}

const AGENT_ON_VM: &str = r#"
resource "coder_agent" "main" {}
resource "null_resource" "vm" { triggers = { t = coder_agent.main.token } }
resource "coder_app" "web" { agent_id = coder_agent.main.id }
resource "coder_script" "s" { agent_id = coder_agent.main.id }
resource "coder_env" "e" { agent_id = coder_agent.main.id }
resource "coder_metadata" "m" { resource_id = null_resource.vm.id }
"#;

fn agent(id: &str) -> Instance {
    instance("coder_agent.main", json!({"id": id, "auth": "token", "token": "t", "os": "linux", "startup_script": "x"}))
}

#[test]
fn an_agent_gets_its_parts_at_plan_time_by_the_graph_and_in_the_state_by_its_id() {
    for id in ["", "11111111-0000-4000-8000-000000000000"] {
        let all = [
            agent(id),
            instance("null_resource.vm", json!({})),
            instance(
                "coder_app.web",
                json!({"agent_id": id, "slug": "web", "share": "public", "healthcheck": [{"url": "u", "interval": 5}]}),
            ),
            instance("coder_script.s", json!({"agent_id": id, "run_on_start": true, "timeout": 7})),
            instance("coder_env.e", json!({"agent_id": id, "name": "A", "value": "1"})),
            instance("coder_metadata.m", json!({"daily_cost": 3, "hide": true, "item": [{"key": "k", "value": "v"}]})),
        ];
        let found = extract(&all, &graph(AGENT_ON_VM)).unwrap();
        let names: Vec<_> = found.resources.iter().map(|resource| resource.r#type.as_str()).collect();
        assert_eq!(names, ["coder_env", "null_resource"]);
        let vm = &found.resources[1];
        assert_eq!((vm.daily_cost, vm.hide, vm.metadata.len()), (3, true, 1));
        let agent = &vm.agents[0];
        assert_eq!(agent.auth, Some(Auth::Token("t".into())));
        assert_eq!((agent.apps.len(), agent.scripts.len(), agent.extra_envs.len()), (1, 2, 1));
        assert_eq!(agent.apps[0].display_name, "web");
        assert!(!agent.apps[0].id.is_empty());
        assert!(agent.display_apps.as_ref().unwrap().vscode);
        assert_eq!(daily_cost(&all), 3);
    }
}

#[test]
fn an_agent_without_its_machine_is_dropped() {
    let found = extract(&[agent("")], &graph(AGENT_ON_VM)).unwrap();
    assert_eq!(found.resources, []);
}

#[test]
fn counted_machines_share_their_agents() {
    let all = [agent(""), instance("null_resource.vm[0]", json!({})), instance("null_resource.vm[1]", json!({}))];
    let found = extract(&all, &graph(AGENT_ON_VM)).unwrap();
    assert!(found.resources.iter().all(|resource| resource.agents.len() == 1));
}

#[test]
fn names_must_be_unique_and_well_formed() {
    let graph = graph("resource \"coder_agent\" \"main\" {}\n");
    let two = [agent(""), instance("module.m.coder_agent.main", json!({}))];
    assert_eq!(extract(&two, &graph).unwrap_err().to_string(), "duplicate agent name: main");
    let error = extract(&[instance("coder_agent.my_agent", json!({}))], &graph).unwrap_err().to_string();
    assert_eq!(
        error,
        "agent name \"my_agent\" contains underscores which are no longer supported, please use hyphens instead (regex: \"(?i)^[a-z0-9](-?[a-z0-9])*$\")"
    );
    let apps = [instance("coder_app.a", json!({"slug": "x"})), instance("coder_app.b", json!({"slug": "x"}))];
    assert_eq!(
        extract(&apps, &graph).unwrap_err().to_string(),
        "duplicate app slug, they must be unique per template: \"x\""
    );
    let parameters = [
        instance("data.coder_parameter.a", json!({"name": "p"})),
        instance("data.coder_parameter.b", json!({"name": "p"})),
    ];
    assert!(extract(&parameters, &graph).is_err());
}

#[test]
fn parameters_have_bounds_only_where_given() {
    let data = |values| [instance("data.coder_parameter.p", values)];
    let graph = Graph::default();
    let one = |values| extract(&data(values), &graph).unwrap().parameters.remove(0);
    let new = one(json!({"name": "p", "type": "number", "default": "2", "optional": true, "form_type": "slider",
        "validation": [{"min": 1, "max": 0, "min_disabled": false, "max_disabled": true, "monotonic": "increasing"}]}));
    assert_eq!((new.validation_min, new.validation_max, new.required), (Some(1), None, false));
    assert_eq!(new.validation_monotonic, "increasing");
    let old = one(json!({"name": "p", "validation": [{"min": 0, "max": 5}]}));
    assert_eq!((old.validation_min, old.validation_max, old.required), (Some(0), Some(5), true));
    let none = one(json!({"name": "p", "default": null, "validation": []}));
    assert_eq!((none.validation_min, none.default_value.as_str()), (None, ""));
}

#[test]
fn a_needed_external_service_is_not_optional() {
    let all = [
        instance("data.coder_external_auth.a", json!({"id": "gh", "optional": true})),
        instance("data.coder_external_auth.b", json!({"id": "gh", "optional": false})),
        instance("data.coder_git_auth.c", json!({"id": "ab"})),
    ];
    let found = extract(&all, &Graph::default()).unwrap().external_auth;
    let pairs: Vec<_> = found.iter().map(|one| (one.id.as_str(), one.optional)).collect();
    assert_eq!(pairs, [("ab", false), ("gh", false)]);
}

#[test]
fn machines_of_clouds_identify_themselves() {
    let text = r#"
resource "coder_agent" "main" { auth = "aws-instance-identity" }
resource "aws_instance" "vm" { user_data = coder_agent.main.init_script }
"#;
    let all = [
        instance("coder_agent.main", json!({"auth": "aws-instance-identity"})),
        instance("aws_instance.vm", json!({"id": "i-1", "instance_type": "t3"})),
    ];
    let found = extract(&all, &graph(text)).unwrap();
    assert_eq!(found.resources[0].instance_type, "t3");
    assert_eq!(found.resources[0].agents[0].auth, Some(Auth::InstanceId("i-1".into())));
}
