//! Imports and dry runs.

use warren_proto::provisioner::RichParameterValue;
use warren_proto::provisionerd::{acquired_job, completed_job};

use crate::bench::{Bench, End, Transport, import, import_with, tar};
use crate::templates::{LITE, PLAIN};

#[tokio::test]
async fn an_import_reports_everything_that_the_template_declares() {
    for transport in [Transport::Pipe, Transport::WebSocket] {
        let Some(bench) = Bench::with(transport, |_| {}).await else { return };
        let outcome = bench.run(tar(&[("main.tf", LITE), ("README.md", "# Lite\n")]), import()).await;
        assert_eq!(outcome.error(), "");
        let stages: Vec<_> =
            outcome.rows().into_iter().filter(|row| row[1] == "provisioner_daemon").map(|row| row[0].clone()).collect();
        assert_eq!(
            stages,
            [
                "Setting up",
                "Parsing template parameters",
                "Detecting persistent resources",
                "Detecting ephemeral resources",
                "Cleaning Up"
            ]
        );
        // Init, two plans, one of them printed.
        let commands: Vec<_> = outcome.processes.iter().map(crate::bench::Process::command).collect();
        assert_eq!(commands, ["init", "plan", "show", "plan"]);
        let readme = outcome.updates.iter().find(|update| !update.readme.is_empty()).unwrap();
        assert_eq!(readme.readme.as_ref(), b"# Lite\n");
        let import = outcome.import();
        let resources = |list: &[warren_proto::provisioner::Resource]| -> Vec<_> {
            list.iter()
                .map(|one| (one.name.clone(), one.agents.iter().map(|agent| agent.name.clone()).collect::<Vec<_>>()))
                .collect()
        };
        assert_eq!(
            resources(&import.start_resources),
            [("disk".to_owned(), vec![]), ("vm".to_owned(), vec!["main".to_owned()])]
        );
        assert_eq!(resources(&import.stop_resources), [("disk".to_owned(), vec![])]);
        assert_eq!(import.start_resources[1].daily_cost, 3);
        assert_eq!(import.start_resources[1].agents[0].apps.len(), 1);
        let names: Vec<_> =
            import.rich_parameters.iter().map(|one| (one.name.as_str(), one.validation_min, one.required)).collect();
        assert_eq!(names, [("size", Some(1), false), ("word", None, false)]);
        assert_eq!((import.presets.len(), import.presets[0].parameters.len()), (1, 1));
        let plan: serde_json::Value = serde_json::from_slice(&import.plan).unwrap();
        assert!(plan.pointer("/prior_state/values/root_module/resources").is_some());
        bench.shut_down().await;
    }
}

#[tokio::test]
async fn a_missing_variable_has_its_own_code_and_a_given_one_reaches_terraform() {
    let Some(bench) = Bench::start().await else { return };
    let text = "variable \"need\" {\n  type = string\n}\nvariable \"opt\" {\n  type = list(string)\n  default = [\"a\"]\n}\nresource \"terraform_data\" \"x\" {\n  input = [var.need, var.opt]\n}\n";
    let outcome = bench.run(tar(&[("main.tf", text)]), import()).await;
    assert_eq!(outcome.error(), "update job: required template variables need values: need");
    let End::Failed(failed) = outcome.end else { unreachable!() };
    assert_eq!(failed.error_code, "REQUIRED_TEMPLATE_VARIABLES");
    let outcome = bench.run(tar(&[("main.tf", text)]), import_with(&[("need", "it")])).await;
    assert_eq!(outcome.error(), "");
    let plan = outcome.processes.iter().find(|process| process.command() == "plan").unwrap();
    assert_eq!(plan.arguments[6..], ["-var", "need=it", "-var", "opt=[\"a\"]"].map(str::to_owned));
    bench.shut_down().await;
}

