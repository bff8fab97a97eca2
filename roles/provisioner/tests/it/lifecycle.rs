//! How a daemon ends.

use std::time::Duration;

use warren_proto::provisioner::WorkspaceTransition;
use warren_proto::provisionerd::acquired_job::Type;

use crate::bench::{Bench, Transport, build, import, tar};
use crate::lives::Lives;
use crate::templates::{PLAIN, SLOW};

#[tokio::test]
async fn a_stopped_daemon_finishes_its_job_and_takes_no_other() {
    let Some(bench) = Bench::start().await else { return };
    bench.post(tar(&[("main.tf", PLAIN)]), import()).await;
    bench.line("").await;
    bench.stop.cancel();
    assert!(matches!(bench.end().await, crate::bench::End::Completed(_)));
    bench.shut_down().await;
}

#[tokio::test]
async fn a_job_survives_a_broken_connection() {
    let Some(bench) = Bench::start().await else { return };
    let slow = SLOW.replace("exec sleep 140", "sleep 1");
    bench.post(tar(&[("main.tf", &slow)]), Type::WorkspaceBuild(build(WorkspaceTransition::Start, &[]))).await;
    bench.line("Provisioning with 'local-exec'").await;
    bench.break_connection().await;
    assert!(matches!(bench.end().await, crate::bench::End::Completed(_)));
    assert!(bench.seen_line("Apply complete!").await);
    bench.shut_down().await;
}

#[tokio::test]
async fn an_interrupted_daemon_cancels_its_job_and_ends() {
    let Some(bench) = Bench::start().await else { return };
    let template = tar(&[("main.tf", SLOW)]);
    bench.post(template, Type::WorkspaceBuild(build(WorkspaceTransition::Start, &[]))).await;
    bench.line("Provisioning with 'local-exec'").await;
    bench.abort.cancel();
    assert!(matches!(bench.end().await, crate::bench::End::Failed(_)));
    bench.shut_down().await;
}

#[tokio::test]
async fn a_cancelled_job_that_does_not_end_is_given_up() {
    // A data source that hangs and does not listen: the fake program ignores the interrupt.
    let Some(bench) = Bench::with(Transport::Pipe, |daemon| daemon.force_cancel = Duration::from_millis(200)).await
    else {
        return;
    };
    bench.cancel_at("Provisioning with 'local-exec'").await;
    let stubborn = SLOW.replace("exec sleep 140", "trap '' INT TERM; sleep 140");
    let started = std::time::Instant::now();
    let outcome =
        bench.run(tar(&[("main.tf", &stubborn)]), Type::WorkspaceBuild(build(WorkspaceTransition::Start, &[]))).await;
    assert!(
        outcome.error() == "Cancel timed out" || outcome.error().starts_with("terraform apply"),
        "{}",
        outcome.error()
    );
    assert!(started.elapsed() < Duration::from_secs(60));
    bench.shut_down().await;
}

#[tokio::test]
async fn a_daemon_that_runs_once_ends_after_its_job() {
    let Some(bench) = Bench::with(Transport::Pipe, |daemon| daemon.once = true).await else { return };
    let outcome = bench.run(tar(&[("main.tf", PLAIN)]), import()).await;
    assert_eq!(outcome.error(), "");
    bench.shut_down().await;
}

#[tokio::test]
async fn a_refused_daemon_ends_and_one_that_is_only_unlucky_tries_again() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        for answer in ["HTTP/1.1 502 Bad Gateway", "HTTP/1.1 403 Forbidden"] {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await.unwrap();
            let body = "{\"message\":\"the key is gone\"}";
            let answer = format!("{answer}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    let dir = tempfile::tempdir().unwrap();
    let terraform = warren_provisioner::LazyTerraform::new(warren_provisioner::TerraformOptions::below(dir.path()));
    let options = warren_provisioner::DaemonOptions::new("test", std::sync::Arc::new(terraform));
    let dial = crate::bench::external(&address).dial().unwrap();
    let ended = warren_provisioner::Daemon::run(dial, options, tokio_util::sync::CancellationToken::new());
    let error = tokio::time::timeout(Duration::from_secs(60), ended).await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "the server refused this daemon: 403 Forbidden: the key is gone");
    server.await.unwrap();
}

/// Becomes the daemon that is killed; does nothing in an ordinary run.
#[tokio::test]
async fn helper_that_is_killed() {
    let Some(script) = std::env::var_os("WARREN_TEST_KILLED") else { return };
    let Some(bench) = Bench::start().await else { return };
    let text = SLOW.replace("exec sleep 140", script.to_str().unwrap());
    bench.post(tar(&[("main.tf", &text)]), Type::WorkspaceBuild(build(WorkspaceTransition::Start, &[]))).await;
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn nothing_of_a_job_outlives_its_killed_daemon() {
    if crate::bench::provider_program().is_none() || crate::bench::terraform_program().is_none() {
        eprintln!("SKIPPED: terraform or the provider program is missing");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let mut lives = Lives::new(dir.path());
    // Children of the provisioner's shell, one of them in a session of its own; Terraform kills the shell only.
    let script = lives.hold("setsid sleep 140 & sleep 140 & printf x >&7; wait");
    let mut helper = tokio::process::Command::new(std::env::current_exe().unwrap())
        .args(["lifecycle::helper_that_is_killed", "--exact", "--nocapture"])
        .env("WARREN_TEST_KILLED", script)
        .env(crate::bench::HELD, lives.path())
        .env("TMPDIR", dir.path())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    lives.written(1).await;
    helper.kill().await.unwrap();
    // Terraform itself, its providers, the provisioner's shell and the shell's children.
    lives.ended().await;
    let state = find(dir.path(), "terraform.tfstate").expect("a state file");
    let state = std::fs::read_to_string(state).unwrap();
    assert!(state.contains("\"first\"") && state.contains("\"status\": \"tainted\""), "an orderly end: {state}");
}

fn find(dir: &std::path::Path, name: &str) -> Option<std::path::PathBuf> {
    let paths: Vec<_> = std::fs::read_dir(dir).ok()?.flatten().map(|item| item.path()).collect();
    let here = paths.iter().find(|path| path.file_name().is_some_and(|file| file == name)).cloned();
    here.or_else(|| paths.iter().filter(|path| !path.is_symlink()).find_map(|path| find(path, name)))
}
