//! The official agent's side of recorded connections, played against the real service: every call must be answered with the
//! same packets.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use prost::Message as _;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use uuid::Uuid;
use warren_db::resources::{
    AgentMetadataDescription, AgentScript, AppDocument, NewAgent, NewResource, NewResources, ResourceMonitors,
    insert_resources,
};
use warren_drpc::{Kind, Packet, PacketReader};
use warren_proto::agent::Manifest;
use warren_proto::tailnet::coordinate_response::peer_update::Kind as Update;
use warren_proto::tailnet::{CoordinateRequest, CoordinateResponse, RefreshResumeTokenResponse};
use warren_rpc::DialOptions;

use crate::scripted_agent::World;

const SOON: Duration = Duration::from_secs(20);
/// How long answers are waited for that others cause.
const SHARED_WAIT: Duration = Duration::from_secs(2);
/// Calls whose answers depend on others than the agent.
const SHARED: [&str; 2] = ["/coder.tailnet.v2.Tailnet/Coordinate", "/coder.tailnet.v2.Tailnet/StreamDERPMaps"];
const RESUME: &str = "/coder.tailnet.v2.Tailnet/RefreshResumeToken";
const MANIFEST: &str = "/coder.agent.v2.Agent/GetManifest";

struct Recorded {
    at: f64,
    to_server: bool,
    stream: u32,
    /// A whole yamux frame.
    frame: Vec<u8>,
    cut: bool,
}

