//! Replays the recorded jobs that concern the daemon, and compares arguments and environment of their processes.

use std::collections::BTreeMap;

use serde_json::Value;
use warren_proto::provisioner::{Metadata, RichParameterValue, Role, WorkspaceTransition};
use warren_proto::provisionerd::acquired_job::Type;
use warren_proto::provisionerd::{acquired_job, completed_job, failed_job};

use crate::bench::{Bench, End, Outcome, Process, build, import_with, metadata, tar};
use crate::golden::{cases, differences, files, without_ids};

/// The template behind the recorded builds; the recording shows its first half, the rest follows from its lines.
const LITE: &str = include_str!("lite.tf");
/// Two templates of which the recording does not show everything: they follow from its lines and results.
const GOOD: &str = include_str!("good.tf");
const CONDITIONAL: &str = include_str!("conditional.tf");
/// Jobs that a daemon does well and the server refuses in the end; replayed with the server, as are the lines without a
/// job that ran.
const BY_THE_SERVER: &[&str] = &["push-external-auth-unconfigured", "push-duplicate-presets"];
/// Version of Terraform in the recordings.
const RECORDED: &str = "1.11.4";

struct Replay {
    bench: Bench,
    cases: BTreeMap<String, Value>,
    outcomes: BTreeMap<String, Outcome>,
    problems: Vec<String>,
    checked: usize,
}

impl Replay {
    async fn case(&mut self, name: &str, template: Vec<u8>, kind: Type) -> Vec<u8> {
        let outcome = self.bench.run(template, kind).await;
        let found = differences(&self.cases[name], &outcome);
        self.checked += 1;
        self.problems.extend(found.into_iter().map(|problem| format!("{name}: {problem}")));
        let state = match &outcome.end {
            End::Completed(completed) => match &completed.r#type {
                Some(completed_job::Type::WorkspaceBuild(build)) => build.state.to_vec(),
                _ => Vec::new(),
            },
            End::Failed(failed) => match &failed.r#type {
                Some(failed_job::Type::WorkspaceBuild(build)) => build.state.to_vec(),
                _ => Vec::new(),
            },
        };
        self.outcomes.insert(name.to_owned(), outcome);
        state
    }

    async fn push(&mut self, name: &str, variables: &[(&str, &str)]) {
        let source = if name.starts_with("push-variable-") { "push-missing-variable" } else { name };
        let files = files(&self.cases[source]).unwrap_or_else(|| panic!("{source} has no files"));
        let files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        self.case(name, tar(&files), import_with(variables)).await;
    }
}

/// Values of parameters as the server resolves them.
#[derive(Default)]
struct Values(BTreeMap<&'static str, &'static str>);

impl Values {
    fn with(pairs: &[(&'static str, &'static str)]) -> Self {
        Self(pairs.iter().copied().collect())
    }

    fn changed(&self, pairs: &[(&'static str, &'static str)]) -> Self {
        Self(self.0.clone().into_iter().chain(pairs.iter().copied()).collect())
    }

    fn list(&self) -> Vec<RichParameterValue> {
        self.0
            .iter()
            .map(|(name, value)| RichParameterValue { name: (*name).to_owned(), value: (*value).to_owned() })
            .collect()
    }
}

fn job(transition: WorkspaceTransition, state: &[u8], values: &Values, previous: &Values) -> Type {
    let mut job = build(transition, state);
    let metadata = job.metadata.as_mut().unwrap();
    *metadata = Metadata {
        workspace_owner_name: "A".to_owned(),
        workspace_owner_rbac_roles: vec![
            Role { name: "owner".to_owned(), org_id: String::new() },
            Role { name: "member".to_owned(), org_id: String::new() },
            Role { name: "organization-member".to_owned(), org_id: "00000000-0000-4000-8000-000000000004".to_owned() },
        ],
        template_name: "lite".to_owned(),
        template_version: "expensive_shields1".to_owned(),
        ..metadata.clone()
    };
    job.rich_parameter_values = values.list();
    job.previous_parameter_values = previous.list();
    Type::WorkspaceBuild(job)
}

