//! Nodes and the project's relay over sockets: upgrade, websocket, latency check.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use uuid::Uuid;
use warren_disco::NodePrivate;
use warren_relay::{Relay, RelayOptions};
use warren_tailnet::{DuplexStream, RelayDialer, address_of};

use crate::harness::{Hub, LIMIT, agent_by, client_by, socket_agent, socket_client, soon};
use crate::throughput::{BYTES, transfer};

struct Server {
    url: String,
    /// Requests that asked for the plain upgrade, and those that carried the header `X-Test`.
    upgrades: Arc<AtomicUsize>,
    marked: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// `refuse`: answers plain upgrades as a strict proxy does.
async fn serve(refuse: bool) -> Server {
    let relay = Relay::new(RelayOptions::new(NodePrivate::generate()));
    let (upgrades, marked) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counters = (upgrades.clone(), marked.clone());
    let watch = move |request: Request, next: Next| {
        let (upgrades, marked) = counters.clone();
        async move {
            if request.headers().contains_key("x-test") {
                marked.fetch_add(1, Ordering::Relaxed);
            }
            let plain = request.headers().get("upgrade").is_some_and(|v| v.as_bytes().eq_ignore_ascii_case(b"derp"));
            if plain {
                upgrades.fetch_add(1, Ordering::Relaxed);
                if refuse {
                    return (StatusCode::BAD_REQUEST, "no such upgrade").into_response();
                }
            }
            let response: Response = next.run(request).await;
            response
        }
    };
    let router = warren_relay::router(relay).layer(middleware::from_fn(watch));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // Without this each batch waits for the other end's delayed acknowledgement.
    let listener = listener.tap_io(|socket| socket.set_nodelay(true).unwrap());
    let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    Server { url, upgrades, marked, task }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bulk_data_passes_through_the_relay_over_sockets() {
    let (server, hub, id) = (serve(false).await, Hub::default(), Uuid::new_v4());
    let agent = socket_agent(&hub, id, &server.url).await;
    let client = socket_client(&hub, id, &server.url, |_| {}).await;
    client.node.wait_reachable(id, LIMIT).await.unwrap();
    let mut listener = agent.node.listen(3).await.unwrap();
    let near = soon(client.node.dial((address_of(id), 3).into())).await.unwrap();
    let (far, _) = soon(listener.accept()).await.unwrap();
    transfer("over sockets", BYTES, near, far).await;
    assert_eq!(server.upgrades.load(Ordering::Relaxed), 2);
    let mut published = agent.node.published();
    let measured =
        published.wait_for(|node| node.as_ref().is_some_and(|node| node.derp_latency.contains_key("999-v4")));
    assert!(soon(measured).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transfers_side_by_side_do_not_starve_each_other() {
    let (server, hub, id) = (serve(false).await, Hub::default(), Uuid::new_v4());
    let agent = socket_agent(&hub, id, &server.url).await;
    let client = socket_client(&hub, id, &server.url, |_| {}).await;
    client.node.wait_reachable(id, LIMIT).await.unwrap();
    let mut listener = agent.node.listen(3).await.unwrap();
    let mut transfers = tokio::task::JoinSet::new();
    for at in 0..8 {
        let near = soon(client.node.dial((address_of(id), 3).into())).await.unwrap();
        let (far, _) = soon(listener.accept()).await.unwrap();
        if at % 2 == 0 {
            transfers.spawn(transfer("side by side, up", BYTES / 8, near, far));
        } else {
            transfers.spawn(transfer("side by side, down", BYTES / 8, far, near));
        }
    }
    transfers.join_all().await;
}

/// One address, and behind it whichever relay accepts.
struct Restarting([Arc<Relay>; 2]);

#[async_trait::async_trait]
impl RelayDialer for Restarting {
    async fn dial(&self) -> std::io::Result<Box<dyn DuplexStream>> {
        let relay = self.0.iter().find(|relay| relay.is_accepting()).ok_or(std::io::ErrorKind::ConnectionRefused)?;
        Ok(Box::new(relay.open_pipe()))
    }
}

#[tokio::test]
async fn a_relay_that_restarts_is_back_in_use_at_once() {
    let relay = || Relay::new(RelayOptions::new(NodePrivate::generate()));
    let relays = [relay(), relay()];
    let way: Arc<dyn RelayDialer> = Arc::new(Restarting(relays.clone()));
    let (hub, id) = (Hub::default(), Uuid::new_v4());
    let agent = agent_by(way.clone(), &hub, id).await;
    let client = client_by(way, &hub, id).await;
    client.node.wait_reachable(id, LIMIT).await.unwrap();
    let mut listener = agent.node.listen(1).await.unwrap();
    let mut near = soon(client.node.dial((address_of(id), 1).into())).await.unwrap();
    let (mut far, _) = soon(listener.accept()).await.unwrap();
    relays[0].shutdown(Duration::from_secs(1)).await;
    let start = Instant::now();
    near.write_all(b"again").await.unwrap();
    let mut five = [0; 5];
    soon(far.read_exact(&mut five)).await.unwrap();
    assert_eq!(&five, b"again");
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_refused_upgrade_falls_back_to_a_websocket_and_says_so() {
    let (server, hub, id) = (serve(true).await, Hub::default(), Uuid::new_v4());
    let agent = socket_agent(&hub, id, &server.url).await;
    let client = socket_client(&hub, id, &server.url, |_| {}).await;
    client.node.wait_reachable(id, LIMIT).await.unwrap();
    let reasons = agent.node.published().borrow().clone().unwrap().derp_forced_websocket;
    let reason = &reasons[&999];
    assert!(reason.starts_with("GET failed with status code 400 (a proxy could"), "{reason}");
    assert!(reason.ends_with("no such upgrade"), "{reason}");
}

#[tokio::test]
async fn websockets_can_be_forced_and_extra_headers_are_sent() {
    let (server, hub, id) = (serve(false).await, Hub::default(), Uuid::new_v4());
    let _agent = socket_agent(&hub, id, &server.url).await;
    let client = socket_client(&hub, id, &server.url, |options| {
        options.force_websocket = true;
        options.extra_headers.insert("x-test", HeaderValue::from_static("1"));
    })
    .await;
    client.node.wait_reachable(id, LIMIT).await.unwrap();
    assert_eq!(server.upgrades.load(Ordering::Relaxed), 1, "only the agent's");
    assert!(server.marked.load(Ordering::Relaxed) >= 1);
}
