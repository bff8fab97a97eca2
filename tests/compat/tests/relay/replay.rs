//! What official clients sent, sent to our relay: the receiver gets what the official relay delivered.
//!
//! The keys of the recordings are unknown, so that every recorded key is replaced by one of ours.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use warren_compat::golden::wire_lines;
use warren_derp::{ClientHandshake, ClientInfo, ClientStep, Decoder, Frame, PeerGoneReason};
use warren_disco::{NodePrivate, NodePublic, looks_like_disco, random_nonce};
use warren_relay::{Relay, RelayOptions};

use crate::{FILE, frame_of, select};

#[tokio::test]
async fn our_relay_delivers_what_official_clients_sent() {
    let Some(lines) = wire_lines(FILE) else { return };
    let conns = [
        "client-derp-raw",
        "client-derp-speedtest",
        "client-derp-after-restart",
        "client-derp-websocket",
        "client-derp-fallback-websocket",
        "agent-derp",
        "own-derp",
    ];
    let (mut frames, mut packets) = (0, 0);
    for conn in conns {
        let relay = Relay::new(RelayOptions::new(NodePrivate::generate()));
        let mut sender = Client::connect(&relay).await;
        let mut receivers: BTreeMap<NodePublic, Client> = BTreeMap::new();
        for line in select(&lines, conn, "c2s", "derp") {
            frames += 1;
            match frame_of(line) {
                Frame::ClientInfo { .. } => {}
                Frame::SendPacket { packet, .. } if line.decoded.contains_key("note") => {
                    let nobody = NodePublic::from_bytes([5; 32]);
                    assert!(looks_like_disco(&packet));
                    sender.send(Frame::SendPacket { destination: nobody, packet }).await;
                    let gone = Frame::PeerGone { peer: nobody, reason: PeerGoneReason::NotHere };
                    assert_eq!(sender.receive().await, Some(gone));
                }
                Frame::SendPacket { destination, packet } => {
                    let receiver = match receivers.entry(destination) {
                        Entry::Occupied(entry) => entry.into_mut(),
                        Entry::Vacant(entry) => entry.insert(Client::connect(&relay).await),
                    };
                    sender.send(Frame::SendPacket { destination: receiver.key, packet: packet.clone() }).await;
                    assert_eq!(receiver.receive().await, Some(Frame::RecvPacket { source: sender.key, packet }));
                    packets += 1;
                }
                Frame::Ping(data) => {
                    sender.send(Frame::Ping(data)).await;
                    assert_eq!(sender.receive().await, Some(Frame::Pong(data)));
                }
                other => sender.send(other).await,
            }
        }
        // The official relay told the peers of a client that it left.
        let gone = Frame::PeerGone { peer: sender.key, reason: PeerGoneReason::Disconnected };
        drop(sender);
        for receiver in receivers.values_mut() {
            assert_eq!(receiver.receive().await, Some(gone.clone()), "{conn}");
        }
    }
    println!("replayed {frames} client frames of {} connections of {FILE}, {packets} packets delivered", conns.len());
    assert!(packets > 100);
}

struct Client {
    io: DuplexStream,
    key: NodePublic,
    decoder: Decoder,
    buffer: BytesMut,
}

impl Client {
    async fn connect(relay: &std::sync::Arc<Relay>) -> Self {
        let key = NodePrivate::generate();
        let mut client =
            Self { io: relay.open_pipe(), key: key.public(), decoder: Decoder::new(), buffer: BytesMut::new() };
        let mut handshake = ClientHandshake::new(key, ClientInfo::default(), None);
        loop {
            let frame = client.receive().await.expect("a handshake");
            match handshake.handle_frame(frame, random_nonce()).unwrap() {
                ClientStep::Introduce { bytes, .. } => client.io.write_all(&bytes).await.unwrap(),
                ClientStep::Connected(_) => return client,
                ClientStep::Other(other) => panic!("{other:?}"),
            }
        }
    }

    async fn send(&mut self, frame: Frame) {
        self.io.write_all(&frame.to_bytes()).await.unwrap();
    }

    async fn receive(&mut self) -> Option<Frame> {
        loop {
            if let Some(frame) = self.decoder.next_frame(&mut self.buffer).unwrap() {
                return Some(frame);
            }
            if self.io.read_buf(&mut self.buffer).await.unwrap() == 0 {
                return None;
            }
        }
    }
}
