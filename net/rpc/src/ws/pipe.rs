//! A websocket of binary messages as a byte pipe.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use futures_util::{Sink, Stream};
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};
use tokio_tungstenite::WebSocketStream;

use super::socket::{Mapped, Socket, WsMessage, from_tungstenite, to_tungstenite};
use crate::defaults::MAX_WS_WRITE;

const NORMAL: u16 = 1000;
const GOING_AWAY: u16 = 1001;
const UNSUPPORTED: u16 = 1003;
const INTERNAL: u16 = 1011;

/// A byte pipe over a websocket: each write is one binary message, the borders of received messages have no meaning.
/// Pings are answered by the library below whenever the pipe is read.
pub struct WsPipe {
    socket: Box<dyn Socket>,
    /// What is left of the last message.
    chunk: Bytes,
    closing: Closing,
    closer: WsCloser,
    keep_alive: Option<Box<KeepAlive>>,
    ended: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Closing {
    Open,
    /// The close frame is handed to the library.
    Sent,
    Flushed,
}

/// Chooses the code and reason of the close frame that the pipe will send; 1000 without a reason if it is not used.
#[derive(Debug, Clone, Default)]
pub struct WsCloser(Arc<Mutex<Option<(u16, String)>>>);

impl WsCloser {
    /// Sets code and reason; the first call counts. A reason above 123 bytes is cut.
    pub fn set(&self, code: u16, reason: &str) {
        let mut end = reason.len().min(123);
        while !reason.is_char_boundary(end) {
            end -= 1;
        }
        self.0.lock().get_or_insert_with(|| (code, reason.get(..end).unwrap_or_default().to_owned()));
    }

    /// Sets code 1011, the end of a session that failed on this side.
    pub fn set_internal_error(&self, reason: &str) {
        self.set(INTERNAL, reason);
    }

    fn frame(&self) -> (u16, String) {
        self.0.lock().clone().unwrap_or((NORMAL, String::new()))
    }
}

/// Pings of the websocket itself, whose payload counts from 1.
struct KeepAlive {
    period: Duration,
    limit: Duration,
    count: u64,
    awaiting: bool,
    timer: Pin<Box<Sleep>>,
}

impl WsPipe {
    /// Over a websocket of tokio-tungstenite.
    pub fn new<S>(socket: WebSocketStream<S>) -> Self
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        Self::from_messages(socket, from_tungstenite, to_tungstenite)
    }

    /// Over any sink and stream of messages that answers pings by itself, for instance the websocket of a web
    /// framework; `decode` and `encode` translate its message type.
    pub fn from_messages<S, M, E>(socket: S, decode: fn(M) -> WsMessage, encode: fn(WsMessage) -> M) -> Self
    where
        S: Sink<M, Error = E> + Stream<Item = Result<M, E>> + Send + Unpin + 'static,
        M: 'static,
        E: std::error::Error + Send + Sync + 'static,
    {
        Self::from_socket(Box::new(Mapped { inner: socket, decode, encode }))
    }

    fn from_socket(socket: Box<dyn Socket>) -> Self {
        Self {
            socket,
            chunk: Bytes::new(),
            closing: Closing::Open,
            closer: WsCloser::default(),
            keep_alive: None,
            ended: false,
        }
    }

    /// Sends a ping every `period`, the first after one; if no pong comes within `limit` the pipe fails and closes
    /// with code 1001. Works while the pipe is read.
    #[must_use]
    pub fn with_keep_alive(mut self, period: Duration, limit: Duration) -> Self {
        let timer = Box::pin(tokio::time::sleep(period));
        self.keep_alive = Some(Box::new(KeepAlive { period, limit, count: 0, awaiting: false, timer }));
        self
    }

    /// A handle by which the close frame can be chosen while the pipe is in use elsewhere.
    pub fn closer(&self) -> WsCloser {
        self.closer.clone()
    }

