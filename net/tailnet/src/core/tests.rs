//! The engine's parts against recorded official bytes, and two engines against each other.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use uuid::Uuid;
use warren_derp::{Decoder, Frame};
use warren_disco::{DiscoPrivate, DiscoPublic, Message};

use super::engine::{Engine, Keys};
use super::peers::{PeerNode, Update};
use super::ping::Probe;
use crate::addr::address_of;
use crate::netstack::{Doorbell, Header};

const REGION: u16 = 999;

struct Side {
    id: Uuid,
    engine: Engine,
    node: PeerNode,
}

fn side(id: u128) -> Side {
    let (id, keys) = (Uuid::from_u128(id), Keys::generate());
    let addresses = vec![address_of(id)];
    let node =
        PeerNode { key: keys.node.public(), disco: keys.disco.public(), home: REGION, addresses: addresses.clone() };
    let mut engine = Engine::new(keys, addresses, Arc::new(Doorbell::default()), 1);
    engine.outbox.lane(REGION).open = true;
    Side { id, engine, node }
}

/// Carries what waits in one engine to the other; how many packets.
fn carry(now: Instant, from: &mut Side, to: &mut Side) -> usize {
    let mut buffer = bytes::BytesMut::from(&std::mem::take(&mut from.engine.outbox.lane(REGION).buffer)[..]);
    let mut decoder = Decoder::new();
    let mut count = 0;
    while let Some(frame) = decoder.next_frame(&mut buffer).unwrap() {
        let Frame::SendPacket { destination, packet } = frame else { panic!("{frame:?}") };
        assert_eq!(destination, to.node.key);
        to.engine.handle_packet(now, REGION, &from.node.key, &packet);
        count += 1;
    }
    assert!(buffer.is_empty());
    count
}

fn introduced(now: Instant) -> (Side, Side) {
    let (mut a, mut b) = (side(1), side(2));
    a.engine.handle_update(now, b.id, Update::Node(b.node.clone()));
    b.engine.handle_update(now, a.id, Update::Node(a.node.clone()));
    (a, b)
}

#[test]
fn a_probe_starts_the_handshake_and_is_answered_through_the_tunnel() {
    let now = Instant::now();
    let (mut a, mut b) = introduced(now);
    let (asker, mut answer) = tokio::sync::oneshot::channel();
    a.engine.probe(now, &b.id, asker);
    assert_eq!(carry(now, &mut a, &mut b), 1, "initiation");
    assert_eq!(carry(now, &mut b, &mut a), 1, "response");
    assert_eq!(carry(now, &mut a, &mut b), 2, "keepalive and the probe");
    assert_eq!(carry(now, &mut b, &mut a), 1, "the answer");
    answer.try_recv().unwrap();
}

#[test]
fn a_probe_of_a_peer_that_is_not_known_yet_goes_when_it_is() {
    let now = Instant::now();
    let (mut a, mut b) = (side(1), side(2));
    let (asker, mut answer) = tokio::sync::oneshot::channel();
    a.engine.probe(now, &b.id, asker);
    assert!(a.engine.outbox.lane(REGION).buffer.is_empty());
    b.engine.handle_update(now, a.id, Update::Node(a.node.clone()));
    a.engine.handle_update(now, b.id, Update::Node(b.node.clone()));
    while carry(now, &mut a, &mut b) + carry(now, &mut b, &mut a) > 0 {}
    answer.try_recv().unwrap();
}

#[test]
fn packets_of_strangers_and_with_foreign_addresses_are_dropped() {
    let now = Instant::now();
    let (mut a, mut b) = introduced(now);
    let (asker, _answer) = tokio::sync::oneshot::channel();
    a.engine.probe(now, &b.id, asker);
    for _ in 0..2 {
        carry(now, &mut a, &mut b);
        carry(now, &mut b, &mut a);
    }
    let before = b.engine.take_traffic();
    assert_eq!(before.rx_packets, 1);
    // B's idea of A's address changes: what A sends is no longer its own.
    let mut moved = a.node.clone();
    moved.addresses = vec![address_of(Uuid::from_u128(9))];
    b.engine.handle_update(now, a.id, Update::Node(moved));
    let (asker, _answer) = tokio::sync::oneshot::channel();
    a.engine.probe(now, &b.id, asker);
    assert_eq!(carry(now, &mut a, &mut b), 1);
    assert_eq!(b.engine.take_traffic().rx_packets, 0);
    // And once B has forgotten A, nothing of A counts.
    b.engine.handle_update(now, a.id, Update::Disconnected);
    let (asker, _answer) = tokio::sync::oneshot::channel();
    a.engine.probe(now, &b.id, asker);
    carry(now, &mut a, &mut b);
    assert_eq!(carry(now, &mut b, &mut a), 0);
}

