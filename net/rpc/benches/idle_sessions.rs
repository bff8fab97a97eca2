//! How much memory idle sessions take: resident bytes for each of 1,000, printed.
//! Run with `cargo test -p warren-rpc --bench idle_sessions`, or `cargo bench`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_util::sync::CancellationToken;
use warren_proto::agent::{self, agent_methods};
use warren_proto::tailnet::{self, tailnet_methods};
use warren_rpc::{Router, Session, WsPipe, defaults, serve};

const SESSIONS: usize = 1000;

fn router() -> Arc<Router<()>> {
    let router = Router::new()
        .unary(agent_methods::UPDATE_STARTUP, |(), r: agent::UpdateStartupRequest| async move {
            Ok(r.startup.unwrap_or_default())
        })
        .server_stream(tailnet_methods::STREAM_DERP_MAPS, |(), _, mut out| async move {
            out.send(&tailnet::DerpMap::default()).await?;
            out.closed().await;
            Ok(())
        })
        .bidi(tailnet_methods::COORDINATE, |(), mut requests, mut out| async move {
            while requests.recv().await?.is_some() {
                out.send(&tailnet::CoordinateResponse::default()).await?;
            }
            Ok(())
        });
    Arc::new(router)
}

fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("linux");
    let pages: usize = statm.split(' ').nth(1).and_then(|n| n.parse().ok()).expect("a number");
    pages * 4096
}

fn report(what: &str, before: usize) -> usize {
    let each = resident().saturating_sub(before) / SESSIONS;
    println!("{what}: {each} bytes each");
    each
}

/// A connected pair of small pipes; nothing is allocated before it is used.
fn pipe() -> (tokio::io::DuplexStream, tokio::io::DuplexStream) {
    tokio::io::duplex(4096)
}

fn websocket_config() -> WebSocketConfig {
    WebSocketConfig::default().read_buffer_size(defaults::WS_BUFFER).write_buffer_size(0)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let router = router();
    // Warm up, so that the code and the allocator's first pages do not count.
    let (a, b) = pipe();
    let warm =
        (Session::client(a), tokio::spawn(serve(Session::server(b), router.clone(), (), CancellationToken::new())));
    warm.0.unary(agent_methods::UPDATE_STARTUP, &Default::default()).await.expect("answer");

    let before = resident();
    let peers: Vec<_> = (0..SESSIONS)
        .map(|_| {
            let (a, b) = pipe();
            (b, tokio::spawn(serve(Session::server(a), router.clone(), (), CancellationToken::new())))
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(100)).await;
    report("served session on a pipe, no call", before);

    let before = resident();
    let mut sockets = Vec::new();
    for _ in 0..SESSIONS {
        let (a, b) = pipe();
        let socket = WebSocketStream::from_raw_socket(a, Role::Server, Some(websocket_config())).await;
        let session = Session::server(WsPipe::new(socket));
        sockets.push((b, tokio::spawn(serve(session, router.clone(), (), CancellationToken::new()))));
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    report("served session on a websocket, no call", before);

    let before = resident();
    let mut pairs = Vec::new();
    for _ in 0..SESSIONS {
        let (a, b) = pipe();
        let serving = tokio::spawn(serve(Session::server(a), router.clone(), (), CancellationToken::new()));
        let client = Session::client(b);
        let mut maps =
            client.server_stream(tailnet_methods::STREAM_DERP_MAPS, &Default::default()).await.expect("call");
        maps.recv().await.expect("a map");
        let (mut tx, mut rx) = client.bidi(tailnet_methods::COORDINATE).await.expect("call");
        tx.send(&Default::default()).await.expect("sent");
        rx.recv().await.expect("a response");
        for _ in 0..5 {
            client.unary(agent_methods::UPDATE_STARTUP, &Default::default()).await.expect("answer");
        }
        pairs.push((serving, client, maps, tx, rx));
    }
    report("both sides of a session with two open calls", before);

    let start = Instant::now();
    for (_, client, ..) in pairs.iter().cycle().take(20_000) {
        client.unary(agent_methods::UPDATE_STARTUP, &Default::default()).await.expect("answer");
    }
    println!("unary call on one of {SESSIONS} sessions, one after the other: {:?} each", start.elapsed() / 20_000);
    let client = &warm.0;
    let start = Instant::now();
    for _ in 0..20 {
        let calls = (0..200).map(|_| client.unary(agent_methods::UPDATE_STARTUP, &UPDATE));
        for result in futures_util::future::join_all(calls).await {
            result.expect("answer");
        }
    }
    println!("unary call, 200 at a time on one session: {:?} each", start.elapsed() / 4000);
    let request = agent::UpdateStartupRequest {
        startup: Some(agent::Startup { version: "x".repeat(1 << 20), ..Default::default() }),
    };
    let start = Instant::now();
    for _ in 0..50 {
        client.unary(agent_methods::UPDATE_STARTUP, &request).await.expect("answer");
    }
    let rate = 100.0 / start.elapsed().as_secs_f64();
    println!("1 MiB each way: {rate:.0} MiB/s in sum");
    drop((peers, sockets, pairs));
}

static UPDATE: agent::UpdateStartupRequest = agent::UpdateStartupRequest { startup: None };
