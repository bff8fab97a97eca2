use uuid::Uuid;
use warren_disco::address::{LEGACY_AGENT_ADDRESS, ServicePrefix};
use warren_proto::tailnet::coordinate_request::{Disconnect, Tunnel};
use warren_proto::tailnet::coordinate_response::peer_update::Kind;

use super::*;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;
const AGENT: u128 = 0xA;
const CLIENT: u128 = 0xC;

#[test]
fn client_and_agent_learn_of_each_other_in_the_usual_order() {
    let mut world = World::new();
    let agent = world.agent(AGENT);
    world.request(agent, update(agent_node(AGENT)));
    let client = world.client(CLIENT, AGENT);
    world.request(client, add_tunnel(AGENT));
    assert_eq!(world.take(client), [(AGENT, Kind::Node, "add tunnel")]);
    assert_eq!(world.take(agent), []);

    world.request(client, update(client_node(1)));
    assert_eq!(world.take(agent), [(CLIENT, Kind::Node, "node update")]);
    world.request(agent, ready(&[CLIENT]));
    assert_eq!(world.take(client), [(AGENT, Kind::ReadyForHandshake, "")]);
}

#[test]
fn nobody_sees_a_node_without_a_tunnel() {
    let mut world = World::new();
    let (agent, other) = (world.agent(AGENT), world.agent(0xB));
    let client = world.client(CLIENT, AGENT);
    world.request(agent, update(agent_node(AGENT)));
    world.request(other, update(agent_node(0xB)));
    world.request(client, update(client_node(1)));
    assert_eq!((world.take(agent), world.take(other), world.take(client)), (vec![], vec![], vec![]));
}

#[test]
fn a_client_reaches_only_the_agent_that_it_asked_for() {
    let mut world = World::new();
    let client = world.client(CLIENT, AGENT);
    world.request(client, add_tunnel(0xB));
    world.assert_denied(client, "workspace agent not found or you do not have permission");
    let user = world.connect(CLIENT, PeerAuth::UserClient);
    world.machine.grant_tunnel(user, id(AGENT));
    world.request(user, add_tunnel(AGENT));
    world.request(user, add_tunnel(0xB));
    world.assert_denied(user, "workspace agent not found or you do not have permission");
}

#[test]
fn agents_open_no_tunnels_and_clients_acknowledge_nothing() {
    let mut world = World::new();
    let agent = world.agent(AGENT);
    world.request(agent, add_tunnel(CLIENT));
    world.assert_denied(agent, "agents cannot open tunnels");
    let client = world.client(CLIENT, AGENT);
    world.request(client, ready(&[AGENT]));
    world.assert_denied(client, "only agents may send ready_for_handshake");
}

/// GHSA-wrq8-fcv5-8hvp: allowed IPs must not be taken from what the peer says.
#[test]
fn an_agent_cannot_claim_the_addresses_of_another() {
    let victim = ServicePrefix::Tailnet.address_of(*id(0xB).0.as_bytes());
    for claim in
        [format!("{victim}/128"), "fd7a:115c:a1e0::/48".into(), "::/0".into(), "10.0.0.1/32".into(), "x".into()]
    {
        for in_allowed_ips in [false, true] {
            let mut world = World::new();
            let agent = world.agent(AGENT);
            let mut node = agent_node(AGENT);
            if in_allowed_ips {
                node.allowed_ips.push(claim.clone())
            } else {
                node.addresses.push(claim.clone())
            }
            world.request(agent, update(node));
            world.assert_denied(agent, "address not allowed");
            assert!(world.machine.node(id(AGENT)).is_none());
        }
    }
}

