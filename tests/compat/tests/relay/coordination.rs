//! Recorded `Coordinate` streams against our coordinator: what official peers send is accepted, and what they are
//! told is, byte for byte, what the official server told them.

use std::collections::VecDeque;

use prost::Message;
use warren_compat::golden::{WireLine, wire_lines};
use warren_coordinator::{ConnId, Coordinator, Leave, PeerAuth, PeerId};
use warren_drpc::frame::Head;
use warren_proto::tailnet::coordinate_request::{Disconnect, ReadyForHandshake, Tunnel, UpdateSelf};
use warren_proto::tailnet::coordinate_response::PeerUpdate;
use warren_proto::tailnet::coordinate_response::peer_update::Kind;
use warren_proto::tailnet::{CoordinateRequest, CoordinateResponse, Node};

const NOW: jiff::Timestamp = jiff::Timestamp::UNIX_EPOCH;

#[test]
fn official_clients_are_told_what_the_official_server_told_them() {
    let Some(lines) = wire_lines("wire-client.jsonl") else { return };
    let mut conns: Vec<_> = messages(&lines).map(|line| line.conn.as_str()).collect();
    conns.dedup();
    let (mut replayed, total) = (0, messages(&lines).count());
    for conn in &conns {
        let mut lines: Vec<_> = messages(&lines).filter(|line| line.conn == *conn).collect();
        // A farewell crossed what the server had already decided to tell.
        lines.sort_by_key(|line| line.dir == "c2s" && request(line).disconnect.is_some());
        replayed += replay_client(conn, &lines);
    }
    println!("replayed {replayed} of {total} Coordinate messages of wire-client.jsonl, {} streams", conns.len());
    assert_eq!(replayed, total);
}

#[test]
fn an_official_agent_is_told_what_the_official_server_told_it() {
    let Some(lines) = wire_lines("wire-agent.jsonl") else { return };
    let mut replayed = 0;
    for conn in ["agent-first", "agent-reconnect-then-stop", "agent-large-logs", "agent-overwritten-by-duplicate"] {
        let lines: Vec<_> = messages(&lines).filter(|line| line.conn == conn).collect();
        replayed += replay_agent(&lines);
    }
    println!("replayed {replayed} of {} Coordinate messages of wire-agent.jsonl", messages(&lines).count());
}

/// The agent is played by the test: it does what must have caused each recorded response.
fn replay_client(conn: &str, lines: &[&WireLine]) -> usize {
    let requests = lines.iter().filter(|line| line.dir == "c2s");
    let agent = requests.filter_map(|line| request(line).add_tunnel).map(|tunnel| peer(&tunnel.id)).next().unwrap();
    let mut world = World::new();
    let client = world.connect(PeerId(uuid::Uuid::from_u128(1)), PeerAuth::SingleAgentClient(agent));
    let first = lines.iter().find(|line| line.dir == "s2c").map(|line| response(line)).unwrap();
    let mut agent_conn = None;
    if first.peer_updates[0].reason == "add tunnel" {
        let conn = world.connect(agent, PeerAuth::Agent);
        world.request(conn, update_self(first.peer_updates[0].node.clone().unwrap()));
        agent_conn = Some(conn);
    }
    let mut told = VecDeque::new();
    for line in lines {
        if line.dir == "c2s" {
            world.request(client, request(line));
            told.extend(world.take(client));
            continue;
        }
        if told.is_empty() {
            let update = &response(line).peer_updates[0];
            let conn = *agent_conn.get_or_insert_with(|| world.connect(agent, PeerAuth::Agent));
            world.request(conn, cause_at_agent(update));
            told.extend(world.take(client));
        }
        let expected = response(line);
        assert_eq!(
            told.pop_front().unwrap_or_else(|| panic!("{conn} {expected:?}")).encode_to_vec(),
            expected.encode_to_vec(),
            "{conn}"
        );
    }
    assert!(told.is_empty(), "{conn}: {told:?}");
    lines.len()
}

fn cause_at_agent(update: &PeerUpdate) -> CoordinateRequest {
    match update.kind() {
        Kind::Node => update_self(update.node.clone().unwrap()),
        Kind::Disconnected => CoordinateRequest { disconnect: Some(Disconnect {}), ..Default::default() },
        Kind::ReadyForHandshake => {
            let id = uuid::Uuid::from_u128(1).as_bytes().to_vec().into();
            CoordinateRequest { ready_for_handshake: vec![ReadyForHandshake { id }], ..Default::default() }
        }
        other => panic!("{other:?} was not recorded"),
    }
}

