//! The end of a relay.

use std::time::Duration;

use tokio::time::Instant;
use warren_derp::Frame;
use warren_relay::ServeError;

use crate::client::{Client, relay};

#[tokio::test(start_paused = true)]
async fn clients_get_what_waits_for_them_and_are_told_to_come_back() {
    let relay = relay();
    let (mut a, mut b) = (Client::connect(&relay).await, Client::connect(&relay).await);
    a.send_packet(b.key, b"last words").await;
    a.settle().await;
    let start = Instant::now();
    relay.shutdown(Duration::from_secs(5)).await;
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    let mut frames = Vec::new();
    while let Some(frame) = b.receive().await {
        frames.push(frame);
    }
    assert!(frames.iter().any(|frame| matches!(frame, Frame::RecvPacket { .. })), "{frames:?}");
    assert!(frames.iter().any(|frame| matches!(frame, Frame::Restarting { .. })), "{frames:?}");
    let (_near, far) = tokio::io::duplex(10);
    assert!(matches!(relay.serve(far).await, Err(ServeError::ShuttingDown)));
    assert_eq!(relay.stats().connections, 0);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_cannot_hold_up_the_end() {
    let relay = relay();
    let mut sender = Client::connect(&relay).await;
    let stuck = Client::connect(&relay).await;
    for _ in 0..100 {
        sender.send_packet(stuck.key, &[0; 1300]).await;
    }
    sender.settle().await;
    let start = Instant::now();
    relay.shutdown(Duration::from_secs(1)).await;
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
    drop(stuck);
}
