//! Agents, their clients and their apps, against a real server and a scripted agent that has a real node.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use http::{HeaderName, HeaderValue, Method};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::Message;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;
use warren_builds::Builds;
use warren_http::AgentParts;
use warren_proto::agent::agent_methods as agent_method;
use warren_proto::agent::lifecycle::State;
use warren_proto::agent::{self as proto, Manifest};
use warren_proto::provisioner::{self, agent::Auth};
use warren_proto::provisionerd::completed_job;
use warren_rpc::{DialOptions, Session};
use warren_tailnet::{Node, NodeOptions, Role, address_of, desktop_address_of, random_address};

use crate::harness::{TestServer, json_of};
use crate::scripted_daemon::{Daemon, start_builds};

const SOON: Duration = Duration::from_secs(20);

pub(crate) struct World {
    pub(crate) server: TestServer,
    pub(crate) owner: String,
    pub(crate) parts: AgentParts,
    #[allow(dead_code, reason = "keeps the queue running")]
    builds: Builds,
    daemon: Daemon,
    org: String,
}

/// A started workspace with one agent.
pub(crate) struct Workspace {
    pub(crate) id: String,
    pub(crate) agent: Uuid,
    pub(crate) token: String,
}

/// The agent's side of a connection.
pub(crate) struct ScriptedAgent {
    id: Uuid,
    session: Session,
    manifest: Manifest,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    async fn start_with(change: impl FnOnce(&mut warren_core::Config)) -> Self {
        let server = TestServer::start_with(change).await;
        let owner = server.first_user().await;
        let builds = start_builds(&server.services);
        let parts = AgentParts::install(&server.services).await.unwrap();
        let organization = json_of(server.get("/api/v2/organizations/default", &owner).await).await;
        let org = organization["id"].as_str().unwrap().to_owned();
        let daemon = Daemon::connect(&server.services, &builds, "scripted").await;
        Self { server, owner, parts, builds, daemon, org }
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let response = self.server.get(&format!("/api/v2{path}"), &self.owner).await;
        assert_eq!(response.status(), 200, "{path}");
        json_of(response).await
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let response = self.server.post(&format!("/api/v2{path}"), &self.owner, &body).await;
        assert_eq!(response.status(), 201, "{path}");
        json_of(response).await
    }

    /// Makes a template and a started workspace whose agent has an app on this port.
    pub(crate) async fn workspace(&self, app_port: u16) -> Workspace {
        let tar =
            warren_template::archive::write_tar(&[warren_template::archive::Entry::file("main.tf", "#")]).unwrap();
        let request = self.server.request(Method::POST, "/api/v2/files", &self.owner);
        let file = request.header("Content-Type", "application/x-tar").body(tar).send().await.unwrap();
        let file = json_of(file).await["hash"].clone();
        let body =
            json!({ "name": "v1", "storage_method": "file", "file_id": file, "provisioner": "terraform", "tags": {} });
        let version = self.post(&format!("/organizations/{}/templateversions", self.org), body).await;
        self.daemon.run_one().await;
        let body = json!({ "name": "local", "template_version_id": version["id"] });
        let template = self.post(&format!("/organizations/{}/templates", self.org), body).await;
        let body = json!({ "name": "dev", "template_id": template["id"], "ttl_ms": 7_200_000 });
        let workspace = self.post("/users/me/workspaces", body).await;
        let token = Uuid::new_v4().to_string();
        let job = self.daemon.acquire().await;
        let result =
            completed_job::WorkspaceBuild { resources: vec![resource(&token, app_port)], ..Default::default() };
        self.daemon.complete(&job, completed_job::Type::WorkspaceBuild(result)).await;
        let id = workspace["id"].as_str().unwrap().to_owned();
        let shown = self.get(&format!("/workspaces/{id}")).await;
        let agent = shown["latest_build"]["resources"][0]["agents"][0]["id"].as_str().unwrap().parse().unwrap();
        Workspace { id, agent, token }
    }

    pub(crate) fn socket_url(&self, path: &str) -> String {
        format!("{}{path}", self.server.url.replacen("http", "ws", 1))
    }

    pub(crate) async fn connect_agent(&self, workspace: &Workspace) -> ScriptedAgent {
        let url = self.socket_url("/api/v2/workspaceagents/me/rpc?version=2.8&role=agent");
        // As official agents do: in a cookie.
        let cookie = HeaderValue::from_str(&format!("coder_session_token={}", workspace.token)).unwrap();
        let pipe = warren_rpc::dial(DialOptions::new(url).header(http::header::COOKIE, cookie)).await.unwrap();
        let session = Session::client(pipe);
        let manifest = session.unary(agent_method::GET_MANIFEST, &proto::GetManifestRequest {}).await.unwrap();
        ScriptedAgent { id: workspace.agent, session, manifest }
    }

