//! Start, stop, start again, delete; what Terraform sees of a build.

use warren_proto::provisioner::agent::Auth;
use warren_proto::provisioner::{RichParameterValue, WorkspaceTransition};
use warren_proto::provisionerd::acquired_job::Type;

use crate::bench::{Bench, End, Process, Transport, build, import, tar};
use crate::templates::LITE;

fn commands(processes: &[Process]) -> Vec<&str> {
    processes.iter().map(Process::command).collect()
}

#[tokio::test]
async fn a_workspace_starts_stops_starts_again_and_is_deleted() {
    for transport in [Transport::Pipe, Transport::WebSocket] {
        let Some(bench) = Bench::with(transport, |_| {}).await else { return };
        let template = tar(&[("main.tf", LITE)]);
        bench.run(template.clone(), import()).await.import();
        let mut tokens = Vec::new();
        let mut state = Vec::new();
        for transition in [WorkspaceTransition::Start, WorkspaceTransition::Stop, WorkspaceTransition::Start] {
            let outcome = bench.run(template.clone(), Type::WorkspaceBuild(build(transition, &state))).await;
            assert_eq!(outcome.error(), "", "{:#?}", outcome.rows());
            // The import has prepared the directory.
            assert_eq!(commands(&outcome.processes), ["plan", "apply"]);
            let rows = outcome.rows();
            let quota: Vec<_> = rows.iter().filter(|row| row[0] == "Commit quota").map(|row| row[3].as_str()).collect();
            let done = outcome.build();
            state = done.state.to_vec();
            match transition {
                WorkspaceTransition::Start => {
                    assert_eq!(quota, ["Build cost       —   3", "Budget           —   -1", "Credits consumed —   0"]);
                    let vm = done.resources.iter().find(|one| one.name == "vm").unwrap();
                    let Some(Auth::Token(token)) = &vm.agents[0].auth else { panic!("no token") };
                    assert!(uuid::Uuid::parse_str(token).is_ok());
                    tokens.push(token.clone());
                    assert_eq!(
                        (vm.agents[0].apps.len(), vm.daily_cost, vm.metadata[0].value.as_str()),
                        (1, 3, "hello")
                    );
                }
                _ => {
                    assert!(quota.is_empty());
                    assert!(done.resources.iter().all(|one| one.agents.is_empty()));
                }
            }
            let stages: std::collections::BTreeSet<_> =
                done.timings.iter().map(|timing| timing.stage.as_str()).collect();
            assert!(["plan", "apply", "graph"].iter().all(|stage| stages.contains(stage)), "{stages:?}");
        }
        assert_ne!(tokens[0], tokens[1], "each start has a token of its own");
        let outcome =
            bench.run(template.clone(), Type::WorkspaceBuild(build(WorkspaceTransition::Destroy, &state))).await;
        assert_eq!(outcome.error(), "");
        assert_eq!(commands(&outcome.processes), ["plan", "apply"]);
        assert_eq!(outcome.build().resources, []);
        bench.shut_down().await;
    }
}

#[tokio::test]
async fn deleting_a_workspace_without_state_starts_no_process() {
    let Some(bench) = Bench::start().await else { return };
    let outcome =
        bench.run(tar(&[("main.tf", LITE)]), Type::WorkspaceBuild(build(WorkspaceTransition::Destroy, &[]))).await;
    assert_eq!(outcome.error(), "");
    assert_eq!(commands(&outcome.processes), Vec::<&str>::new());
    let said = outcome
        .rows()
        .iter()
        .filter(|row| row[3] == "The terraform state does not exist, there is nothing to do")
        .count();
    assert_eq!(said, 3);
    bench.shut_down().await;
}

#[tokio::test]
async fn terraform_sees_its_job_and_nothing_of_the_daemon() {
    let Some(bench) = Bench::start().await else { return };
    let mut build = build(WorkspaceTransition::Start, &[]);
    build.rich_parameter_values = vec![RichParameterValue { name: "word".to_owned(), value: "abc".to_owned() }];
    build.previous_parameter_values = vec![RichParameterValue { name: "size".to_owned(), value: "1".to_owned() }];
    build.log_level = "debug".to_owned();
    let outcome = bench.run(tar(&[("main.tf", LITE)]), Type::WorkspaceBuild(build)).await;
    assert_eq!(outcome.error(), "");
    assert!(outcome.rows().iter().any(|row| row[2] == "debug"));
    let of = |command: &str| outcome.processes.iter().find(|process| process.command() == command).unwrap();
    let value = |command: &str, name: &str| of(command).environment.get(name).cloned();
    // SHA-256 of "word" and "size".
    let word = "CODER_PARAMETER_98c1eb4ee93476743763878fcb96a25fbc9a175074d64004779ecb5242f645e6";
    let size = "CODER_PARAMETER_PREVIOUS_ccdcbe846f3da4eb044fbdf64bf6b57902388ab72fb0c852ba72280f8d478b40";
    assert_eq!(value("plan", word).as_deref(), Some("abc"));
    assert_eq!(value("plan", size).as_deref(), Some("1"));
    assert_eq!(value("apply", word), None);
    for command in ["plan", "apply"] {
        assert_eq!(value(command, "CODER_WORKSPACE_NAME").as_deref(), Some("w1"));
        assert_eq!(value(command, "CODER_WORKSPACE_OWNER_GROUPS").as_deref(), Some("[\"Everyone\"]"));
        let roles = "[{\"name\":\"owner\"},{\"name\":\"organization-member\",\"org_id\":\"00000000-0000-4000-8000-000000000005\"}]";
        assert_eq!(value(command, "CODER_WORKSPACE_OWNER_RBAC_ROLES").as_deref(), Some(roles));
        assert_eq!(value(command, "TF_LOG").as_deref(), Some("JSON"));
        assert_eq!(value(command, "TF_PLUGIN_CACHE_DIR"), None);
    }
    assert!(value("init", "TF_PLUGIN_CACHE_DIR").is_some());
    assert!(of("init").environment.keys().all(|name| !name.starts_with("CODER_")));
    for process in &outcome.processes {
        let leaked =
            process.environment.iter().any(|(name, value)| name == "CODER_PG_CONNECTION_URL" || value == "secret");
        assert!(!leaked, "{:?}", process.arguments);
    }
    bench.shut_down().await;
}

#[tokio::test]
async fn a_refused_quota_fails_the_build_before_anything_is_changed() {
    let Some(bench) = Bench::start().await else { return };
    bench.refuse_quota();
    let outcome =
        bench.run(tar(&[("main.tf", LITE)]), Type::WorkspaceBuild(build(WorkspaceTransition::Start, &[]))).await;
    assert_eq!(outcome.error(), "insufficient quota");
    assert!(!commands(&outcome.processes).contains(&"apply"));
    let End::Failed(failed) = outcome.end else { unreachable!() };
    assert_eq!(failed.error_code, "INSUFFICIENT_QUOTA");
    bench.shut_down().await;
}
