//! Sessions over real websockets, against axum.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use warren_proto::agent::agent_methods;
use warren_rpc::{CloseReason, DialError, DialOptions, Session, WsMessage, WsPipe, dial};

use crate::{Pair, startup, within};

fn decode(message: Message) -> WsMessage {
    match message {
        Message::Binary(data) => WsMessage::Binary(data),
        Message::Text(_) => WsMessage::Text,
        Message::Ping(data) => WsMessage::Ping(data),
        Message::Pong(data) => WsMessage::Pong(data),
        Message::Close(frame) => WsMessage::Close(frame.map(|f| (f.code, f.reason.to_string()))),
    }
}

fn encode(message: WsMessage) -> Message {
    match message {
        WsMessage::Binary(data) => Message::Binary(data),
        WsMessage::Ping(data) => Message::Ping(data),
        WsMessage::Pong(data) => Message::Pong(data),
        WsMessage::Close(frame) => {
            Message::Close(frame.map(|(code, reason)| CloseFrame { code, reason: reason.into() }))
        }
        WsMessage::Text | WsMessage::Other => Message::Binary(Vec::new().into()),
    }
}

/// A server that hands out the websockets of `/ws` and refuses `/refused`.
async fn server() -> (String, mpsc::Receiver<WebSocket>) {
    let (tx, rx) = mpsc::channel(4);
    let upgrade = move |ws: WebSocketUpgrade| {
        let tx = tx.clone();
        async move {
            ws.read_buffer_size(4096).write_buffer_size(0).on_upgrade(move |socket| async move {
                let _ = tx.send(socket).await;
            })
        }
    };
    let refuse = || async {
        // Long, so that it does not come with the head.
        let body = format!("{{\"message\":\"no\",\"detail\":\"{}\"}}", "x".repeat(20_000));
        (StatusCode::BAD_REQUEST, [("x-test", "yes")], body).into_response()
    };
    let app = axum::Router::new().route("/ws", get(upgrade)).route("/refused", get(refuse));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move { axum::serve(listener, app).await });
    (format!("http://{address}"), rx)
}

async fn pair() -> Pair {
    let (url, mut sockets) = server().await;
    let client = dial(DialOptions::new(format!("{url}/ws?version=2.8"))).await.expect("dialled");
    let socket = within(sockets.recv()).await.expect("a websocket");
    Pair::over(Session::client(client), Session::server(WsPipe::from_messages(socket, decode, encode)))
}

#[tokio::test]
async fn calls_work_over_a_websocket() {
    let pair = pair().await;
    let answer = within(pair.client.unary(agent_methods::UPDATE_STARTUP, &startup("v1.2.3"))).await.expect("answer");
    assert_eq!(answer.version, "v1.2.3");
    let request = startup(&"x".repeat(3_000_000));
    let answer = within(pair.client.unary(agent_methods::UPDATE_STARTUP, &request)).await.expect("answer");
    assert_eq!(answer.version.len(), 3_000_000);
    pair.client.close();
    assert_eq!(within(pair.server.closed()).await, CloseReason::Eof);
    within(pair.serving).await.expect("no panic").expect("an ordinary end");
}

#[tokio::test]
async fn the_server_ends_a_session_with_code_1000() {
    let (url, mut sockets) = server().await;
    let mut client = raw_client(&url).await;
    let socket = within(sockets.recv()).await.expect("a websocket");
    let session = Session::server(WsPipe::from_messages(socket, decode, encode));
    session.close();
    let message = within(futures_util::StreamExt::next(&mut client)).await.expect("a message").expect("no error");
    let tokio_tungstenite::tungstenite::Message::Close(Some(frame)) = message else { panic!("{message:?}") };
    assert_eq!((u16::from(frame.code), frame.reason.as_str()), (1000, ""));
    drop(client);
    assert_eq!(within(session.closed()).await, CloseReason::Local);
}

#[tokio::test]
async fn a_chosen_close_code_is_sent() {
    let (url, mut sockets) = server().await;
    let mut client = raw_client(&url).await;
    let socket = within(sockets.recv()).await.expect("a websocket");
    let pipe = WsPipe::from_messages(socket, decode, encode);
    pipe.closer().set_internal_error("it broke");
    Session::server(pipe).close();
    let message = within(futures_util::StreamExt::next(&mut client)).await.expect("a message").expect("no error");
    let tokio_tungstenite::tungstenite::Message::Close(Some(frame)) = message else { panic!("{message:?}") };
    assert_eq!((u16::from(frame.code), frame.reason.as_str()), (1011, "it broke"));
}

