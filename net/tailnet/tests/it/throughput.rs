//! Bulk data through two nodes and the relay.

use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use uuid::Uuid;
use warren_tailnet::{TcpStream, address_of};

use crate::harness::{Hub, LIMIT, Relay, agent, client, soon};
use crate::streams::pattern;

pub const BYTES: usize = 64 << 20;

pub async fn transfer(name: &'static str, bytes: usize, mut from: TcpStream, mut to: TcpStream) {
    let block = pattern(1 << 20);
    let expected = block.clone();
    let start = Instant::now();
    let writer = tokio::spawn(async move {
        for _ in 0..bytes / block.len() {
            from.write_all(&block).await.unwrap();
        }
        from.shutdown().await.unwrap();
        from
    });
    let mut received = vec![0; expected.len()];
    for at in 0..bytes / expected.len() {
        soon(to.read_exact(&mut received)).await.unwrap();
        assert!(received == expected, "block {at}");
    }
    assert_eq!(soon(to.read(&mut received)).await.unwrap(), 0);
    let seconds = start.elapsed().as_secs_f64();
    eprintln!("{name}: {:.0} MB/s", bytes as f64 / 1e6 / seconds);
    soon(writer).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_mebibytes_arrive_unchanged_each_way() {
    let (relay, hub) = (Relay::new(), Hub::default());
    let id = Uuid::new_v4();
    let agent = agent(&relay, &hub, id).await;
    let client = client(&relay, &hub, id).await;
    client.node.wait_reachable(id, LIMIT).await.unwrap();
    let mut listener = agent.node.listen(3).await.unwrap();
    for upload in [true, false] {
        let near = soon(client.node.dial((address_of(id), 3).into())).await.unwrap();
        let (far, _) = soon(listener.accept()).await.unwrap();
        if upload {
            transfer("up", BYTES, near, far).await;
        } else {
            transfer("down", BYTES, far, near).await;
        }
    }
}
