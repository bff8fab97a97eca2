//! A websocket of ours as the byte pipe of an RPC session.

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use warren_rpc::{WsMessage, WsPipe};

/// The pipe over a socket.
pub(crate) fn pipe(socket: WebSocket) -> WsPipe {
    WsPipe::from_messages(socket, decode, encode)
}

fn decode(message: Message) -> WsMessage {
    match message {
        Message::Binary(data) => WsMessage::Binary(data),
        Message::Text(_) => WsMessage::Text,
        Message::Ping(data) => WsMessage::Ping(data),
        Message::Pong(data) => WsMessage::Pong(data),
        Message::Close(frame) => WsMessage::Close(frame.map(|frame| (frame.code, frame.reason.to_string()))),
    }
}

fn encode(message: WsMessage) -> Message {
    match message {
        WsMessage::Binary(data) => Message::Binary(data),
        WsMessage::Text | WsMessage::Other => Message::Binary(bytes::Bytes::new()),
        WsMessage::Ping(data) => Message::Ping(data),
        WsMessage::Pong(data) => Message::Pong(data),
        WsMessage::Close(frame) => {
            Message::Close(frame.map(|(code, reason)| CloseFrame { code, reason: reason.into() }))
        }
    }
}
