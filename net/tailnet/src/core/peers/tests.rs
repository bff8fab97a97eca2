use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn node(id: Uuid, key: u8) -> PeerNode {
    PeerNode {
        key: NodePublic::from_bytes([key.max(1); 32]),
        disco: DiscoPublic::from_bytes([key; 32]),
        home: 999,
        addresses: vec![addr::address_of(id)],
    }
}

fn drain(peers: &mut Lifecycle) -> Vec<Change> {
    std::iter::from_fn(|| peers.poll_change()).collect()
}

#[test]
fn a_destination_is_programmed_when_it_is_ready_or_after_five_seconds() {
    let (now, id) = (Instant::now(), Uuid::from_u128(7));
    let programmed = Change::Program { id, node: node(id, 1), keepalive: true };

    let mut peers = Lifecycle::default();
    peers.expect(id);
    assert!(peers.handle(now, id, Update::Node(node(id, 1))));
    assert_eq!(drain(&mut peers), []);
    peers.handle(now, id, Update::ReadyForHandshake);
    assert_eq!(drain(&mut peers), [programmed.clone(), Change::Ready(id)]);

    let mut peers = Lifecycle::default();
    peers.expect(id);
    peers.handle(now, id, Update::Node(node(id, 1)));
    assert_eq!(peers.poll_timeout(), Some(now + 5 * SECOND));
    peers.handle_timeout(now + 5 * SECOND, &|_| None);
    assert_eq!(drain(&mut peers), [programmed]);
    assert_eq!(peers.poll_timeout(), None);
}

#[test]
fn a_source_is_programmed_at_once_and_a_repeated_node_changes_nothing() {
    let (now, id) = (Instant::now(), Uuid::from_u128(7));
    let mut peers = Lifecycle::default();
    peers.handle(now, id, Update::Node(node(id, 1)));
    assert_eq!(drain(&mut peers).len(), 1);
    assert!(peers.handle(now, id, Update::Node(node(id, 1))), "acknowledged again all the same");
    assert_eq!(drain(&mut peers), []);
}

#[test]
fn a_lost_peer_stays_while_it_shows_signs_of_life() {
    let (now, id) = (Instant::now(), Uuid::from_u128(7));
    let mut peers = Lifecycle::default();
    peers.handle(now, id, Update::Node(node(id, 1)));
    peers.lose_all(now);
    drain(&mut peers);
    let alive = |_: &Uuid| Some(now);
    peers.handle_timeout(now, &alive);
    assert_eq!(peers.poll_timeout(), Some(now + LOST_AFTER));
    peers.handle_timeout(now + LOST_AFTER, &|_| Some(now + 600 * SECOND));
    assert_eq!(drain(&mut peers), []);
    peers.handle_timeout(now + LOST_AFTER + 600 * SECOND, &alive);
    assert_eq!(drain(&mut peers), [Change::Remove(id)]);
}

#[test]
fn a_destination_cannot_claim_anothers_address() {
    let (now, id, other) = (Instant::now(), Uuid::from_u128(7), Uuid::from_u128(8));
    let mut peers = Lifecycle::default();
    peers.expect(id);
    assert!(!peers.handle(now, id, Update::Node(node(other, 1))));
    let mut both = node(id, 1);
    both.addresses.push(addr::address_of(other));
    assert!(peers.handle(now, id, Update::Node(both)));
    peers.handle(now, id, Update::ReadyForHandshake);
    assert_eq!(drain(&mut peers)[0], Change::Program { id, node: node(id, 1), keepalive: true });
}

