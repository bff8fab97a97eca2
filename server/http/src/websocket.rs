//! Websockets: the upgrade, its checks, and sockets that only send (rest.md §1, §12).

use std::future::Future;
use std::time::{Duration, Instant};

use axum::extract::FromRequestParts;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt};
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};
use warren_api::Response as Envelope;
use warren_core::{Cx, Error};
use warren_observe::metrics::{HTTP, Measured};

use crate::api::State;
use crate::authenticate::{Caller, TokenSource};
use crate::describe::{Describe, Operation};
use crate::error::ApiError;
use crate::json;
use crate::pipeline::observe::MeasuredByUpgrade;

/// Largest message that is read: official clients have the same limit.
const MAX_MESSAGE: usize = 4 * 1024 * 1024;
/// Read and write buffer of a socket, bytes: most sockets are idle, and there are many.
const SOCKET_BUFFER: usize = 4 * 1024;
/// Pause between pings, and how long the answer may take.
const PING_INTERVAL: Duration = Duration::from_secs(15);
/// How long a slow client may take for one message.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest reason of a close frame.
const MAX_REASON: usize = 123;

/// A websocket that may be opened. Everything that can be wrong with the call itself is to be checked before
/// [`Upgrade::open`], because a plain request is answered by 426 only then.
pub struct Upgrade {
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    origin: Result<(), String>,
    measured: Option<Measured>,
    buffer: usize,
    state: State,
}

impl FromRequestParts<State> for Upgrade {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Self::Rejection> {
        let origin = check_origin(parts, state);
        let measured = parts.extensions.get::<Measured>().copied();
        let upgrade = WebSocketUpgrade::from_request_parts(parts, state).await;
        Ok(Self { upgrade, origin, measured, buffer: SOCKET_BUFFER, state: state.clone() })
    }
}

impl Describe for Upgrade {
    fn describe(operation: &mut Operation) {
        operation.websocket = true;
    }
}

/// A browser attaches the cookie to a websocket of any site, so the page's origin must be ours. Clients that carry the
/// token themselves cannot be made to do so by a foreign page.
pub(crate) fn check_origin(parts: &Parts, state: &State) -> Result<(), String> {
    let by_cookie = parts.extensions.get::<Caller>().is_none_or(|caller| caller.source == TokenSource::Cookie);
    let Some(origin) = parts.headers.get(header::ORIGIN).filter(|_| by_cookie) else { return Ok(()) };
    let origin = origin.to_str().unwrap_or_default();
    let Ok(url) = url::Url::parse(origin) else { return Err(origin.to_owned()) };
    let same = |host: Option<&str>, port: Option<u16>| url.host_str() == host && url.port_or_known_default() == port;
    let access = &state.config.access_url;
    if same(access.host_str(), access.port_or_known_default()) {
        return Ok(());
    }
    let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    let own = !host.is_empty() && authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host));
    if own { Ok(()) } else { Err(origin.to_owned()) }
}

impl Upgrade {
    /// For sockets that are at rest most of the time, and of which there are thousands: buffers of this many bytes.
    pub fn with_buffer(mut self, bytes: usize) -> Self {
        self.buffer = bytes;
        self
    }

    /// Opens the socket and serves it with `serve`, in a task that ends with the server.
    pub fn open<F, Fut>(self, serve: F) -> Response
    where
        F: FnOnce(WebSocket) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        if let Err(origin) = self.origin {
            let error = Error::forbidden_because("The page's origin is not allowed to open this websocket.");
            return ApiError(error.detail(format!("Origin {origin:?} is not the server's own."))).into_response();
        }
        match self.upgrade {
            Ok(upgrade) => {
                let (tasks, measured) = (self.state.tasks.clone(), self.measured);
                let upgrade = upgrade.read_buffer_size(self.buffer).write_buffer_size(self.buffer);
                let mut response =
                    upgrade.max_message_size(MAX_MESSAGE).max_frame_size(MAX_MESSAGE).on_upgrade(move |socket| {
                        let open = OpenSocket { measured, since: Instant::now() };
                        tasks.track_future(async move {
                            serve(socket).await;
                            drop(open);
                        })
                    });
                response.extensions_mut().insert(MeasuredByUpgrade);
                response
            }
            Err(rejection) => upgrade_required(&rejection.body_text()),
        }
    }

    /// Opens the socket and sends what the stream yields; ends with it, with the client, when the caller's key is
    /// revoked, or when the server drains.
    pub fn send<S>(self, cx: &Cx, kind: OneWay, stream: S) -> Response
    where
        S: Stream<Item = StreamItem> + Send + 'static,
    {
        let cx = cx.clone();
        self.open(move |socket| send(socket, cx, kind, stream))
    }
}

