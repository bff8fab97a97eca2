//! Connections, pings and what survives what.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use uuid::Uuid;
use warren_tailnet::{CoordinationEnd, Error, TcpStream, address_of};

use crate::harness::{Hub, LIMIT, Relay, agent, client, soon};

/// Bytes that show where they belong.
pub fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at ^ (at >> 8) ^ (at >> 16)) as u8).collect()
}

async fn pair(relay: &Relay) -> (crate::harness::Member, crate::harness::Member) {
    let hub = Hub::default();
    let id = Uuid::new_v4();
    let agent = agent(relay, &hub, id).await;
    let client = client(relay, &hub, id).await;
    client.node.wait_reachable(id, LIMIT).await.unwrap();
    (agent, client)
}

async fn connect(agent: &crate::harness::Member, client: &crate::harness::Member, port: u16) -> (TcpStream, TcpStream) {
    let mut listener = agent.node.listen(port).await.unwrap();
    let (dialled, accepted) =
        soon(async { tokio::join!(client.node.dial((address_of(agent.id), port).into()), listener.accept()) }).await;
    (dialled.unwrap(), accepted.unwrap().0)
}

#[tokio::test]
async fn bytes_pass_both_ways_and_each_half_closes_alone() {
    let (agent, client) = pair(&Relay::new()).await;
    let (mut near, mut far) = connect(&agent, &client, 1).await;
    soon(async {
        near.write_all(b"question").await.unwrap();
        near.shutdown().await.unwrap();
        let mut question = String::new();
        far.read_to_string(&mut question).await.unwrap();
        assert_eq!(question, "question");
        far.write_all(b"answer").await.unwrap();
        drop(far);
        let mut answer = String::new();
        near.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer, "answer");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_to_a_peer_that_becomes_known_opens_at_once() {
    let (relay, hub, id) = (Relay::new(), Hub::default(), Uuid::new_v4());
    let client = client(&relay, &hub, id).await;
    let node = client.node.clone();
    let dialling = tokio::spawn(async move {
        let started = tokio::time::Instant::now();
        node.dial((address_of(id), 1).into()).await.map(|_| started.elapsed())
    });
    // Past the first repetition, long before the second.
    tokio::time::sleep(Duration::from_millis(1200)).await;
    let agent = agent(&relay, &hub, id).await;
    let mut listener = agent.node.listen(1).await.unwrap();
    let _stream = soon(listener.accept()).await.unwrap();
    let elapsed = soon(dialling).await.unwrap().unwrap();
    assert!(elapsed < Duration::from_millis(1800), "{elapsed:?}");
}

#[tokio::test]
async fn a_stream_dropped_with_unread_data_is_reset() {
    let (agent, client) = pair(&Relay::new()).await;
    let (mut near, mut far) = connect(&agent, &client, 1).await;
    soon(async {
        near.write_all(b"never read").await.unwrap();
        let mut one = [0];
        far.read_exact(&mut one).await.unwrap();
        drop(far);
        let error = near.read(&mut one).await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    })
    .await;
}

#[tokio::test]
async fn a_port_without_a_listener_refuses() {
    let (agent, client) = pair(&Relay::new()).await;
    let error = soon(client.node.dial((address_of(agent.id), 4711).into())).await.unwrap_err();
    assert!(matches!(&error, Error::Connect(e) if e.kind() == std::io::ErrorKind::ConnectionRefused), "{error}");
    // And nobody may connect to a client.
    let address = client.node.published().borrow().clone().unwrap().addresses[0].clone();
    let address: std::net::Ipv6Addr = address.trim_end_matches("/128").parse().unwrap();
    assert!(soon(agent.node.dial((address, 22).into())).await.is_err());
}

#[tokio::test]
async fn other_ports_are_forwarded_to_the_host_and_refused_if_nothing_is_there() {
    let (agent, client) = pair(&Relay::new()).await;
    let forwarder = agent.node.forwarder().await.unwrap();
    let forwarding = tokio::spawn(forwarder.forward_to_host(agent.cancel.clone()));
    let host = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = host.local_addr().unwrap().port();
    soon(async {
        let mut near = client.node.dial((address_of(agent.id), port).into()).await.unwrap();
        let (mut far, _) = host.accept().await.unwrap();
        near.write_all(b"hello").await.unwrap();
        let mut five = [0; 5];
        far.read_exact(&mut five).await.unwrap();
        assert_eq!(&five, b"hello");
        drop(host);
        assert!(client.node.dial((address_of(agent.id), port).into()).await.is_err());
    })
    .await;
    agent.cancel.cancel();
    soon(forwarding).await.unwrap();
}

#[tokio::test]
async fn datagrams_are_forwarded_to_the_host_and_back() {
    let (agent, client) = pair(&Relay::new()).await;
    let forwarder = agent.node.udp_forwarder().await.unwrap();
    let forwarding = tokio::spawn(forwarder.forward_to_host(agent.cancel.clone()));
    let host = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = host.local_addr().unwrap().port();
    let to = (address_of(agent.id), port).into();
    let mut flows = [client.node.dial_udp(to).await.unwrap(), client.node.dial_udp(to).await.unwrap()];
    soon(async {
        let mut sources = Vec::new();
        for (flow, text) in flows.iter().zip([b"one", b"two"]) {
            flow.send(text).unwrap();
            let mut buffer = [0; 16];
            let (length, source) = host.recv_from(&mut buffer).await.unwrap();
            assert_eq!(&buffer[..length], text);
            sources.push(source);
        }
        assert_ne!(sources[0], sources[1], "each flow is a source of its own");
        for (source, flow) in sources.iter().zip(&mut flows).rev() {
            host.send_to(source.to_string().as_bytes(), source).await.unwrap();
            assert_eq!(flow.recv().await.unwrap(), source.to_string().as_bytes());
        }
        let long = vec![7; 1232];
        flows[0].send(&long).unwrap();
        let mut buffer = [0; 2048];
        assert_eq!(host.recv(&mut buffer).await.unwrap(), long.len());
        assert!(flows[0].send(&[0; 1233]).is_err(), "longer than the tunnel carries");
    })
    .await;
    agent.cancel.cancel();
    soon(forwarding).await.unwrap();
    client.node.close().await;
    assert!(soon(flows[0].recv()).await.is_none(), "the flow ends with its node");
}

#[tokio::test]
async fn many_connections_at_once_keep_their_bytes_apart() {
    const CONNECTIONS: usize = 300;
    let (agent, client) = pair(&Relay::new()).await;
    let mut listener = agent.node.listen(7).await.unwrap();
    let echo = tokio::spawn(async move {
        let mut set = tokio::task::JoinSet::new();
        for _ in 0..CONNECTIONS {
            let (stream, _) = listener.accept().await.unwrap();
            set.spawn(async move {
                let (mut read, mut write) = tokio::io::split(stream);
                tokio::io::copy(&mut read, &mut write).await.unwrap();
                write.shutdown().await.unwrap();
            });
        }
        set.join_all().await;
    });
    let mut set = tokio::task::JoinSet::new();
    // In waves: the acceptor's queue is bounded.
    for at in 0..CONNECTIONS {
        let node = client.node.clone();
        let to = (address_of(agent.id), 7).into();
        if at % 64 == 63 {
            tokio::task::yield_now().await;
        }
        set.spawn(async move {
            let stream = node.dial(to).await.unwrap();
            let (mut read, mut write) = tokio::io::split(stream);
            let sent = vec![at as u8; 20_000];
            let write = async {
                write.write_all(&sent).await.unwrap();
                write.shutdown().await.unwrap();
            };
            let mut received = Vec::new();
            let (_, read) = tokio::join!(write, read.read_to_end(&mut received));
            read.unwrap();
            assert!(received == sent, "connection {at}");
        });
    }
    soon(set.join_all()).await;
    soon(echo).await.unwrap();
    let stats = soon(agent.node.stats()).await.unwrap();
    assert_eq!(stats.tcp_connections, CONNECTIONS as u64);
    assert!(stats.rx_bytes > 20_000 * CONNECTIONS as u64 && stats.tx_bytes > 20_000 * CONNECTIONS as u64);
    assert_eq!(stats.home_region, Some(999));
    assert!(stats.median_latency.is_some());
}

#[tokio::test]
async fn cutting_the_relay_stalls_a_transfer_and_restoring_it_resumes() {
    let relay = Relay::new();
    let (agent, client) = pair(&relay).await;
    let (mut near, mut far) = connect(&agent, &client, 1).await;
    let sent = pattern(4 << 20);
    let expected = sent.clone();
    let writer = tokio::spawn(async move {
        near.write_all(&sent).await.unwrap();
        near.shutdown().await.unwrap();
        near
    });
    let mut received = vec![0; 1 << 20];
    soon(far.read_exact(&mut received)).await.unwrap();
    relay.cut();
    // What was on the way arrives; then nothing does.
    let mut chunk = [0; 65536];
    while let Ok(Ok(n)) = tokio::time::timeout(Duration::from_millis(300), far.read(&mut chunk)).await {
        assert!(n > 0, "the stream ended");
        received.extend_from_slice(&chunk[..n]);
    }
    assert!(received.len() < expected.len());
    relay.restore();
    soon(far.read_to_end(&mut received)).await.unwrap();
    assert!(received == expected);
    soon(writer).await.unwrap();
}

#[tokio::test]
async fn a_ping_tells_latency_and_region() {
    let (agent, client) = pair(&Relay::new()).await;
    let pong = client.node.ping(agent.id).await.unwrap();
    assert_eq!((pong.region_id, pong.region_code.as_str(), pong.endpoint), (999, "test", None));
    assert!(matches!(client.node.ping(Uuid::new_v4()).await, Err(Error::UnknownPeer)));
}

#[tokio::test]
async fn an_agent_that_comes_back_with_a_new_key_is_reached_again() {
    let (relay, hub) = (Relay::new(), Hub::default());
    let id = Uuid::new_v4();
    let first = agent(&relay, &hub, id).await;
    let client = client(&relay, &hub, id).await;
    client.node.wait_reachable(id, LIMIT).await.unwrap();
    // It dies without a word.
    first.node.close().await;
    let _ = soon(first.coordination).await;
    drop(first.node);
    let second = agent(&relay, &hub, id).await;
    let mut listener = second.node.listen(1).await.unwrap();
    client.node.wait_reachable(id, LIMIT).await.unwrap();
    let dialled = soon(client.node.dial((address_of(id), 1).into())).await.unwrap();
    let (_, from) = soon(listener.accept()).await.unwrap();
    assert_eq!(from, dialled.local_addr());
}

#[tokio::test]
async fn saying_goodbye_removes_the_peer_at_the_other_end() {
    let (agent, client) = pair(&Relay::new()).await;
    let (_near, mut far) = connect(&agent, &client, 1).await;
    client.cancel.cancel();
    let end = soon(client.coordination).await.unwrap().unwrap();
    assert_eq!(end, CoordinationEnd::Disconnected);
    // The agent forgets the peer, so its connections break at once.
    let error = soon(far.read(&mut [0])).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    assert!(!agent.node.knows(client.id).await.unwrap());
}

#[tokio::test]
async fn losing_coordination_does_not_disturb_connections() {
    let (agent, client) = pair(&Relay::new()).await;
    let (mut near, mut far) = connect(&agent, &client, 1).await;
    agent.coordination.abort();
    client.coordination.abort();
    soon(async {
        near.write_all(b"still here").await.unwrap();
        let mut ten = [0; 10];
        far.read_exact(&mut ten).await.unwrap();
        assert_eq!(&ten, b"still here");
    })
    .await;
}

#[tokio::test]
async fn dropping_the_last_handle_ends_the_node() {
    let (agent, client) = pair(&Relay::new()).await;
    let (mut near, _far) = connect(&agent, &client, 1).await;
    client.coordination.abort();
    let _ = client.coordination.await;
    let closed = client.node.closed();
    drop(client.node);
    soon(closed.cancelled()).await;
    drop(agent);
    assert!(near.write(b"x").await.is_ok() || near.write(b"x").await.is_err());
}