#[test]
fn what_partners_see_of_an_agent_follows_from_its_uuid() {
    let mut world = World::new();
    let agent = world.agent(AGENT);
    let mut node = agent_node(AGENT);
    node.addresses = vec![format!("{LEGACY_AGENT_ADDRESS}/128")];
    node.allowed_ips = Vec::new();
    world.request(agent, update(node));
    let published = world.machine.node(id(AGENT)).unwrap();
    assert_eq!(published.node().addresses, agent_node(AGENT).addresses);
    assert_eq!(published.node().allowed_ips, agent_node(AGENT).addresses);
}

#[test]
fn a_client_cannot_take_an_address_that_somebody_has() {
    let mut world = World::new();
    let agent = world.agent(AGENT);
    world.request(agent, update(agent_node(AGENT)));
    let first = world.client(CLIENT, AGENT);
    world.request(first, update(client_node(1)));
    for stolen in [agent_node(AGENT).addresses[0].clone(), client_node(1).addresses[0].clone()] {
        let thief = world.client(0xD, AGENT);
        let node = Node { addresses: vec![stolen], ..client_node(2) };
        world.request(thief, update(node));
        world.assert_denied(thief, "address not allowed");
    }
    // The same node under a new peer id: a client that lost its resume token.
    let again = world.client(0xE, AGENT);
    world.request(again, update(client_node(1)));
    assert!(world.machine.node(id(0xE)).is_some());
}

#[test]
fn a_client_that_took_an_agents_address_before_it_came_is_ended() {
    let mut world = World::new();
    let squatter = world.client(CLIENT, AGENT);
    let node = Node { addresses: vec![agent_node(AGENT).addresses[0].clone()], ..client_node(1) };
    world.request(squatter, update(node));
    let agent = world.agent(AGENT);
    world.request(agent, update(agent_node(AGENT)));
    world.assert_denied(squatter, "address not allowed");
    assert!(world.machine.node(id(AGENT)).is_some());
}

#[test]
fn a_client_cannot_route_addresses_that_it_does_not_have() {
    let mut world = World::new();
    let client = world.client(CLIENT, AGENT);
    let mut node = client_node(1);
    node.allowed_ips.push(agent_node(AGENT).addresses[0].clone());
    world.request(client, update(node));
    let published = world.machine.node(id(CLIENT)).unwrap();
    assert_eq!(published.node().allowed_ips, client_node(1).addresses);
}

#[test]
fn what_a_peer_publishes_is_bounded() {
    let mut world = World::new();
    let agent = world.agent(AGENT);
    let mut node = agent_node(AGENT);
    node.endpoints = (0..1000).map(|port| format!("192.0.2.1:{port}")).chain(["no endpoint".into()]).collect();
    node.derp_latency = (0..1000).map(|region| (format!("{region}-v4"), 0.1)).collect();
    world.request(agent, update(node));
    let published = world.machine.node(id(AGENT)).unwrap();
    assert_eq!(published.node().endpoints.len(), limits::MAX_ENDPOINTS);
    assert_eq!(published.node().derp_latency.len(), limits::MAX_REGIONS);

    let huge = Node { derp_forced_websocket: [(1, "x".repeat(100_000))].into(), ..agent_node(AGENT) };
    world.request(agent, update(huge));
    world.assert_denied(agent, "node has an invalid size");
}

#[test]
fn a_refused_request_changes_nothing() {
    let mut world = World::new();
    let client = world.client(CLIENT, AGENT);
    world.request(client, CoordinateRequest { add_tunnel: add_tunnel(0xB).add_tunnel, ..update(client_node(1)) });
    world.assert_denied(client, "workspace agent not found");
    assert!(world.machine.node(id(CLIENT)).is_none());
}

#[test]
fn equal_nodes_are_sent_once() {
    let mut world = World::connected_pair();
    world.request(world.agent, update(agent_node(AGENT)));
    assert_eq!(world.take(world.client), []);
    world.request(world.agent, update(Node { preferred_derp: 7, ..agent_node(AGENT) }));
    assert_eq!(world.take(world.client), [(AGENT, Kind::Node, "node update")]);
}

