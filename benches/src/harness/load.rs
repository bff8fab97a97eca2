//! HTTP load over connections that stay open.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use http::header::{HOST, HeaderValue};
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::numbers::{ms, percentile};
use super::server::Server;

/// Requests that were answered.
#[derive(Debug)]
pub struct Load {
    pub requests: usize,
    pub p50_ms: f64,
    pub p99_ms: f64,
}

/// Asks for one path on `connections` connections at once, each as fast as it is answered.
pub async fn run(server: &Server, path: &str, connections: usize, duration: Duration) -> Result<Load> {
    let mut tasks = JoinSet::new();
    let path: Arc<str> = path.into();
    let until = Instant::now() + duration;
    for _ in 0..connections {
        let mut connection = Connection::open(server).await?;
        let path = path.clone();
        tasks.spawn(async move {
            let mut times = Vec::new();
            while Instant::now() < until {
                let started = Instant::now();
                connection.get(&path).await?;
                times.push(ms(started.elapsed()));
            }
            Ok::<_, anyhow::Error>(times)
        });
    }
    let mut times = Vec::new();
    while let Some(joined) = tasks.join_next().await {
        times.extend(joined??);
    }
    if times.is_empty() {
        bail!("{path}: no request was answered");
    }
    let (p50_ms, p99_ms) = (percentile(&mut times, 0.5), percentile(&mut times, 0.99));
    Ok(Load { requests: times.len(), p50_ms, p99_ms })
}

/// Asks `count` times on one connection.
pub async fn repeat(server: &Server, path: &str, count: usize) -> Result<()> {
    let mut connection = Connection::open(server).await?;
    for _ in 0..count {
        connection.get(path).await?;
    }
    Ok(())
}

struct Connection {
    sender: SendRequest<Empty<Bytes>>,
    host: HeaderValue,
    token: HeaderValue,
    _driver: JoinSet<()>,
}

impl Connection {
    async fn open(server: &Server) -> Result<Self> {
        let socket = TcpStream::connect(("127.0.0.1", server.port())).await?;
        socket.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(socket)).await?;
        let mut driver = JoinSet::new();
        driver.spawn(async move {
            let _ = connection.await;
        });
        let host = HeaderValue::try_from(format!("127.0.0.1:{}", server.port()))?;
        let token = HeaderValue::try_from(server.token.clone())?;
        Ok(Self { sender, host, token, _driver: driver })
    }

    async fn get(&mut self, path: &str) -> Result<()> {
        self.sender.ready().await?;
        let request = Request::get(path)
            .header(HOST, self.host.clone())
            .header("Coder-Session-Token", self.token.clone())
            .body(Empty::new())?;
        let response = self.sender.send_request(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await.context("read the answer")?.to_bytes();
        if status != StatusCode::OK {
            bail!("GET {path}: {status}: {}", String::from_utf8_lossy(&body).chars().take(300).collect::<String>());
        }
        Ok(())
    }
}
