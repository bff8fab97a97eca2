//! What the pipe needs of a websocket, whoever implements it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::{Sink, Stream};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error as WsError, Message, error::ProtocolError};

/// A websocket message, independent of the library that carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WsMessage {
    /// Bytes of the pipe.
    Binary(Bytes),
    /// Text: an error on a byte pipe.
    Text,
    /// A ping; the library below answers it.
    Ping(Bytes),
    /// The answer to an own ping.
    Pong(Bytes),
    /// The end, with code and reason if there are any.
    Close(Option<(u16, String)>),
    /// Anything else; ignored.
    Other,
}

/// Messages in and out, with the type of the library hidden.
pub(super) trait Socket: Send {
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<WsMessage>>>;
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
    fn send(&mut self, message: WsMessage) -> io::Result<()>;
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
}

/// A sink and stream of messages of type `M`, with the functions that translate them.
pub(super) struct Mapped<S, M> {
    pub(super) inner: S,
    pub(super) decode: fn(M) -> WsMessage,
    pub(super) encode: fn(WsMessage) -> M,
}

impl<S, M, E> Socket for Mapped<S, M>
where
    S: Sink<M, Error = E> + Stream<Item = Result<M, E>> + Send + Unpin,
    E: std::error::Error + Send + Sync + 'static,
{
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<WsMessage>>> {
        let message = ready!(Pin::new(&mut self.inner).poll_next(cx));
        Poll::Ready(message.map(|m| m.map(self.decode).map_err(|e| failure(e))))
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_ready(cx).map_err(|e| failure(e))
    }

    fn send(&mut self, message: WsMessage) -> io::Result<()> {
        Pin::new(&mut self.inner).start_send((self.encode)(message)).map_err(|e| failure(e))
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx).map_err(|e| failure(e))
    }
}

fn failure(error: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    io::Error::new(error_kind(&error), error)
}

/// What an error of the websocket library is for a pipe. A connection that ends without a close frame is an end.
fn error_kind(error: &(dyn std::error::Error + 'static)) -> io::ErrorKind {
    let mut cause = Some(error);
    while let Some(e) = cause {
        match e.downcast_ref::<WsError>() {
            Some(
                WsError::ConnectionClosed
                | WsError::AlreadyClosed
                | WsError::Protocol(ProtocolError::ResetWithoutClosingHandshake),
            ) => return io::ErrorKind::UnexpectedEof,
            Some(WsError::Io(e)) => return e.kind(),
            Some(WsError::Capacity(_) | WsError::Protocol(_) | WsError::Utf8(_)) => return io::ErrorKind::InvalidData,
            _ => {}
        }
        cause = e.source();
    }
    io::ErrorKind::Other
}

pub(super) fn from_tungstenite(message: Message) -> WsMessage {
    match message {
        Message::Binary(data) => WsMessage::Binary(data),
        Message::Text(_) => WsMessage::Text,
        Message::Ping(data) => WsMessage::Ping(data),
        Message::Pong(data) => WsMessage::Pong(data),
        Message::Close(frame) => WsMessage::Close(frame.map(|f| (f.code.into(), f.reason.to_string()))),
        Message::Frame(_) => WsMessage::Other,
    }
}

pub(super) fn to_tungstenite(message: WsMessage) -> Message {
    match message {
        WsMessage::Binary(data) => Message::Binary(data),
        WsMessage::Text | WsMessage::Other => Message::Binary(Bytes::new()),
        WsMessage::Ping(data) => Message::Ping(data),
        WsMessage::Pong(data) => Message::Pong(data),
        WsMessage::Close(frame) => Message::Close(
            frame.map(|(code, reason)| CloseFrame { code: CloseCode::from(code), reason: reason.into() }),
        ),
    }
}