#[test]
fn a_slow_peer_gets_only_the_newest_node() {
    let mut world = World::connected_pair();
    for derp in 1..100 {
        world.request(world.agent, update(Node { preferred_derp: derp, ..agent_node(AGENT) }));
    }
    let output = world.machine.take_output(world.client);
    let nodes: Vec<_> = output.responses.iter().flat_map(|response| &response.peer_updates).collect();
    assert_eq!(nodes.len(), 1);
    assert_eq!(nodes[0].node.as_ref().unwrap().preferred_derp, 99);
}

#[test]
fn graceful_leave_is_disconnected_and_ends_the_stream() {
    let mut world = World::connected_pair();
    world.request(world.client, CoordinateRequest { disconnect: Some(Disconnect {}), ..Default::default() });
    assert_eq!(world.take(world.agent), [(CLIENT, Kind::Disconnected, "graceful disconnect")]);
    let output = world.machine.take_output(world.client);
    assert_eq!((output.responses.len(), output.closed), (0, Some(CloseReason::Disconnected)));
    // The tunnel is gone: a new agent node reaches nobody.
    world.request(world.agent, update(Node { preferred_derp: 9, ..agent_node(AGENT) }));
    assert_eq!(world.machine.take_output(world.client).responses, []);
}

#[test]
fn a_lost_agent_comes_back_to_its_clients() {
    let mut world = World::connected_pair();
    world.leave(world.agent, Leave::Lost);
    assert_eq!(world.take(world.client), [(AGENT, Kind::Lost, "lost")]);
    let agent = world.agent(AGENT);
    assert_eq!(world.take(agent), [(CLIENT, Kind::Node, "init")]);
    world.request(agent, update(agent_node(AGENT)));
    assert_eq!(world.take(world.client), [(AGENT, Kind::Node, "node update")]);
}

#[test]
fn a_lost_client_takes_its_tunnels_along() {
    let mut world = World::connected_pair();
    world.leave(world.client, Leave::Lost);
    assert_eq!(world.take(world.agent), [(CLIENT, Kind::Lost, "lost")]);
    let client = world.client(CLIENT, AGENT);
    assert_eq!(world.take(client), []);
}

#[test]
fn loss_of_a_peer_that_was_never_seen_is_not_told() {
    let mut world = World::new();
    let (agent, client) = (world.agent(AGENT), world.client(CLIENT, AGENT));
    world.request(client, add_tunnel(AGENT));
    world.leave(client, Leave::Lost);
    assert_eq!(world.take(agent), []);
}

#[test]
fn removing_a_tunnel_disconnects_both_ends() {
    let mut world = World::connected_pair();
    let request = CoordinateRequest { remove_tunnel: add_tunnel(AGENT).add_tunnel, ..Default::default() };
    world.request(world.client, request);
    assert_eq!(world.take(world.agent), [(CLIENT, Kind::Disconnected, "remove tunnel")]);
    assert_eq!(world.take(world.client), [(AGENT, Kind::Disconnected, "remove tunnel")]);
}

#[test]
fn a_newer_connection_replaces_the_older_and_keeps_its_tunnels() {
    let mut world = World::connected_pair();
    let old = world.client;
    let new = world.client(CLIENT, AGENT);
    let output = world.machine.take_output(old);
    assert_eq!(output.responses[0].error, "peer ID overwritten by new connection");
    assert_eq!(output.closed, Some(CloseReason::Overwritten));
    assert_eq!(world.take(new), [(AGENT, Kind::Node, "init")]);
    // The end of the old stream does not remove the new peer.
    world.leave(old, Leave::Lost);
    world.request(old, update(client_node(5)));
    assert_eq!(world.take(world.agent), []);
    world.request(new, update(client_node(1)));
    assert_eq!(world.take(world.agent), [], "the node is the same as before");
    assert_eq!(world.machine.snapshot()[1].overwrites, 1);
}