fn recording(file: &str) -> Option<Vec<Value>> {
    let spec = crate::golden::spec()?;
    let text = std::fs::read_to_string(spec.join("golden").join(file)).ok()?;
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

fn frames(lines: &[Value], conn: &str) -> Vec<Recorded> {
    let ours = lines.iter().filter(|line| line["conn"] == conn && line["layer"] == "yamux");
    ours.map(|line| {
        let frame = hex::decode(line["hex"].as_str().unwrap()).unwrap();
        Recorded {
            at: line["t_ms"].as_f64().unwrap(),
            to_server: line["dir"] == "c2s",
            stream: u32::from_be_bytes(frame[4..8].try_into().unwrap()),
            cut: line["cut"].is_u64(),
            frame,
        }
    })
    .collect()
}

/// Packets of a stream as they arrive.
#[derive(Default)]
struct Packets {
    reader: PacketReader,
    seen: Vec<Packet>,
}

impl Packets {
    fn push(&mut self, mut data: &[u8]) {
        while let Some(packet) = self.reader.next(&mut data).unwrap() {
            self.seen.push(packet);
        }
    }
}

fn kind(frame: &[u8]) -> u8 {
    frame[1]
}

/// The packets of one direction by stream, with the time of the frame that completed each.
fn packets(frames: &[Recorded], to_server: bool) -> BTreeMap<u32, Vec<(f64, Packet)>> {
    let mut streams: BTreeMap<u32, (Packets, Vec<f64>)> = BTreeMap::new();
    for frame in frames.iter().filter(|frame| frame.to_server == to_server && kind(&frame.frame) == 0 && !frame.cut) {
        let (packets, times) = streams.entry(frame.stream).or_default();
        packets.push(&frame.frame[12..]);
        times.resize(packets.seen.len(), frame.at);
    }
    streams.into_iter().map(|(id, (packets, times))| (id, times.into_iter().zip(packets.seen).collect())).collect()
}

/// Plays the caller's side; the answers by stream, and the calls.
async fn play(
    url: String,
    token: &str,
    lines: &[Value],
    conn: &str,
) -> (BTreeMap<u32, Packets>, BTreeMap<u32, String>, BTreeSet<u32>) {
    let frames = frames(lines, conn);
    let cut: BTreeSet<u32> = frames.iter().filter(|frame| frame.cut).map(|frame| frame.stream).collect();
    let (asked, expected) = (packets(&frames, true), packets(&frames, false));
    let rpc: BTreeMap<u32, String> = asked
        .iter()
        .filter_map(|(id, packets)| Some((*id, packets.iter().find(|(_, packet)| packet.kind == Kind::Invoke)?)))
        .map(|(id, (_, packet))| (id, String::from_utf8(packet.data.to_vec()).unwrap()))
        .collect();
    let header = HeaderName::from_static("coder-session-token");
    let pipe =
        warren_rpc::dial(DialOptions::new(url).header(header, HeaderValue::from_str(token).unwrap())).await.unwrap();
    let (mut reader, mut writer) = tokio::io::split(pipe);
    let mut answers: BTreeMap<u32, Packets> = BTreeMap::new();
    for frame in frames.iter().filter(|frame| frame.to_server && !cut.contains(&frame.stream) && kind(&frame.frame) < 2)
    {
        // The caller had these answers when it sent this. Those that come from others need not come again.
        let shared = rpc.get(&frame.stream).is_none_or(|rpc| SHARED.contains(&rpc.as_str()));
        let limit = if shared { SHARED_WAIT } else { SOON };
        let had = expected.get(&frame.stream).into_iter().flatten().filter(|(at, _)| *at < frame.at).count();
        while answers.get(&frame.stream).map_or(0, |packets| packets.seen.len()) < had {
            let received = receive(&mut reader, &mut answers, limit).await;
            assert!(received || shared, "{conn}: no answer in time");
            if !received {
                break;
            }
        }
        writer.write_all(&frame.frame).await.unwrap();
        writer.flush().await.unwrap();
    }
    for (id, rpc) in &rpc {
        let wanted = expected.get(id).map_or(0, Vec::len);
        let shared = SHARED.contains(&rpc.as_str());
        while !cut.contains(id) && answers.get(id).map_or(0, |packets| packets.seen.len()) < wanted {
            let received = receive(&mut reader, &mut answers, if shared { SHARED_WAIT } else { SOON }).await;
            assert!(received || shared, "{conn}: no answer to {rpc} in time");
            if !received {
                break;
            }
        }
    }
    (answers, rpc, cut)
}

/// Compares the answers of calls that concern the caller alone; how many there were.
fn compare_all(
    (answers, rpc, cut): &(BTreeMap<u32, Packets>, BTreeMap<u32, String>, BTreeSet<u32>),
    lines: &[Value],
    conn: &str,
) -> usize {
    let expected = packets(&frames(lines, conn), false);
    let comparable = rpc
        .iter()
        .filter(|(id, rpc)| !cut.contains(id) && !SHARED.contains(&rpc.as_str()) && expected.contains_key(id));
    let mut count = 0;
    for (id, rpc) in comparable {
        compare(rpc, &expected[id], &answers[id].seen);
        count += 1;
    }
    for (id, rpc) in rpc.iter().filter(|(_, rpc)| SHARED.contains(&rpc.as_str())) {
        let failed =
            answers.get(id).into_iter().flat_map(|packets| &packets.seen).find(|packet| packet.kind == Kind::Error);
        assert!(failed.is_none(), "{rpc}: {failed:?}");
    }
    count
}

/// Takes one frame; false when none came in time.
async fn receive(
    reader: &mut (impl tokio::io::AsyncRead + Unpin),
    answers: &mut BTreeMap<u32, Packets>,
    limit: Duration,
) -> bool {
    let read = async {
        let mut head = [0; 12];
        reader.read_exact(&mut head).await.unwrap();
        let stream = u32::from_be_bytes(head[4..8].try_into().unwrap());
        if kind(&head) == 0 {
            let length = u32::from_be_bytes(head[8..].try_into().unwrap());
            let mut data = vec![0; length.try_into().unwrap()];
            reader.read_exact(&mut data).await.unwrap();
            answers.entry(stream).or_default().push(&data);
        }
    };
    // Cut between two frames only: frames of this server come in one piece.
    tokio::time::timeout(limit, read).await.is_ok()
}

fn compare(rpc: &str, wanted: &[(f64, Packet)], got: &[Packet]) {
    let kinds = |packets: &mut dyn Iterator<Item = &Packet>| packets.map(|packet| packet.kind).collect::<Vec<_>>();
    assert_eq!(kinds(&mut got.iter()), kinds(&mut wanted.iter().map(|(_, packet)| packet)), "{rpc}");
    for ((_, wanted), got) in wanted.iter().zip(got) {
        if rpc == MANIFEST && wanted.kind == Kind::Message {
            let (wanted, got) = (Manifest::decode(&*wanted.data).unwrap(), Manifest::decode(&*got.data).unwrap());
            // These belong to the place where it was recorded.
            let here = |manifest: Manifest| Manifest {
                derp_map: None,
                derp_force_websockets: false,
                workspace_id: Default::default(),
                owner_username: String::new(),
                workspace_name: String::new(),
                ..manifest
            };
            assert_eq!(here(got), here(wanted));
        } else if rpc == RESUME && wanted.kind == Kind::Message {
            let decode = |packet: &Packet| RefreshResumeTokenResponse::decode(&*packet.data).unwrap();
            let (wanted, got) = (decode(wanted), decode(got));
            assert_eq!((got.token.len(), got.refresh_in), (wanted.token.len(), wanted.refresh_in));
        } else {
            assert_eq!(got.data, wanted.data, "{rpc}");
        }
    }
}

/// Gives the workspace's build the recorded agent.
async fn install_recorded_agent(world: &World, workspace: &str, manifest: &Manifest) -> Uuid {
    let workspace: Uuid = workspace.parse().unwrap();
    let shown = world.get(&format!("/workspaces/{workspace}")).await;
    let id = |value: &Value| value.as_str().unwrap().parse::<Uuid>().unwrap();
    let (build_id, job_id) = (id(&shown["latest_build"]["id"]), id(&shown["latest_build"]["job"]["id"]));
    let (now, resource_id, token) = (world.server.services.now(), Uuid::new_v4(), Uuid::new_v4());
    let uuid = |bytes: &[u8]| Uuid::from_slice(bytes).unwrap();
    let agent_id = uuid(&manifest.agent_id);
    let scripts = manifest.scripts.iter().map(|script| AgentScript {
        id: uuid(&script.id),
        log_source_id: uuid(&script.log_source_id),
        log_path: script.log_path.clone(),
        script: script.script.clone(),
        cron: script.cron.clone(),
        run_on_start: script.run_on_start,
        run_on_stop: script.run_on_stop,
        start_blocks_login: script.start_blocks_login,
        timeout: 0,
        // The official server sends none.
        display_name: String::new(),
        icon: String::new(),
    });
    let metadata = manifest.metadata.iter().map(|item| AgentMetadataDescription {
        key: item.key.clone(),
        display_name: item.display_name.clone(),
        script: item.script.clone(),
        interval: item.interval.unwrap_or_default().nanos.into(),
        timeout: item.timeout.unwrap_or_default().nanos.into(),
        order: 0,
    });
    let level =
        |number: i32| ["", "owner", "authenticated", "public", "organization"][usize::try_from(number).unwrap()];
    let health =
        |number: i32| ["", "disabled", "initializing", "healthy", "unhealthy"][usize::try_from(number).unwrap()];
    let apps = manifest.apps.iter().enumerate().map(|(order, app)| {
        let check = app.healthcheck.clone().unwrap_or_default();
        AppDocument {
            id: uuid(&app.id),
            created_at: now,
            agent_id,
            slug: app.slug.clone(),
            display_name: app.display_name.clone(),
            icon: app.icon.clone(),
            command: app.command.clone(),
            url: app.url.clone(),
            external: app.external,
            subdomain: app.subdomain,
            sharing_level: level(app.sharing_level).into(),
            healthcheck_url: check.url,
            healthcheck_interval: check.interval.unwrap_or_default().seconds.try_into().unwrap(),
            healthcheck_threshold: check.threshold,
            health: health(app.health).into(),
            display_order: order.try_into().unwrap(),
            display_group: String::new(),
            hidden: app.hidden,
            open_in: "slim-window".into(),
            tooltip: String::new(),
        }
    });
    let agent = NewAgent {
        id: agent_id,
        created_at: now,
        resource_id,
        job_id,
        build_id: Some(build_id),
        workspace_id: Some(workspace),
        name: manifest.agent_name.clone(),
        auth_token: token,
        auth_instance_id: None,
        api_key_scope: "all".into(),
        architecture: "amd64".into(),
        operating_system: "linux".into(),
        directory: manifest.directory.clone(),
        environment_variables: manifest.environment_variables.clone(),
        connection_timeout_seconds: 120,
        troubleshooting_url: String::new(),
        motd_file: manifest.motd_path.clone(),
        display_apps: Vec::new(),
        display_order: 0,
        scripts: scripts.collect(),
        metadata: metadata.collect(),
        devcontainers: Vec::new(),
        resource_monitors: ResourceMonitors::default(),
    };
    let resource = NewResource {
        id: resource_id,
        created_at: now,
        job_id,
        transition: "start".into(),
        r#type: "terraform_data".into(),
        name: "recorded".into(),
        hide: false,
        icon: String::new(),
        instance_type: String::new(),
        daily_cost: 0,
        module_path: String::new(),
        metadata: Vec::new(),
    };
    let found = NewResources {
        resources: vec![resource],
        agents: vec![agent],
        apps: apps.collect(),
        ..NewResources::default()
    };
    let conn = world.server.services.db.conn().await.unwrap();
    insert_resources(&conn, &found, Some(workspace)).await.unwrap();
    token
}

#[tokio::test]
async fn recorded_agent_gets_the_recorded_answers() {
    let Some(lines) = recording("wire-agent.jsonl") else {
        eprintln!("SKIPPED: the contract's folder is not there");
        return;
    };
    for conn in ["agent-first", "agent-reconnect-then-stop", "agent-overwritten-by-duplicate", "agent-large-logs"] {
        let world = World::start().await;
        let workspace = world.workspace(8080).await;
        let answers = packets(&frames(&lines, conn), false);
        let asked = packets(&frames(&lines, conn), true);
        let (id, _) =
            asked.iter().find(|(_, packets)| packets[0].1.data == MANIFEST).expect("it asks for its manifest");
        let manifest = Manifest::decode(&*answers[id][0].1.data).unwrap();
        let token = install_recorded_agent(&world, &workspace.id, &manifest).await;
        let url = world.socket_url("/api/v2/workspaceagents/me/rpc?role=agent&version=2.8");
        let played = play(url, &token.to_string(), &lines, conn).await;
        let (same, calls) = (compare_all(&played, &lines, conn), played.1.len());
        eprintln!(
            "{conn}: {same} of {calls} calls of wire-agent.jsonl answered alike, the rest is shared or shortened"
        );
        assert!(same * 3 > calls, "{conn}: too little could be compared");
        if conn == "agent-first" {
            let agent = Uuid::from_slice(&manifest.agent_id).unwrap();
            let shown = world.get(&format!("/workspaceagents/{agent}")).await;
            assert_eq!(shown["lifecycle_state"], "ready");
            let lines = world.get(&format!("/workspaceagents/{agent}/logs")).await;
            assert_eq!(lines.as_array().unwrap().len(), 20);
            let web = shown["apps"].as_array().unwrap().iter().find(|app| app["slug"] == "web").unwrap();
            assert_eq!(web["health"], "unhealthy");
        }
    }
}

#[tokio::test]
async fn recorded_clients_get_the_recorded_answers() {
    let (Some(lines), Some(agents)) = (recording("wire-client.jsonl"), recording("wire-agent.jsonl")) else {
        eprintln!("SKIPPED: the contract's folder is not there");
        return;
    };
    let answers = packets(&frames(&agents, "agent-first"), false);
    let asked = packets(&frames(&agents, "agent-first"), true);
    let (id, _) = asked.iter().find(|(_, packets)| packets[0].1.data == MANIFEST).expect("it asks for its manifest");
    let recorded = Manifest::decode(&*answers[id][0].1.data).unwrap();
    for conn in
        ["ssh-derp-only", "ping-derp-only", "port-forward", "speedtest-derp-only", "ssh-forced-websocket-after-403"]
    {
        let world = World::start().await;
        let mut workspace = world.workspace(8080).await;
        let calls = packets(&frames(&lines, conn), true);
        let requests = calls.values().flatten().filter(|(_, packet)| packet.kind == Kind::Message);
        let tunnel = requests
            .filter_map(|(_, packet)| CoordinateRequest::decode(&*packet.data).ok()?.add_tunnel)
            .next()
            .expect("it opens a tunnel");
        let manifest = Manifest { agent_id: tunnel.id.clone(), ..recorded.clone() };
        workspace.token = install_recorded_agent(&world, &workspace.id, &manifest).await.to_string();
        workspace.agent = Uuid::from_slice(&tunnel.id).unwrap();
        let agent = world.connect_agent(&workspace).await;
        let _serving = agent.serve(&world.server.url, 8080).await;
        let published = async {
            while world.parts.agents().coordination().node(workspace.agent).is_none() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(SOON, published).await.expect("the agent publishes its node");
        let url = world.socket_url(&format!("/api/v2/workspaceagents/{}/coordinate?version=2.0", workspace.agent));
        let played = play(url, &world.owner, &lines, conn).await;
        let same = compare_all(&played, &lines, conn);
        eprintln!("{conn}: {same} of {} calls of wire-client.jsonl answered alike, the rest is shared", played.1.len());
        assert!(same > 0);
        let (id, _) = played.1.iter().find(|(_, rpc)| rpc.ends_with("/Coordinate")).unwrap();
        let seen = &played.0[id].seen;
        let kinds: BTreeSet<Update> = seen
            .iter()
            .filter(|packet| packet.kind == Kind::Message)
            .flat_map(|packet| CoordinateResponse::decode(&*packet.data).unwrap().peer_updates)
            .inspect(|update| assert_eq!(update.id, tunnel.id))
            .map(|update| update.kind())
            .collect();
        assert_eq!(kinds, BTreeSet::from([Update::Node, Update::ReadyForHandshake]), "{conn}");
        assert_eq!(seen.last().map(|packet| packet.kind), Some(Kind::Close), "{conn}: the goodbye is answered");
    }
}
