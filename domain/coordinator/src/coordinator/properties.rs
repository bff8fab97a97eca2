//! Random histories: what every peer finally knows depends on the state alone, and never on more than its tunnels.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use warren_proto::tailnet::coordinate_response::peer_update::Kind;

use super::tests::{add_tunnel, agent_node, client_node, id, update};
use super::*;

const AGENTS: std::ops::Range<u128> = 1..4;
const CLIENTS: std::ops::Range<u128> = 10..14;

#[derive(Debug, Clone)]
enum Step {
    Connect(u128),
    Publish(u128, i32),
    AddTunnel(u128, u128),
    RemoveTunnel(u128, u128),
    Leave(u128, bool),
    Take(u128),
}

fn step() -> impl Strategy<Value = Step> {
    let peer = || prop_oneof![AGENTS, CLIENTS];
    prop_oneof![
        2 => peer().prop_map(Step::Connect),
        4 => (peer(), 1..4i32).prop_map(|(peer, derp)| Step::Publish(peer, derp)),
        4 => (CLIENTS, AGENTS).prop_map(|(client, agent)| Step::AddTunnel(client, agent)),
        1 => (CLIENTS, AGENTS).prop_map(|(client, agent)| Step::RemoveTunnel(client, agent)),
        1 => (peer(), any::<bool>()).prop_map(|(peer, lost)| Step::Leave(peer, lost)),
        3 => peer().prop_map(Step::Take),
    ]
}

/// The obvious model: sets of peers and pairs.
#[derive(Default)]
struct Model {
    machine: Coordinator,
    conns: BTreeMap<u128, ConnId>,
    nodes: BTreeMap<u128, i32>,
    tunnels: BTreeSet<(u128, u128)>,
    /// What each connected peer knows: home region by partner.
    views: BTreeMap<u128, BTreeMap<u128, i32>>,
}

impl Model {
    fn apply(&mut self, step: &Step) {
        match *step {
            Step::Connect(peer) => {
                let auth = if AGENTS.contains(&peer) { PeerAuth::Agent } else { PeerAuth::Server };
                let (conn, _) = self.machine.connect(id(peer), auth, "", Timestamp::UNIX_EPOCH);
                self.conns.insert(peer, conn);
                self.nodes.remove(&peer);
                self.views.insert(peer, BTreeMap::new());
            }
            Step::Publish(peer, derp) => {
                let node = if AGENTS.contains(&peer) { agent_node(peer) } else { client_node(peer as u8) };
                if self.request(peer, update(Node { preferred_derp: derp, ..node })) {
                    self.nodes.insert(peer, derp);
                }
            }
            Step::AddTunnel(client, agent) => {
                if self.request(client, add_tunnel(agent)) {
                    self.tunnels.insert((client, agent));
                }
            }
            Step::RemoveTunnel(client, agent) => {
                let remove_tunnel = add_tunnel(agent).add_tunnel;
                self.request(client, CoordinateRequest { remove_tunnel, ..Default::default() });
                if self.conns.contains_key(&client) {
                    self.tunnels.remove(&(client, agent));
                }
            }
            Step::Leave(peer, lost) => {
                if let Some(conn) = self.conns.remove(&peer) {
                    self.machine.disconnect(conn, if lost { Leave::Lost } else { Leave::Graceful });
                    self.nodes.remove(&peer);
                    self.views.remove(&peer);
                    self.tunnels.retain(|(source, _)| *source != peer);
                }
            }
            Step::Take(peer) => self.take(peer),
        }
    }

    fn request(&mut self, peer: u128, request: CoordinateRequest) -> bool {
        let Some(conn) = self.conns.get(&peer) else { return false };
        self.machine.handle_request(*conn, request, Timestamp::UNIX_EPOCH);
        true
    }

    fn take(&mut self, peer: u128) {
        let Some(conn) = self.conns.get(&peer) else { return };
        let output = self.machine.take_output(*conn);
        assert_eq!(output.closed, None);
        let view = self.views.get_mut(&peer).unwrap();
        for update in output.responses.into_iter().flat_map(|response| response.peer_updates) {
            let about = PeerId::from_slice(&update.id).unwrap().0.as_u128();
            match update.kind() {
                Kind::Node => {
                    let shared = self.tunnels.contains(&(peer, about)) || self.tunnels.contains(&(about, peer));
                    assert!(shared, "{peer} sees {about} without a tunnel");
                    view.insert(about, update.node.unwrap().preferred_derp);
                }
                _ => {
                    assert!(view.remove(&about).is_some(), "{peer} was told the end of {about}, which it did not know")
                }
            }
        }
    }

    fn finish(mut self) -> BTreeMap<u128, BTreeMap<u128, i32>> {
        let peers: Vec<_> = self.conns.keys().copied().collect();
        peers.iter().for_each(|peer| self.take(*peer));
        self.views
    }

    /// What everybody should know in the end: the nodes of all partners. A peer that came back and has not published
    /// yet is still known by its last node.
    fn check(self) {
        let (nodes, tunnels) = (self.nodes.clone(), self.tunnels.clone());
        let came_back: BTreeSet<_> = self.conns.keys().copied().filter(|peer| !nodes.contains_key(peer)).collect();
        for (peer, mut view) in self.finish() {
            view.retain(|about, _| !came_back.contains(about));
            let partner = |(source, destination): &(u128, u128)| {
                let other = if *source == peer { *destination } else { *source };
                (*source == peer || *destination == peer).then_some(other)
            };
            let expected: BTreeMap<_, _> =
                tunnels.iter().filter_map(partner).filter_map(|other| Some((other, *nodes.get(&other)?))).collect();
            assert_eq!(view, expected, "view of {peer}");
        }
    }
}

proptest! {
    #[test]
    fn everybody_finally_knows_exactly_the_nodes_behind_its_tunnels(steps in proptest::collection::vec(step(), 0..120)) {
        let mut model = Model::default();
        steps.iter().for_each(|step| model.apply(step));
        model.check();
    }

    #[test]
    fn the_final_view_does_not_depend_on_the_order_of_events(
        pairs in proptest::collection::btree_set((CLIENTS, AGENTS), 0..8),
        shuffled in Just((AGENTS.chain(CLIENTS)).collect::<Vec<_>>()).prop_shuffle(),
        seed: u64,
    ) {
        let mut steps: Vec<_> = pairs.iter().map(|(client, agent)| Step::AddTunnel(*client, *agent)).collect();
        steps.extend(AGENTS.chain(CLIENTS).map(|peer| Step::Publish(peer, peer as i32)));
        let play = |order: &[Step], takes: &[u128]| {
            let mut model = Model::default();
            AGENTS.chain(CLIENTS).for_each(|peer| model.apply(&Step::Connect(peer)));
            for (index, step) in order.iter().enumerate() {
                model.apply(step);
                model.apply(&Step::Take(takes[index % takes.len()]));
            }
            model.finish()
        };
        let straight = play(&steps, &[1]);
        let offset = (seed as usize) % steps.len();
        steps.rotate_left(offset);
        steps.reverse();
        prop_assert_eq!(play(&steps, &shuffled), straight);
    }
}
