//! What is wrong is refused with a message that helps, and changes nothing.

use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use uuid::Uuid;
use warren_client::{Client, Error};
use warren_e2e::{Cli, Deployment, Options, programs, step};

use crate::story::first_user;

const HEAD: &str = r#"
terraform {
  required_providers {
    coder = { source = "coder/coder" }
  }
}
data "coder_workspace" "me" {}
"#;

/// An agent that nobody starts, and a parameter with a range.
const PLAIN: &str = r#"
data "coder_parameter" "size" {
  name    = "size"
  type    = "number"
  default = 1
  mutable = true
  validation {
    min = 1
    max = 3
  }
}
resource "coder_agent" "main" {
  count = data.coder_workspace.me.start_count
  os    = "linux"
  arch  = "amd64"
}
resource "terraform_data" "machine" {
  count = data.coder_workspace.me.start_count
  input = coder_agent.main[0].id
}
"#;

struct Bench<'a> {
    deployment: &'a Deployment,
    cli: Cli,
    client: Client,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_input_is_refused_with_a_clear_message_and_changes_nothing() {
    let deployment = Deployment::start(Options::default()).await;
    let cli = deployment.cli(&programs().warren, "admin");
    first_user(&deployment, &cli).await;
    let bench = Bench { client: deployment.client(Some(cli.token())), cli, deployment: &deployment };
    let plain = bench.template("plain", PLAIN);
    step("push", bench.cli.ok(["templates", "push", "plain", "-d", &plain, "-y"])).await;
    step("create", bench.cli.ok(["create", "dev", "--template", "plain", "--use-parameter-defaults", "-y"])).await;
    let before = bench.state().await;

    step("wrong password", bench.wrong_password()).await;
    step("templates", bench.templates()).await;
    step("workspaces", bench.workspaces()).await;
    step("bodies", bench.bodies()).await;
    assert!(bench.state().await == before, "something changed");
    step("websockets", bench.websockets()).await;

    step("agent tokens", bench.agent_tokens()).await;
    deployment.stop(&[]).await;
}