#[tokio::test]
async fn recorded_jobs_end_with_the_same_lines_errors_and_results() {
    let Some((cases, lines)) = cases("jobs.jsonl") else { return };
    let Some(bench) = Bench::start().await else { return };
    let mut replay = Replay { bench, cases, outcomes: BTreeMap::new(), problems: Vec::new(), checked: 0 };
    if !is_recorded_version(&mut replay).await {
        return;
    }
    for name in [
        "push-missing-variable",
        "push-syntax-error",
        "push-invalid-reference",
        "push-init-failure-missing-provider",
        "push-no-tf-files",
        "push-duplicate-agent",
        "push-agent-name-underscore",
        "push-unattached-agent",
        "push-duplicate-app-slug",
        "push-bad-param-default",
        "push-required-param",
        "push-slow",
        "push-presets-good",
        "push-required-parameters",
        "dp-unknown-option",
        "dp-file-function",
        "push-classic",
        "push-plain",
        "push-failing-validation-at-init",
        "push-failing-plan",
    ] {
        replay.push(name, &[]).await;
    }
    replay.case("push-good", tar(&[("README.md", "# Good\n"), ("main.tf", GOOD)]), import_with(&[])).await;
    replay.case("dp-conditional", tar(&[("main.tf", CONDITIONAL)]), import_with(&[])).await;
    replay.push("push-variable-given", &[("need", "yes"), ("opt", "[\"b\",\"c\"]")]).await;
    replay.push("push-variable-wrong-type", &[("need", "yes"), ("sec", "x")]).await;
    replay.push("push-variable-unknown", &[("need", "yes"), ("nope", "x")]).await;
    workspace_of_lite(&mut replay).await;
    workspace_of_slow(&mut replay).await;
    workspace_of_classic(&mut replay).await;
    dry_runs(&mut replay).await;
    workspace_of_module(&mut replay).await;
    cancelled_import(&mut replay).await;
    println!("replayed {} of {lines} lines of jobs.jsonl with the daemon alone", replay.checked);
    let left = replay.cases.iter().filter(|(name, case)| {
        let ran = case["logs"].as_array().is_some_and(|rows| !rows.is_empty());
        ran && !replay.outcomes.contains_key(*name) && !BY_THE_SERVER.contains(&name.as_str())
    });
    let left: Vec<_> = left.map(|(name, _)| format!("{name}: a daemon ran this job, and it is not replayed")).collect();
    replay.problems.extend(left);
    runs(&mut replay);
    assert!(replay.problems.is_empty(), "{}", replay.problems.join("\n"));
    replay.bench.shut_down().await;
}

/// Texts of Terraform differ between versions.
async fn is_recorded_version(replay: &mut Replay) -> bool {
    let outcome = replay.bench.run(tar(&[("main.tf", crate::templates::PLAIN)]), import_with(&[])).await;
    let same = outcome.rows().iter().any(|row| row[3] == format!("Terraform {RECORDED}"));
    if !same {
        eprintln!("SKIPPED: the recordings were made with Terraform {RECORDED}");
    }
    same
}