#[test]
fn a_replacing_client_of_another_agent_loses_the_old_tunnel() {
    let mut world = World::connected_pair();
    let new = world.client(CLIENT, 0xB);
    assert_eq!(world.take(new), []);
    assert_eq!(world.take(world.agent), [(CLIENT, Kind::Disconnected, "remove tunnel")]);
}

#[test]
fn readiness_without_a_tunnel_is_only_a_warning() {
    let mut world = World::new();
    let agent = world.agent(AGENT);
    world.request(agent, ready(&[CLIENT]));
    let output = world.machine.take_output(agent);
    let expected = format!("ready for handshake error: you do not share a tunnel with \"{}\"", id(CLIENT));
    assert_eq!(output.responses[0].error, expected);
    assert_eq!(output.closed, None);
}

#[test]
fn ids_must_be_uuids() {
    let mut world = World::new();
    let client = world.client(CLIENT, AGENT);
    let request = CoordinateRequest { add_tunnel: Some(Tunnel { id: b"short"[..].into() }), ..Default::default() };
    world.request(client, request);
    world.assert_denied(client, "peer id must be 16 bytes");
}

#[test]
fn many_updates_are_cut_into_responses() {
    let mut world = World::new();
    let server = world.connect(0x5, PeerAuth::Server);
    for agent in 0x1000..0x1000 + 1500 {
        let conn = world.agent(agent);
        world.request(conn, update(agent_node(agent)));
        world.request(server, add_tunnel(agent));
    }
    let output = world.machine.take_output(server);
    let sizes: Vec<_> = output.responses.iter().map(|response| response.peer_updates.len()).collect();
    assert_eq!(sizes, [1024, 476]);
}

#[test]
fn two_replicas_behave_like_one() {
    let (mut here, mut there) = (World::replicated(), World::replicated());
    let agent = here.agent(AGENT);
    here.request(agent, update(agent_node(AGENT)));
    let client = there.client(CLIENT, AGENT);
    there.request(client, add_tunnel(AGENT));
    there.request(client, update(client_node(1)));
    exchange(&mut here, &mut there);
    assert_eq!(there.take(client), [(AGENT, Kind::Node, "node update")]);
    assert_eq!(here.take(agent).len(), 1);
    here.request(agent, ready(&[CLIENT]));
    exchange(&mut here, &mut there);
    assert_eq!(there.take(client), [(AGENT, Kind::ReadyForHandshake, "")]);
    there.leave(client, Leave::Lost);
    exchange(&mut here, &mut there);
    assert_eq!(here.take(agent), [(CLIENT, Kind::Lost, "lost")]);
}

fn exchange(a: &mut World, b: &mut World) {
    let (from_a, from_b) = (a.machine.take_local_events(), b.machine.take_local_events());
    for (events, to) in [(from_a, b), (from_b, a)] {
        for event in events {
            let event = match event {
                LocalEvent::Node(peer, node) => crate::RemoteEvent::Node(peer, node.node().clone()),
                LocalEvent::Gone { peer, lost } => crate::RemoteEvent::Gone { peer, lost },
                LocalEvent::TunnelAdded(from, to) => crate::RemoteEvent::TunnelAdded(from, to),
                LocalEvent::TunnelRemoved(from, to) => crate::RemoteEvent::TunnelRemoved(from, to),
                LocalEvent::Ready(agent, peer) => crate::RemoteEvent::Ready(agent, peer),
            };
            to.machine.apply_remote(event);
        }
    }
}

/// A coordinator and, where a test has one, a connected pair.
struct World {
    machine: Coordinator,
    agent: ConnId,
    client: ConnId,
}

impl World {
    fn new() -> Self {
        Self { machine: Coordinator::new(), agent: ConnId(u64::MAX), client: ConnId(u64::MAX) }
    }

    fn replicated() -> Self {
        Self { machine: Coordinator::replicated(), ..Self::new() }
    }

