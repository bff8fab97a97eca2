//! Tests over the whole crate: round trips, bounds, handshake.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use proptest::prelude::*;
use warren_disco::{NodePrivate, NodePublic};

use super::*;

fn decode_all(bytes: &[u8], chunk: usize) -> Result<Vec<Frame>, Error> {
    let (mut decoder, mut buffer, mut frames) = (Decoder::new(), BytesMut::new(), Vec::new());
    for part in bytes.chunks(chunk.max(1)) {
        buffer.extend_from_slice(part);
        while let Some(frame) = decoder.next_frame(&mut buffer)? {
            frames.push(frame);
        }
    }
    Ok(frames)
}

#[test]
fn sizes_are_those_of_the_official_handshake() {
    let (server, client) = (NodePrivate::generate(), NodePrivate::generate());
    let handshake = ServerHandshake::new(&server);
    assert_eq!(handshake.greeting().len(), 45);
    let mut machine = ClientHandshake::new(client.duplicate(), ClientInfo::default(), None);
    let greeting = decode_all(&handshake.greeting(), 7).unwrap().remove(0);
    let Ok(ClientStep::Introduce { server: key, bytes }) = machine.handle_frame(greeting, [1; 24]) else {
        panic!("no introduction");
    };
    assert_eq!((key, bytes.len()), (server.public(), 109));
    let introduction = decode_all(&bytes, 1).unwrap().remove(0);
    let accepted = handshake.handle_frame(&introduction, &ServerInfo::default(), [2; 24]).unwrap().unwrap();
    assert_eq!((accepted.client, accepted.reply.len()), (client.public(), 58));
    assert_eq!(accepted.info.version, 2);
    let reply = decode_all(&accepted.reply, 3).unwrap().remove(0);
    assert_eq!(machine.handle_frame(reply, [3; 24]).unwrap(), ClientStep::Connected(ServerInfo::default()));
}

#[test]
fn a_claimed_key_without_its_secret_is_refused() {
    let (server, thief, victim) = (NodePrivate::generate(), NodePrivate::generate(), NodePrivate::generate());
    let Frame::ClientInfo { nonce, sealed, .. } = ClientInfo::default().seal(&thief, &server.public(), [1; 24]) else {
        unreachable!()
    };
    let forged = Frame::ClientInfo { key: victim.public(), nonce, sealed };
    let result = ServerHandshake::new(&server).handle_frame(&forged, &ServerInfo::default(), [2; 24]);
    assert!(matches!(result, Err(Error::Sealed)));
}

#[test]
fn fast_start_skips_the_greeting_that_follows() {
    let (server, client) = (NodePrivate::generate(), NodePrivate::generate());
    let mut machine = ClientHandshake::new(client, ClientInfo::default(), Some(server.public()));
    assert_eq!(machine.fast_start([1; 24]).unwrap().len(), 109);
    let greeting = Frame::ServerKey { key: server.public(), extra: Bytes::new() };
    assert_eq!(machine.handle_frame(greeting.clone(), [2; 24]).unwrap(), ClientStep::Other(greeting));
}

#[test]
fn an_unexpected_server_key_is_refused() {
    let mut machine =
        ClientHandshake::new(NodePrivate::generate(), ClientInfo::default(), Some(NodePublic::from_bytes([1; 32])));
    let greeting = Frame::ServerKey { key: NodePublic::from_bytes([2; 32]), extra: Bytes::new() };
    assert!(matches!(machine.handle_frame(greeting, [0; 24]), Err(Error::WrongServerKey)));
}

#[test]
fn too_large_frames_are_refused_on_their_header() {
    for (kind, length) in [(0x04u8, 32 + 65_537u32), (0x02, 262_145), (0x12, 1025), (0x77, u32::MAX)] {
        let mut bytes = vec![kind];
        bytes.extend(length.to_be_bytes());
        assert!(matches!(decode_all(&bytes, 5), Err(Error::TooLarge { .. })), "{kind}");
    }
}

#[test]
fn unknown_frames_are_skipped_without_being_collected() {
    let mut decoder = Decoder::new();
    let mut buffer = BytesMut::from(&[0x77, 0, 1, 0, 0][..]);
    assert_eq!(decoder.next_frame(&mut buffer).unwrap(), Some(Frame::Unknown(0x77)));
    for _ in 0..64 {
        buffer.extend_from_slice(&[0x55; 1024]);
        assert_eq!(decoder.next_frame(&mut buffer).unwrap(), None);
        assert!(buffer.is_empty());
    }
    buffer.extend_from_slice(&Frame::KeepAlive.to_bytes());
    assert_eq!(decoder.next_frame(&mut buffer).unwrap(), Some(Frame::KeepAlive));
}

