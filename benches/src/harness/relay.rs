//! An agent's connection to the relay: registered, kept alive, otherwise silent.

use anyhow::{Context as _, Result, bail};
use bytes::BytesMut;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use warren_derp::{ClientHandshake, ClientInfo, ClientStep, Decoder, Frame, PROTOCOL_VERSION};
use warren_disco::{NodePrivate, random_nonce};

/// A registered connection.
pub struct RelayClient {
    socket: TcpStream,
    decoder: Decoder,
    buffer: BytesMut,
}

impl RelayClient {
    /// Connects, registers the key and names this relay as home.
    pub async fn connect(port: u16, key: &NodePrivate) -> Result<Self> {
        let mut socket = TcpStream::connect(("127.0.0.1", port)).await?;
        socket.set_nodelay(true)?;
        let request =
            format!("GET /derp HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: DERP\r\nConnection: Upgrade\r\n\r\n");
        socket.write_all(request.as_bytes()).await?;
        let mut buffer = BytesMut::with_capacity(1024);
        skip_head(&mut socket, &mut buffer).await?;
        let info = ClientInfo { version: PROTOCOL_VERSION, mesh_key: None, can_ack_pings: true, is_prober: false };
        let mut handshake = ClientHandshake::new(key.duplicate(), info, None);
        let mut client = Self { socket, decoder: Decoder::new(), buffer };
        loop {
            let frame = client.next().await?;
            match handshake.handle_frame(frame, random_nonce())? {
                ClientStep::Introduce { bytes, .. } => client.socket.write_all(&bytes).await?,
                ClientStep::Connected(_) => break,
                ClientStep::Other(_) => {}
            }
        }
        client.socket.write_all(&Frame::NotePreferred(true).to_bytes()).await?;
        Ok(client)
    }

    /// Answers pings for as long as the relay is there.
    pub async fn stay(mut self) -> Result<()> {
        loop {
            if let Frame::Ping(data) = self.next().await? {
                self.socket.write_all(&Frame::Pong(data).to_bytes()).await?;
            }
        }
    }

    async fn next(&mut self) -> Result<Frame> {
        loop {
            if let Some(frame) = self.decoder.next_frame(&mut self.buffer)? {
                return Ok(frame);
            }
            if self.socket.read_buf(&mut self.buffer).await? == 0 {
                bail!("the relay closed the connection");
            }
        }
    }
}

/// Reads the answer to the upgrade; what follows it stays in the buffer.
async fn skip_head(socket: &mut TcpStream, buffer: &mut BytesMut) -> Result<()> {
    loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = buffer.split_to(end + 4);
            let line = String::from_utf8_lossy(&head).lines().next().unwrap_or_default().to_owned();
            if !line.contains(" 101 ") {
                bail!("the relay refused the upgrade: {line}");
            }
            return Ok(());
        }
        if socket.read_buf(buffer).await.context("read the relay's answer")? == 0 {
            bail!("the relay closed the connection during the upgrade");
        }
    }
}