async fn workspace_of_lite(replay: &mut Replay) {
    use WorkspaceTransition::{Destroy, Start, Stop};
    let template = tar(&[("README.md", "# Lite\n"), ("main.tf", LITE)]);
    replay.case("push-lite", template.clone(), import_with(&[])).await;
    let none = Values::default();
    let first = Values::with(&[("word", "hello"), ("size", "2"), ("region", "eu"), ("once", "false")]);
    let state = replay.case("create-defaults", template.clone(), job(Start, &[], &first, &none)).await;
    let state = replay.case("stop", template.clone(), job(Stop, &state, &first, &first)).await;
    let state = replay.case("start", template.clone(), job(Start, &state, &first, &first)).await;
    let second = first.changed(&[("word", "bye"), ("size", "4")]);
    let state = replay.case("start-changed-parameters", template.clone(), job(Start, &state, &second, &first)).await;
    let mut debug = job(Start, &state, &second, &second);
    if let Type::WorkspaceBuild(build) = &mut debug {
        build.log_level = "debug".to_owned();
    }
    let state = replay.case("start-debug-log-level", template.clone(), debug).await;
    let third = second.changed(&[("size", "3")]);
    replay.case("start-monotonic-violation", template.clone(), job(Start, &state, &third, &second)).await;
    let state = replay.case("start-unknown-parameter", template.clone(), job(Start, &state, &third, &third)).await;
    // A build counts as the previous one also when it failed.
    let once = third.changed(&[("once", "true")]);
    let state = replay.case("start-ephemeral", template.clone(), job(Start, &state, &once, &third)).await;
    let refused = third.changed(&[("word", "planfail")]);
    replay.case("start-failing-plan", template.clone(), job(Start, &state, &refused, &once)).await;
    let failing = third.changed(&[("word", "fail")]);
    let state = replay.case("start-failing-apply", template.clone(), job(Start, &state, &failing, &refused)).await;
    let good = third.changed(&[("word", "ok")]);
    let state = replay.case("start-with-state", template.clone(), job(Start, &state, &good, &failing)).await;
    replay.case("delete", template.clone(), job(Destroy, &state, &good, &good)).await;

    let big = first.changed(&[("region", "us"), ("size", "8")]);
    replay.case("create-with-preset", template.clone(), job(Start, &[], &big, &none)).await;
    replay.case("delete-orphan", template.clone(), job(Destroy, &[], &big, &big)).await;
    let failing = first.changed(&[("word", "fail")]);
    let state = replay.case("create-failing-apply", template.clone(), job(Start, &[], &failing, &none)).await;
    replay.case("delete-after-failed-create", template, job(Destroy, &state, &failing, &failing)).await;
}

async fn workspace_of_slow(replay: &mut Replay) {
    let files = files(&replay.cases["push-slow"]).unwrap();
    let template = tar(&files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect::<Vec<_>>());
    let none = Values::default();
    replay.bench.cancel_at("Provisioning with 'local-exec'").await;
    let state =
        replay.case("cancel-running", template.clone(), job(WorkspaceTransition::Start, &[], &none, &none)).await;
    replay.bench.forget_cancel().await;
    replay.case("delete-after-cancel", template, job(WorkspaceTransition::Destroy, &state, &none, &none)).await;
}

async fn workspace_of_classic(replay: &mut Replay) {
    let files = files(&replay.cases["push-classic"]).unwrap();
    let template = tar(&files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect::<Vec<_>>());
    let none = Values::default();
    let bad = Values::with(&[("p", "x"), ("r", "eu"), ("m", "3")]);
    replay.case("classic-bad-type", template.clone(), job(WorkspaceTransition::Start, &[], &bad, &none)).await;
    let good = Values::with(&[("p", "1"), ("r", "eu"), ("m", "5")]);
    let state =
        replay.case("classic-create", template.clone(), job(WorkspaceTransition::Start, &[], &good, &none)).await;
    replay.case("classic-delete", template, job(WorkspaceTransition::Destroy, &state, &good, &good)).await;
}