/// The clients are played by the test.
fn replay_agent(lines: &[&WireLine]) -> usize {
    let node = request(lines[0]).update_self.unwrap().node.unwrap();
    let agent = agent_id(&node);
    let mut world = World::new();
    let mut clients = std::collections::BTreeMap::new();
    let early = lines.iter().filter(|line| line.dir == "s2c").flat_map(|line| response(line).peer_updates);
    for update in early.filter(|update| update.reason == "init") {
        let conn = world.client(&update, agent);
        clients.insert(update.id.to_vec(), conn);
    }
    let conn = world.connect(agent, PeerAuth::Agent);
    let (mut told, mut replayed) = (VecDeque::new(), 0);
    for line in lines {
        replayed += 1;
        if line.dir == "c2s" {
            world.request(conn, request(line));
        } else if response(line).error.starts_with("peer ID overwritten") {
            world.connect(agent, PeerAuth::Agent);
        } else if told.is_empty() {
            for update in response(line).peer_updates.iter().filter(|update| update.reason != "init") {
                match update.kind() {
                    Kind::Node => {
                        let client = world.client(update, agent);
                        clients.insert(update.id.to_vec(), client);
                    }
                    Kind::Disconnected => world.request(clients[&update.id.to_vec()], cause_at_agent(update)),
                    Kind::Lost => {
                        world.machine.disconnect(clients[&update.id.to_vec()], Leave::Lost);
                    }
                    other => panic!("{other:?} was not recorded"),
                }
            }
        }
        told.extend(world.take(conn));
        if line.dir == "s2c" {
            // Updates that the official server put into one response in an order of its own.
            let sorted = |mut response: CoordinateResponse| {
                response.peer_updates.sort_by(|a, b| a.id.cmp(&b.id));
                response.encode_to_vec()
            };
            let own = told.pop_front().expect("something to tell");
            assert_eq!(sorted(own), sorted(response(line)));
        }
    }
    replayed
}

struct World {
    machine: Coordinator,
}

impl World {
    fn new() -> Self {
        Self { machine: Coordinator::new() }
    }

    fn connect(&mut self, peer: PeerId, auth: PeerAuth) -> ConnId {
        self.machine.connect(peer, auth, "official", NOW).0
    }

    /// A client with the node of a recorded update and a tunnel to the agent.
    fn client(&mut self, update: &PeerUpdate, agent: PeerId) -> ConnId {
        let conn = self.connect(peer(&update.id), PeerAuth::SingleAgentClient(agent));
        let id = agent.0.as_bytes().to_vec().into();
        self.request(conn, CoordinateRequest { add_tunnel: Some(Tunnel { id }), ..Default::default() });
        self.request(conn, update_self(update.node.clone().unwrap()));
        conn
    }

    fn request(&mut self, conn: ConnId, request: CoordinateRequest) {
        self.machine.handle_request(conn, request, NOW);
    }

    fn take(&mut self, conn: ConnId) -> Vec<CoordinateResponse> {
        self.machine.take_output(conn).responses
    }
}

/// The messages of `Coordinate` calls, in order.
fn messages(lines: &[WireLine]) -> impl Iterator<Item = &WireLine> {
    lines.iter().filter(|line| {
        let rpc = line.word("rpc").is_some_and(|rpc| rpc.ends_with("Tailnet/Coordinate"));
        line.layer == "drpc" && rpc && line.word("kind") == Some("Message")
    })
}

fn payload(line: &WireLine) -> Vec<u8> {
    let bytes = line.bytes();
    let (_, head) = Head::decode(&bytes).unwrap().unwrap();
    bytes[head..].to_vec()
}

fn request(line: &WireLine) -> CoordinateRequest {
    CoordinateRequest::decode(&payload(line)[..]).unwrap()
}

fn response(line: &WireLine) -> CoordinateResponse {
    CoordinateResponse::decode(&payload(line)[..]).unwrap()
}

fn peer(id: &[u8]) -> PeerId {
    PeerId::from_slice(id).unwrap()
}

fn update_self(node: Node) -> CoordinateRequest {
    CoordinateRequest { update_self: Some(UpdateSelf { node: Some(node) }), ..Default::default() }
}

/// An id that has the agent's addresses: those hold all of it but the first six bytes, which do not matter here.
fn agent_id(node: &Node) -> PeerId {
    let address: std::net::Ipv6Addr = node.addresses[0].strip_suffix("/128").unwrap().parse().unwrap();
    PeerId(uuid::Uuid::from_bytes(address.octets()))
}
