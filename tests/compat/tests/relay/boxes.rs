//! The sealed boxes of the scripted peer, opened with its published test keys and sealed again.

use serde_json::Value;
use warren_compat::golden::{WireLine, wire_lines};
use warren_derp::{ClientInfo, Frame, ServerInfo};
use warren_disco::{
    CallMeMaybe, DiscoPrivate, DiscoPublic, Message, NodePrivate, NodePublic, Ping, Pong, TransactionId, open, seal,
    sender,
};

use crate::{FILE, frame_of, select};

/// Keys out of the note line.
struct Keys {
    node: NodePrivate,
    disco: DiscoPrivate,
    agent_disco: DiscoPublic,
    agent_node: NodePublic,
}

fn keys(lines: &[WireLine]) -> Keys {
    let note = lines.iter().find(|line| line.layer == "note").expect("a note line");
    let bytes = |name: &str| -> [u8; 32] { hex::decode(note.word(name).unwrap()).unwrap().try_into().unwrap() };
    let keys = Keys {
        node: NodePrivate::from_bytes(bytes("node_priv")),
        disco: DiscoPrivate::from_bytes(bytes("disco_priv")),
        agent_disco: DiscoPublic::from_bytes(bytes("agent_disco")),
        agent_node: NodePublic::from_bytes(bytes("agent_node")),
    };
    assert_eq!(keys.node.public().as_bytes(), &bytes("node_pub"));
    assert_eq!(keys.disco.public().as_bytes(), &bytes("disco_pub"));
    keys
}

#[test]
fn handshake_boxes_open_and_are_sealed_alike() {
    let Some(lines) = wire_lines(FILE) else { return };
    let keys = keys(&lines);
    let mut server = None;
    let mut opened = 0;
    for line in lines.iter().filter(|line| line.conn == "own-derp" && line.layer == "derp") {
        match frame_of(line) {
            Frame::ServerKey { key, .. } => server = Some(key),
            Frame::ClientInfo { nonce, sealed, .. } => {
                let plaintext = keys.node.shared_with(&server.unwrap()).open(&nonce, &sealed).unwrap();
                assert_eq!(plaintext, line.word("plaintext").unwrap().as_bytes());
                let sealed = ClientInfo::default().seal(&keys.node, &server.unwrap(), nonce);
                assert_eq!(sealed.to_bytes(), line.bytes());
                opened += 1;
            }
            Frame::ServerInfo { nonce, sealed } => {
                let info = ServerInfo::open(&keys.node, &server.unwrap(), &nonce, &sealed).unwrap();
                assert_eq!(info, ServerInfo::default());
                opened += 1;
            }
            _ => {}
        }
    }
    assert_eq!(opened, 2);
}

#[test]
fn discovery_messages_open_and_are_sealed_alike() {
    let Some(lines) = wire_lines(FILE) else { return };
    let keys = keys(&lines);
    let shared = keys.disco.shared_with(&keys.agent_disco);
    let (mut opened, mut junk) = (0, 0);
    for line in lines.iter().filter(|line| line.conn.starts_with("own-")) {
        let (packet, decoded) = match line.layer.as_str() {
            "disco" => (line.bytes(), Value::Object(line.decoded.clone())),
            "derp" => match frame_of(line) {
                Frame::SendPacket { packet, .. } | Frame::RecvPacket { packet, .. } => {
                    (packet.to_vec(), line.decoded.get("disco").cloned().unwrap_or_default())
                }
                _ => continue,
            },
            _ => continue,
        };
        let Ok(from) = sender(&packet) else { continue };
        if decoded.is_null() {
            // The packet to an unknown destination only looks like one.
            junk += 1;
            continue;
        }
        let message = open(&shared, &packet).unwrap().expect("a known type");
        check(&message, &decoded, &keys, line);
        let nonce = packet[38..62].try_into().unwrap();
        assert_eq!(seal(&from, &shared, nonce, &message), packet);
        opened += 1;
    }
    assert_eq!(junk, 1);
    println!("opened and sealed {opened} discovery packets of {FILE}");
    assert!(opened >= 9, "{opened}");
}

fn check(message: &Message, decoded: &Value, keys: &Keys, line: &WireLine) {
    let text = |name: &str| decoded[name].as_str().map(str::to_owned);
    let tx = |id: &TransactionId| hex::encode(id.0);
    let same_if_recorded = |recorded: Option<String>, own: String| {
        if let Some(recorded) = recorded {
            assert_eq!(recorded, own, "{}", line.hex);
        }
    };
    match message {
        Message::Ping(Ping { transaction, node_key, padding }) => {
            assert_eq!(decoded["type"], "Ping");
            same_if_recorded(text("tx"), tx(transaction));
            let own = if line.dir == "s2c" { keys.agent_node } else { keys.node.public() };
            assert_eq!(*node_key, Some(own));
            assert_eq!(*padding, 1186);
        }
        Message::Pong(Pong { transaction, source, padding }) => {
            assert_eq!(decoded["type"], "Pong");
            same_if_recorded(text("tx"), tx(transaction));
            same_if_recorded(text("src"), mapped(source));
            assert_eq!(*padding, 1200);
        }
        Message::CallMeMaybe(CallMeMaybe { endpoints }) => {
            assert_eq!(decoded["type"], "CallMeMaybe");
            let recorded: Vec<_> =
                decoded["endpoints"].as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
            assert_eq!(endpoints.iter().map(mapped).collect::<Vec<_>>(), recorded);
        }
    }
}

/// `[::ffff:7f03:328]:999`: the recorder's form of IPv4 addresses.
fn mapped(address: &std::net::SocketAddr) -> String {
    match address.ip() {
        std::net::IpAddr::V4(ip) => {
            let [a, b, c, d] = ip.octets().map(u16::from);
            format!("[::ffff:{:x}:{:x}]:{}", a << 8 | b, c << 8 | d, address.port())
        }
        std::net::IpAddr::V6(_) => address.to_string(),
    }
}

#[test]
fn the_recorded_order_of_the_handshake_is_ours() {
    let Some(lines) = wire_lines(FILE) else { return };
    let conns: std::collections::BTreeSet<_> =
        lines.iter().filter(|line| line.layer == "derp").map(|line| line.conn.as_str()).collect();
    for conn in conns {
        let server: Vec<_> = select(&lines, conn, "s2c", "derp").map(|line| frame_of(line).kind()).collect();
        let client: Vec<_> = select(&lines, conn, "c2s", "derp").map(|line| frame_of(line).kind()).collect();
        use warren_derp::FrameKind::{ClientInfo, ServerInfo, ServerKey};
        assert_eq!((server[0], server[1], client[0]), (ServerKey, ServerInfo, ClientInfo), "{conn}");
    }
}