#[tokio::test]
async fn an_end_without_a_close_frame_is_an_ordinary_end() {
    let (url, mut sockets) = server().await;
    let client = raw_client(&url).await;
    let socket = within(sockets.recv()).await.expect("a websocket");
    let session = Session::server(WsPipe::from_messages(socket, decode, encode));
    drop(client);
    assert_eq!(within(session.closed()).await, CloseReason::Eof);
}

#[tokio::test]
async fn a_text_message_is_a_protocol_error() {
    let (url, mut sockets) = server().await;
    let mut client = raw_client(&url).await;
    let socket = within(sockets.recv()).await.expect("a websocket");
    let session = Session::server(WsPipe::from_messages(socket, decode, encode));
    futures_util::SinkExt::send(&mut client, "hello".into()).await.expect("sent");
    let message = within(futures_util::StreamExt::next(&mut client)).await.expect("a message").expect("no error");
    assert!(matches!(message, tokio_tungstenite::tungstenite::Message::Close(Some(f)) if u16::from(f.code) == 1003));
    drop(client);
    assert_eq!(within(session.closed()).await, CloseReason::Io(std::io::ErrorKind::InvalidData));
}

#[tokio::test]
async fn websocket_pings_count_and_are_answered() {
    let (url, mut sockets) = server().await;
    let mut client = raw_client(&url).await;
    let socket = within(sockets.recv()).await.expect("a websocket");
    let pipe = WsPipe::from_messages(socket, decode, encode)
        .with_keep_alive(Duration::from_millis(20), Duration::from_secs(10));
    let session = Session::server(pipe);
    for expected in ["1", "2", "3"] {
        let message = within(futures_util::StreamExt::next(&mut client)).await.expect("a message").expect("no error");
        let tokio_tungstenite::tungstenite::Message::Ping(payload) = message else { panic!("{message:?}") };
        assert_eq!(payload, expected);
    }
    assert!(!session.is_closed());
}

#[tokio::test]
async fn an_unanswered_websocket_ping_ends_the_session_with_code_1001() {
    let (a, mut b) = tokio::io::duplex(4096);
    let server = tokio_tungstenite::WebSocketStream::from_raw_socket(
        a,
        tokio_tungstenite::tungstenite::protocol::Role::Server,
        None,
    );
    let pipe = WsPipe::new(server.await).with_keep_alive(Duration::from_millis(10), Duration::from_millis(20));
    let session = Session::server(pipe);
    let mut ping = [0; 3];
    within(tokio::io::AsyncReadExt::read_exact(&mut b, &mut ping)).await.expect("a ping");
    assert_eq!(ping, [0x89, 1, b'1']);
    let mut close = [0; 4];
    within(tokio::io::AsyncReadExt::read_exact(&mut b, &mut close)).await.expect("a close frame");
    assert_eq!(close, [0x88, 23, 0x03, 0xe9]);
    drop(b);
    assert_eq!(within(session.closed()).await, CloseReason::Io(std::io::ErrorKind::TimedOut));
}

#[tokio::test]
async fn a_refused_upgrade_keeps_status_headers_and_body() {
    let (url, _sockets) = server().await;
    let error = dial(DialOptions::new(format!("{url}/refused"))).await.expect_err("refused");
    let DialError::Refused { status, headers, body } = error else { panic!("{error:?}") };
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(headers.get("x-test").map(|v| v.as_bytes()), Some(&b"yes"[..]));
    assert_eq!(body.len(), 20_000 + br#"{"message":"no","detail":""}"#.len());
}

#[tokio::test]
async fn dialling_says_what_is_wrong() {
    assert!(matches!(dial(DialOptions::new("ftp://example.com")).await, Err(DialError::Url(_))));
    let free = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = free.local_addr().expect("bound");
    drop(free);
    assert!(matches!(dial(DialOptions::new(format!("ws://{address}/"))).await, Err(DialError::Connect { .. })));
}

async fn raw_client(
    url: &str,
) -> tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>> {
    let url = format!("{}/ws", url.replace("http", "ws"));
    tokio_tungstenite::connect_async(url).await.expect("dialled").0
}
