//! The official client program as judge: of the server as a client, of the tunnel as an agent.

use std::time::Duration;

use warren_e2e::{Cli, Deployment, Options, official_cli, programs, step, until};

use crate::story::{Judge, Scene, tell};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_official_client_tells_the_same_story() {
    let Some(official) = official_cli() else { return };
    let deployment = step("server", Deployment::start(Options::default())).await;
    tell(&deployment, &Judge { program: &official, keeps_exit_status: false }).await;
    step("server ends", deployment.stop(&[])).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_official_agent_serves_both_clients() {
    let Some(official) = official_cli() else { return };
    let served = vec![(official.clone(), "coder-linux-amd64".to_owned())];
    let deployment = step("server", Deployment::start(Options { served, ..Options::default() })).await;
    let scene = Scene::set(&deployment, &programs().warren).await;
    let agent = scene
        .client
        .get::<serde_json::Value>(&format!("/api/v2/workspaceagents/{}", scene.agent))
        .await
        .expect("agent");
    eprintln!("agent version {}", agent["version"]);

    for program in [&programs().warren, &official] {
        let cli = scene.admin.with_program(program);
        let ssh = cli.config_ssh().await;
        step("uname through OpenSSH", ssh.ssh("coder.dev", &["uname", "-a"]).ok()).await;
        let finished = ssh.ssh("coder.dev", &["exit 7"]).finish().await;
        assert_eq!(finished.code, Some(7), "{}", finished.text());
        step("uname by the client", cli.ok(["ssh", "dev", "--", "uname"])).await;
        step("ping", cli.ok(["ping", "dev", "-n", "1"])).await;
    }
    step("support bundle", support_bundle(&scene.admin.with_program(&official))).await;
    step("path app", crate::story_access::path_app(&scene)).await;
    step("port-forward", crate::story_access::port_forward(&scene)).await;
    step("web terminal", crate::story_access::web_terminal(&scene)).await;
    step("stop", scene.admin.ok(["stop", "dev", "-y"])).await;
    assert!(scene.home(".local-workspace/stopped_at").exists(), "the shutdown script ran");
    step("delete", scene.admin.ok(["delete", "dev", "-y"])).await;
    until("the home is gone", Duration::from_secs(5), || async { (!scene.home("").exists()).then_some(()) }).await;
    deployment.stop(&[]).await;
}

/// The official client decodes everything that it collects: what it could not read is missing.
async fn support_bundle(cli: &Cli) {
    let file = cli.path("bundle.zip");
    let bundle = ["support", "bundle", "dev", "--yes", "-O", file.to_str().expect("UTF-8")];
    let finished = cli.run(bundle).finish().await;
    assert_eq!(finished.code, Some(0), "{}", finished.text());
    assert!(!finished.text().contains("No deployment configuration"), "{}", finished.text());
    assert!(file.exists());
    for command in ["pause", "resume", "test"] {
        cli.ok(["notifications", command]).await;
    }
}
