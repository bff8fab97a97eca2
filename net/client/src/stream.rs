//! Upgraded connections: websockets of JSON messages (logs, watches), and the bare socket for protocols inside one.

use std::marker::PhantomData;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde::de::DeserializeOwned;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use crate::client::{Body, api_error};
use crate::{Client, Error, Result};

/// A websocket to the deployment.
pub type RawSocket = WebSocketStream<reqwest::Upgraded>;

/// Longest message that official peers send.
const MAX_MESSAGE_BYTES: usize = 4 << 20;
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(60);

impl Client {
    /// Opens a websocket; an answer other than 101 becomes the API error that it is.
    pub async fn websocket(&self, path: &str) -> Result<RawSocket> {
        let mut headers = HeaderMap::new();
        let key = generate_key();
        headers.insert(http::header::CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(http::header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(http::header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        headers.insert(http::header::SEC_WEBSOCKET_KEY, key.parse().map_err(|_| Error::Setup("websocket key".into()))?);
        // The limit covers the handshake alone: reqwest's own would end the stream as well.
        let opened = self.execute(Method::GET, path, Body::Upgrade(headers), None);
        let response = tokio::time::timeout(HANDSHAKE_TIMEOUT, opened).await.map_err(|_| Error::Connect {
            method: "GET".into(),
            url: self.url_of(path).map(String::from).unwrap_or_default(),
            reason: "timed out".into(),
            retryable: true,
        })??;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Err(api_error(Method::GET, response).await);
        }
        let stream = response.upgrade().await.map_err(|e| Error::Setup(format!("upgrade to a websocket: {e}")))?;
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_MESSAGE_BYTES))
            .max_frame_size(Some(MAX_MESSAGE_BYTES));
        Ok(WebSocketStream::from_raw_socket(stream, Role::Client, Some(config)).await)
    }

    /// A websocket whose text messages are JSON values of one type.
    pub async fn json_stream<T: DeserializeOwned>(&self, path: &str) -> Result<JsonStream<T>> {
        Ok(JsonStream { socket: self.websocket(path).await?, path: path.to_owned(), marker: PhantomData })
    }
}

/// A stream of JSON messages; pings are answered while it is read.
pub struct JsonStream<T> {
    socket: RawSocket,
    path: String,
    marker: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> JsonStream<T> {
    /// The next message; `None` when the server closed the stream.
    pub async fn next(&mut self) -> Option<Result<T>> {
        loop {
            let text = match self.socket.next().await? {
                Ok(Message::Text(text)) => text.as_bytes().to_vec(),
                Ok(Message::Binary(bytes)) => bytes.to_vec(),
                Ok(Message::Close(_)) => {
                    let _ = self.socket.close(None).await;
                    return None;
                }
                Ok(_) => continue,
                // An end without a close frame is an end: the caller asks for the final state anyway.
                Err(_) => return None,
            };
            return Some(serde_json::from_slice(&text).map_err(|e| Error::Decode {
                method: "GET".into(),
                url: self.path.clone(),
                reason: e.to_string(),
            }));
        }
    }

    /// Sends one JSON message.
    pub async fn send<B: serde::Serialize>(&mut self, value: &B) -> Result<()> {
        let text = serde_json::to_string(value).map_err(|e| Error::Setup(e.to_string()))?;
        self.socket.send(Message::text(text)).await.map_err(|e| Error::Connect {
            method: "GET".into(),
            url: self.path.clone(),
            reason: e.to_string(),
            retryable: true,
        })
    }
}
