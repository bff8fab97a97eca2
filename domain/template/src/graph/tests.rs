use super::*;

fn graph(root: &str, children: &[(&str, &str)]) -> Graph {
    let mut modules = BTreeMap::from([(Vec::new(), Module::parse([("main.tf", root)]))]);
    for (path, text) in children {
        modules.insert(path.split('.').map(str::to_owned).collect(), Module::parse([("main.tf", text)]));
    }
    assert!(modules.values().all(|module| module.problems().is_empty()));
    Graph::from_modules(&modules)
}

fn compute(label: &str) -> bool {
    !label.contains("coder_") && !is_pass_through(label) && !label.contains(" (") && !label.starts_with("data.")
}

#[test]
fn an_agent_belongs_to_the_nearest_resource_that_uses_it() {
    let graph = graph(
        r#"
resource "coder_agent" "main" {}
locals { script = coder_agent.main.init_script }
resource "docker_container" "b" { entrypoint = [local.script] }
resource "docker_container" "a" { env = [coder_agent.main.token, docker_container.b.id] }
resource "coder_app" "x" { agent_id = coder_agent.main.id }
"#,
        &[],
    );
    // The direct edge of `a` follows from the way over `b`, so it does not count.
    assert_eq!(graph.nearest_dependent("coder_agent.main", compute), Some("docker_container.b"));
    assert!(graph.refers_to("coder_app.x", "coder_agent.main"));
    assert!(!graph.refers_to("coder_agent.main", "coder_app.x"));
}

#[test]
fn modules_pass_references_through_variables_and_outputs() {
    let graph = graph(
        r#"
module "agent" { source = "./agent" }
module "vm" {
  source = "./vm"
  count  = 1
  token  = module.agent.token
}
"#,
        &[
            (
                "agent",
                r#"resource "coder_agent" "main" {}
output "token" { value = coder_agent.main.token }"#,
            ),
            (
                "vm",
                r#"variable "token" {}
resource "null_resource" "vm" { triggers = { t = var.token } }"#,
            ),
        ],
    );
    let found = graph.nearest_dependent("module.agent.coder_agent.main", compute);
    assert_eq!(found, Some("module.vm.null_resource.vm"));
    assert_eq!(graph.dependencies("module.vm.var.token").len(), 2);
}

#[test]
fn metadata_belongs_to_what_it_names() {
    let graph = graph(
        r#"
resource "null_resource" "a" {}
resource "null_resource" "b" { depends_on = [null_resource.a] }
resource "coder_metadata" "m" { resource_id = null_resource.b.id }
"#,
        &[],
    );
    assert_eq!(graph.nearest_dependency("coder_metadata.m", compute), Some("null_resource.b"));
}

#[test]
fn json_syntax_gives_the_same_edges() {
    let text = r#"{"resource": {"coder_agent": {"main": {"os": "linux"}},
      "null_resource": {"vm": [{"triggers": {"t": "${coder_agent.main.token}"}, "depends_on": ["null_resource.other"]}], "other": {}}}}"#;
    let modules = BTreeMap::from([(Vec::new(), Module::parse([("main.tf.json", text)]))]);
    let graph = Graph::from_modules(&modules);
    assert_eq!(graph.nearest_dependent("coder_agent.main", compute), Some("null_resource.vm"));
    assert_eq!(graph.dependencies("null_resource.vm").len(), 2);
}

#[test]
fn the_printed_graph_is_read() {
    let dot = r#"digraph {
	compound = "true"
	subgraph "root" {
		"[root] coder_agent.main (expand)" [label = "coder_agent.main", shape = "box"]
		"[root] null_resource.vm (expand)" -> "[root] coder_agent.main (expand)"
		"[root] module.m (close)" -> "[root] module.m (expand)"
		"[root] provider[\"registry.terraform.io/coder/coder\"]" [label = "x"]
	}
}"#;
    let graph = Graph::from_dot(dot);
    assert_eq!(graph.nearest_dependent("coder_agent.main", compute), Some("null_resource.vm"));
    assert_eq!(graph.dependencies("module.m (close)"), ["module.m (expand)"]);
}

#[test]
fn cycles_do_not_hang() {
    let graph = graph("resource \"a_b\" \"x\" { v = a_b.y.id }\nresource \"a_b\" \"y\" { v = a_b.x.id }\n", &[]);
    assert_eq!(graph.nearest_dependent("a_b.x", |_| false), None);
}