    fn pong(&mut self, payload: &[u8]) {
        if let Some(keep_alive) = &mut self.keep_alive
            && keep_alive.awaiting
            && payload == keep_alive.count.to_string().as_bytes()
        {
            keep_alive.awaiting = false;
            let next = (keep_alive.timer.deadline() - keep_alive.limit + keep_alive.period).max(Instant::now());
            keep_alive.timer.as_mut().reset(next);
        }
    }

    /// Sends the ping that is due; fails when the last one was not answered.
    fn poll_keep_alive(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        let Some(keep_alive) = &mut self.keep_alive else { return Ok(()) };
        if self.closing != Closing::Open {
            return Ok(());
        }
        while keep_alive.timer.as_mut().poll(cx).is_ready() {
            if keep_alive.awaiting {
                self.closer.set(GOING_AWAY, "liveness probe failed");
                return Err(io::Error::new(io::ErrorKind::TimedOut, "no answer to a websocket ping"));
            }
            // A full pipe delays the ping; the writer's waker brings us back.
            if self.socket.poll_ready(cx)?.is_pending() {
                break;
            }
            keep_alive.count += 1;
            keep_alive.awaiting = true;
            self.socket.send(WsMessage::Ping(keep_alive.count.to_string().into()))?;
            keep_alive.timer.as_mut().reset(Instant::now() + keep_alive.limit);
        }
        if keep_alive.awaiting {
            let _ = self.socket.poll_flush(cx)?;
        }
        Ok(())
    }
}

impl AsyncRead for WsPipe {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.poll_keep_alive(cx)?;
        loop {
            if !this.chunk.is_empty() {
                let n = this.chunk.len().min(buf.remaining());
                buf.put_slice(this.chunk.get(..n).unwrap_or_default());
                this.chunk.advance(n);
                if this.chunk.is_empty() {
                    this.chunk = Bytes::new();
                }
                return Poll::Ready(Ok(()));
            }
            if this.ended {
                return Poll::Ready(Ok(()));
            }
            match ready!(this.socket.poll_receive(cx)) {
                Some(Ok(WsMessage::Binary(data))) => this.chunk = data,
                Some(Ok(WsMessage::Text)) => {
                    this.closer.set(UNSUPPORTED, "expected binary messages");
                    return Poll::Ready(Err(io::Error::new(
                        io::ErrorKind::InvalidData,
                        "a text message on a byte pipe",
                    )));
                }
                Some(Ok(WsMessage::Pong(payload))) => this.pong(&payload),
                Some(Ok(WsMessage::Ping(_) | WsMessage::Other)) => {}
                Some(Ok(WsMessage::Close(frame))) => {
                    tracing::debug!(?frame, "websocket closed by the peer");
                    this.ended = true;
                    // Lets the library send its answer.
                    if this.closing == Closing::Open {
                        this.closing = Closing::Sent;
                    }
                }
                None => this.ended = true,
                Some(Err(e)) if is_end(&e) => this.ended = true,
                Some(Err(e)) => return Poll::Ready(Err(e)),
            }
        }
    }
}

fn is_end(e: &io::Error) -> bool {
    matches!(e.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset)
}

impl AsyncWrite for WsPipe {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.closing != Closing::Open || this.ended {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        ready!(this.socket.poll_ready(cx))?;
        let n = data.len().min(MAX_WS_WRITE);
        let piece = data.get(..n).unwrap_or_default();
        this.socket.send(WsMessage::Binary(Bytes::copy_from_slice(piece)))?;
        Poll::Ready(Ok(n))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().socket.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.closing == Closing::Open {
            if !this.ended {
                ready!(this.socket.poll_ready(cx))?;
                this.socket.send(WsMessage::Close(Some(this.closer.frame())))?;
            }
            this.closing = Closing::Sent;
        }
        if this.closing == Closing::Sent {
            match ready!(this.socket.poll_flush(cx)) {
                Ok(()) => {}
                Err(e) if is_end(&e) => {}
                Err(e) => return Poll::Ready(Err(e)),
            }
            this.closing = Closing::Flushed;
        }
        Poll::Ready(Ok(()))
    }
}

impl std::fmt::Debug for WsPipe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WsPipe").field("ended", &self.ended).finish_non_exhaustive()
    }
}
