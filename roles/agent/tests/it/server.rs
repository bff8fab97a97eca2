//! The server's side: answers every call of an agent and notes it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::serve::ListenerExt as _;
use parking_lot::Mutex;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use warren_coordinator::{ConnId, Coordinator, Leave, PeerAuth, PeerId};
use warren_disco::NodePrivate;
use warren_proto::agent::lifecycle::State;
use warren_proto::agent::workspace_app::{Health, Healthcheck, SharingLevel};
use warren_proto::agent::{
    BatchCreateLogsResponse, BatchUpdateAppHealthResponse, BatchUpdateMetadataResponse, GetAnnouncementBannersResponse,
    GetResourcesMonitoringConfigurationResponse, Manifest, UpdateStatsResponse, WorkspaceAgentScript,
    WorkspaceAgentScriptCompletedResponse, WorkspaceApp, agent_methods as agent, workspace_agent_metadata,
};
use warren_proto::tailnet::derp_map::{Region, region::Node as RelayNode};
use warren_proto::tailnet::{CoordinateRequest, CoordinateResponse, DerpMap, tailnet_methods as tailnet};
use warren_relay::{Relay, RelayOptions};
use warren_rpc::{Router, RpcError, Session, WsMessage, WsPipe};
use warren_tailnet::{Node, NodeOptions, Role, random_address};

/// What the agent has told.
#[derive(Default, Clone)]
pub struct Seen {
    pub calls: Vec<&'static str>,
    pub states: Vec<State>,
    pub logs: Vec<(String, i32)>,
    pub metadata: BTreeMap<String, String>,
    pub healths: Vec<i32>,
    pub connections: Vec<(i32, i32)>,
    pub timings: Vec<(i32, i32)>,
    pub sessions: usize,
}

#[derive(Clone, Default)]
pub struct Hub(Arc<Mutex<HubState>>);

#[derive(Default)]
struct HubState {
    machine: Coordinator,
    streams: BTreeMap<ConnId, mpsc::UnboundedSender<CoordinateResponse>>,
}

impl HubState {
    fn deliver(&mut self, woken: Vec<ConnId>) {
        for conn in woken {
            let output = self.machine.take_output(conn);
            let Some(stream) = self.streams.get(&conn) else { continue };
            for response in output.responses {
                let _ = stream.send(response);
            }
            if output.closed.is_some() {
                self.streams.remove(&conn);
            }
        }
    }
}

impl Hub {
    fn connect(&self, peer: Uuid, auth: PeerAuth) -> (ConnId, mpsc::UnboundedReceiver<CoordinateResponse>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let mut state = self.0.lock();
        let (conn, woken) = state.machine.connect(PeerId(peer), auth, "", jiff::Timestamp::now());
        state.streams.insert(conn, sender);
        state.deliver(woken);
        (conn, receiver)
    }

    fn request(&self, conn: ConnId, request: CoordinateRequest) {
        let mut state = self.0.lock();
        let mut woken = state.machine.handle_request(conn, request, jiff::Timestamp::now());
        woken.push(conn);
        state.deliver(woken);
    }

    fn leave(&self, conn: ConnId) {
        let mut state = self.0.lock();
        let woken = state.machine.disconnect(conn, Leave::Lost);
        state.deliver(woken);
    }
}

/// The server, and what it knows.
pub struct Server {
    pub url: String,
    pub agent_id: Uuid,
    pub hub: Hub,
    pub seen: watch::Sender<Seen>,
    /// Ends the agent's present connection.
    pub cut: Arc<Mutex<CancellationToken>>,
}

#[derive(Clone)]
struct Context {
    seen: watch::Sender<Seen>,
    manifest: Manifest,
    hub: Hub,
    agent_id: Uuid,
}

impl Context {
    fn note(&self, call: &'static str, change: impl FnOnce(&mut Seen)) {
        self.seen.send_modify(|seen| {
            seen.calls.push(call);
            change(seen);
        });
    }
}

pub fn script(text: &str, start: bool) -> WorkspaceAgentScript {
    WorkspaceAgentScript {
        id: bytes(Uuid::new_v4()),
        log_source_id: bytes(Uuid::new_v4()),
        script: text.into(),
        run_on_start: start,
        run_on_stop: !start,
        ..WorkspaceAgentScript::default()
    }
}

fn bytes(id: Uuid) -> bytes::Bytes {
    bytes::Bytes::copy_from_slice(id.as_bytes())
}

fn map(port: u16) -> DerpMap {
    let node = RelayNode {
        name: "999b".into(),
        region_id: 999,
        host_name: "127.0.0.1".into(),
        derp_port: port.into(),
        stun_port: -1,
        force_http: true,
        ..RelayNode::default()
    };
    let region = Region { region_id: 999, embedded_relay: true, nodes: vec![node], ..Region::default() };
    DerpMap { home_params: None, regions: [(999, region)].into() }
}

