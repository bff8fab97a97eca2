//! A world with agents: a real server and scripted agents that have a real node.

use std::time::Duration;

use futures_util::StreamExt;
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
use warren_tailnet::{Node, NodeOptions, Role, address_of, desktop_address_of};

use crate::harness::{TestServer, json_of};
use crate::scripted_daemon::{Daemon, start_builds};

pub(crate) const SOON: Duration = Duration::from_secs(20);

pub(crate) struct World {
    pub(crate) server: TestServer,
    pub(crate) owner: String,
    pub(crate) parts: AgentParts,
    #[allow(dead_code, reason = "keeps the queue running")]
    builds: Builds,
    pub(crate) daemon: Daemon,
    pub(crate) org: String,
}

/// A started workspace with one agent.
pub(crate) struct Workspace {
    pub(crate) id: String,
    pub(crate) agent: Uuid,
    pub(crate) token: String,
}

/// The agent's side of a connection.
pub(crate) struct ScriptedAgent {
    pub(crate) id: Uuid,
    pub(crate) session: Session,
    pub(crate) manifest: Manifest,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(&mut warren_core::Config)) -> Self {
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

    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
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
        connect_agent(&self.server, workspace).await
    }

    pub(crate) async fn agent(&self, workspace: &Workspace) -> Value {
        self.get(&format!("/workspaceagents/{}", workspace.agent)).await
    }

    pub(crate) async fn agent_is(&self, workspace: &Workspace, field: &str, wanted: &str) -> Value {
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

    pub(crate) async fn open(&self, path: &str, token: &str) -> Socket {
        let mut request = self.socket_url(path).into_client_request().unwrap();
        let header = HeaderName::from_static("coder-session-token");
        request.headers_mut().insert(header, HeaderValue::from_str(token).unwrap());
        tokio_tungstenite::connect_async(request).await.unwrap().0
    }
}

/// Connects as the agent of a workspace.
pub(crate) async fn connect_agent(server: &TestServer, workspace: &Workspace) -> ScriptedAgent {
    let url = format!("{}/api/v2/workspaceagents/me/rpc?version=2.8&role=agent", server.url.replacen("http", "ws", 1));
    // As official agents do: in a cookie.
    let cookie = HeaderValue::from_str(&format!("coder_session_token={}", workspace.token)).unwrap();
    let pipe = warren_rpc::dial(DialOptions::new(url).header(http::header::COOKIE, cookie)).await.unwrap();
    let session = Session::client(pipe);
    let manifest = session.unary(agent_method::GET_MANIFEST, &proto::GetManifestRequest {}).await.unwrap();
    ScriptedAgent { id: workspace.agent, session, manifest }
}

pub(crate) type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

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

    pub(crate) async fn report(&self, state: State) {
        let lifecycle = proto::Lifecycle { state: state.into(), changed_at: None };
        let request = proto::UpdateLifecycleRequest { lifecycle: Some(lifecycle) };
        self.session.unary(agent_method::UPDATE_LIFECYCLE, &request).await.unwrap();
    }

    pub(crate) async fn tell_metadata(&self, key: &str, value: &str) {
        let result = proto::workspace_agent_metadata::Result { value: value.into(), ..Default::default() };
        let metadata = vec![proto::Metadata { key: key.into(), result: Some(result) }];
        let request = proto::BatchUpdateMetadataRequest { metadata };
        self.session.unary(agent_method::BATCH_UPDATE_METADATA, &request).await.unwrap();
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
    pub(crate) node: Node,
    _tasks: Vec<AbortOnDropHandle<()>>,
}

/// A port inside the tunnel as a listener of axum.
pub(crate) struct Port(pub(crate) warren_tailnet::Listener);

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

pub(crate) fn resource(token: &str, app_port: u16) -> provisioner::Resource {
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

pub(crate) async fn text(socket: &mut Socket) -> String {
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
