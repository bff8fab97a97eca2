//! The listeners: plain and TLS, connections that end in order.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use axum::Router;
use axum::extract::ConnectInfo;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;
use warren_http::OverTls;

use crate::options::Values;
use crate::tls;

/// How long a client may take to send the head of a request, and to finish a TLS handshake.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Pause between pings on HTTP/2 connections, and how long the answer may take: a dead peer's streams end.
const HTTP2_PING: Duration = Duration::from_secs(30);
/// Pause after the system refused a connection (out of descriptors, usually).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A bound listener.
pub(crate) struct Listener {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
}

/// Binds what the options name, the plain listener first.
pub(crate) async fn bind(values: &Values) -> Result<Vec<Listener>> {
    let mut listeners = Vec::new();
    let secured = values.bool("tls-enable");
    let legacy = values.text("address");
    let plain = if !legacy.is_empty() && !secured { legacy.clone() } else { values.text("http-address") };
    if !plain.is_empty() {
        listeners.push(Listener { listener: bind_one(&plain).await?, tls: None });
    }
    if secured {
        let address = if legacy.is_empty() { values.text("tls-address") } else { legacy };
        if address.is_empty() {
            bail!("tls-address must be set when TLS is enabled");
        }
        listeners.push(Listener { listener: bind_one(&address).await?, tls: Some(tls::acceptor(values)?) });
    }
    if listeners.is_empty() {
        bail!("no listener: set http-address, or tls-enable with tls-address");
    }
    Ok(listeners)
}

impl Listener {
    pub(crate) fn address(&self) -> Result<SocketAddr> {
        Ok(self.listener.local_addr()?)
    }

    pub(crate) const fn is_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// Serves until `stop` fires; connections then end after their current request, and at once when `cut` fires.
    pub(crate) async fn serve(self, app: Router, stop: CancellationToken, cut: CancellationToken) {
        let connections = TaskTracker::new();
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                accepted = self.listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    let (app, tls) = (app.clone(), self.tls.clone());
                    let (stop, cut) = (stop.clone(), cut.clone());
                    connections.spawn(async move {
                        tokio::select! {
                            () = cut.cancelled() => {}
                            () = connection(stream, peer, tls, app, stop) => {}
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        drop(self.listener);
        connections.close();
        connections.wait().await;
    }
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
    app: Router,
    stop: CancellationToken,
) {
    // Small messages (terminals, SSH) must not wait for each other.
    let _a_slower_connection = stream.set_nodelay(true);
    match tls {
        None => http(stream, peer, app, stop, false).await,
        Some(tls) => match tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await {
            Ok(Ok(stream)) => http(stream, peer, app, stop, true).await,
            Ok(Err(error)) => tracing::debug!(%peer, %error, "TLS handshake failed"),
            Err(_) => tracing::debug!(%peer, "TLS handshake takes too long"),
        },
    }
}

async fn http(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    app: Router,
    stop: CancellationToken,
    over_tls: bool,
) {
    let asked = Arc::new(AtomicBool::new(false));
    let first = asked.clone();
    let service = app.map_request(move |mut request: http::Request<hyper::body::Incoming>| {
        first.store(true, Ordering::Relaxed);
        request.extensions_mut().insert(ConnectInfo(peer));
        if over_tls {
            request.extensions_mut().insert(OverTls);
        }
        request.map(axum::body::Body::new)
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(HTTP2_PING).keep_alive_timeout(HTTP2_PING);
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), TowerToHyperService::new(service));
    let mut connection = std::pin::pin!(connection);
    // The time limit for heads begins when the protocol is known; who does not even say that much is not waited for.
    let silence = async {
        tokio::time::sleep(HEADER_TIMEOUT).await;
        if asked.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
    };
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = silence => {
            tracing::debug!(%peer, "no request came");
            return;
        }
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%peer, %error, "connection ended");
    }
}

async fn bind_one(address: &str) -> Result<TcpListener> {
    // ":3000" means every interface, as in Go.
    let address = if address.starts_with(':') { format!("0.0.0.0{address}") } else { address.to_owned() };
    TcpListener::bind(&address).await.with_context(|| format!("cannot listen on {address}"))
}

/// Serves the metrics: the same answer for every path and method.
pub(crate) async fn serve_metrics(
    address: String,
    render: Arc<dyn Fn() -> String + Send + Sync>,
    stop: CancellationToken,
) -> Result<impl Future<Output = ()>> {
    let listener = Listener { listener: bind_one(&address).await?, tls: None };
    tracing::info!(address = %listener.address()?, "serving metrics");
    let app = Router::new().fallback(move || {
        let text = render();
        async move { ([(http::header::CONTENT_TYPE, warren_observe::metrics::CONTENT_TYPE)], text) }
    });
    let cut = stop.clone();
    Ok(listener.serve(app, stop, cut))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    async fn serve() -> (SocketAddr, CancellationToken) {
        let listener = Listener { listener: bind_one("127.0.0.1:0").await.unwrap(), tls: None };
        let (address, stop) = (listener.address().unwrap(), CancellationToken::new());
        let app = Router::new().fallback(|| async { "here" });
        tokio::spawn(listener.serve(app, stop.clone(), stop.clone()));
        (address, stop)
    }

    #[tokio::test(start_paused = true)]
    async fn connections_that_ask_nothing_are_closed() {
        let (address, _stop) = serve().await;
        let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".as_slice();
        for said in [b"".as_slice(), b"P", b"GET / HTTP/1.1\r\nHost: a\r\n", &preface[..20], preface] {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(said).await.unwrap();
            let mut answer = Vec::new();
            let ended = tokio::time::timeout(HEADER_TIMEOUT * 3, stream.read_to_end(&mut answer)).await;
            assert!(ended.is_ok(), "{:?} is waited for", String::from_utf8_lossy(said));
        }
    }

    #[tokio::test]
    async fn requests_are_answered() {
        let (address, _stop) = serve().await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.ends_with("here"), "{answer}");
    }
}