/// A module from a repository: fetched at the import, brought along at the build.
async fn workspace_of_module(replay: &mut Replay) {
    let Some(repository) = crate::bench::repository(&[("main.tf", "resource \"terraform_data\" \"in\" {}\n")]) else {
        return;
    };
    let files = files(&replay.cases["push-git-module"]).unwrap();
    let main = files.iter().find(|(name, _)| name == "main.tf").unwrap().1.clone();
    let main = main.replace("<dir>/modrepo", repository.path().to_str().unwrap());
    let template: Vec<_> = files
        .iter()
        .map(|(name, text)| (name.as_str(), if name == "main.tf" { &main } else { text }.as_str()))
        .collect();
    let template = tar(&template);
    replay.case("push-git-module", template.clone(), import_with(&[])).await;
    let End::Completed(completed) = &replay.outcomes["push-git-module"].end else { return };
    let Some(completed_job::Type::TemplateImport(import)) = &completed.r#type else { return };
    replay.bench.serve_modules(import.module_files.to_vec()).await;
    let none = Values::default();
    let with_modules = |transition, state: &[u8]| {
        let mut job = job(transition, state, &none, &none);
        if let Type::WorkspaceBuild(build) = &mut job {
            build.metadata.as_mut().unwrap().template_version_modules_file =
                "00000000-0000-4000-8000-000000000009".to_owned();
        }
        job
    };
    let state = replay.case("create-git-module", template.clone(), with_modules(WorkspaceTransition::Start, &[])).await;
    replay.case("delete-git-module", template, with_modules(WorkspaceTransition::Destroy, &state)).await;
}

/// A data source that never answers.
async fn cancelled_import(replay: &mut Replay) {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let files = files(&replay.cases["cancel-running-import"]).unwrap();
    let main = files[0].1.replace("127.0.0.1:7349", &silent.local_addr().unwrap().to_string());
    let (interrupted, server) = (replay.bench.lines(), silent);
    let answering = tokio::spawn(async move {
        use tokio::io::AsyncWriteExt;
        let (mut connection, _) = server.accept().await.unwrap();
        // Terraform waits for the answer.
        interrupted.line("Interrupt received").await;
        let answer = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        connection.write_all(answer).await.unwrap();
    });
    replay.bench.cancel_at("data.terraform_remote_state.x: Refreshing...").await;
    replay.case("cancel-running-import", tar(&[("main.tf", &main)]), import_with(&[])).await;
    replay.bench.forget_cancel().await;
    answering.await.unwrap();
}

async fn dry_runs(replay: &mut Replay) {
    let template = tar(&[("README.md", "# Lite\n"), ("main.tf", LITE)]);
    let dry_run = |name: &str, values: &[(&'static str, &'static str)]| {
        let metadata = Metadata {
            coder_url: metadata(WorkspaceTransition::Start).coder_url,
            workspace_name: name.to_owned(),
            workspace_owner: "admin".to_owned(),
            workspace_owner_groups: vec!["Everyone".to_owned()],
            ..Metadata::default()
        };
        let rich_parameter_values = Values::with(values).list();
        Type::TemplateDryRun(acquired_job::TemplateDryRun {
            metadata: Some(metadata),
            rich_parameter_values,
            ..Default::default()
        })
    };
    replay.case("dry-run-defaults", template.clone(), dry_run("dw", &[])).await;
    let values = [("word", "abc"), ("size", "5"), ("region", "us")];
    replay.case("dry-run-parameters", template.clone(), dry_run("dw", &values)).await;
    replay.case("dry-run-bad-parameter", template.clone(), dry_run("dw", &[("word", "UPPER")])).await;
    replay.case("dry-run-no-name", template, dry_run("", &[])).await;
}