#[tokio::test]
async fn every_version_of_the_provider_that_is_asked_for_is_there() {
    let Some(bench) = Bench::start().await else { return };
    let lock = "provider \"registry.terraform.io/coder/coder\" {\n  version = \"1.0.3\"\n  hashes = [\"h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"]\n}\n";
    for constraint in ["~> 1.0.2", ">= 2.20.0", "0.12.1", "< 3.0"] {
        let text = PLAIN.to_owned()
            + &format!(
                "terraform {{\n  required_providers {{\n    coder = {{ source = \"coder/coder\", version = \"{constraint}\" }}\n  }}\n}}\ndata \"coder_workspace\" \"me\" {{}}\n"
            );
        let outcome = bench.run(tar(&[("main.tf", &text), (".terraform.lock.hcl", lock)]), import()).await;
        assert_eq!(outcome.error(), "", "{constraint}: {:#?}", outcome.rows());
    }
    bench.shut_down().await;
}

#[tokio::test]
async fn a_dry_run_plans_with_parameters_in_two_processes_at_most() {
    let Some(bench) = Bench::start().await else { return };
    let parameter = RichParameterValue { name: "size".to_owned(), value: "5".to_owned() };
    let dry_run = acquired_job::TemplateDryRun { rich_parameter_values: vec![parameter], ..Default::default() };
    for processes in [2, 1] {
        let outcome = bench.run(tar(&[("main.tf", LITE)]), acquired_job::Type::TemplateDryRun(dry_run.clone())).await;
        assert_eq!(outcome.error(), "");
        assert_eq!(outcome.processes.len(), processes);
        let End::Completed(completed) = outcome.end else { unreachable!() };
        let Some(completed_job::Type::TemplateDryRun(done)) = completed.r#type else { unreachable!() };
        assert_eq!(done.resources.len(), 2);
    }
    let bad = acquired_job::TemplateDryRun {
        rich_parameter_values: vec![RichParameterValue { name: "size".to_owned(), value: "99".to_owned() }],
        ..Default::default()
    };
    let outcome = bench.run(tar(&[("main.tf", LITE)]), acquired_job::Type::TemplateDryRun(bad)).await;
    let expected =
        "run dry-run provision job: plan during template import provision error: terraform plan: exit status 1";
    assert!(outcome.error().starts_with(expected), "{}", outcome.error());
    bench.shut_down().await;
}

#[tokio::test]
async fn remote_modules_travel_as_an_archive_and_are_not_fetched_again() {
    let Some(bench) = Bench::start().await else { return };
    let Some(repository) = crate::bench::repository(&[("main.tf", "resource \"terraform_data\" \"in\" {}\n")]) else {
        return;
    };
    let text = format!(
        "module \"g\" {{\n  source = \"git::file://{}\"\n}}\nmodule \"l\" {{\n  source = \"./l\"\n}}\n",
        repository.path().display()
    );
    let template = tar(&[("main.tf", &text), ("l/main.tf", PLAIN)]);
    let outcome = bench.run(template.clone(), import()).await;
    assert_eq!(outcome.error(), "");
    let import = outcome.import();
    let modules: Vec<_> = import.start_modules.iter().map(|module| module.key.clone()).collect();
    assert_eq!(modules, ["g", "l"]);
    let paths: Vec<_> = import.start_resources.iter().map(|one| one.module_path.clone()).collect();
    assert_eq!(paths, ["module.g", "module.l"]);
    assert!(!import.module_files.is_empty());
    // The repository is gone: only the archive can bring the module.
    drop(repository);
    bench.serve_modules(import.module_files.to_vec()).await;
    let mut build = crate::bench::build(warren_proto::provisioner::WorkspaceTransition::Start, &[]);
    build.metadata.as_mut().unwrap().template_version_modules_file = uuid::Uuid::new_v4().to_string();
    for forget in [false, true] {
        if forget {
            std::fs::remove_dir_all(bench.cache().join("prepared")).unwrap();
        }
        let outcome = bench.run(template.clone(), acquired_job::Type::WorkspaceBuild(build.clone())).await;
        assert_eq!(outcome.error(), "", "{:#?}", outcome.rows());
        assert_eq!(outcome.build().resources.len(), 2);
    }
    bench.shut_down().await;
}