impl Server {
    pub async fn start(home: &std::path::Path, app_port: u16) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let agent_id = Uuid::new_v4();
        let seconds = |s: i64| Some(prost_types::Duration { seconds: s, nanos: 0 });
        let app = WorkspaceApp {
            id: bytes(Uuid::new_v4()),
            slug: "web".into(),
            sharing_level: SharingLevel::Owner.into(),
            health: Health::Initializing.into(),
            healthcheck: Some(Healthcheck {
                url: format!("http://127.0.0.1:{app_port}/"),
                interval: seconds(1),
                threshold: 1,
            }),
            ..WorkspaceApp::default()
        };
        let manifest = Manifest {
            agent_id: bytes(agent_id),
            workspace_id: bytes(Uuid::new_v4()),
            agent_name: "main".into(),
            workspace_name: "dev".into(),
            owner_username: "ann".into(),
            directory: home.display().to_string(),
            environment_variables: [("GREETING".to_owned(), "hello".to_owned())].into(),
            derp_map: Some(map(port)),
            scripts: vec![
                script("echo starting $GREETING; echo oops >&2; touch started", true),
                // A folder: nobody can write a log there, as little as to another user's file.
                WorkspaceAgentScript { log_path: "/".into(), ..script("touch unlogged", true) },
                script("echo stopping; touch stopped", false),
            ],
            apps: vec![app],
            metadata: vec![workspace_agent_metadata::Description {
                display_name: "Who".into(),
                key: "who".into(),
                script: "echo $CODER_WORKSPACE_OWNER_NAME".into(),
                interval: Some(prost_types::Duration { seconds: 0, nanos: 60 }),
                timeout: Some(prost_types::Duration { seconds: 0, nanos: 5 }),
            }],
            ..Manifest::default()
        };
        let (seen, hub) = (watch::Sender::new(Seen::default()), Hub::default());
        let context = Context { seen: seen.clone(), manifest, hub: hub.clone(), agent_id };
        let cut = Arc::new(Mutex::new(CancellationToken::new()));
        let (router, cut2, map) = (Arc::new(router()), cut.clone(), map(port));
        let _ = map;
        let rpc = move |ws: WebSocketUpgrade| {
            let (router, context, cut) = (router.clone(), context.clone(), cut2.lock().clone());
            async move {
                ws.on_upgrade(move |socket: WebSocket| async move {
                    context.note("connect", |seen| seen.sessions += 1);
                    let session = Session::server(WsPipe::from_messages(socket, decode, encode));
                    let _ = warren_rpc::serve(session, router, context, cut).await;
                })
            }
        };
        let relay = Relay::new(RelayOptions::new(NodePrivate::generate()));
        let app = warren_relay::router(relay).route("/api/v2/workspaceagents/me/rpc", axum::routing::get(rpc));
        let listener = listener.tap_io(|socket| socket.set_nodelay(true).unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url: format!("http://127.0.0.1:{port}"), agent_id, hub, seen, cut }
    }

    /// Waits until the agent has told something.
    pub async fn until(&self, what: &str, ready: impl FnMut(&Seen) -> bool) -> Seen {
        let mut seen = self.seen.subscribe();
        let waited = tokio::time::timeout(std::time::Duration::from_secs(60), seen.wait_for(ready)).await;
        let Ok(Ok(found)) = waited else {
            panic!("{what} did not happen; calls: {:?}", self.seen.borrow().calls);
        };
        found.clone()
    }

    /// A client's node with a tunnel to the agent.
    pub async fn client(&self) -> Node {
        let port = url::Url::parse(&self.url).unwrap().port().unwrap();
        let url = url::Url::parse(&self.url).unwrap();
        let id = Uuid::new_v4();
        let node = Node::start(NodeOptions::new(id, vec![random_address()], map(port), url)).await.unwrap();
        let (conn, mut responses) = self.hub.connect(id, PeerAuth::SingleAgentClient(PeerId(self.agent_id)));
        let (request_sender, mut requests) = mpsc::channel(16);
        let (response_sender, response_receiver) = mpsc::channel(16);
        let hub = self.hub.clone();
        tokio::spawn(async move {
            while let Some(request) = requests.recv().await {
                hub.request(conn, request)
            }
        });
        tokio::spawn(async move {
            while let Some(response) = responses.recv().await {
                let _ = response_sender.send(response).await;
            }
        });
        let (coordinating, agent) = (node.clone(), self.agent_id);
        tokio::spawn(async move {
            let role = Role::Client { destinations: vec![agent] };
            coordinating.coordinate_in_process(request_sender, response_receiver, role, CancellationToken::new()).await
        });
        node.wait_reachable(self.agent_id, std::time::Duration::from_secs(30)).await.unwrap();
        node
    }
}

