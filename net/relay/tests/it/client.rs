//! A relay client for tests, over any byte stream.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream};
use warren_derp::{ClientHandshake, ClientInfo, ClientStep, Decoder, Frame, MeshKey};
use warren_disco::{NodePrivate, NodePublic, random_nonce};
use warren_relay::{Relay, RelayOptions};

pub fn relay() -> Arc<Relay> {
    Relay::new(RelayOptions::new(NodePrivate::generate()))
}

pub struct Client<S = DuplexStream> {
    pub io: S,
    pub key: NodePublic,
    decoder: Decoder,
    buffer: BytesMut,
}

impl Client {
    /// Connected through a pipe, as a new key.
    pub async fn connect(relay: &Arc<Relay>) -> Self {
        Self::connect_as(relay, NodePrivate::generate()).await
    }

    pub async fn connect_as(relay: &Arc<Relay>, key: NodePrivate) -> Self {
        Client::handshake(relay.open_pipe(), key, None).await
    }

    pub async fn connect_mesh(relay: &Arc<Relay>, mesh_key: &str) -> Self {
        Client::handshake(relay.open_pipe(), NodePrivate::generate(), Some(MeshKey::new(mesh_key))).await
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub async fn handshake(io: S, key: NodePrivate, mesh_key: Option<MeshKey>) -> Self {
        let mut client = Self { io, key: key.public(), decoder: Decoder::new(), buffer: BytesMut::new() };
        let info = ClientInfo { mesh_key, ..ClientInfo::default() };
        let mut handshake = ClientHandshake::new(key, info, None);
        loop {
            let frame = client.receive().await.expect("the relay greets");
            match handshake.handle_frame(frame, random_nonce()).unwrap() {
                ClientStep::Introduce { bytes, .. } => client.io.write_all(&bytes).await.unwrap(),
                ClientStep::Connected(_) => return client,
                ClientStep::Other(frame) => panic!("{frame:?} in the handshake"),
            }
        }
    }

    pub async fn send(&mut self, frame: Frame) {
        self.io.write_all(&frame.to_bytes()).await.unwrap();
    }

    pub async fn send_packet(&mut self, destination: NodePublic, packet: &[u8]) {
        self.send(Frame::SendPacket { destination, packet: Bytes::copy_from_slice(packet) }).await;
    }

    /// The next frame; `None` at the end of the stream.
    pub async fn receive(&mut self) -> Option<Frame> {
        loop {
            if let Some(frame) = self.decoder.next_frame(&mut self.buffer).unwrap() {
                return Some(frame);
            }
            match self.io.read_buf(&mut self.buffer).await {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// Returns when the relay has handled everything that was sent before.
    pub async fn settle(&mut self) {
        self.send(Frame::Ping(*b"settled!")).await;
        assert_eq!(self.receive().await, Some(Frame::Pong(*b"settled!")));
    }

    pub async fn expect_packet(&mut self, source: NodePublic, packet: &[u8]) {
        let expected = Frame::RecvPacket { source, packet: Bytes::copy_from_slice(packet) };
        assert_eq!(self.receive().await, Some(expected));
    }
}

/// What looks like path discovery from outside.
pub fn disco_packet() -> Vec<u8> {
    let mut packet = warren_disco::MAGIC.to_vec();
    packet.resize(100, 7);
    packet
}
