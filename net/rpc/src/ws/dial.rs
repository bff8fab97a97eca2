//! Dialling a websocket: TCP, TLS, the upgrade request, and the answer if it is refused.

use std::future::{Future as _, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::pipe::WsPipe;
use crate::defaults::{DIAL_TIMEOUT, MAX_REFUSAL_BODY, MAX_WS_MESSAGE, WS_BUFFER};

/// Where and how to dial.
#[derive(Debug, Clone)]
pub struct DialOptions {
    /// `http`, `https`, `ws` or `wss`; path and query are kept.
    pub url: String,
    /// Added to the upgrade request: tokens, cookies, user agent.
    pub headers: HeaderMap,
    /// TLS of `https` and `wss`; `None` = the platform's trust anchors.
    pub tls: Option<Arc<rustls::ClientConfig>>,
    /// For everything until the websocket is open.
    pub timeout: Duration,
    /// Bytes of one received message at most.
    pub max_message: usize,
}

impl DialOptions {
    /// The usual options for a URL.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            headers: HeaderMap::new(),
            tls: None,
            timeout: DIAL_TIMEOUT,
            max_message: MAX_WS_MESSAGE,
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }
}

/// Why a websocket could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    /// The URL has no host or another scheme.
    #[error("invalid url: {0}")]
    Url(String),
    /// The name was not found, or nobody listens.
    #[error("connect to {host}")]
    Connect {
        /// Host and port.
        host: String,
        /// The reason.
        #[source]
        source: io::Error,
    },
    /// No trust anchors, or a certificate that is not trusted.
    #[error("tls with {host}")]
    Tls {
        /// Host and port.
        host: String,
        /// The reason.
        #[source]
        source: io::Error,
    },
    /// The server answered the upgrade with something else.
    #[error("the server answered the upgrade with {status}")]
    Refused {
        /// Status of the answer.
        status: StatusCode,
        /// Headers of the answer.
        headers: Box<HeaderMap>,
        /// The first 64 KiB of its body.
        body: Bytes,
    },
    /// The answer was no valid answer to an upgrade.
    #[error("invalid websocket handshake: {0}")]
    Handshake(&'static str),
    /// The connection failed during the upgrade.
    #[error("http upgrade")]
    Http(#[from] hyper::Error),
    /// It took too long.
    #[error("no websocket within {0:?}")]
    Timeout(Duration),
}

impl DialError {
    /// The status of a refused upgrade.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }
}

/// Opens a websocket to a URL as a byte pipe.
///
/// # Errors
/// See [`DialError`].
pub async fn dial(options: DialOptions) -> Result<WsPipe, DialError> {
    let timeout = options.timeout;
    tokio::time::timeout(timeout, dial_inner(options)).await.unwrap_or(Err(DialError::Timeout(timeout)))
}

async fn dial_inner(options: DialOptions) -> Result<WsPipe, DialError> {
    let target = Target::parse(&options.url)?;
    let connect = |source| DialError::Connect { host: target.authority.clone(), source };
    let tcp = TcpStream::connect((target.host.as_str(), target.port)).await.map_err(connect)?;
    tcp.set_nodelay(true).map_err(connect)?;
    if !target.tls {
        return upgrade(tcp, &target, options).await;
    }
    let failed = |source| DialError::Tls { host: target.authority.clone(), source };
    let config = match &options.tls {
        Some(config) => config.clone(),
        None => warren_tls::shared_client_config().map_err(|e| failed(io::Error::other(e)))?,
    };
    let name = ServerName::try_from(target.host.clone()).map_err(|e| failed(io::Error::other(e)))?;
    let tls = TlsConnector::from(config).connect(name, tcp).await.map_err(failed)?;
    upgrade(tls, &target, options).await
}

struct Target {
    tls: bool,
    /// Without brackets.
    host: String,
    port: u16,
    /// As in the URL, for the Host header.
    authority: String,
    path: String,
}

impl Target {
    fn parse(url: &str) -> Result<Self, DialError> {
        let invalid = || DialError::Url(url.to_owned());
        let uri: Uri = url.parse().map_err(|_| invalid())?;
        let tls = match uri.scheme_str() {
            Some("https" | "wss") => true,
            Some("http" | "ws") => false,
            _ => return Err(invalid()),
        };
        let authority = uri.authority().ok_or_else(invalid)?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        if host.is_empty() {
            return Err(invalid());
        }
        let port = authority.port_u16().unwrap_or(if tls { 443 } else { 80 });
        let path = uri.path_and_query().map_or("/", |p| p.as_str()).to_owned();
        // Never send user and password that stand in a URL as part of the host.
        let authority = authority.as_str().rsplit('@').next().unwrap_or_default().to_owned();
        Ok(Self { tls, host, port, authority, path })
    }
}

async fn upgrade<IO>(io: IO, target: &Target, options: DialOptions) -> Result<WsPipe, DialError>
where
    IO: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let key = BASE64.encode(rand::random::<[u8; 16]>());
    let request = request(target, options.headers, &key)?;
    let (mut sender, mut connection) = http1::handshake(TokioIo::new(io)).await?;
    let mut response = pin!(sender.send_request(request));
    // The connection is driven here, so that no task is left behind.
    let mut driven = false;
    let response = poll_fn(|cx| {
        if !driven {
            match connection.poll_without_shutdown(cx) {
                Poll::Ready(Err(e)) => return Poll::Ready(Err(e)),
                Poll::Ready(Ok(())) => driven = true,
                Poll::Pending => {}
            }
        }
        response.as_mut().poll(cx)
    })
    .await?;
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        let (parts, body) = response.into_parts();
        let body = refusal_body(body, &mut connection, driven).await;
        return Err(DialError::Refused { status: parts.status, headers: Box::new(parts.headers), body });
    }
    let accepted = response.headers().get(header::SEC_WEBSOCKET_ACCEPT).map(HeaderValue::as_bytes);
    if accepted != Some(derive_accept_key(key.as_bytes()).as_bytes()) {
        return Err(DialError::Handshake("wrong Sec-WebSocket-Accept"));
    }
    let parts = connection.into_parts();
    let config = WebSocketConfig::default()
        .read_buffer_size(WS_BUFFER)
        .write_buffer_size(0)
        .max_message_size(Some(options.max_message))
        .max_frame_size(Some(options.max_message));
    let socket = WebSocketStream::from_partially_read(
        parts.io.into_inner(),
        parts.read_buf.to_vec(),
        Role::Client,
        Some(config),
    )
    .await;
    Ok(WsPipe::new(socket))
}