fn router() -> Router<Context> {
    Router::new()
        .unary(agent::GET_MANIFEST, |cx: Context, _| async move {
            cx.note("GetManifest", |_| {});
            Ok(cx.manifest.clone())
        })
        .unary(agent::GET_ANNOUNCEMENT_BANNERS, |cx: Context, _| async move {
            cx.note("GetAnnouncementBanners", |_| {});
            Ok(GetAnnouncementBannersResponse::default())
        })
        .unary(agent::GET_RESOURCES_MONITORING_CONFIGURATION, |cx: Context, _| async move {
            cx.note("GetResourcesMonitoringConfiguration", |_| {});
            Ok(GetResourcesMonitoringConfigurationResponse::default())
        })
        .unary(agent::UPDATE_STARTUP, |cx: Context, request| async move {
            cx.note("UpdateStartup", |_| {});
            request.startup.ok_or_else(|| RpcError::new("no startup"))
        })
        .unary(agent::UPDATE_LIFECYCLE, |cx: Context, request| async move {
            let lifecycle = request.lifecycle.ok_or_else(|| RpcError::new("no lifecycle"))?;
            cx.note("UpdateLifecycle", |seen| seen.states.push(lifecycle.state()));
            Ok(lifecycle)
        })
        .unary(agent::BATCH_CREATE_LOGS, |cx: Context, request| async move {
            cx.note("BatchCreateLogs", |seen| {
                seen.logs.extend(request.logs.into_iter().map(|log| (log.output, log.level)));
            });
            Ok(BatchCreateLogsResponse { log_limit_exceeded: false })
        })
        .unary(agent::BATCH_UPDATE_METADATA, |cx: Context, request| async move {
            cx.note("BatchUpdateMetadata", |seen| {
                for entry in request.metadata {
                    seen.metadata.insert(entry.key, entry.result.unwrap_or_default().value);
                }
            });
            Ok(BatchUpdateMetadataResponse {})
        })
        .unary(agent::BATCH_UPDATE_APP_HEALTHS, |cx: Context, request| async move {
            cx.note("BatchUpdateAppHealths", |seen| {
                seen.healths.extend(request.updates.iter().map(|update| update.health));
            });
            Ok(BatchUpdateAppHealthResponse {})
        })
        .unary(agent::SCRIPT_COMPLETED, |cx: Context, request| async move {
            let timing = request.timing.unwrap_or_default();
            cx.note("ScriptCompleted", |seen| seen.timings.push((timing.stage, timing.status)));
            Ok(WorkspaceAgentScriptCompletedResponse {})
        })
        .unary(agent::REPORT_CONNECTION, |cx: Context, request| async move {
            let connection = request.connection.unwrap_or_default();
            cx.note("ReportConnection", |seen| seen.connections.push((connection.action, connection.r#type)));
            Ok(())
        })
        .unary(agent::UPDATE_STATS, |cx: Context, _| async move {
            cx.note("UpdateStats", |_| {});
            Ok(UpdateStatsResponse { report_interval: Some(prost_types::Duration { seconds: 30, nanos: 0 }) })
        })
        .server_stream(tailnet::STREAM_DERP_MAPS, |cx: Context, _, mut maps| async move {
            cx.note("StreamDERPMaps", |_| {});
            let map = cx.manifest.derp_map.clone().unwrap_or_default();
            let _ = maps.send(&map).await;
            maps.closed().await;
            Ok(())
        })
        .bidi(tailnet::COORDINATE, |cx: Context, mut requests, mut responses| async move {
            cx.note("Coordinate", |_| {});
            let (conn, mut news) = cx.hub.connect(cx.agent_id, PeerAuth::Agent);
            loop {
                tokio::select! {
                    request = requests.recv() => match request {
                        Ok(Some(request)) => cx.hub.request(conn, request),
                        _ => break,
                    },
                    response = news.recv() => match response {
                        Some(response) => if responses.send(&response).await.is_err() { break },
                        None => break,
                    },
                }
            }
            cx.hub.leave(conn);
            Ok(())
        })
}

fn decode(message: Message) -> WsMessage {
    match message {
        Message::Binary(data) => WsMessage::Binary(data),
        Message::Text(_) => WsMessage::Text,
        Message::Ping(data) => WsMessage::Ping(data),
        Message::Pong(data) => WsMessage::Pong(data),
        Message::Close(frame) => WsMessage::Close(frame.map(|f| (f.code, f.reason.to_string()))),
    }
}

fn encode(message: WsMessage) -> Message {
    match message {
        WsMessage::Binary(data) => Message::Binary(data),
        WsMessage::Ping(data) => Message::Ping(data),
        WsMessage::Pong(data) => Message::Pong(data),
        WsMessage::Close(frame) => {
            Message::Close(frame.map(|(code, reason)| CloseFrame { code, reason: reason.into() }))
        }
        WsMessage::Text | WsMessage::Other => Message::Binary(Vec::new().into()),
    }
}