#[test]
fn a_peer_gone_without_a_reason_means_disconnected() {
    let mut bytes = vec![0x08, 0, 0, 0, 32];
    bytes.extend([9; 32]);
    let peer = NodePublic::from_bytes([9; 32]);
    let expected = Frame::PeerGone { peer, reason: PeerGoneReason::Disconnected };
    assert_eq!(decode_all(&bytes, 100).unwrap(), vec![expected]);
}

#[test]
fn note_preferred_must_be_one_byte() {
    assert!(matches!(decode_all(&[7, 0, 0, 0, 0], 9), Err(Error::Length { .. })));
    assert!(matches!(decode_all(&[7, 0, 0, 0, 2, 1, 1], 9), Err(Error::Length { .. })));
}

#[test]
fn mesh_keys_match_only_when_equal_and_not_empty() {
    assert!(MeshKey::new("abc").matches(&MeshKey::new("abc")));
    assert!(!MeshKey::new("abc").matches(&MeshKey::new("abd")));
    assert!(!MeshKey::new("abc").matches(&MeshKey::new("ab")));
    assert!(!MeshKey::new("").matches(&MeshKey::new("")));
}

fn key() -> impl Strategy<Value = NodePublic> + Clone {
    any::<[u8; 32]>().prop_map(NodePublic::from_bytes)
}

fn bytes(max: usize) -> impl Strategy<Value = Bytes> + Clone {
    proptest::collection::vec(any::<u8>(), 0..max).prop_map(Bytes::from)
}

fn frame() -> impl Strategy<Value = Frame> {
    let reason = prop_oneof![
        Just(PeerGoneReason::Disconnected),
        Just(PeerGoneReason::NotHere),
        (2..=255u8).prop_map(PeerGoneReason::Other)
    ];
    let millis = any::<u32>().prop_map(|ms| Duration::from_millis(ms.into()));
    prop_oneof![
        (key(), bytes(64)).prop_map(|(key, extra)| Frame::ServerKey { key, extra }),
        (key(), any::<[u8; 24]>(), bytes(200)).prop_map(|(key, nonce, sealed)| Frame::ClientInfo {
            key,
            nonce,
            sealed
        }),
        (any::<[u8; 24]>(), bytes(200)).prop_map(|(nonce, sealed)| Frame::ServerInfo { nonce, sealed }),
        (key(), bytes(3000)).prop_map(|(destination, packet)| Frame::SendPacket { destination, packet }),
        (key(), bytes(3000)).prop_map(|(source, packet)| Frame::RecvPacket { source, packet }),
        Just(Frame::KeepAlive),
        any::<bool>().prop_map(Frame::NotePreferred),
        (key(), reason).prop_map(|(peer, reason)| Frame::PeerGone { peer, reason }),
        key().prop_map(Frame::PeerPresent),
        (key(), key(), bytes(3000)).prop_map(|(source, destination, packet)| Frame::ForwardPacket {
            source,
            destination,
            packet
        }),
        Just(Frame::WatchConns),
        key().prop_map(Frame::ClosePeer),
        any::<[u8; 8]>().prop_map(Frame::Ping),
        any::<[u8; 8]>().prop_map(Frame::Pong),
        ".{0,40}".prop_map(Frame::Health),
        (millis.clone(), millis).prop_map(|(reconnect_in, try_for)| Frame::Restarting { reconnect_in, try_for }),
        (0x20..=255u8).prop_map(Frame::Unknown),
    ]
}

proptest! {
    #[test]
    fn frames_round_trip_however_the_stream_is_cut(
        frames in proptest::collection::vec(frame(), 0..8),
        chunk in 1..5000usize,
    ) {
        let mut stream = BytesMut::new();
        for frame in &frames {
            frame.encode(&mut stream);
        }
        prop_assert_eq!(decode_all(&stream, chunk).unwrap(), frames);
    }

    #[test]
    fn decoding_garbage_never_panics(bytes: Vec<u8>, chunk in 1..64usize) {
        let _ = decode_all(&bytes, chunk);
    }

    #[test]
    fn readdressing_equals_decoding_and_encoding(source in key(), destination in key(), packet in bytes(2000)) {
        let sent = Frame::SendPacket { destination, packet: packet.clone() }.to_bytes();
        let raw = Decoder::new().next_raw(&mut BytesMut::from(&sent[..])).unwrap().unwrap();
        let moved = raw.readdress(&source).unwrap();
        prop_assert_eq!(moved.destination, destination);
        prop_assert_eq!(moved.packet(), &packet[..]);
        prop_assert_eq!(moved.frame, Frame::RecvPacket { source, packet }.to_bytes());
    }
}
