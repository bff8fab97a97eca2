//! Jobs that fail, and what is reported of them.

use std::time::Duration;

use warren_proto::provisioner::{RichParameterValue, WorkspaceTransition};
use warren_proto::provisionerd::acquired_job::Type;
use warren_proto::provisionerd::failed_job;

use crate::bench::{Bench, End, build, import, tar};
use crate::templates::{LITE, PLAIN, SLOW};

fn state_of(end: End) -> Vec<u8> {
    match end {
        End::Failed(failed) => match failed.r#type {
            Some(failed_job::Type::WorkspaceBuild(build)) => build.state.to_vec(),
            other => panic!("not a build: {other:?}"),
        },
        End::Completed(_) => panic!("completed"),
    }
}

#[tokio::test]
async fn a_syntax_error_is_told_with_file_and_line() {
    let Some(bench) = Bench::start().await else { return };
    let text = "resource \"terraform_data\" \"x\" {\n  input = \n";
    let outcome = bench.run(tar(&[("main.tf", text)]), import()).await;
    let expected =
        "template import init error: initialize terraform: exit status 1: Invalid expression (on main.tf line 2)";
    assert_eq!(outcome.error(), expected);
    assert!(outcome.rows().iter().any(|row| row[3] == "on main.tf line 2, in resource \"terraform_data\" \"x\":"));
    bench.shut_down().await;
}

#[tokio::test]
async fn an_archive_that_leaves_its_directory_is_refused() {
    let Some(bench) = Bench::start().await else { return };
    let outcome = bench.run(b"not a tar archive, but long enough to be read as one".repeat(20), import()).await;
    assert!(outcome.error().starts_with("template import init error: unpack the template: "), "{}", outcome.error());
    bench.shut_down().await;
}

#[tokio::test]
async fn a_failed_apply_keeps_what_was_made_and_a_delete_ends_it() {
    let Some(bench) = Bench::start().await else { return };
    let template = tar(&[("main.tf", LITE)]);
    let mut failing = build(WorkspaceTransition::Start, &[]);
    failing.rich_parameter_values = vec![RichParameterValue { name: "word".to_owned(), value: "fail".to_owned() }];
    let outcome = bench.run(template.clone(), Type::WorkspaceBuild(failing)).await;
    assert!(
        outcome.error().starts_with("terraform apply: exit status 1: local-exec provisioner error (on main.tf line"),
        "{}",
        outcome.error()
    );
    let state = state_of(outcome.end);
    assert!(String::from_utf8_lossy(&state).contains("coder_agent"));
    let outcome = bench.run(template, Type::WorkspaceBuild(build(WorkspaceTransition::Destroy, &state))).await;
    assert_eq!(outcome.error(), "");
    bench.shut_down().await;
}

#[tokio::test]
async fn a_failed_plan_sends_no_state() {
    let Some(bench) = Bench::start().await else { return };
    let mut bad = build(WorkspaceTransition::Start, &[]);
    bad.rich_parameter_values = vec![RichParameterValue { name: "size".to_owned(), value: "x".to_owned() }];
    let outcome = bench.run(tar(&[("main.tf", LITE)]), Type::WorkspaceBuild(bad)).await;
    assert!(outcome.error().starts_with("terraform plan: exit status 1"), "{}", outcome.error());
    assert!(state_of(outcome.end).is_empty());
    bench.shut_down().await;
}

#[tokio::test]
async fn a_failed_init_sends_the_state_back() {
    let Some(bench) = Bench::start().await else { return };
    let outcome = bench
        .run(tar(&[("main.tf", "oops {")]), Type::WorkspaceBuild(build(WorkspaceTransition::Stop, b"{\"keep\":1}")))
        .await;
    assert!(outcome.error().starts_with("initialize terraform: exit status 1"), "{}", outcome.error());
    assert_eq!(state_of(outcome.end), b"{\"keep\":1}");
    bench.shut_down().await;
}

#[tokio::test]
async fn a_cancelled_apply_reports_its_state_and_can_be_deleted() {
    let Some(bench) = Bench::start().await else { return };
    bench.cancel_at("Provisioning with 'local-exec'").await;
    let template = tar(&[("main.tf", SLOW)]);
    let started = std::time::Instant::now();
    let outcome = bench.run(template.clone(), Type::WorkspaceBuild(build(WorkspaceTransition::Start, &[]))).await;
    assert!(started.elapsed() < Duration::from_secs(60), "the sleep was interrupted");
    assert!(outcome.error().starts_with("terraform apply: exit status 1"), "{}", outcome.error());
    let state = state_of(outcome.end);
    let text = String::from_utf8_lossy(&state).into_owned();
    assert!(text.contains("\"status\": \"tainted\"") && text.contains("\"first\""), "{text}");
    bench.shut_down().await;
    let Some(bench) = Bench::start().await else { return };
    let outcome = bench.run(template, Type::WorkspaceBuild(build(WorkspaceTransition::Destroy, &state))).await;
    assert_eq!(outcome.error(), "");
    bench.shut_down().await;
}

#[tokio::test]
async fn a_job_without_terraform_says_what_to_install() {
    use std::sync::Arc;
    use warren_provisioner::{LazyTerraform, TerraformOptions};
    let dir = tempfile::tempdir().unwrap();
    let options = TerraformOptions {
        environment: Some(vec![("PATH".into(), dir.path().into())]),
        ..TerraformOptions::below(dir.path())
    };
    let missing = Arc::new(LazyTerraform::new(options));
    let Some(bench) = Bench::with(crate::bench::Transport::Pipe, |daemon| daemon.terraform = missing).await else {
        return;
    };
    let outcome = bench.run(tar(&[("main.tf", PLAIN)]), import()).await;
    assert!(
        outcome.error().starts_with("template import init error: no Terraform was found: install Terraform"),
        "{}",
        outcome.error()
    );
    bench.shut_down().await;
}
