//! Frames between relays of one region: the serving side.

use bytes::Bytes;
use warren_derp::{Frame, MeshKey, PeerGoneReason};
use warren_disco::{NodePrivate, NodePublic};
use warren_relay::{Relay, RelayOptions};

use crate::client::Client;

#[tokio::test]
async fn a_watcher_learns_who_comes_and_goes_and_can_deliver() {
    let options = RelayOptions { mesh_key: Some(MeshKey::new("secret")), ..RelayOptions::new(NodePrivate::generate()) };
    let relay = Relay::new(options);
    let mut early = Client::connect(&relay).await;
    let mut other = Client::connect_mesh(&relay, "secret").await;
    other.send(Frame::WatchConns).await;
    assert_eq!(other.receive().await, Some(Frame::PeerPresent(early.key)));
    let late = Client::connect(&relay).await;
    assert_eq!(other.receive().await, Some(Frame::PeerPresent(late.key)));
    assert_eq!(relay.stats().watchers, 1);

    let source = NodePublic::from_bytes([8; 32]);
    let packet = Bytes::from_static(b"from afar");
    other.send(Frame::ForwardPacket { source, destination: early.key, packet }).await;
    early.expect_packet(source, b"from afar").await;

    let gone = late.key;
    drop(late);
    let notice = Frame::PeerGone { peer: gone, reason: PeerGoneReason::Disconnected };
    assert_eq!(other.receive().await, Some(notice));
    other.send(Frame::ClosePeer(early.key)).await;
    assert_eq!(early.receive().await, None);
}