impl Bench<'_> {
    fn template(&self, name: &str, text: &str) -> String {
        let directory = self.deployment.path("templates").join(name);
        std::fs::create_dir_all(&directory).expect("the directory can be made");
        std::fs::write(directory.join("main.tf"), format!("{HEAD}{text}")).expect("the file can be written");
        directory.display().to_string()
    }

    /// Everything that bad input must not change.
    async fn state(&self) -> Vec<Value> {
        let mut state = Vec::new();
        for path in ["/api/v2/templates", "/api/v2/workspaces", "/api/v2/users", "/api/v2/users/me/keys/tokens"] {
            state.push(self.client.get::<Value>(path).await.expect(path));
        }
        state
    }

    async fn wrong_password(&self) {
        let nobody = self.deployment.client(None);
        for (email, password) in [("admin@example.com", "wrong"), ("nobody@example.com", "wrong")] {
            let error = nobody.login_with_password(email, password).await.expect_err("a wrong password");
            let Error::Api(api) = &error else { panic!("{error:?}") };
            assert_eq!((api.status.as_u16(), api.message.as_str()), (401, "Incorrect email or password."));
        }
    }

    async fn templates(&self) {
        let empty = self.deployment.path("templates/empty");
        std::fs::create_dir_all(&empty).expect("the directory can be made");
        std::fs::write(empty.join("README.md"), "nothing").expect("the file can be written");
        let said = self.cli.fails(["templates", "push", "bad", "-y", "-d", &empty.display().to_string()]).await;
        assert!(said.contains(".tf"), "{said}");
        // The same past the client's own check.
        let said = self.push_tar(&empty).await;
        assert!(said.contains(".tf"), "{said}");

        let broken = self.template("broken", "resource \"coder_agent\" \"main\" {\n  os = \n}\n");
        let said = self.cli.fails(["templates", "push", "bad", "-y", "-d", &broken]).await;
        let line = HEAD.lines().count() + 2;
        assert!(said.contains("main.tf") && said.contains(&format!("line {line}")), "{said}");

        let unknown = self.template(
            "unknown",
            "resource \"coder_agent\" \"main\" {\n  os = \"linux\"\n  arch = \"amd64\"\n  colour = \"red\"\n}\n",
        );
        let failed = self.cli.run(["templates", "push", "bad", "-y", "-d", &unknown]).finish().await;
        assert_eq!(failed.code, Some(1), "{}", failed.text());
        assert!(failed.stderr.contains("main.tf"), "the error names the place: {}", failed.text());
        assert!(failed.stdout.contains("colour"), "the log names the argument: {}", failed.text());

        let needy = self.template("needy", "variable \"region\" {\n  type = string\n}\n");
        let said = self.cli.fails(["templates", "push", "bad", "-y", "-d", &needy]).await;
        assert!(said.contains("region"), "{said}");
    }

    async fn push_tar(&self, directory: &Path) -> String {
        let archive: PathBuf = self.deployment.path("templates/archive.tar");
        let status =
            std::process::Command::new("tar").arg("-cf").arg(&archive).arg("-C").arg(directory).arg(".").status();
        assert!(status.expect("tar runs").success());
        let run = self.cli.run(["templates", "push", "bad", "-y", "-d", "-"]).input_file(&archive);
        let finished = run.finish().await;
        assert_eq!(finished.code, Some(1), "{}", finished.text());
        finished.stderr
    }

    async fn workspaces(&self) {
        let create = |name: &'static str, template: &'static str, size: &'static str| {
            let size = format!("size={size}");
            async move {
                let run = self.cli.run(["create", name, "--template", template, "--parameter", &size, "-y"]);
                let finished = run.finish().await;
                assert_eq!(finished.code, Some(1), "{}", finished.text());
                finished.text()
            }
        };
        let said = create("more", "plain", "9").await;
        assert!(said.contains("size") && said.contains('3'), "{said}");
        let said = create("more", "plain", "big").await;
        assert!(said.contains("size"), "{said}");
        let said = create("more", "nothing", "1").await;
        assert!(said.contains("nothing"), "{said}");
        let said = create("dev", "plain", "1").await;
        assert!(said.contains("dev") && said.contains("exists"), "{said}");
        for name in ["two words", "-dash", "dot.dot", "new", "a-name-that-is-longer-than-thirty-two"] {
            self.cli.fails(["create", "-y", "--template", "plain", "--parameter", "size=1", "--", name]).await;
        }

        // The server's own checks, which a client could leave out.
        let version =
            self.client.get::<Value>("/api/v2/templates").await.expect("templates")[0]["active_version_id"].clone();
        let post = |name: &'static str, size: &'static str| {
            let body = json!({
                "name": name, "template_version_id": version,
                "rich_parameter_values": [{ "name": "size", "value": size }],
            });
            async move { self.refused("/api/v2/users/me/workspaces", &body).await }
        };
        let (status, body) = post("dev", "1").await;
        assert_eq!((status, body["validations"][0]["field"].as_str()), (409, Some("name")), "{body}");
        let (status, body) = post("two words", "1").await;
        assert_eq!((status, body["validations"][0]["field"].as_str()), (400, Some("name")), "{body}");
        let (status, body) = post("more", "9").await;
        assert_eq!(status, 400, "{body}");
        assert!(body.to_string().contains("size"), "{body}");
    }

    /// Status and envelope of a refused POST.
    async fn refused(&self, path: &str, body: &Value) -> (u16, Value) {
        let http = reqwest::Client::new();
        let url = self.deployment.url().join(path).expect("a path");
        let request = http.post(url).header("Coder-Session-Token", self.cli.token()).json(body);
        let response = request.send().await.expect("the server answers");
        let status = response.status().as_u16();
        assert!(status >= 400, "{path} was accepted");
        (status, response.json().await.expect("an envelope"))
    }

    async fn bodies(&self) {
        let large = json!({ "username": "x", "name": "y".repeat(5 << 20) });
        let (status, body) = self.refused("/api/v2/users", &large).await;
        assert_eq!(status, 413, "{body}");
        let (status, body) = self.refused("/api/v2/users", &json!([1])).await;
        assert_eq!(status, 400, "{body}");
        let (status, body) = self.refused("/api/v2/users", &json!({ "username": "b a d", "email": "x" })).await;
        assert_eq!(status, 400, "{body}");
        assert!(body["validations"].as_array().is_some_and(|all| !all.is_empty()), "{body}");
    }

    /// Frames that break the websocket protocol, or what runs inside, end that connection and nothing else.
    async fn websockets(&self) {
        let agent = self.agent().await;
        let me = self.agent_token().await;
        let paths = [
            (format!("/api/v2/workspaceagents/{agent}/coordinate?version=2.0"), self.cli.token()),
            ("/api/v2/workspaceagents/me/rpc?version=2.0".to_owned(), me),
        ];
        // Unmasked; reserved opcode; reserved bit; a length of 2^63; text where bytes belong; masked bytes that are no yamux.
        let frames: [&[u8]; 6] = [
            &[0x82, 0x03, 1, 2, 3],
            &[0x83, 0x81, 0, 0, 0, 0, 1],
            &[0xc2, 0x81, 0, 0, 0, 0, 1],
            &[0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            &[0x81, 0x82, 0, 0, 0, 0, b'h', b'i'],
            &[0x82, 0x8c, 0, 0, 0, 0, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9],
        ];
        let all = paths.iter().flat_map(|(path, token)| frames.map(|frame| self.broken_frame(path, token, frame)));
        futures_util::future::join_all(all).await;
        assert_eq!(self.client.get::<Value>("/api/v2/users/me").await.expect("still there")["username"], "admin");
    }

    async fn broken_frame(&self, path: &str, token: &str, frame: &[u8]) {
        let url = self.deployment.url();
        let host = format!("{}:{}", url.host_str().expect("a host"), url.port().expect("a port"));
        let mut socket = tokio::net::TcpStream::connect(&host).await.expect("the server listens");
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nCoder-Session-Token: {token}\r\n\r\n"
        );
        socket.write_all(request.as_bytes()).await.expect("the request is taken");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(socket.read_u8().await.expect("the head of the answer"));
        }
        assert!(head.starts_with(b"HTTP/1.1 101"), "{path}: {}", String::from_utf8_lossy(&head));
        socket.write_all(frame).await.expect("the frame is taken");
        let mut rest = Vec::new();
        let ended = tokio::time::timeout(Duration::from_secs(10), socket.read_to_end(&mut rest)).await;
        assert!(ended.is_ok(), "{path}: the connection stays open after {frame:02x?}");
    }

    async fn agent(&self) -> Uuid {
        let workspace = self.client.get::<Value>("/api/v2/users/me/workspace/dev").await.expect("the workspace");
        let resources = workspace["latest_build"]["resources"].as_array().cloned().unwrap_or_default();
        let agent = resources.iter().find_map(|resource| resource["agents"].get(0)).expect("an agent");
        agent["id"].as_str().and_then(|id| id.parse().ok()).expect("an id")
    }

    /// The agent's token, from the state of the latest build.
    async fn agent_token(&self) -> String {
        let state: Value = serde_json::from_str(&self.cli.ok(["state", "pull", "dev"]).await).expect("a state");
        let resources = state["resources"].as_array().expect("resources");
        let agent = resources.iter().find(|resource| resource["type"] == "coder_agent").expect("an agent");
        agent["instances"][0]["attributes"]["token"].as_str().expect("a token").to_owned()
    }

    /// Only the agent of the latest build gets in.
    async fn agent_tokens(&self) {
        let old = self.agent_token().await;
        let rpc = |token: &str| {
            let client = self.deployment.client(Some(token.to_owned()));
            async move { client.websocket("/api/v2/workspaceagents/me/rpc?version=2.0").await }
        };
        let mut socket = rpc(&old).await.expect("the agent of the latest build");
        self.cli.ok(["restart", "dev", "-y"]).await;
        let new = self.agent_token().await;
        assert_ne!(old, new);

        // The connection of the old one is ended, and it does not get in again.
        let ended = async { while let Some(Ok(_)) = socket.next().await {} };
        tokio::time::timeout(Duration::from_secs(60), ended).await.expect("the old agent is disconnected");
        for token in [old.as_str(), &Uuid::new_v4().to_string(), "not-a-token"] {
            let error = rpc(token).await.map(drop).expect_err("an old token");
            let Error::Api(api) = &error else { panic!("{error:?}") };
            assert_eq!(api.status.as_u16(), 401, "{token}: {api:?}");
            assert!(!api.message.is_empty());
        }
        rpc(&new).await.expect("the agent of the new build");
    }
}

