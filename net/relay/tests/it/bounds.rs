//! Time limits, full queues, misbehaviour.

use std::time::Duration;

use bytes::Bytes;
use tokio::io::AsyncWriteExt;
use tokio::time::Instant;
use warren_derp::Frame;
use warren_disco::{NodePrivate, NodePublic};
use warren_relay::{DropReason, Relay, RelayOptions, ServeError};

use crate::client::{Client, relay};

#[tokio::test(start_paused = true)]
async fn idle_clients_get_a_sign_of_life_every_minute() {
    let relay = relay();
    let mut client = Client::connect(&relay).await;
    let start = Instant::now();
    for count in 1..4 {
        assert_eq!(client.receive().await, Some(Frame::KeepAlive));
        let elapsed = start.elapsed().as_secs_f64() / f64::from(count);
        assert!((60.0..65.1).contains(&elapsed), "{elapsed}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_connection_ends_after_ten_seconds() {
    let relay = relay();
    let (near, far) = tokio::io::duplex(1000);
    let start = Instant::now();
    let error = relay.serve(far).await.unwrap_err();
    assert!(matches!(error, ServeError::HandshakeTimeout), "{error}");
    assert_eq!(start.elapsed(), Duration::from_secs(10));
    drop(near);
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_does_not_read_is_dropped_and_its_sender_is_not_held_up() {
    let relay = relay();
    let mut sender = Client::connect(&relay).await;
    let stuck = Client::connect(&relay).await;
    for _ in 0..2000 {
        sender.send_packet(stuck.key, &[0; 1300]).await;
    }
    sender.settle().await;
    let stats = relay.stats();
    assert!(stats.dropped_by_reason[DropReason::QueueHead as usize] > 1000, "{stats:?}");
    let gone = sender.receive().await;
    assert!(gone.is_none_or(|frame| frame == Frame::KeepAlive));
    assert!(!relay.is_connected(&stuck.key));
    assert!(relay.stats().dropped_by_reason[DropReason::GoneDisconnected as usize] > 400);
}

#[tokio::test]
async fn waiting_bytes_are_bounded_over_all_clients() {
    let options = RelayOptions { total_queue_bytes: 100_000, ..RelayOptions::new(NodePrivate::generate()) };
    let relay = Relay::new(options);
    let mut sender = Client::connect(&relay).await;
    let stuck = [Client::connect(&relay).await, Client::connect(&relay).await];
    for _ in 0..200 {
        for receiver in &stuck {
            sender.send_packet(receiver.key, &[0; 2000]).await;
        }
    }
    sender.settle().await;
    assert!(relay.stats().dropped_by_reason[DropReason::QueueTail as usize] > 200);
}

#[tokio::test]
async fn a_packet_that_is_too_large_ends_the_connection() {
    let relay = relay();
    let mut client = Client::connect(&relay).await;
    let packet = Bytes::from(vec![0; 65_537]);
    let frame = Frame::SendPacket { destination: NodePublic::from_bytes([1; 32]), packet }.to_bytes();
    let _ = client.io.write_all(&frame).await;
    assert_eq!(client.receive().await, None);
}

#[tokio::test]
async fn a_stranger_cannot_fill_the_memory_before_it_has_introduced_itself() {
    let relay = relay();
    let (mut near, far) = tokio::io::duplex(64 * 1024);
    // A ClientInfo frame of 200 KiB, of which 40 KiB come.
    near.write_all(&[2, 0, 3, 0x20, 0]).await.unwrap();
    near.write_all(&vec![0; 40 * 1024]).await.unwrap();
    assert!(matches!(relay.serve(far).await, Err(ServeError::HandshakeTooLong)));
}

#[tokio::test]
async fn mesh_frames_without_mesh_rights_end_the_connection() {
    let key = NodePublic::from_bytes([1; 32]);
    let forward = Frame::ForwardPacket { source: key, destination: key, packet: Bytes::new() };
    for frame in [Frame::WatchConns, Frame::ClosePeer(key), forward] {
        let options = RelayOptions {
            mesh_key: Some(warren_derp::MeshKey::new("secret")),
            ..RelayOptions::new(NodePrivate::generate())
        };
        let mut client = Client::connect_mesh(&Relay::new(options), "guess").await;
        client.send(frame).await;
        assert_eq!(client.receive().await, None);
    }
}

#[tokio::test]
async fn there_is_room_for_so_many_connections_and_no_more() {
    let options = RelayOptions { max_connections: 1, ..RelayOptions::new(NodePrivate::generate()) };
    let relay = Relay::new(options);
    let _client = Client::connect(&relay).await;
    let (_near, far) = tokio::io::duplex(10);
    assert!(matches!(relay.serve(far).await, Err(ServeError::Full)));
}

#[tokio::test]
async fn a_handshake_that_comes_byte_by_byte_succeeds() {
    use tokio::io::duplex;
    let relay = relay();
    // A pipe of one byte splits every read and write.
    let (near, far) = duplex(1);
    let serving = tokio::spawn({
        let relay = relay.clone();
        async move { relay.serve(far).await }
    });
    let mut client = Client::handshake(near, NodePrivate::generate(), None).await;
    client.settle().await;
    drop(client);
    let _ = serving.await.unwrap();
    assert_eq!(relay.stats().connections, 0);
}

#[tokio::test]
async fn an_idle_connection_is_small() {
    let relay = relay();
    let (_near, far) = tokio::io::duplex(1);
    let session = relay.serve(far);
    let bytes = std::mem::size_of_val(&session);
    assert!(bytes < 4 * 1024, "{bytes}");
}