fn request(target: &Target, headers: HeaderMap, key: &str) -> Result<Request<Empty<Bytes>>, DialError> {
    let mut request = Request::get(&target.path)
        .header(header::HOST, &target.authority)
        .body(Empty::new())
        .map_err(|_| DialError::Url(target.path.clone()))?;
    let all = request.headers_mut();
    all.extend(headers);
    all.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    all.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    all.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    let key = HeaderValue::from_str(key).map_err(|_| DialError::Handshake("key"))?;
    all.insert(header::SEC_WEBSOCKET_KEY, key);
    Ok(request)
}

/// What can be had of the body of a refusal; a body that breaks off is cut.
async fn refusal_body<IO>(
    body: Incoming,
    connection: &mut http1::Connection<TokioIo<IO>, Empty<Bytes>>,
    mut driven: bool,
) -> Bytes
where
    IO: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let mut body = Limited::new(body, MAX_REFUSAL_BODY);
    let mut collected = Vec::new();
    loop {
        let frame = {
            let mut frame = pin!(body.frame());
            poll_fn(|cx| {
                if !driven && connection.poll_without_shutdown(cx).is_ready() {
                    driven = true;
                }
                frame.as_mut().poll(cx)
            })
            .await
        };
        match frame {
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    collected.extend_from_slice(&data);
                }
            }
            Some(Err(_)) | None => return collected.into(),
        }
    }
}