#[test]
fn a_disco_ping_is_answered_only_to_whoever_owns_the_key() {
    let now = Instant::now();
    let (mut a, mut b) = introduced(now);
    let (asker, mut answer) = tokio::sync::oneshot::channel();
    a.engine.ping(now, &b.id, asker);
    assert_eq!(carry(now, &mut a, &mut b), 1);
    assert_eq!(carry(now, &mut b, &mut a), 1);
    assert_eq!(answer.try_recv().unwrap().region, REGION);
    // The same ping under another disco key than the one that B was told.
    let mut other = a.node.clone();
    other.disco = DiscoPrivate::generate().public();
    b.engine.handle_update(now, a.id, Update::Node(other));
    let (asker, _answer) = tokio::sync::oneshot::channel();
    a.engine.ping(now, &b.id, asker);
    assert_eq!(carry(now, &mut a, &mut b), 1);
    assert_eq!(carry(now, &mut b, &mut a), 0);
}

fn golden() -> Option<PathBuf> {
    let start = std::env::var_os("WARREN_SPEC").map(PathBuf::from);
    let roots = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let beside = roots.ancestors().map(|dir| dir.join("shared/spec"));
    start.into_iter().chain(beside).map(|dir| dir.join("golden/wire-derp.jsonl")).find(|file| file.exists())
}

fn field<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = line.split_once(&format!("\"{name}\":\""))?;
    rest.split('"').next()
}

fn bytes_of(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// The recorded conversation of a scripted peer with an official agent: its boxes open with the published keys, our
/// probe answer is the agent's byte for byte except for the flow label, and every packet is what we take it for.
#[test]
fn the_recorded_conversation_with_an_official_agent_is_understood() {
    let Some(file) = golden() else {
        eprintln!("SKIPPED: no golden/wire-derp.jsonl");
        return;
    };
    let text = std::fs::read_to_string(file).unwrap();
    let own: Vec<_> = text.lines().filter(|line| line.contains("\"conn\":\"own")).collect();
    let note = own.iter().find(|line| line.contains("\"layer\":\"note\"")).unwrap();
    let key = |name: &str| <[u8; 32]>::try_from(bytes_of(field(note, name).unwrap())).unwrap();
    let shared = DiscoPrivate::from_bytes(key("disco_priv")).shared_with(&DiscoPublic::from_bytes(key("agent_disco")));
    let mut replayed = 0;
    for line in &own {
        let Some(hex) = field(line, "hex") else { continue };
        let mut raw = bytes_of(hex);
        if field(line, "layer") == Some("derp") {
            let mut buffer = bytes::BytesMut::from(&raw[..]);
            raw = match Decoder::new().next_frame(&mut buffer).unwrap().unwrap() {
                Frame::SendPacket { packet, .. } | Frame::RecvPacket { packet, .. } => packet.to_vec(),
                _ => {
                    replayed += 1;
                    continue;
                }
            };
        }
        let disco = warren_disco::looks_like_disco(&raw);
        assert_eq!(disco, line.contains("\"proto\":\"disco\"") || field(line, "layer") == Some("disco"), "{line}");
        if disco && !line.contains("unknown destination") {
            let message = warren_disco::open(&shared, &raw).unwrap().unwrap();
            let (kind, _) = line
                .split_once("\"disco\":{\"type\":\"")
                .map_or_else(|| line.split_once("\"decoded\":{\"type\":\"").unwrap().1, |(_, rest)| rest)
                .split_once('"')
                .unwrap();
            let ours = match &message {
                Message::Ping(_) => "Ping",
                Message::Pong(_) => "Pong",
                Message::CallMeMaybe(_) => "CallMeMaybe",
            };
            assert_eq!(kind, ours, "{line}");
        }
        if let Some(plain) = field(line, "plaintext").filter(|plain| plain.starts_with("60")) {
            let mut official = bytes_of(plain);
            let (header, payload) = Header::parse(&official).unwrap();
            let probe = Probe::parse(payload).unwrap();
            assert!(matches!(probe, Probe::Pong(_)));
            let ours = probe.packet(header.source, header.destination);
            official[1..4].fill(0); // the flow label
            assert_eq!(official, ours);
        }
        replayed += 1;
    }
    assert!(replayed > 15);
    eprintln!("replayed {replayed} of {} lines of wire-derp.jsonl (own-*)", own.len());
}