/// Counts the end of a socket, however it ends.
struct OpenSocket {
    measured: Option<Measured>,
    since: Instant,
}

impl Drop for OpenSocket {
    fn drop(&mut self) {
        if let Some(measured) = &self.measured {
            HTTP.end(measured, 101, self.since.elapsed());
        }
    }
}

/// What a socket that only sends does when the client sends something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OneWay {
    /// Closes with 1002: the `-ws` twins of event streams.
    Events,
    /// Closes with 1008: log streams and the inbox.
    Log,
}

/// An element of a stream for [`Upgrade::send`].
#[derive(Debug, Clone, PartialEq)]
pub enum StreamItem {
    /// A text message; [`StreamItem::json`] makes it from a value.
    Text(String),
    /// A binary message.
    Binary(bytes::Bytes),
    /// The end, with code and reason. A stream that just ends closes with 1000.
    Close(u16, &'static str),
}

impl StreamItem {
    /// A value as a message, with the newline that the contract has after it.
    pub fn json(value: &impl serde::Serialize) -> Self {
        match json::encode(value).map(String::from_utf8) {
            Ok(Ok(text)) => Self::Text(text),
            _ => Self::Close(1011, "internal error"),
        }
    }
}

async fn send(mut socket: WebSocket, cx: Cx, kind: OneWay, stream: impl Stream<Item = StreamItem> + Send) {
    let mut stream = std::pin::pin!(stream);
    let revoked = cx.services.keys.until_revoked(&cx.actor);
    let mut revoked = std::pin::pin!(revoked);
    let mut ping = tokio::time::interval_at(tokio::time::Instant::now() + PING_INTERVAL, PING_INTERVAL);
    let mut unanswered = false;
    let (code, reason) = loop {
        let message = tokio::select! {
            item = stream.next() => match item {
                Some(StreamItem::Text(text)) => Message::Text(text.into()),
                Some(StreamItem::Binary(bytes)) => Message::Binary(bytes),
                Some(StreamItem::Close(code, reason)) => break (code, reason),
                None => break (1000, "done"),
            },
            _ = ping.tick() => {
                if unanswered {
                    break (1001, "liveness probe failed");
                }
                unanswered = true;
                Message::Ping(bytes::Bytes::new())
            }
            received = socket.recv() => match received {
                Some(Ok(Message::Pong(_))) => {
                    unanswered = false;
                    continue;
                }
                Some(Ok(Message::Ping(_))) => continue,
                Some(Ok(Message::Text(_) | Message::Binary(_))) => break match kind {
                    OneWay::Events => (1002, "Clients cannot send messages for one-way WebSockets"),
                    OneWay::Log => (1008, "unexpected data message"),
                },
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
            },
            () = &mut revoked => break (1008, "session ended"),
            () = cx.services.shutdown.cancelled() => break (1001, "server is shutting down"),
        };
        match tokio::time::timeout(WRITE_TIMEOUT, socket.send(message)).await {
            Ok(Ok(())) => {}
            _ => return,
        }
    };
    close(&mut socket, code, reason).await;
}

/// Sends a close frame and waits a moment for the client's.
pub(crate) async fn close(socket: &mut WebSocket, code: u16, reason: &str) {
    let mut end = reason.len().min(MAX_REASON);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    let frame = CloseFrame { code, reason: reason[..end].into() };
    let finish = async {
        if socket.send(Message::Close(Some(frame))).await.is_ok() {
            while let Some(Ok(message)) = socket.recv().await {
                if matches!(message, Message::Close(_)) {
                    break;
                }
            }
        }
    };
    let _client_too_slow = tokio::time::timeout(Duration::from_secs(5), finish).await;
}

/// 426, as clients of the contract expect it: one line of text about the violation, then the envelope.
fn upgrade_required(reason: &str) -> Response {
    let envelope =
        Envelope { message: "Failed to accept websocket.".into(), detail: reason.to_owned(), ..Default::default() };
    let mut body = format!("WebSocket protocol violation: {reason}\n").into_bytes();
    body.extend(json::encode(&envelope).unwrap_or_default());
    let headers = [
        (header::UPGRADE, HeaderValue::from_static("websocket")),
        (header::CONNECTION, HeaderValue::from_static("Upgrade")),
        (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
    ];
    (StatusCode::UPGRADE_REQUIRED, headers, body).into_response()
}
