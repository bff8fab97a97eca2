//! The web terminal, as a browser uses it.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::Message;
use uuid::Uuid;
use warren_client::{Client, RawSocket};

/// A terminal of an agent.
pub struct Terminal {
    socket: RawSocket,
    seen: String,
}

impl Terminal {
    /// Opens or, with an id of before, joins a terminal.
    pub async fn open(client: &Client, agent: Uuid, reconnect: Uuid) -> Result<Terminal, warren_client::Error> {
        let path = format!("/api/v2/workspaceagents/{agent}/pty?reconnect={reconnect}&width=100&height=30&command=");
        Ok(Terminal { socket: client.websocket(&path).await?, seen: String::new() })
    }

    async fn send(&mut self, message: serde_json::Value) {
        self.socket.send(Message::binary(message.to_string())).await.expect("the terminal is open");
    }

    pub async fn type_text(&mut self, text: &str) {
        self.send(serde_json::json!({ "data": text })).await;
    }

    pub async fn resize(&mut self, width: u16, height: u16) {
        self.send(serde_json::json!({ "width": width, "height": height })).await;
    }

    /// Reads until the text was shown.
    pub async fn expect(&mut self, text: &str) {
        let read = async {
            while !self.seen.contains(text) {
                match self.socket.next().await {
                    Some(Ok(Message::Binary(bytes))) => self.seen.push_str(&String::from_utf8_lossy(&bytes)),
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    other => panic!("the terminal ended with {other:?} after {:?}", self.seen),
                }
            }
        };
        let done = tokio::time::timeout(Duration::from_secs(30), read).await;
        assert!(done.is_ok(), "the terminal did not show {text:?} but {:?}", self.seen);
    }

    pub async fn close(mut self) {
        let _ = self.socket.close(None).await;
    }
}
