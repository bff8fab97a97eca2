//! Packets, notices, duplicates.

use warren_derp::{Frame, PeerGoneReason};
use warren_disco::{NodePrivate, NodePublic};
use warren_relay::DropReason;

use crate::client::{Client, disco_packet, relay};

#[tokio::test]
async fn packets_carry_the_authenticated_key_of_their_sender() {
    let relay = relay();
    let (mut a, mut b) = (Client::connect(&relay).await, Client::connect(&relay).await);
    a.send_packet(b.key, b"hello").await;
    b.expect_packet(a.key, b"hello").await;
    b.send_packet(a.key, &[7; 65_536]).await;
    a.expect_packet(b.key, &[7; 65_536]).await;
    let stats = relay.stats();
    assert_eq!((stats.packets_received, stats.packets_sent, stats.clients, stats.connections), (2, 2, 2, 2));
}

#[tokio::test]
async fn packets_of_one_sender_stay_in_order() {
    let relay = relay();
    let (mut a, mut b) = (Client::connect(&relay).await, Client::connect(&relay).await);
    for number in 0..400u16 {
        a.send_packet(b.key, &number.to_be_bytes()).await;
    }
    for number in 0..400u16 {
        b.expect_packet(a.key, &number.to_be_bytes()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn only_discovery_to_nobody_is_answered_and_not_too_often() {
    let relay = relay();
    let mut client = Client::connect(&relay).await;
    let nobody = NodePublic::from_bytes([9; 32]);
    client.send_packet(nobody, b"ordinary").await;
    for _ in 0..10 {
        client.send_packet(nobody, &disco_packet()).await;
    }
    client.send(Frame::Ping([1; 8])).await;
    let mut notices = 0;
    loop {
        match client.receive().await.unwrap() {
            Frame::PeerGone { peer, reason: PeerGoneReason::NotHere } if peer == nobody => notices += 1,
            Frame::Pong(_) => break,
            other => panic!("{other:?}"),
        }
        if notices == 3 {
            break;
        }
    }
    assert_eq!(relay.stats().peer_gone_not_here, 3);
    assert_eq!(relay.stats().dropped_by_reason[DropReason::UnknownDestination as usize], 11);
}

#[tokio::test]
async fn those_who_heard_from_a_peer_learn_that_it_left() {
    let relay = relay();
    let (mut a, mut b, mut c) =
        (Client::connect(&relay).await, Client::connect(&relay).await, Client::connect(&relay).await);
    a.send_packet(b.key, b"x").await;
    b.expect_packet(a.key, b"x").await;
    let gone = a.key;
    drop(a);
    let notice = Frame::PeerGone { peer: gone, reason: PeerGoneReason::Disconnected };
    assert_eq!(b.receive().await, Some(notice));
    c.settle().await;
    assert!(!relay.is_connected(&gone));
    assert_eq!(relay.stats().connections, 2);
}

#[tokio::test]
async fn of_two_connections_with_one_key_the_last_speaker_is_served() {
    let relay = relay();
    let key = NodePrivate::generate();
    let mut sender = Client::connect(&relay).await;
    let mut first = Client::connect_as(&relay, key.duplicate()).await;
    let mut second = Client::connect_as(&relay, key).await;
    assert_eq!((relay.stats().connections, relay.stats().clients), (3, 2));

    sender.send_packet(first.key, b"to the newest").await;
    second.expect_packet(sender.key, b"to the newest").await;
    first.settle().await;
    sender.send_packet(first.key, b"to the first").await;
    first.expect_packet(sender.key, b"to the first").await;
    first.send_packet(sender.key, b"hi").await;
    sender.expect_packet(first.key, b"hi").await;

    // The end of one is not the end of the key; the end of both is, and what the first owed is told.
    drop(first);
    while relay.stats().connections > 2 {
        tokio::task::yield_now().await;
    }
    sender.send_packet(second.key, b"to the rest").await;
    second.expect_packet(sender.key, b"to the rest").await;
    let gone = second.key;
    drop(second);
    let notice = Frame::PeerGone { peer: gone, reason: PeerGoneReason::Disconnected };
    assert_eq!(sender.receive().await, Some(notice));
}

#[tokio::test]
async fn home_regions_are_counted() {
    let relay = relay();
    let mut client = Client::connect(&relay).await;
    for home in [true, true, false, true] {
        client.send(Frame::NotePreferred(home)).await;
    }
    client.settle().await;
    let stats = relay.stats();
    assert_eq!((stats.home_moves_in, stats.home_moves_out, stats.home_connections), (2, 1, 1));
    drop(client);
    while relay.stats().connections > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(relay.stats().home_connections, 0);
}

#[tokio::test]
async fn unknown_frames_are_skipped() {
    use tokio::io::AsyncWriteExt;
    let relay = relay();
    let mut client = Client::connect(&relay).await;
    client.io.write_all(&[0x7E, 0, 0, 0, 3, 1, 2, 3]).await.unwrap();
    client.settle().await;
    assert_eq!(relay.stats().unknown_frames, 1);
}