/// Arguments and environment of the processes of those jobs.
fn runs(replay: &mut Replay) {
    let Some((recorded, lines)) = cases("terraform-runs.jsonl") else { return };
    let mut checked = 0;
    let recorded_start = recorded["server-start"]["runs"].as_array().unwrap().clone();
    for (name, case) in recorded {
        let Some(outcome) = replay.outcomes.get(&name) else { continue };
        checked += 1;
        let runs = case["runs"].as_array().unwrap();
        let hashes: BTreeMap<String, String> =
            serde_json::from_value(case["parameter_names_by_hash"].clone()).unwrap_or_default();
        for command in ["init", "plan", "apply", "show", "graph"] {
            let expected: Vec<_> = runs.iter().filter(|run| run["args"][0] == command).collect();
            let ours: Vec<_> = outcome.processes.iter().filter(|process| process.command() == command).collect();
            // Fewer processes are the aim: `show`, `graph` and `init` may be missing, `plan` and `apply` not.
            if ours.len() > expected.len() || (matches!(command, "plan" | "apply") && ours.len() != expected.len()) {
                replay.problems.push(format!(
                    "{name}: {} processes of {command}, recorded {}",
                    ours.len(),
                    expected.len()
                ));
            }
            for (run, process) in expected.iter().zip(ours) {
                replay.problems.extend(
                    process_differences(run, process, &hashes)
                        .into_iter()
                        .map(|problem| format!("{name} {command}: {problem}")),
                );
            }
        }
    }
    // A daemon asks the version at its start and never again.
    let ours = replay.bench.version_checks();
    checked += 1;
    if ours.len() > recorded_start.len()
        || recorded_start.iter().any(|run| run["args"] != serde_json::json!(ours[0].arguments))
    {
        replay.problems.push(format!("server-start: {ours:?}, recorded {recorded_start:?}"));
    }
    println!("replayed {checked} of {lines} lines of terraform-runs.jsonl");
}

fn process_differences(run: &Value, process: &Process, hashes: &BTreeMap<String, String>) -> Vec<String> {
    let mut found = Vec::new();
    let file = |text: &str| match text.rsplit_once('/') {
        Some((head, "terraform.tfplan")) => {
            format!("{}terraform.tfplan", if head.starts_with("-out=") { "-out=" } else { "" })
        }
        // Recorded through a shell's quoting.
        _ => text.replace('\\', ""),
    };
    let mut expected: Vec<_> =
        run["args"].as_array().unwrap().iter().map(|word| file(word.as_str().unwrap())).collect();
    // Sensitive values are in the environment here, where other users of the machine cannot read them.
    let secrets = process.environment.iter().filter_map(|(name, value)| Some((name.strip_prefix("TF_VAR_")?, value)));
    for secret in secrets.map(|(name, value)| format!("{name}={value}")) {
        match expected.iter().position(|word| *word == secret) {
            Some(at) => drop(expected.drain(at - 1..=at)),
            None => found.push(format!("the variable {secret} was not recorded")),
        }
    }
    let ours: Vec<_> = process.arguments.iter().map(|word| file(word)).collect();
    if expected != ours {
        found.push(format!("arguments {ours:?}, recorded {expected:?}"));
    }
    let shown = |name: &str| (name.starts_with("CODER_") || name.starts_with("TF_")) && !name.starts_with("TF_VAR_");
    let readable =
        |name: &str| hashes.iter().fold(name.to_owned(), |name, (hash, parameter)| name.replace(hash, parameter));
    let ours: BTreeMap<_, _> = process
        .environment
        .iter()
        .filter(|(name, _)| shown(name))
        .map(|(name, value)| (readable(name), value))
        .collect();
    let expected: BTreeMap<_, _> = run["env"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (readable(name), value.as_str().unwrap()))
        .collect();
    let names = |map: Vec<&String>| map.into_iter().cloned().collect::<Vec<_>>();
    if expected.keys().ne(ours.keys()) {
        found.push(format!(
            "variables {:?}, recorded {:?}",
            names(ours.keys().collect()),
            names(expected.keys().collect())
        ));
    }
    for (name, expected) in expected {
        let free = expected.contains('<')
            || expected.contains("XXXX")
            || name.ends_with("OWNER_EMAIL")
            || name.contains("_TEMPLATE_")
            || name.ends_with("_WORKSPACE_NAME");
        if let Some(ours) = ours.get(&name).filter(|_| !free)
            && without_ids(ours) != without_ids(expected)
        {
            found.push(format!("{name}={ours}, recorded {expected}"));
        }
    }
    found
}
