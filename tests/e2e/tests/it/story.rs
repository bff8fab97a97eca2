//! From nothing to a shell in a workspace, and back to nothing.

use std::path::Path;
use std::time::Duration;

use uuid::Uuid;
use warren_client::Client;
use warren_e2e::{
    Cli, Deployment, OpenSsh, Options, PASSWORD, checksum, processes_of, programs, random_file, step, template, until,
};

use crate::story_access;

/// What is sent through the tunnel in each direction.
const TRANSFER_BYTES: usize = 64 << 20;

/// What differs between client programs.
pub struct Judge<'a> {
    pub program: &'a Path,
    /// The official client of the compatibility version gives 1 for every failing remote command.
    pub keeps_exit_status: bool,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_nothing_to_a_shell_in_a_workspace_and_back() {
    let deployment = step("server", Deployment::start(Options::default())).await;
    tell(&deployment, &Judge { program: &programs().warren, keeps_exit_status: true }).await;
    step("server ends", deployment.stop(&[])).await;
}

/// The administrator, the template and a running workspace `dev`.
pub struct Scene<'a> {
    pub deployment: &'a Deployment,
    pub admin: Cli,
    pub client: Client,
    pub workspace: Uuid,
    pub agent: Uuid,
}

impl<'a> Scene<'a> {
    /// First user, template, workspace, agent ready: all by the client program.
    pub async fn set(deployment: &'a Deployment, program: &Path) -> Scene<'a> {
        let admin = deployment.cli(program, "admin");
        step("first user", first_user(deployment, &admin)).await;
        let client = deployment.client(Some(admin.token()));
        step("templates push", push_local(deployment, &admin)).await;
        step("create", create(&admin, "dev")).await;
        let (workspace, agent) = step("agent ready", until_ready(&client, "dev")).await;
        Scene { deployment, admin, client, workspace, agent }
    }

    /// A file in the home of the workspace, seen from the machine.
    pub fn home(&self, name: &str) -> std::path::PathBuf {
        self.deployment.workspaces().join(self.workspace.to_string()).join("home").join(name)
    }
}

pub async fn first_user(deployment: &Deployment, cli: &Cli) {
    cli.ok([
        "login",
        deployment.url().as_str(),
        "--first-user-username=admin",
        "--first-user-full-name=Ada Admin",
        "--first-user-email=admin@example.com",
        &format!("--first-user-password={PASSWORD}"),
        "--first-user-trial=false",
    ])
    .await;
    let who = cli.ok(["whoami", "-o", "json"]).await;
    assert!(who.contains(r#""username": "admin""#), "{who}");
}

pub async fn push_local(deployment: &Deployment, cli: &Cli) {
    let directory = template("local").display().to_string();
    let data = format!("data_dir={}", deployment.workspaces().display());
    cli.ok(["templates", "push", "local", "-d", &directory, "-y", "--variable", &data]).await;
    let list = cli.ok(["templates", "list"]).await;
    assert!(list.contains("local"), "{list}");
}

pub async fn create(cli: &Cli, name: &str) {
    cli.ok(["create", name, "--template", "local", "--use-parameter-defaults", "-y"]).await;
}

/// Waits until the workspace's only agent has run its startup script.
pub async fn until_ready(client: &Client, name: &str) -> (Uuid, Uuid) {
    until("the agent is ready", Duration::from_secs(60), || async {
        let workspace = client.get::<serde_json::Value>(&format!("/api/v2/users/me/workspace/{name}")).await.ok()?;
        let agent = workspace["latest_build"]["resources"].as_array()?.iter().find_map(|r| r["agents"].get(0))?.clone();
        let state = (agent["status"].as_str()?, agent["lifecycle_state"].as_str()?);
        assert!(!matches!(state.1, "start_error" | "start_timeout"), "{agent}");
        let id = |value: &serde_json::Value| value["id"].as_str()?.parse().ok();
        (state == ("connected", "ready")).then_some((id(&workspace)?, id(&agent)?))
    })
    .await
}

/// The whole story with one client program, on a fresh server.
pub async fn tell(deployment: &Deployment, judge: &Judge<'_>) {
    let scene = Scene::set(deployment, judge.program).await;
    let ssh = scene.admin.config_ssh().await;

    step("ssh: command and exit status", commands(&scene, &ssh, judge)).await;
    step("ssh: 64 MiB by cat and sftp", transfers(&scene, &ssh)).await;
    step("path app", story_access::path_app(&scene)).await;
    step("web terminal", story_access::web_terminal(&scene)).await;
    step("port-forward", story_access::port_forward(&scene)).await;
    step("a second user stays outside", story_access::second_user(&scene, judge.program)).await;
    step("stop", stop(&scene)).await;
    step("ssh starts the stopped workspace", wake(&scene, &ssh)).await;
    step("delete", delete(&scene)).await;
}

async fn commands(scene: &Scene<'_>, ssh: &OpenSsh, judge: &Judge<'_>) {
    let here = std::process::Command::new("uname").arg("-a").output().expect("uname runs").stdout;
    let there = ssh.ssh("coder.dev", &["uname", "-a"]).ok().await;
    assert_eq!(there, String::from_utf8_lossy(&here));

    let finished = ssh.ssh("coder.dev", &["echo out; echo err >&2; exit 7"]).finish().await;
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(7), "out\n"), "{}", finished.text());
    assert!(finished.stderr.contains("err\n"), "{}", finished.text());

    let finished = scene.admin.run(["ssh", "dev", "--", "exit 7"]).finish().await;
    let expected = if judge.keeps_exit_status { 7 } else { 1 };
    assert_eq!(finished.code, Some(expected), "{}", finished.text());

    let environment = ssh.ssh("coder.dev", &["env"]).ok().await;
    for line in [
        "CODER=true",
        "CODER_WORKSPACE_NAME=dev",
        "CODER_WORKSPACE_OWNER_NAME=admin",
        "WORKSPACE_GREETING=Welcome to your workspace.",
    ] {
        assert!(environment.lines().any(|found| found == line), "{line} is missing in\n{environment}");
    }
}

async fn transfers(scene: &Scene<'_>, ssh: &OpenSsh) {
    let path = |name: &str| scene.admin.path(name);
    random_file(&path("up"), TRANSFER_BYTES);
    let sum = checksum(&path("up"));

    ssh.ssh("coder.dev", &["cat > by-cat"]).input_file(&path("up")).ok().await;
    assert_eq!(checksum(&scene.home("by-cat")), sum);
    ssh.ssh("coder.dev", &["cat by-cat"]).output_file(&path("down-cat")).ok().await;
    assert_eq!(checksum(&path("down-cat")), sum);

    let batch = format!("put {} by-sftp\nget by-sftp {}\n", path("up").display(), path("down-sftp").display());
    ssh.sftp("coder.dev", &batch).ok().await;
    assert_eq!(checksum(&scene.home("by-sftp")), sum);
    assert_eq!(checksum(&path("down-sftp")), sum);
    ssh.ssh("coder.dev", &["rm by-cat by-sftp; echo kept > kept.txt"]).ok().await;
}

async fn stop(scene: &Scene<'_>) {
    let mark = scene.home(".local-workspace/stopped_at");
    assert!(!mark.exists(), "the shutdown script has not run yet");
    scene.admin.ok(["stop", "dev", "-y"]).await;
    assert!(mark.exists(), "the shutdown script ran");
    let left = processes_of(&format!("WARREN_LOCAL_WORKSPACE={}", scene.workspace));
    assert!(left.is_empty(), "processes of the stopped workspace: {left:#?}");
    let list = scene.admin.ok(["list", "-c", "workspace,status"]).await;
    assert!(list.contains("admin/dev") && list.contains("Stopped"), "{list}");
}

async fn wake(scene: &Scene<'_>, ssh: &OpenSsh) {
    let kept = ssh.ssh("coder.dev", &["cat kept.txt"]).ok().await;
    assert_eq!(kept, "kept\n", "the home is still there");
    until_ready(&scene.client, "dev").await;
}

async fn delete(scene: &Scene<'_>) {
    let directory = scene.deployment.workspaces().join(scene.workspace.to_string());
    assert!(directory.exists());
    scene.admin.ok(["delete", "dev", "-y"]).await;
    assert!(!directory.exists(), "the home is gone");
    let left = processes_of(&scene.workspace.to_string());
    assert!(left.is_empty(), "processes of the deleted workspace: {left:#?}");
    scene.admin.fails(["show", "dev"]).await;
}
