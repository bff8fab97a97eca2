//! From a region's description to a byte stream that speaks relay frames.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt;
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use super::pipe::{ReadPipe, WritePipe};
use crate::core::RegionId;
use crate::defaults::{HAPPY_EYEBALLS, MAX_WEBSOCKET_MESSAGE, WEBSOCKET_READ};

/// A byte stream to a relay.
pub trait DuplexStream: AsyncRead + AsyncWrite + Unpin + Send + 'static {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send + 'static> DuplexStream for T {}

/// Reaches the relay of this process without a socket.
#[async_trait]
pub trait RelayDialer: Send + Sync + 'static {
    /// A stream whose other end the relay serves; no HTTP, the first bytes are the relay's greeting.
    async fn dial(&self) -> std::io::Result<Box<dyn DuplexStream>>;
}

/// One relay of a region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub host: String,
    /// Instead of a name look-up.
    pub fixed: Vec<std::net::IpAddr>,
    pub port: u16,
    pub tls: bool,
    /// The name that the certificate must have, if not the host's.
    pub certificate_name: Option<String>,
}

/// How relays are dialled. Its calls own all they use: borrowed, their futures could not move between threads as far as
/// the compiler sees.
#[derive(Clone)]
pub(crate) struct Dialer {
    pub tls: Arc<rustls::ClientConfig>,
    pub headers: HeaderMap,
    /// For regions that this process serves itself.
    pub in_process: Option<Arc<dyn RelayDialer>>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum DialError {
    #[error("no relay in region {0}")]
    NoTarget(RegionId),
    #[error("connect: {0}")]
    Io(#[from] std::io::Error),
    #[error("invalid host name {0:?}")]
    Name(String),
    #[error("http: {0}")]
    Http(#[from] hyper::Error),
    #[error("request: {0}")]
    Request(#[from] http::Error),
    #[error("websocket: {0}")]
    WebSocket(#[from] Box<tungstenite::Error>),
    #[error("GET failed with status code {}: {body}", status.as_u16())]
    Refused { status: StatusCode, body: String },
    #[error("no answer in time")]
    Timeout,
}

impl DialError {
    /// A proxy may dislike the unusual upgrade: the text to publish if a websocket is the way to go.
    pub fn websocket_reason(&self) -> Option<String> {
        match self {
            Self::Refused { status, body } if status.is_client_error() => Some(format!(
                "GET failed with status code {} (a proxy could be disallowing the use of 'Upgrade: derp'): {body}",
                status.as_u16()
            )),
            _ => None,
        }
    }
}

type Io = Box<dyn DuplexStream>;

impl Dialer {
    /// TCP, and TLS where wanted.
    async fn connect(tls: Arc<rustls::ClientConfig>, target: Target) -> Result<Io, DialError> {
        let tcp = connect_tcp(&target).await?;
        tcp.set_nodelay(true)?;
        if !target.tls {
            return Ok(Box::new(tcp));
        }
        let name = target.certificate_name.as_ref().unwrap_or(&target.host);
        let name = ServerName::try_from(name.clone()).map_err(|_| DialError::Name(name.clone()))?;
        let stream = tokio_rustls::TlsConnector::from(tls).connect(name, tcp).await?;
        Ok(Box::new(stream))
    }

    /// A stream of relay frames by HTTP upgrade.
    pub async fn upgrade(self, target: Target) -> Result<(ReadPipe, WritePipe), DialError> {
        let io = Self::connect(self.tls.clone(), target.clone()).await?;
        let mut request = self.request(&target, "/derp")?;
        request.headers_mut().insert(header::UPGRADE, http::HeaderValue::from_static("DERP"));
        request.headers_mut().insert(header::CONNECTION, http::HeaderValue::from_static("Upgrade"));
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(io)).await?;
        let exchange = async move {
            let mut response = sender.send_request(request).await?;
            if response.status() != StatusCode::SWITCHING_PROTOCOLS {
                return Err(refused(response).await);
            }
            Ok(hyper::upgrade::on(&mut response))
        };
        // The connection must be driven until it has let the stream go. Boxed, or the compiler loses sight of `Send`.
        let (upgraded, _) = futures_util::future::join(exchange, connection.with_upgrades().boxed()).await;
        let parts = upgraded?
            .await?
            .downcast::<TokioIo<Io>>()
            .map_err(|_| std::io::Error::other("the upgraded stream is not the one that was dialled"))?;
        let (read, write) = tokio::io::split(parts.io.into_inner());
        Ok((ReadPipe::raw(read, parts.read_buf), WritePipe::Raw(write)))
    }

    /// A stream of relay frames in the messages of a websocket.
    pub async fn websocket(self, target: Target) -> Result<(ReadPipe, WritePipe), DialError> {
        let io = Self::connect(self.tls.clone(), target.clone()).await?;
        let scheme = if target.tls { "wss" } else { "ws" };
        let url = format!("{scheme}://{}/derp", authority(&target));
        let mut request = url.into_client_request().map_err(Box::new)?;
        request.headers_mut().extend(self.headers.clone());
        let protocol = http::HeaderValue::from_static("derp");
        request.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, protocol);
        let config = WebSocketConfig::default()
            .read_buffer_size(WEBSOCKET_READ)
            .max_message_size(Some(MAX_WEBSOCKET_MESSAGE))
            .max_frame_size(Some(MAX_WEBSOCKET_MESSAGE));
        match tokio_tungstenite::client_async_with_config(request, io, Some(config)).await {
            Ok((socket, _)) => Ok(super::pipe::websocket(socket)),
            Err(tungstenite::Error::Http(response)) => {
                let body = String::from_utf8_lossy(response.body().as_deref().unwrap_or_default());
                Err(DialError::Refused { status: response.status(), body: body.chars().take(200).collect() })
            }
            Err(error) => Err(Box::new(error).into()),
        }
    }

    /// The relay of this process.
    pub async fn in_process(dialer: &dyn RelayDialer) -> Result<(ReadPipe, WritePipe), DialError> {
        let (read, write) = tokio::io::split(dialer.dial().await?);
        Ok((ReadPipe::raw(read, bytes::Bytes::new()), WritePipe::Raw(write)))
    }

    /// How long a relay takes to answer a request, connecting not counted.
    pub async fn latency(self, target: Target) -> Result<Duration, DialError> {
        let io = Self::connect(self.tls.clone(), target.clone()).await?;
        let mut request = self.request(&target, "/derp/latency-check")?;
        // Official clients send the bare host name here.
        let host = http::HeaderValue::try_from(target.host.as_str()).map_err(http::Error::from)?;
        request.headers_mut().insert(header::HOST, host);
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(io)).await?;
        let exchange = async move {
            let started = tokio::time::Instant::now();
            let response = sender.send_request(request).await?;
            if !response.status().is_success() {
                return Err(refused(response).await);
            }
            Ok(started.elapsed())
        };
        tokio::select! {
            biased;
            result = exchange => result,
            result = connection => Err(result.err().map_or(DialError::Timeout, DialError::Http)),
        }
    }

    fn request(&self, target: &Target, path: &str) -> Result<Request<Empty<bytes::Bytes>>, DialError> {
        let mut request = Request::get(path).body(Empty::new())?;
        *request.headers_mut() = self.headers.clone();
        let host = http::HeaderValue::try_from(authority(target)).map_err(http::Error::from)?;
        request.headers_mut().insert(header::HOST, host);
        Ok(request)
    }
}

async fn refused(response: http::Response<Incoming>) -> DialError {
    const LIMIT: usize = 4096;
    let status = response.status();
    let body = Limited::new(response.into_body(), LIMIT).collect().await.map(|body| body.to_bytes());
    let body = String::from_utf8_lossy(&body.unwrap_or_default()).trim().chars().take(200).collect();
    DialError::Refused { status, body }
}

/// `host:port`, or the host alone when the port is the scheme's own.
fn authority(target: &Target) -> String {
    let host = if target.host.contains(':') { format!("[{}]", target.host) } else { target.host.clone() };
    let standard = if target.tls { 443 } else { 80 };
    if target.port == standard { host } else { format!("{host}:{}", target.port) }
}

/// Tries the addresses one by one, the next one shortly after the last while that still hangs.
async fn connect_tcp(target: &Target) -> std::io::Result<TcpStream> {
    use futures_util::stream::{FuturesUnordered, StreamExt};
    let addresses: Vec<std::net::SocketAddr> = if target.fixed.is_empty() {
        tokio::net::lookup_host((target.host.as_str(), target.port)).await?.collect()
    } else {
        target.fixed.iter().map(|ip| (*ip, target.port).into()).collect()
    };
    let mut attempts: FuturesUnordered<_> = addresses
        .into_iter()
        .zip(0u32..)
        .map(|(address, turn)| async move {
            tokio::time::sleep(HAPPY_EYEBALLS * turn).await;
            TcpStream::connect(address).await
        })
        .collect();
    let mut last = std::io::Error::other("the relay's name has no address");
    while let Some(result) = attempts.next().await {
        match result {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}