#[test]
fn records_that_cannot_be_used_are_refused() {
    let good = proto::Node {
        key: NodePublic::from_bytes([1; 32]).to_prefixed_bytes().to_vec().into(),
        disco: DiscoPublic::from_bytes([2; 32]).to_string(),
        preferred_derp: 999,
        addresses: vec!["fd7a:115c:a1e0::1/128".into()],
        allowed_ips: vec!["fd7a:115c:a1e0::1/128".into(), "::/0".into(), "fd7a:115c:a1e0::2/128".into()],
        ..proto::Node::default()
    };
    let parsed = PeerNode::try_from(&good).unwrap();
    assert_eq!(parsed.addresses, ["fd7a:115c:a1e0::1".parse::<Ipv6Addr>().unwrap()]);
    let bad = |change: fn(&mut proto::Node)| {
        let mut node = good.clone();
        change(&mut node);
        PeerNode::try_from(&node).is_err()
    };
    assert!(bad(|node| node.preferred_derp = 0));
    assert!(bad(|node| node.preferred_derp = -1));
    assert!(bad(|node| node.preferred_derp = 70_000));
    assert!(bad(|node| node.key = vec![0; 32].into()));
    assert!(bad(|node| node.disco = "nodekey:00".into()));
    assert!(bad(|node| node.allowed_ips.clear()));
}

#[derive(Debug, Clone)]
enum Step {
    Expect(u8),
    Forget(u8),
    Node(u8, u8),
    Ready(u8),
    Disconnected(u8),
    Lost(u8),
    LoseAll,
    Wait(u16),
}

fn step() -> impl Strategy<Value = Step> {
    let peer = 0..3u8;
    prop_oneof![
        peer.clone().prop_map(Step::Expect),
        peer.clone().prop_map(Step::Forget),
        (peer.clone(), 1..4u8).prop_map(|(peer, key)| Step::Node(peer, key)),
        peer.clone().prop_map(Step::Ready),
        peer.clone().prop_map(Step::Disconnected),
        peer.prop_map(Step::Lost),
        Just(Step::LoseAll),
        (0..2000u16).prop_map(Step::Wait),
    ]
}

fn follow(peers: &mut Lifecycle, installed: &mut BTreeMap<Uuid, PeerNode>) {
    for change in drain(peers) {
        match change {
            Change::Program { id, node, .. } => {
                installed.insert(id, node);
            }
            Change::Remove(id) => assert!(installed.remove(&id).is_some(), "removed what was not there"),
            Change::Ready(_) => {}
        }
    }
}

proptest! {
    /// News in any order, repeated or left out: what is installed follows from what was said, and it settles.
    #[test]
    fn what_is_installed_follows_from_the_news(steps in prop::collection::vec(step(), 0..60)) {
        let mut now = Instant::now();
        let mut peers = Lifecycle::default();
        let mut installed: BTreeMap<Uuid, PeerNode> = BTreeMap::new();
        let id = |peer: u8| Uuid::from_u128(peer.into());
        let mut said: BTreeMap<Uuid, PeerNode> = BTreeMap::new();
        for step in steps {
            match step {
                Step::Expect(peer) => peers.expect(id(peer)),
                Step::Forget(peer) => {
                    peers.forget(id(peer));
                    said.remove(&id(peer));
                }
                Step::Node(peer, key) => {
                    peers.handle(now, id(peer), Update::Node(node(id(peer), key)));
                    said.insert(id(peer), node(id(peer), key));
                }
                Step::Ready(peer) => { peers.handle(now, id(peer), Update::ReadyForHandshake); }
                Step::Disconnected(peer) => {
                    peers.handle(now, id(peer), Update::Disconnected);
                    said.remove(&id(peer));
                }
                Step::Lost(peer) => { peers.handle(now, id(peer), Update::Lost); }
                Step::LoseAll => peers.lose_all(now),
                Step::Wait(seconds) => {
                    now += SECOND * u32::from(seconds);
                    peers.handle_timeout(now, &|_| None);
                }
            }
            follow(&mut peers, &mut installed);
            for id in installed.keys() {
                prop_assert!(said.contains_key(id), "installed without a node");
            }
        }
        // Timers that are due are dealt with: none is left in the past.
        for _ in 0..4 {
            if let Some(at) = peers.poll_timeout() {
                now = now.max(at);
                peers.handle_timeout(now, &|_| None);
                prop_assert!(peers.poll_timeout().is_none_or(|next| next > now));
            }
        }
        follow(&mut peers, &mut installed);
        for (id, node) in &installed {
            prop_assert_eq!(said.get(id), Some(node), "in the end what was said last is installed");
        }
    }
}
