//! The recorded runs of the official command line, played by ours against a fresh server.

use std::path::PathBuf;

use warren_compat::{cli::Replay, golden};
use warren_e2e::{Deployment, Options, programs, step};

use crate::story::Scene;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recorded_command_lines_end_in_the_same_way() {
    let Some(folder) = golden::folder() else { return };
    let deployment = step("server", Deployment::start(Options::default())).await;
    let scene = Scene::set(&deployment, &programs().warren).await;
    let replay = Replay {
        program: as_coder(&deployment),
        url: deployment.url().as_str().trim_end_matches('/').to_owned(),
        token: scene.admin.token(),
        home: deployment.path("recorded"),
    };
    let lines = std::fs::read_to_string(folder.join("cli-output.jsonl")).expect("the recording is readable");

    let report = tokio::task::spawn_blocking(move || replay.run(&lines)).await.expect("the replay ends");

    eprintln!("replayed {} of {} lines of cli-output.jsonl", report.compared, report.total);
    let found = &report.differences;
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.join("\n"));
    scene.admin.ok(["delete", "dev", "-y"]).await;
    step("server ends", deployment.stop(&[])).await;
}

/// Texts name the program as it was called.
fn as_coder(deployment: &Deployment) -> PathBuf {
    let link = deployment.path("coder");
    std::os::unix::fs::symlink(&programs().warren, &link).expect("a link can be made");
    link
}
