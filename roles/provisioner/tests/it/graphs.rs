//! Our dependency graph beside Terraform's own, for templates of many shapes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use warren_template::Module;
use warren_template::graph::Graph;

use crate::bench::{Bench, import, tar, terraform_program};
use crate::templates::{LITE, PLAIN, SLOW};

const MODULES: &str = r#"
terraform {
  required_providers {
    coder = { source = "coder/coder" }
  }
}
provider "coder" {
  url = local.url
}
locals {
  url   = "http://${var.host}"
  names = [for name in ["a", "b"] : upper(name)]
}
variable "host" {
  default = "localhost"
}
module "agent" {
  source = "./agent"
  names  = local.names
}
module "vm" {
  source     = "./vm"
  for_each   = toset(["x"])
  token      = module.agent.token
  depends_on = [terraform_data.first]
}
resource "terraform_data" "first" {}
resource "terraform_data" "second" {
  input      = [module.agent.token, terraform_data.third.id]
  depends_on = [module.vm]
}
resource "terraform_data" "third" {
  triggers_replace = module.agent.id
  lifecycle {
    replace_triggered_by = [terraform_data.first]
  }
}
resource "coder_metadata" "m" {
  resource_id = terraform_data.second.id
  item {
    key   = "url"
    value = local.url
  }
}
output "all" {
  value = module.vm
}
"#;
const AGENT: &str = r#"
terraform {
  required_providers {
    coder = { source = "coder/coder" }
  }
}
variable "names" {
  type = list(string)
}
resource "coder_agent" "main" {
  os   = "linux"
  arch = "amd64"
  env  = { NAMES = join(",", var.names) }
}
resource "coder_app" "web" {
  agent_id = coder_agent.main.id
  slug     = "web"
}
output "token" {
  value     = coder_agent.main.token
  sensitive = true
}
output "id" {
  value = coder_agent.main.id
}
"#;
const VM: &str = r#"
variable "token" {}
resource "terraform_data" "vm" {
  input = "${var.token}-${each_key()}"
}
"#;

#[tokio::test]
async fn our_graph_is_the_one_that_terraform_prints() {
    let Some(bench) = Bench::start().await else { return };
    // Writes the mirror and the CLI configuration.
    bench.run(tar(&[("main.tf", LITE)]), import()).await.import();
    let vm = VM.replace("-${each_key()}", "");
    let json = r#"{"resource": {"terraform_data": {"a": {}, "b": {"input": "${terraform_data.a.id}", "depends_on": ["terraform_data.c"]}, "c": [{"input": "${local.x}"}]}}, "locals": {"x": "${terraform_data.a.id}"}}"#;
    let templates: [&[(&str, &str)]; 6] = [
        &[("main.tf", LITE)],
        &[("main.tf", SLOW)],
        &[("main.tf", PLAIN)],
        &[("main.tf", include_str!("lite.tf"))],
        &[("main.tf", MODULES), ("agent/main.tf", AGENT), ("vm/main.tf", &vm)],
        &[("main.tf.json", json)],
    ];
    for (number, files) in templates.iter().enumerate() {
        let dir = bench.dir.path().join(format!("graph-{number}"));
        for (name, text) in *files {
            std::fs::create_dir_all(dir.join(name).parent().unwrap()).unwrap();
            std::fs::write(dir.join(name), text).unwrap();
        }
        run(&bench.cache(), &dir, &["init", "-no-color", "-input=false"]);
        let theirs = Graph::from_dot(&run(&bench.cache(), &dir, &["graph", "-type=plan"]));
        let mut modules = BTreeMap::from([(Vec::new(), Module::from_directory(&dir).unwrap())]);
        for (name, _) in files.iter().filter(|(name, _)| name.contains('/')) {
            let module = name.split('/').next().unwrap();
            modules.insert(vec![module.to_owned()], Module::from_directory(&dir.join(module)).unwrap());
        }
        let ours = Graph::from_modules(&modules);
        let (ours, theirs) = (edges(&ours), edges(&theirs));
        let (missing, extra) =
            (theirs.difference(&ours).collect::<Vec<_>>(), ours.difference(&theirs).collect::<Vec<_>>());
        eprintln!("template {number}: {} edges", theirs.len());
        assert!(missing.is_empty() && extra.is_empty(), "template {number}: missing {missing:#?}, extra {extra:#?}");
    }
    bench.shut_down().await;
}

/// Edges between what both graphs have; provider nodes are named differently.
fn edges(graph: &Graph) -> BTreeSet<(String, String)> {
    let shared = |label: &str| !label.contains("provider") && label != "root";
    let mut edges = BTreeSet::new();
    for label in graph.labels().filter(|label| shared(label)) {
        for to in graph.dependencies(label).into_iter().filter(|to| shared(to)) {
            edges.insert((label.to_owned(), to.to_owned()));
        }
    }
    edges
}

fn run(cache: &Path, dir: &Path, arguments: &[&str]) -> String {
    let output = Command::new(terraform_program().unwrap())
        .args(arguments)
        .current_dir(dir)
        .env("TF_CLI_CONFIG_FILE", cache.join("terraform.rc"))
        .env("CHECKPOINT_DISABLE", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
