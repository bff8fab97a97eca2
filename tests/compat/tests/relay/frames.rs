//! Every frame and datagram: decoded, compared with what the recorder saw, encoded again.

use serde_json::Value;
use warren_compat::golden::{WireLine, wire_lines};
use warren_derp::{Frame, PeerGoneReason};
use warren_disco::{Datagram, classify, looks_like_disco, sender};

use crate::{FILE, frame_of};

#[test]
fn recorded_frames_are_replayed() {
    let Some(lines) = wire_lines(FILE) else { return };
    let mut replayed = 0;
    for (number, line) in lines.iter().enumerate() {
        let at = format!("{FILE}:{}", number + 1);
        match line.layer.as_str() {
            "derp" => relay_frame(line, &at),
            "disco" => assert_eq!(classify(&line.bytes()), Datagram::Disco, "{at}"),
            "wg" => {
                assert_eq!(classify(&line.bytes()), Datagram::WireGuard, "{at}");
                wireguard(&line.bytes(), &Value::Object(line.decoded.clone()), &at);
            }
            _ => continue,
        }
        replayed += 1;
    }
    println!("replayed {replayed} of {} lines of {FILE} (the other lines are http, ws, tcp and the note)", lines.len());
}

fn relay_frame(line: &WireLine, at: &str) {
    let frame = frame_of(line);
    assert_eq!(format!("{:?}", frame.kind()), line.word("type").unwrap(), "{at}");
    assert_eq!(frame.to_bytes(), line.bytes(), "{at}");
    assert_eq!(line.number("length"), Some(line.bytes().len() as u64 - 5), "{at}");
    let key = |name: &str| line.word(name).unwrap().to_owned();
    match frame {
        Frame::ServerKey { key: server, extra } => {
            assert_eq!((server.to_hex(), hex::encode(extra)), (key("server_key"), key("extra")), "{at}");
        }
        Frame::ClientInfo { key: client, nonce, sealed } => {
            assert_eq!((client.to_hex(), hex::encode(nonce)), (key("client_key"), key("nonce")), "{at}");
            assert_eq!(line.number("box_size"), Some(sealed.len() as u64), "{at}");
        }
        Frame::ServerInfo { nonce, sealed } => {
            assert_eq!(hex::encode(nonce), key("nonce"), "{at}");
            assert_eq!(line.number("box_size"), Some(sealed.len() as u64), "{at}");
        }
        Frame::SendPacket { destination, packet } => {
            assert_eq!(destination.to_hex(), key("dst"), "{at}");
            relayed(&packet, &line.decoded["packet"], at);
        }
        Frame::RecvPacket { source, packet } => {
            assert_eq!(source.to_hex(), key("src"), "{at}");
            relayed(&packet, &line.decoded["packet"], at);
        }
        Frame::NotePreferred(preferred) => assert_eq!(line.number("preferred"), Some(preferred.into()), "{at}"),
        Frame::PeerGone { peer, reason } => {
            let reason = match reason {
                PeerGoneReason::Disconnected => 0,
                PeerGoneReason::NotHere => 1,
                PeerGoneReason::Other(other) => other.into(),
            };
            assert_eq!((peer.to_hex(), Some(reason)), (key("peer"), line.number("reason")), "{at}");
        }
        Frame::Ping(data) | Frame::Pong(data) => assert_eq!(hex::encode(data), key("data"), "{at}"),
        Frame::KeepAlive => {}
        other => panic!("{at}: {other:?} was not recorded"),
    }
}

fn relayed(packet: &[u8], expected: &Value, at: &str) {
    if expected["proto"] == "disco" {
        assert!(looks_like_disco(packet), "{at}");
        assert_eq!(expected["size"], packet.len(), "{at}");
        assert_eq!(expected["sender"], hex::encode(sender(packet).unwrap().as_bytes()), "{at}");
    } else {
        assert!(!looks_like_disco(packet), "{at}");
        wireguard(packet, expected, at);
    }
}

/// The plain part of a WireGuard message.
fn wireguard(packet: &[u8], expected: &Value, at: &str) {
    let word = |from: usize| u32::from_le_bytes(packet[from..from + 4].try_into().unwrap());
    let (name, index) = match packet[0] {
        1 => ("initiation", "sender"),
        2 => ("response", "sender"),
        3 => ("cookie", "receiver"),
        _ => ("data", "receiver"),
    };
    assert_eq!((&expected["type"], &expected["size"]), (&name.into(), &packet.len().into()), "{at}");
    assert_eq!(expected[index], word(4), "{at}");
    if name == "data" {
        assert_eq!(expected["counter"], u64::from(word(8)) | u64::from(word(12)) << 32, "{at}");
    }
}
