//! The ways in over HTTP, on a real listener.

use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use warren_derp::{ClientHandshake, ClientInfo, ClientStep, Decoder, Frame};
use warren_disco::{NodePrivate, random_nonce};
use warren_relay::{Relay, router};

use crate::client::{Client, relay};

#[tokio::test]
async fn raw_upgrade_answers_with_the_key_and_goes_on_as_relay_bytes() {
    let (relay, address, _server) = serve().await;
    for upgrade in ["DERP", "derp", "websocket"] {
        let mut io = TcpStream::connect(address).await.unwrap();
        let head = request(
            &mut io,
            &format!("GET /derp HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: {upgrade}\r\n\r\n"),
        )
        .await;
        let head = head.to_ascii_lowercase();
        assert!(head.starts_with("http/1.1 101 switching protocols\r\n"), "{head}");
        for line in ["upgrade: derp", "connection: upgrade", "derp-version: 2"] {
            assert!(head.contains(&format!("\r\n{line}\r\n")), "{head}");
        }
        assert!(head.contains(&format!("\r\nderp-public-key: {}\r\n", relay.public_key().to_hex())), "{head}");
        let mut client = Client::handshake(io, NodePrivate::generate(), None).await;
        client.settle().await;
    }
}

#[tokio::test]
async fn websocket_and_raw_clients_reach_each_other() {
    let (_relay, address, _server) = serve().await;
    let mut io = TcpStream::connect(address).await.unwrap();
    request(&mut io, "GET /derp HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: DERP\r\n\r\n").await;
    let mut raw = Client::handshake(io, NodePrivate::generate(), None).await;

    let mut upgrade = format!("ws://{address}/derp").into_client_request().unwrap();
    upgrade.headers_mut().insert("sec-websocket-protocol", "derp".parse().unwrap());
    let (mut socket, response) = tokio_tungstenite::connect_async(upgrade).await.unwrap();
    assert_eq!(response.headers()["sec-websocket-protocol"], "derp");
    assert!(!response.headers().contains_key("derp-version"));

    let (mut decoder, mut buffer) = (Decoder::new(), bytes::BytesMut::new());
    let key = NodePrivate::generate();
    let public = key.public();
    let mut handshake = ClientHandshake::new(key, ClientInfo::default(), None);
    let mut packet = None;
    while packet.is_none() {
        let Message::Binary(part) = socket.next().await.unwrap().unwrap() else { continue };
        buffer.extend_from_slice(&part);
        while let Some(frame) = decoder.next_frame(&mut buffer).unwrap() {
            if let Frame::RecvPacket { packet: received, .. } = frame {
                packet = Some(received);
                continue;
            }
            match handshake.handle_frame(frame, random_nonce()).unwrap() {
                // One frame in two messages: alignment means nothing.
                ClientStep::Introduce { bytes, .. } => {
                    socket.send(Message::binary(bytes.slice(..50))).await.unwrap();
                    socket.send(Message::binary(bytes.slice(50..))).await.unwrap();
                }
                ClientStep::Connected(_) => raw.send_packet(public, b"across").await,
                ClientStep::Other(frame) => panic!("{frame:?}"),
            }
        }
    }
    assert_eq!(packet.unwrap(), b"across"[..]);
    let answer = Frame::SendPacket { destination: raw.key, packet: b"back"[..].into() };
    socket.send(Message::binary(answer.to_bytes())).await.unwrap();
    raw.expect_packet(public, b"back").await;
}

#[tokio::test]
async fn requests_without_an_upgrade_are_told_so() {
    let (_relay, address, _server) = serve().await;
    let mut io = TcpStream::connect(address).await.unwrap();
    io.write_all(b"GET /derp HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    io.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 426 Upgrade Required\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\nDERP requires connection upgrade\n"), "{answer}");
}

#[tokio::test]
async fn latency_check_is_empty_and_ok_for_any_host() {
    let (_relay, address, _server) = serve().await;
    let mut io = TcpStream::connect(address).await.unwrap();
    let head = request(&mut io, "GET /derp/latency-check HTTP/1.1\r\nHost: elsewhere\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(head.contains("\r\ncontent-length: 0\r\n"), "{head}");
    let head = request(&mut io, "GET /generate_204 HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 204"), "{head}");
}

async fn serve() -> (Arc<Relay>, SocketAddr, Server) {
    let relay = relay();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = router(relay.clone());
    let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    (relay, address, Server(server))
}

/// Ends with its test.
struct Server(tokio::task::JoinHandle<()>);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Sends a request and reads exactly the head of the answer.
async fn request(io: &mut TcpStream, text: &str) -> String {
    io.write_all(text.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(io.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}