    /// Agent and client know each other's node.
    fn connected_pair() -> Self {
        let mut world = Self::new();
        world.agent = world.agent(AGENT);
        world.client = world.client(CLIENT, AGENT);
        world.request(world.agent, update(agent_node(AGENT)));
        world.request(world.client, add_tunnel(AGENT));
        world.request(world.client, update(client_node(1)));
        assert_eq!(world.take(world.agent).len() + world.take(world.client).len(), 2);
        world
    }

    fn connect(&mut self, peer: u128, auth: PeerAuth) -> ConnId {
        self.machine.connect(id(peer), auth, "test", NOW).0
    }

    fn agent(&mut self, peer: u128) -> ConnId {
        self.connect(peer, PeerAuth::Agent)
    }

    fn client(&mut self, peer: u128, agent: u128) -> ConnId {
        self.connect(peer, PeerAuth::SingleAgentClient(id(agent)))
    }

    fn request(&mut self, conn: ConnId, request: CoordinateRequest) {
        self.machine.handle_request(conn, request, NOW);
    }

    fn leave(&mut self, conn: ConnId, leave: Leave) {
        self.machine.disconnect(conn, leave);
    }

    fn take(&mut self, conn: ConnId) -> Vec<(u128, Kind, &'static str)> {
        let output = self.machine.take_output(conn);
        assert_eq!(output.closed, None);
        let updates = output.responses.into_iter().flat_map(|response| response.peer_updates);
        updates
            .map(|update| {
                (PeerId::from_slice(&update.id).unwrap().0.as_u128(), update.kind(), known_reason(&update.reason))
            })
            .collect()
    }

    fn assert_denied(&mut self, conn: ConnId, text: &str) {
        let output = self.machine.take_output(conn);
        assert_eq!(output.closed, Some(CloseReason::Denied));
        let error = &output.responses.last().unwrap().error;
        assert!(error.contains(text), "{error}");
    }
}

fn known_reason(reason: &str) -> &'static str {
    let known = ["", "add tunnel", "node update", "init", "lost", "graceful disconnect", "remove tunnel"];
    known.into_iter().find(|text| *text == reason).expect("a reason that the tests know")
}

pub(super) fn id(peer: u128) -> PeerId {
    PeerId(Uuid::from_u128(peer))
}

pub(super) fn update(node: Node) -> CoordinateRequest {
    CoordinateRequest { update_self: Some(UpdateSelf { node: Some(node) }), ..Default::default() }
}

pub(super) fn add_tunnel(destination: u128) -> CoordinateRequest {
    let tunnel = Tunnel { id: id(destination).0.as_bytes().to_vec().into() };
    CoordinateRequest { add_tunnel: Some(tunnel), ..Default::default() }
}

fn ready(peers: &[u128]) -> CoordinateRequest {
    let of = |peer: &u128| ReadyForHandshake { id: id(*peer).0.as_bytes().to_vec().into() };
    CoordinateRequest { ready_for_handshake: peers.iter().map(of).collect(), ..Default::default() }
}

fn node(seed: u8, addresses: Vec<String>) -> Node {
    Node {
        id: i64::from(seed),
        key: warren_disco::NodePublic::from_bytes([seed; 32]).to_prefixed_bytes().to_vec().into(),
        disco: format!("discokey:{}", format!("{seed:02x}").repeat(32)),
        preferred_derp: 999,
        allowed_ips: addresses.clone(),
        addresses,
        ..Default::default()
    }
}

pub(super) fn agent_node(peer: u128) -> Node {
    let uuid = *id(peer).0.as_bytes();
    let prefixes = [ServicePrefix::Tailnet, ServicePrefix::Desktop];
    node(peer as u8, prefixes.map(|prefix| format!("{}/128", prefix.address_of(uuid))).to_vec())
}

pub(super) fn client_node(seed: u8) -> Node {
    node(seed, vec![format!("{}/128", ServicePrefix::Tailnet.address_of([seed; 16]))])
}