/// Without Terraform the server runs, and a job says what is missing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_terraform_is_named_by_the_job_that_needs_it() {
    let tools = tempfile::tempdir().expect("a temporary directory");
    let path = format!("{}:/usr/bin:/bin", tools.path().display());
    if ["/usr/bin/terraform", "/usr/bin/tofu", "/bin/terraform", "/bin/tofu"]
        .iter()
        .any(|file| Path::new(file).exists())
    {
        eprintln!("SKIPPED: Terraform lies among the tools of the system");
        return;
    }
    let deployment =
        Deployment::start(Options { environment: vec![("PATH".into(), path)], ..Options::default() }).await;
    let cli = deployment.cli(&programs().warren, "admin");
    first_user(&deployment, &cli).await;
    let bench = Bench { client: deployment.client(Some(cli.token())), cli, deployment: &deployment };
    let plain = bench.template("plain", PLAIN);
    let said = bench.cli.fails(["templates", "push", "plain", "-d", &plain, "-y"]).await;
    assert!(said.to_lowercase().contains("terraform"), "{said}");
    assert_eq!(bench.client.get::<Value>("/api/v2/templates").await.expect("templates"), json!([]));
    // A word about it at the start is welcome.
    deployment.stop(&["terraform", "Terraform"]).await;
}