    async fn agent(&self, workspace: &Workspace) -> Value {
        self.get(&format!("/workspaceagents/{}", workspace.agent)).await
    }

    async fn agent_is(&self, workspace: &Workspace, field: &str, wanted: &str) -> Value {
        let until = async {
            loop {
                let agent = self.agent(workspace).await;
                if agent[field] == wanted {
                    return agent;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(SOON, until).await.unwrap_or_else(|_| panic!("{field} does not become {wanted}"))
    }

    async fn open(&self, path: &str, token: &str) -> Socket {
        let mut request = self.socket_url(path).into_client_request().unwrap();
        let header = HeaderName::from_static("coder-session-token");
        request.headers_mut().insert(header, HeaderValue::from_str(token).unwrap());
        tokio_tungstenite::connect_async(request).await.unwrap().0
    }
}

type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

impl ScriptedAgent {
    /// Starts the agent's node: it answers terminals by upper-casing, its API, and an app on `port`.
    pub(crate) async fn serve(&self, server: &str, port: u16) -> Serving {
        let addresses = vec![address_of(self.id), desktop_address_of(self.id)];
        let map = self.manifest.derp_map.clone().unwrap();
        let node = Node::start(NodeOptions::new(self.id, addresses, map, server.parse().unwrap())).await.unwrap();
        let (session, coordinating) = (self.session.clone(), node.clone());
        let coordinate = tokio::spawn(async move {
            coordinating.coordinate(&session, Role::Agent, CancellationToken::new()).await.ok();
        });
        let mut terminals = node.listen(2).await.unwrap();
        let terminals = tokio::spawn(async move {
            while let Ok((mut stream, _)) = terminals.accept().await {
                let length = stream.read_u16_le().await.unwrap();
                let mut hello = vec![0; length.into()];
                stream.read_exact(&mut hello).await.unwrap();
                let hello: Value = serde_json::from_slice(&hello).unwrap();
                stream.write_all(format!("{}x{} ", hello["Width"], hello["Height"]).as_bytes()).await.unwrap();
                let mut input = [0; 1024];
                let read = stream.read(&mut input).await.unwrap();
                let input: Value = serde_json::from_slice(&input[..read]).unwrap();
                stream.write_all(input["data"].as_str().unwrap().to_uppercase().as_bytes()).await.unwrap();
                stream.shutdown().await.ok();
            }
        });
        let ports = json!({ "ports": [
            { "process_name": "agent", "network": "tcp", "port": 4 }, { "process_name": "node", "network": "tcp", "port": 3000 },
            { "process_name": "postgres", "network": "tcp", "port": 5432 },
            { "process_name": "app", "network": "tcp", "port": port },
        ] });
        let api =
            axum::Router::new().route("/api/v0/listening-ports", axum::routing::get(|| async { axum::Json(ports) }));
        let api = tokio::spawn(axum::serve(Port(node.listen(4).await.unwrap()), api).into_future());
        let app = tokio::spawn(axum::serve(Port(node.listen(port).await.unwrap()), app()).into_future());
        Serving {
            node,
            _tasks: vec![
                AbortOnDropHandle::new(coordinate),
                AbortOnDropHandle::new(terminals),
                AbortOnDropHandle::new(tokio::spawn(async { drop(api.await) })),
                AbortOnDropHandle::new(tokio::spawn(async { drop(app.await) })),
            ],
        }
    }

    async fn report(&self, state: State) {
        let lifecycle = proto::Lifecycle { state: state.into(), changed_at: None };
        let request = proto::UpdateLifecycleRequest { lifecycle: Some(lifecycle) };
        self.session.unary(agent_method::UPDATE_LIFECYCLE, &request).await.unwrap();
    }

    pub(crate) async fn log(&self, lines: &[&str]) -> bool {
        let log = |line: &&str| proto::Log { output: (*line).into(), ..Default::default() };
        let request = proto::BatchCreateLogsRequest {
            log_source_id: self.manifest.scripts[0].log_source_id.clone(),
            logs: lines.iter().map(log).collect(),
        };
        self.session.unary(agent_method::BATCH_CREATE_LOGS, &request).await.unwrap().log_limit_exceeded
    }
}

pub(crate) struct Serving {
    node: Node,
    _tasks: Vec<AbortOnDropHandle<()>>,
}

/// A port inside the tunnel as a listener of axum.
struct Port(warren_tailnet::Listener);

impl axum::serve::Listener for Port {
    type Io = warren_tailnet::TcpStream;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.0.accept().await {
            Ok(accepted) => accepted,
            Err(_) => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        Ok(([127, 0, 0, 1], self.0.port()).into())
    }
}

/// The app: shows what it was asked, echoes websockets.
fn app() -> axum::Router {
    use axum::extract::ws::{Message, WebSocketUpgrade};
    use axum::extract::{OriginalUri, State};
    use http::HeaderMap;
    async fn show(
        State(()): State<()>,
        OriginalUri(uri): OriginalUri,
        headers: HeaderMap,
        body: String,
    ) -> impl axum::response::IntoResponse {
        let of = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let shown = json!({ "uri": uri.to_string(), "cookie": of("cookie"), "token": of("coder-session-token"),
            "for": of("x-forwarded-for"), "host": of("host"), "body": body });
        ([("set-cookie", "coder_session_token=evil"), ("x-app", "1")], axum::Json(shown))
    }
    async fn echo(upgrade: WebSocketUpgrade) -> axum::response::Response {
        upgrade.on_upgrade(|mut socket| async move {
            while let Some(Ok(message)) = socket.recv().await {
                if matches!(message, Message::Text(_) | Message::Binary(_)) && socket.send(message).await.is_err() {
                    return;
                }
            }
        })
    }
    axum::Router::new().route("/base/ws", axum::routing::get(echo)).fallback(show).with_state(())
}

fn resource(token: &str, app_port: u16) -> provisioner::Resource {
    let app = provisioner::App {
        id: Uuid::new_v4().to_string(),
        slug: "web".into(),
        display_name: "Web".into(),
        url: format!("http://localhost:{app_port}/base?folder=home"),
        healthcheck: Some(provisioner::Healthcheck { url: "http://localhost:1/".into(), interval: 5, threshold: 6 }),
        sharing_level: provisioner::AppSharingLevel::Public.into(),
        ..Default::default()
    };
    let metadata = provisioner::agent::Metadata {
        key: "load".into(),
        display_name: "Load".into(),
        script: "cat".into(),
        interval: 10,
        timeout: 1,
        ..Default::default()
    };
    let agent = provisioner::Agent {
        name: "main".into(),
        operating_system: "linux".into(),
        architecture: "amd64".into(),
        connection_timeout_seconds: 120,
        auth: Some(Auth::Token(token.into())),
        scripts: vec![provisioner::Script {
            display_name: "Startup Script".into(),
            run_on_start: true,
            ..Default::default()
        }],
        apps: vec![app],
        metadata: vec![metadata],
        ..Default::default()
    };
    provisioner::Resource {
        name: "dev".into(),
        r#type: "terraform_data".into(),
        agents: vec![agent],
        ..Default::default()
    }
}

async fn text(socket: &mut Socket) -> String {
    let next = async {
        loop {
            match socket.next().await.expect("a message").unwrap() {
                Message::Text(text) => return text.to_string(),
                Message::Close(frame) => panic!("closed: {frame:?}"),
                _ => {}
            }
        }
    };
    tokio::time::timeout(SOON, next).await.expect("a message in time")
}

#[tokio::test]
async fn agent_connects_reports_and_leaves() {
    let world = World::start().await;
    let workspace = world.workspace(8080).await;
    assert_eq!(world.agent(&workspace).await["status"], "connecting");
    let mut logs =
        world.open(&format!("/api/v2/workspaceagents/{}/logs?follow&after=0", workspace.agent), &world.owner).await;
    assert_eq!(text(&mut logs).await, "[]\n");

    let agent = world.connect_agent(&workspace).await;
    assert_eq!(agent.manifest.agent_id, workspace.agent.as_bytes().as_slice());
    assert_eq!(agent.manifest.agent_name, "main");
    assert_eq!(agent.manifest.metadata[0].interval.unwrap().nanos, 10);
    assert!(agent.manifest.apps[0].healthcheck.is_some());
    world.agent_is(&workspace, "status", "connected").await;
    let startup =
        proto::Startup { version: "v2.31.0".into(), expanded_directory: "/home/a".into(), subsystems: vec![2, 1, 2] };
    agent
        .session
        .unary(agent_method::UPDATE_STARTUP, &proto::UpdateStartupRequest { startup: Some(startup) })
        .await
        .unwrap();
    agent.report(State::Starting).await;
    assert!(!agent.log(&["line 1", "nul \0"]).await);
    let lines: Value = serde_json::from_str(&text(&mut logs).await).unwrap();
    assert_eq!((&lines[0]["output"], &lines[1]["output"]), (&json!("line 1"), &json!("nul ❌")));
    let (first, second) = (lines[0]["id"].as_i64().unwrap(), lines[1]["id"].as_i64().unwrap());
    assert!(first < second);
    agent.report(State::Ready).await;
    let shown = world.agent(&workspace).await;
    assert_eq!(shown["lifecycle_state"], "ready");
    assert_eq!((&shown["version"], &shown["api_version"]), (&json!("v2.31.0"), &json!("2.8")));
    assert_eq!(shown["subsystems"], json!(["envbox", "envbuilder"]));
    assert!(shown["ready_at"].is_string() && shown["started_at"].is_string());
    let health =
        proto::batch_update_app_health_request::HealthUpdate { id: agent.manifest.apps[0].id.clone(), health: 3 };
    let healths = proto::BatchUpdateAppHealthRequest { updates: vec![health] };
    agent.session.unary(agent_method::BATCH_UPDATE_APP_HEALTHS, &healths).await.unwrap();
    assert_eq!(world.agent(&workspace).await["apps"][0]["health"], "healthy");
    let rest = world.get(&format!("/workspaceagents/{}/logs?after={first}", workspace.agent)).await;
    assert_eq!(rest.as_array().unwrap().len(), 1);
    let response =
        world.server.get(&format!("/api/v2/workspaceagents/{}/logs?format=text", workspace.agent), &world.owner).await;
    assert!(response.text().await.unwrap().contains("[info] [agent.main|Startup Script] line 1\n"));

    agent.session.close();
    let shown = world.agent_is(&workspace, "status", "disconnected").await;
    assert!(shown["disconnected_at"].is_string());
}

#[tokio::test]
async fn output_ends_at_one_mebibyte() {
    let world = World::start().await;
    let workspace = world.workspace(8080).await;
    let agent = world.connect_agent(&workspace).await;
    let half = "x".repeat(524_288);
    assert!(!agent.log(&[&half]).await);
    assert!(!agent.log(&[&half]).await, "exactly the limit");
    assert!(agent.log(&["y"]).await);
    let shown = world.agent(&workspace).await;
    assert_eq!((&shown["logs_length"], &shown["logs_overflowed"]), (&json!(1_048_576), &json!(true)));
    let body = json!({ "logs": [{ "created_at": "2026-11-24T10:00:00Z", "output": "z", "level": "" }] });
    let request = world.server.request(Method::PATCH, "/api/v2/workspaceagents/me/logs", &workspace.token);
    assert_eq!(request.json(&body).send().await.unwrap().status(), 413);
}

#[tokio::test]
async fn metadata_lives_in_memory_and_reaches_watchers() {
    let world = World::start().await;
    let workspace = world.workspace(8080).await;
    let agent = world.connect_agent(&workspace).await;
    let path = format!("/api/v2/workspaceagents/{}/watch-metadata-ws", workspace.agent);
    let mut watch = world.open(&path, &world.owner).await;
    let first: Value = serde_json::from_str(&text(&mut watch).await).unwrap();
    assert_eq!(first["type"], "data");
    assert_eq!(first["data"][0]["description"]["interval"], 10);
    let before: u64 = world.server.services.db.stats().snapshot().iter().map(|(_, sample)| sample.count).sum();
    let item = |key: &str, value: &str| proto::Metadata {
        key: key.into(),
        result: Some(proto::workspace_agent_metadata::Result { value: value.into(), ..Default::default() }),
    };
    let request = proto::BatchUpdateMetadataRequest { metadata: vec![item("load", "0.5"), item("unknown", "1")] };
    agent.session.unary(agent_method::BATCH_UPDATE_METADATA, &request).await.unwrap();
    let stats = proto::UpdateStatsRequest { stats: Some(proto::Stats { connection_count: 1, ..Default::default() }) };
    let answer = agent.session.unary(agent_method::UPDATE_STATS, &stats).await.unwrap();
    assert_eq!(answer.report_interval.unwrap().seconds, 30);
    let second: Value = serde_json::from_str(&text(&mut watch).await).unwrap();
    assert_eq!(second["data"][0]["result"]["value"], "0.5");
    assert_eq!(second["data"].as_array().unwrap().len(), 1);
    let after: u64 = world.server.services.db.stats().snapshot().iter().map(|(_, sample)| sample.count).sum();
    assert_eq!(before, after, "no statement for metadata and statistics");
}

#[tokio::test]
async fn new_build_ends_the_agent_of_the_old_one() {
    let world = World::start().await;
    let workspace = world.workspace(8080).await;
    let agent = world.connect_agent(&workspace).await;
    world.agent_is(&workspace, "status", "connected").await;
    let body = json!({ "transition": "stop" });
    world.post(&format!("/workspaces/{}/builds", workspace.id), body).await;
    // While the stop build runs the agent reports its end.
    agent.report(State::ShuttingDown).await;
    world.daemon.run_one().await;
    tokio::time::timeout(SOON, agent.session.closed()).await.expect("the session ends");
    let url = world.socket_url("/api/v2/workspaceagents/me/rpc?version=2.0");
    let token = HeaderValue::from_str(&workspace.token).unwrap();
    let refused =
        warren_rpc::dial(DialOptions::new(url).header(HeaderName::from_static("coder-session-token"), token)).await;
    assert_eq!(refused.unwrap_err().status().unwrap(), 401);
}

#[tokio::test]
async fn client_reaches_the_agent_through_the_relay() {
    let world = World::start().await;
    let workspace = world.workspace(8080).await;
    let agent = world.connect_agent(&workspace).await;
    let serving = agent.serve(&world.server.url, 8080).await;
    let info = world.get(&format!("/workspaceagents/{}/connection", workspace.agent)).await;
    assert_eq!(info["derp_map"]["Regions"]["999"]["EmbeddedRelay"], true);
    let url = world.socket_url(&format!("/api/v2/workspaceagents/{}/coordinate?version=2.0", workspace.agent));
    let token = HeaderValue::from_str(&world.owner).unwrap();
    let options = DialOptions::new(url).header(HeaderName::from_static("coder-session-token"), token);
    let session = Session::client(warren_rpc::dial(options).await.unwrap());
    let map = world.parts.agents().derp_map().clone();
    let node =
        Node::start(NodeOptions::new(Uuid::new_v4(), vec![random_address()], map, world.server.url.parse().unwrap()))
            .await
            .unwrap();
    let (coordinating, destination) = (node.clone(), workspace.agent);
    let _coordinate = AbortOnDropHandle::new(tokio::spawn(async move {
        let role = Role::Client { destinations: vec![destination] };
        coordinating.coordinate(&session, role, CancellationToken::new()).await.ok();
    }));
    node.wait_reachable(workspace.agent, SOON).await.unwrap();
    let mut stream = node.dial((address_of(workspace.agent), 8080).into()).await.unwrap();
    stream.write_all(b"GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let shown = world.agent(&workspace).await;
    assert!(shown["latency"]["Coder Embedded Relay"]["preferred"].is_boolean(), "{shown}");
    serving.node.close().await;
    node.close().await;
}

#[tokio::test]
async fn path_app_terminal_and_ports_work_through_the_servers_own_node() {
    let world = World::start().await;
    let workspace = world.workspace(18_080).await;
    let agent = world.connect_agent(&workspace).await;
    let _serving = agent.serve(&world.server.url, 18_080).await;
    world.agent_is(&workspace, "status", "connected").await;
    let app = "/@admin/dev.main/apps/web";

    let bare = world.server.get(app, &world.owner).await;
    assert_eq!(
        (bare.status().as_u16(), &bare.headers()["location"]),
        (307, &HeaderValue::from_static("/@admin/dev.main/apps/web/?folder=home"))
    );
    let request =
        world.server.request(Method::POST, &format!("{app}/a%2Fb?q=1&coder_signed_app_token_ab=x"), &world.owner);
    let answer = request.header("cookie", "own=1; csrf_token=y").body("hello").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["x-app"], "1");
    assert!(!answer.headers().get_all("set-cookie").iter().any(|value| value.to_str().unwrap().contains("evil")));
    let seen = json_of(answer).await;
    assert_eq!(seen["uri"], "/base/a%2Fb?q=1");
    assert_eq!((&seen["cookie"], &seen["token"], &seen["body"]), (&json!("own=1"), &json!(""), &json!("hello")));
    assert_eq!(seen["for"], "127.0.0.1");

    let mut socket = world.open(&format!("{app}/ws"), &world.owner).await;
    socket.send(Message::text("ping over the app")).await.unwrap();
    assert_eq!(text(&mut socket).await, "ping over the app");

    let mut terminal = world
        .open(
            &format!(
                "/api/v2/workspaceagents/{}/pty?reconnect={}&width=100&height=30",
                workspace.agent,
                Uuid::new_v4()
            ),
            &world.owner,
        )
        .await;
    terminal.send(Message::binary(json!({ "data": "shout" }).to_string())).await.unwrap();
    let mut output = Vec::new();
    while let Some(Ok(message)) = tokio::time::timeout(SOON, terminal.next()).await.unwrap() {
        match message {
            Message::Binary(data) => output.extend_from_slice(&data),
            Message::Close(frame) => {
                assert_eq!(u16::from(frame.unwrap().code), 1000);
                break;
            }
            _ => {}
        }
    }
    assert_eq!(String::from_utf8(output).unwrap(), "100x30 SHOUT");

    let ports = world.get(&format!("/workspaceagents/{}/listening-ports", workspace.agent)).await;
    assert_eq!(ports, json!({ "ports": [{ "process_name": "node", "network": "tcp", "port": 3000 }] }));
}

#[tokio::test]
async fn others_do_not_reach_an_agent_or_its_apps() {
    let world = World::start().await;
    let workspace = world.workspace(18_080).await;
    let member = world.server.member(&world.owner, "bob").await;
    for path in [
        "",
        "/connection",
        "/coordinate?version=2.0",
        "/logs",
        "/watch-metadata",
        "/listening-ports",
        "/pty",
        "/containers",
    ] {
        let path = format!("/api/v2/workspaceagents/{}{path}", workspace.agent);
        let answer = world.server.get(&path, &member).await;
        assert_eq!(answer.status(), 404, "{path}");
        assert_eq!(
            json_of(answer).await["message"],
            "Agent doesn't exist with that id, or you do not have access to it."
        );
        assert_eq!(world.server.get(&path, "").await.status(), 401, "{path}");
    }
    // Declared public, but a path app is its owner's alone.
    let page = world.server.get("/@admin/dev/apps/web/", &member).await;
    assert_eq!(page.status(), 404);
    assert!(page.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    assert_eq!(world.server.get("/@admin/nothing/apps/web/", &member).await.status(), 404);
    let anonymous = world.server.get("/@admin/dev/apps/web/?a=1", "").await;
    assert_eq!(anonymous.status(), 303);
    assert_eq!(anonymous.headers()["location"], "/login?redirect=%2F%40admin%2Fdev%2Fapps%2Fweb%2F%3Fa%3D1");
    assert_eq!(world.server.get("/@nobody/x/apps/web/", "").await.status(), 303);
    // A user's key is no agent's token, and the other way round.
    assert_eq!(world.server.get("/api/v2/workspaceagents/me/gitsshkey", &world.owner).await.status(), 401);
    assert_eq!(world.server.get("/api/v2/users/me", &workspace.token).await.status(), 401);
    // A foreign page with the visitor's cookie.
    let request = world.server.request(Method::GET, "/@admin/dev/apps/web/ws", "");
    let request = request.header("cookie", format!("coder_session_token={}", world.owner));
    let request =
        request.header("connection", "upgrade").header("upgrade", "websocket").header("origin", "https://evil.example");
    assert_eq!(request.send().await.unwrap().status(), 403);
}

#[tokio::test]
async fn agent_token_serves_its_own_questions() {
    let world = World::start().await;
    let workspace = world.workspace(8080).await;
    let get = async |path: &str| world.server.get(&format!("/api/v2/workspaceagents/me{path}"), &workspace.token).await;
    let key = json_of(get("/gitsshkey").await).await;
    assert!(key["public_key"].as_str().unwrap().starts_with("ssh-ed25519 "), "{key}");
    assert_eq!(get("/reinit?wait=true").await.status(), 409);
    assert_eq!(get("/external-auth?match=https://github.com").await.status(), 404);
    assert_eq!(get("/external-auth").await.status(), 400);
    let id = "11111111-1111-4111-8111-111111111111";
    for _ in 0..2 {
        let body = json!({ "id": id, "display_name": "Ext", "icon": "/x.png" });
        let made = world.server.post("/api/v2/workspaceagents/me/log-source", &workspace.token, &body).await;
        assert_eq!(made.status(), 201);
        assert_eq!(json_of(made).await["workspace_agent_id"], workspace.agent.to_string());
    }
    let patch = |body: Value| {
        let request = world.server.request(Method::PATCH, "/api/v2/workspaceagents/me/logs", &workspace.token);
        async move { request.json(&body).send().await.unwrap() }
    };
    let line = |level: &str| json!({ "log_source_id": id, "logs": [{ "created_at": "2026-11-24T10:00:00Z", "output": "y", "level": level }] });
    let stored = patch(line("")).await;
    assert_eq!((stored.status().as_u16(), stored.text().await.unwrap().as_str()), (200, "null\n"));
    assert_eq!(patch(line("zzz")).await.status(), 400);
    assert_eq!(patch(json!({ "log_source_id": id, "logs": [] })).await.status(), 400);
    for (version, detail) in [("1.0", "version 1.0 is no longer supported"), ("x", "invalid version string: x")] {
        let refused = get(&format!("/rpc?version={version}")).await;
        assert_eq!(refused.status(), 400);
        let body = json_of(refused).await;
        assert_eq!(body["message"], "Unknown or unsupported API version");
        assert_eq!(body["validations"][0], json!({ "field": "version", "detail": detail }));
    }
}

#[tokio::test]
async fn resume_token_keeps_the_peer() {
    let world = World::start().await;
    let workspace = world.workspace(8080).await;
    let path = format!("/api/v2/workspaceagents/{}/coordinate?version=2.0", workspace.agent);
    let issued = world.parts.agents().resume_tokens().issue(Uuid::new_v4(), world.server.services.now());
    let dial = |token: &str| {
        let url = world.socket_url(&format!("{path}&resume_token={token}"));
        let key = HeaderValue::from_str(&world.owner).unwrap();
        warren_rpc::dial(DialOptions::new(url).header(HeaderName::from_static("coder-session-token"), key))
    };
    drop(dial(&issued.token).await.unwrap());
    assert_eq!(dial("bad").await.unwrap_err().status().unwrap(), 401);
    let refused = json_of(world.server.get(&format!("{path}&resume_token=bad"), &world.owner).await).await;
    assert_eq!(refused["validations"][0]["field"], "resume_token");
    let plain = world.server.get(&path, &world.owner).await;
    assert_eq!(plain.status(), 426);
}

#[tokio::test]
async fn relay_and_programs_answer_without_a_token() {
    let world = World::start().await;
    let get = async |path: &str| world.server.get(path, "").await;
    let check = get("/derp/latency-check").await;
    assert_eq!((check.status().as_u16(), check.content_length()), (200, Some(0)));
    let plain = get("/derp").await;
    assert_eq!(
        (plain.status().as_u16(), plain.text().await.unwrap().as_str()),
        (426, "DERP requires connection upgrade\n")
    );
    let script = get("/api/v2/init-script/Linux/AMD64").await;
    assert!(script.headers()["content-digest"].to_str().unwrap().starts_with("sha256:"));
    assert!(script.text().await.unwrap().contains(&format!("{}/bin/coder-linux-amd64", world.server.url)));
    let unknown = get("/api/v2/init-script/foo/bar").await;
    assert_eq!(unknown.status(), 400);
    assert_eq!(json_of(unknown).await["message"], "Unknown os/arch: foo/bar");
    let absent = get("/bin/coder-foo").await;
    assert_eq!((absent.status().as_u16(), absent.text().await.unwrap().as_str()), (404, "404 page not found\n"));
    assert_eq!(get("/bin/a/b").await.status(), 404);
    assert!(get("/install.sh").await.text().await.unwrap().contains(&world.server.url));
    let mut map = world.open("/api/v2/derp-map", "").await;
    let first = tokio::time::timeout(SOON, map.next()).await.unwrap().unwrap().unwrap();
    assert!(
        matches!(&first, Message::Binary(data) if data.ends_with(b"\n") && data.starts_with(b"{\"Regions\"")),
        "{first:?}"
    );
}

#[tokio::test]
async fn shared_path_apps_need_the_deployments_consent() {
    let world = World::start_with(|config| config.path_app_sharing = true).await;
    let workspace = world.workspace(18_080).await;
    let agent = world.connect_agent(&workspace).await;
    let _serving = agent.serve(&world.server.url, 18_080).await;
    world.agent_is(&workspace, "status", "connected").await;
    let member = world.server.member(&world.owner, "bob").await;
    for token in ["", &member] {
        let shared = world.server.get("/@admin/dev/apps/web/x", token).await;
        assert_eq!(shared.status(), 200);
    }
}

/// GHSA-qrwj-vh9x-gw5v: an agent cannot send the server to another place.
#[tokio::test]
async fn ghsa_qrwj_vh9x_gw5v_redirects_of_an_agent_are_not_followed() {
    let world = World::start().await;
    let workspace = world.workspace(18_080).await;
    let agent = world.connect_agent(&workspace).await;
    let addresses = vec![address_of(agent.id), desktop_address_of(agent.id)];
    let map = agent.manifest.derp_map.clone().unwrap();
    let node =
        Node::start(NodeOptions::new(agent.id, addresses, map, world.server.url.parse().unwrap())).await.unwrap();
    let (session, coordinating) = (agent.session.clone(), node.clone());
    let _coordinate = AbortOnDropHandle::new(tokio::spawn(async move {
        coordinating.coordinate(&session, Role::Agent, CancellationToken::new()).await.ok();
    }));
    let seen = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = seen.clone();
    let api = axum::Router::new().fallback(move || {
        counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        async { axum::response::Redirect::temporary("/api/v0/elsewhere") }
    });
    let listener = Port(node.listen(4).await.unwrap());
    let _api = AbortOnDropHandle::new(tokio::spawn(async { drop(axum::serve(listener, api).await) }));
    world.agent_is(&workspace, "status", "connected").await;
    let path = format!("/api/v2/workspaceagents/{}/listening-ports", workspace.agent);
    assert_eq!(world.server.get(&path, &world.owner).await.status(), 500);
    assert_eq!(seen.load(std::sync::atomic::Ordering::SeqCst), 1);
}

/// GHSA-wrq8-fcv5-8hvp: the addresses of an agent are those of its id, whatever it announces.
#[tokio::test]
async fn ghsa_wrq8_fcv5_8hvp_agent_cannot_take_anothers_address() {
    use warren_proto::tailnet::{self, coordinate_request::UpdateSelf, tailnet_methods};
    let world = World::start().await;
    let workspace = world.workspace(8080).await;
    let agent = world.connect_agent(&workspace).await;
    let own = format!("{}/128", address_of(agent.id));
    let foreign = format!("{}/128", address_of(Uuid::new_v4()));
    for (addresses, allowed_ips) in [(&own, &foreign), (&foreign, &own)] {
        let (mut requests, mut responses) = agent.session.bidi(tailnet_methods::COORDINATE).await.unwrap();
        let node = tailnet::Node {
            addresses: vec![addresses.clone()],
            allowed_ips: vec![allowed_ips.clone()],
            ..Default::default()
        };
        let update_self = Some(UpdateSelf { node: Some(node) });
        requests.send(&tailnet::CoordinateRequest { update_self, ..Default::default() }).await.unwrap();
        let answer = tokio::time::timeout(SOON, responses.recv()).await.unwrap();
        assert!(matches!(&answer, Ok(Some(answer)) if !answer.error.is_empty()), "{answer:?}");
        assert!(world.parts.agents().coordination().node(agent.id).is_none());
    }
}

#[tokio::test]
async fn use_of_a_workspace_is_written_in_batches_and_moves_its_deadline() {
    let world = World::start().await;
    let workspace = world.workspace(8080).await;
    let agent = world.connect_agent(&workspace).await;
    let path = format!("/workspaces/{}", workspace.id);
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(31);
    let body = json!({ "deadline": soon.to_string() });
    let set = world.server.put(&format!("/api/v2{path}/extend"), &world.owner, &body).await;
    assert_eq!(set.status(), 200, "{}", set.text().await.unwrap());
    let before = world.get(&path).await;
    let stats = proto::UpdateStatsRequest { stats: Some(proto::Stats { connection_count: 1, ..Default::default() }) };
    agent.session.unary(agent_method::UPDATE_STATS, &stats).await.unwrap();
    assert_eq!(world.get(&path).await["last_used_at"], before["last_used_at"], "not at once");
    world.parts.agents().flush_activity().await.unwrap();
    let after = world.get(&path).await;
    let time = |value: &Value| value.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert!(time(&after["last_used_at"]) > time(&before["last_used_at"]));
    assert!(time(&after["latest_build"]["deadline"]) > time(&before["latest_build"]["deadline"]));
}

#[tokio::test]
async fn metrics_count_agents_streams_and_the_relay() {
    let world = World::start().await;
    let workspace = world.workspace(18_080).await;
    let agent = world.connect_agent(&workspace).await;
    let _serving = agent.serve(&world.server.url, 18_080).await;
    world.agent_is(&workspace, "status", "connected").await;
    assert_eq!(world.server.get("/@admin/dev/apps/web/x", &world.owner).await.status(), 200);
    let until = async {
        loop {
            let mut text = warren_observe::metrics::Text::default();
            warren_http::agent_metrics(&world.server.services, &mut text);
            let text = text.finish();
            if text.contains("coderd_agents_up") {
                return text;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let text = tokio::time::timeout(SOON, until).await.unwrap();
    for line in [
        "coderd_agents_up{template_name=\"local\",template_version=\"v1\",username=\"admin\",workspace_name=\"dev\"} 1",
        "coderd_agents_apps{agent_name=\"main\",app_name=\"Web\",health=\"initializing\",username=\"admin\",workspace_name=\"dev\"} 1",
        "coder_servertailnet_connections_total{network=\"tcp\"} 1",
        "coder_derp_server_clients_local 2",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(text.contains("lifecycle_state=\"created\",status=\"connected\",tailnet_node=\"nodeid:"), "{text}");
}
