//! The life itself.

use std::net::SocketAddr;
use std::process::Stdio;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_util::sync::CancellationToken;
use warren_proto::agent::AppHealth;
use warren_proto::agent::lifecycle::State;
use warren_tailnet::{Node, address_of};

use crate::server::Server;

/// Accepts local connections and carries them to a port inside the tunnel, so that OpenSSH can use it.
async fn bridge(node: Node, to: SocketAddr) -> u16 {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let node = node.clone();
            tokio::spawn(async move {
                let mut far = node.dial(to).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
            });
        }
    });
    port
}

fn ssh(port: u16, line: &str) -> tokio::process::Command {
    let mut command = tokio::process::Command::new("ssh");
    command.args(["-F", "none", "-q", "-p", &port.to_string(), "-o", "StrictHostKeyChecking=no"]);
    command.args(["-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes", "ann@127.0.0.1", line]);
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// A small web server in the workspace.
async fn web() -> u16 {
    let app = axum::Router::new().route("/", axum::routing::get(|| async { "from the workspace" }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, app).await });
    port
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_starts_serves_reconnects_and_stops_in_order() {
    let home = tempfile::tempdir().unwrap();
    let web_port = web().await;
    let server = Server::start(home.path(), web_port).await;
    let dir = home.path().join("state");
    let args = warren_agent::Args {
        url: Some(server.url.parse().unwrap()),
        token: Some("token".into()),
        log_dir: Some(dir.clone()),
        script_data_dir: Some(dir),
        ..warren_agent::Args::default()
    };
    let stop = CancellationToken::new();
    let agent = tokio::spawn(warren_agent::run(args, stop.clone()));

    // Start: scripts ran, their output arrived by level, the app is healthy, metadata was collected.
    let seen = server.until("READY", |seen| seen.states.contains(&State::Ready)).await;
    assert_eq!(seen.states, [State::Starting, State::Ready]);
    assert!(home.path().join("started").exists());
    assert!(home.path().join("unlogged").exists(), "a script runs without its log file");
    let seen = server.until("the output of the startup script", |seen| seen.logs.len() >= 3).await;
    assert!(seen.logs.contains(&("starting hello".into(), 3)), "{:?}", seen.logs);
    assert!(seen.logs.contains(&("oops".into(), 5)), "{:?}", seen.logs);
    assert!(seen.logs.iter().any(|(text, level)| text.contains("log file /") && *level == 4), "{:?}", seen.logs);
    server.until("metadata", |seen| seen.metadata.get("who").is_some_and(|value| value.trim() == "ann")).await;
    server.until("app health", |seen| seen.healths.contains(&AppHealth::Healthy.into())).await;
    server.until("script timing", |seen| seen.timings.contains(&(0, 0))).await;

    // Through the tunnel: SSH with its exit status, the HTTP API, any other port, and a refusal.
    let client = server.client().await;
    let address = |port: u16| SocketAddr::from((address_of(server.agent_id), port));
    let port = bridge(client.clone(), address(1)).await;
    let out = ssh(port, "echo $GREETING; exit 7").output().await.unwrap();
    assert_eq!((out.status.code(), out.stdout.as_slice()), (Some(7), b"hello\n".as_slice()));
    server.until("both connection reports", |seen| seen.connections == [(1, 1), (2, 1)]).await;
    for (port, expected) in [(4, "Hello from the agent!"), (web_port, "from the workspace")] {
        let mut stream = client.dial(address(port)).await.unwrap();
        stream.write_all(b"GET / HTTP/1.0\r\nHost: agent\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.contains(expected), "{answer}");
    }
    assert!(client.dial(address(9)).await.is_err(), "nothing listens there");

    // A session outlives the connection to the server; startup scripts do not run again.
    let mut session =
        ssh(port, "read line; echo got $line").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    server.until("the session's report", |seen| seen.connections.len() == 3).await;
    let old = std::mem::take(&mut *server.cut.lock());
    old.cancel();
    server
        .until("the second connection", |seen| {
            seen.sessions >= 2 && seen.calls.iter().filter(|c| **c == "UpdateStartup").count() >= 2
        })
        .await;
    session.stdin.take().unwrap().write_all(b"on\n").await.unwrap();
    assert_eq!(session.wait_with_output().await.unwrap().stdout, b"got on\n");

    // Stop: shutdown script, then OFF; nothing after it.
    stop.cancel();
    agent.await.unwrap().unwrap();
    let mut seen = server.seen.borrow().clone();
    seen.states.dedup(); // a report whose answer was lost is repeated
    assert_eq!(seen.states, [State::Starting, State::Ready, State::ShuttingDown, State::Off]);
    assert!(home.path().join("stopped").exists());
    assert!(seen.logs.iter().any(|(line, _)| line == "stopping"));
    assert_eq!(seen.logs.iter().filter(|(line, _)| line == "starting hello").count(), 1);
}
