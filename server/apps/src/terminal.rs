//! The web terminal: a websocket of a browser joined to the terminal port of an agent (`docs/protocol/apps.md`).

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use bytes::{Bytes, BytesMut};
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split};
use tokio::time::{Instant, interval_at, timeout};
use uuid::Uuid;
use warren_api::AgentReconnectingPtyInit;

use crate::access::AgentDialer;
use crate::defaults::{COPY_BUFFER, TERMINAL_PING, TERMINAL_WRITE_TIMEOUT};

/// Port of terminals inside the tunnel.
const TERMINAL_PORT: u16 = 2;

/// Which terminal.
#[derive(Debug, Clone)]
pub struct TerminalRequest {
    /// The agent.
    pub agent: Uuid,
    /// The same id is the same terminal.
    pub reconnect: Uuid,
    /// Size, columns and rows.
    pub size: (u16, u16),
    /// Empty: a login shell.
    pub command: String,
    /// A container to run it in, and the user there.
    pub container: (String, String),
    /// Empty: the agent's choice.
    pub backend: String,
}

/// Joins a websocket to a terminal until either ends, `revoked` resolves or the server does.
pub async fn run_terminal(
    dialer: &dyn AgentDialer,
    request: TerminalRequest,
    mut socket: WebSocket,
    revoked: impl Future<Output = ()>,
) {
    let stream = match dialer.dial(request.agent, TERMINAL_PORT).await {
        Ok(stream) => stream,
        Err(error) => {
            tracing::debug!(agent.id = %request.agent, %error, "cannot reach an agent's terminals");
            return close(&mut socket, 1011, "dial the workspace agent").await;
        }
    };
    let (mut reader, mut writer) = split(stream);
    let Some(hello) = hello(&request) else { return close(&mut socket, 1011, "the command is too long").await };
    if writer.write_all(&hello).await.is_err() || writer.flush().await.is_err() {
        return close(&mut socket, 1011, "the workspace agent hung up").await;
    }
    let (mut sink, mut source) = socket.split();
    // Neither direction waits for the other: a program that writes much while it is sent much must not stand still.
    let end = {
        let output = std::pin::pin!(output(&mut reader, &mut sink));
        let input = std::pin::pin!(input(&mut source, &mut writer));
        tokio::select! {
            end = output => end,
            end = input => end,
            () = revoked => Some((1008, "session ended")),
        }
    };
    if let (Some((code, reason)), Ok(mut socket)) = (end, sink.reunite(source)) {
        close(&mut socket, code, reason).await;
    }
}

/// Code and reason of the end; `None` when the browser is gone.
type End = Option<(u16, &'static str)>;
const LOST: End = Some((1011, "the connection to the workspace is lost"));

async fn output(reader: &mut (impl AsyncRead + Unpin), sink: &mut (impl Sink<Message> + Unpin)) -> End {
    let mut ping = interval_at(Instant::now() + TERMINAL_PING, TERMINAL_PING);
    let mut buffer = BytesMut::with_capacity(COPY_BUFFER);
    loop {
        let message = tokio::select! {
            read = reader.read_buf(&mut buffer) => match read {
                Ok(0) => return Some((1000, "")),
                Err(_) => return LOST,
                Ok(_) => {
                    let output = buffer.split().freeze();
                    buffer.reserve(COPY_BUFFER);
                    Message::Binary(output)
                }
            },
            _ = ping.tick() => Message::Ping(Bytes::new()),
        };
        match timeout(TERMINAL_WRITE_TIMEOUT, sink.send(message)).await {
            Ok(Ok(())) => {}
            _ => return None,
        }
    }
}

async fn input(
    source: &mut (impl Stream<Item = Result<Message, axum::Error>> + Unpin),
    writer: &mut (impl AsyncWrite + Unpin),
) -> End {
    loop {
        let input: Bytes = match source.next().await {
            Some(Ok(Message::Binary(data))) => data,
            Some(Ok(Message::Text(text))) => text.into(),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
            Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
        };
        if writer.write_all(&input).await.is_err() || writer.flush().await.is_err() {
            return LOST;
        }
    }
}

/// Length (two bytes, little-endian) and JSON; `None` when it is too long for that.
fn hello(request: &TerminalRequest) -> Option<Vec<u8>> {
    let init = AgentReconnectingPtyInit {
        id: request.reconnect.to_string(),
        height: request.size.1.into(),
        width: request.size.0.into(),
        command: request.command.clone(),
        container: request.container.0.clone(),
        container_user: request.container.1.clone(),
        backend_type: request.backend.clone(),
    };
    let text = serde_json::to_vec(&init).ok()?;
    let length = u16::try_from(text.len()).ok()?;
    Some([&length.to_le_bytes()[..], &text].concat())
}

async fn close(socket: &mut WebSocket, code: u16, reason: &'static str) {
    let frame = CloseFrame { code, reason: reason.into() };
    let finish = async {
        if socket.send(Message::Close(Some(frame))).await.is_ok() {
            while let Some(Ok(message)) = socket.recv().await {
                if matches!(message, Message::Close(_)) {
                    break;
                }
            }
        }
    };
    let _client_too_slow = timeout(std::time::Duration::from_secs(5), finish).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hello_is_a_length_and_json() {
        let request = TerminalRequest {
            agent: Uuid::nil(),
            reconnect: Uuid::nil(),
            size: (80, 24),
            command: String::new(),
            container: Default::default(),
            backend: String::new(),
        };
        let bytes = hello(&request).unwrap();
        let (length, text) = bytes.split_at(2);
        assert_eq!(usize::from(u16::from_le_bytes(length.try_into().unwrap())), text.len());
        let value: serde_json::Value = serde_json::from_slice(text).unwrap();
        assert_eq!((value["Width"].as_i64(), value["Height"].as_i64()), (Some(80), Some(24)));
        let long = TerminalRequest { command: "x".repeat(70_000), ..request };
        assert!(hello(&long).is_none());
    }
}
