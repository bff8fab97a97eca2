//! The two halves of a relay connection, raw or in websocket messages, as chunks of bytes.

use std::io;

use bytes::{Bytes, BytesMut};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use super::DuplexStream;

type Io = Box<dyn DuplexStream>;
type Socket = WebSocketStream<Io>;

/// A read asks for this much at first, and for more while reads come back full: an idle connection holds little.
const SMALL_READ: usize = 2 * 1024;
const LARGE_READ: usize = 64 * 1024;

pub(crate) enum ReadPipe {
    Raw {
        io: ReadHalf<Io>,
        /// Arrived together with the answer to the upgrade.
        first: Bytes,
        ask: usize,
    },
    WebSocket(SplitStream<Socket>),
}

pub(crate) enum WritePipe {
    Raw(WriteHalf<Io>),
    WebSocket(SplitSink<Socket, Message>),
}

pub(super) fn websocket(socket: Socket) -> (ReadPipe, WritePipe) {
    let (sink, stream) = socket.split();
    (ReadPipe::WebSocket(stream), WritePipe::WebSocket(sink))
}

impl ReadPipe {
    pub(super) fn raw(io: ReadHalf<Io>, first: Bytes) -> Self {
        Self::Raw { io, first, ask: SMALL_READ }
    }

    /// Appends what arrives next. An error at the end of the stream. Cancelling loses nothing.
    pub async fn read(&mut self, buffer: &mut BytesMut) -> io::Result<()> {
        match self {
            Self::Raw { first, .. } if !first.is_empty() => {
                buffer.extend_from_slice(first);
                *first = Bytes::new();
                Ok(())
            }
            Self::Raw { io, ask, .. } => {
                buffer.reserve(*ask);
                let n = io.read_buf(buffer).await?;
                if n == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                *ask = if n >= *ask { LARGE_READ } else { n.next_power_of_two().clamp(SMALL_READ, LARGE_READ) };
                Ok(())
            }
            Self::WebSocket(stream) => loop {
                match stream.next().await {
                    Some(Ok(Message::Binary(bytes))) => {
                        buffer.extend_from_slice(&bytes);
                        return Ok(());
                    }
                    Some(Ok(Message::Close(_))) | None => return Err(io::ErrorKind::UnexpectedEof.into()),
                    Some(Ok(_)) => {} // pings are answered by the library
                    Some(Err(error)) => return Err(io::Error::other(error)),
                }
            },
        }
    }
}

impl WritePipe {
    /// Writes a chunk; returns its buffer for reuse, if it is still there.
    pub async fn write(&mut self, mut chunk: Vec<u8>) -> io::Result<Vec<u8>> {
        match self {
            Self::Raw(io) => {
                io.write_all(&chunk).await?;
                chunk.clear();
                Ok(chunk)
            }
            Self::WebSocket(sink) => {
                sink.feed(Message::Binary(chunk.into())).await.map_err(io::Error::other)?;
                Ok(Vec::new())
            }
        }
    }

    pub async fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Raw(io) => io.flush().await,
            Self::WebSocket(sink) => sink.flush().await.map_err(io::Error::other),
        }
    }
}
