//! Who says what first on a new relay connection (`docs/protocol/derp.md`, "Handshake").

use bytes::Bytes;
use warren_disco::{NodePrivate, NodePublic, Nonce};

use crate::{ClientInfo, Error, Frame, FrameKind, ServerInfo};

/// The server's end: greet, read one ClientInfo, answer.
pub struct ServerHandshake<'a> {
    server: &'a NodePrivate,
}

/// A client that has proved to own its key.
pub struct Accepted {
    /// The key.
    pub client: NodePublic,
    /// What the client said of itself.
    pub info: ClientInfo,
    /// The ServerInfo frame to send to it.
    pub reply: Bytes,
}

impl<'a> ServerHandshake<'a> {
    /// For one connection to the server with this key.
    pub fn new(server: &'a NodePrivate) -> Self {
        Self { server }
    }

    /// The ServerKey frame: the first bytes to send.
    pub fn greeting(&self) -> Bytes {
        Frame::ServerKey { key: self.server.public(), extra: Bytes::new() }.to_bytes()
    }

    /// Takes the client's next frame. `None` for a frame of an unknown type; any known type but ClientInfo is an
    /// error. `nonce` must be fresh and random.
    pub fn handle_frame(&self, frame: &Frame, info: &ServerInfo, nonce: Nonce) -> Result<Option<Accepted>, Error> {
        let (client, client_nonce, sealed) = match frame {
            Frame::ClientInfo { key, nonce, sealed } => (*key, nonce, sealed),
            Frame::Unknown(_) => return Ok(None),
            other => return Err(Error::Unexpected { kind: other.kind(), expected: FrameKind::ClientInfo }),
        };
        if client.is_zero() {
            return Err(Error::ZeroKey);
        }
        let client_info = ClientInfo::open(self.server, &client, client_nonce, sealed)?;
        let reply = info.seal(self.server, &client, nonce).to_bytes();
        Ok(Some(Accepted { client, info: client_info, reply }))
    }
}

/// The client's end. After [`ClientStep::Introduce`] packets may be sent; after [`ClientStep::Connected`] the
/// connection counts as established.
pub struct ClientHandshake {
    client: NodePrivate,
    info: ClientInfo,
    server: Option<NodePublic>,
    introduced: bool,
}

/// What to do with a frame of the server.
#[derive(Debug, PartialEq, Eq)]
pub enum ClientStep {
    /// Send these bytes (the ClientInfo frame).
    Introduce {
        /// The server's key.
        server: NodePublic,
        /// To send.
        bytes: Bytes,
    },
    /// The handshake is over.
    Connected(ServerInfo),
    /// A frame that is not part of the handshake: handle it as in the steady state.
    Other(Frame),
}

impl ClientHandshake {
    /// For one connection. `expected_server`: the key that the server must have, when known beforehand.
    pub fn new(client: NodePrivate, info: ClientInfo, expected_server: Option<NodePublic>) -> Self {
        Self { client, info, server: expected_server, introduced: false }
    }

    /// Fast start: the ClientInfo frame before anything was received. `None` unless the server's key was given.
    pub fn fast_start(&mut self, nonce: Nonce) -> Option<Bytes> {
        let server = self.server?;
        self.introduced = true;
        Some(self.info.seal(&self.client, &server, nonce).to_bytes())
    }

    /// Takes the server's next frame. `nonce` must be fresh and random.
    pub fn handle_frame(&mut self, frame: Frame, nonce: Nonce) -> Result<ClientStep, Error> {
        match frame {
            Frame::ServerKey { key, .. } if !self.introduced => {
                if self.server.is_some_and(|expected| expected != key) {
                    return Err(Error::WrongServerKey);
                }
                if key.is_zero() {
                    return Err(Error::ZeroKey);
                }
                self.server = Some(key);
                self.introduced = true;
                let bytes = self.info.seal(&self.client, &key, nonce).to_bytes();
                Ok(ClientStep::Introduce { server: key, bytes })
            }
            Frame::ServerInfo { nonce, sealed } => match self.server {
                Some(server) if self.introduced => {
                    ServerInfo::open(&self.client, &server, &nonce, &sealed).map(ClientStep::Connected)
                }
                _ => Err(Error::Unexpected { kind: FrameKind::ServerInfo, expected: FrameKind::ServerKey }),
            },
            other if self.introduced || matches!(other, Frame::Unknown(_)) => Ok(ClientStep::Other(other)),
            other => Err(Error::Unexpected { kind: other.kind(), expected: FrameKind::ServerKey }),
        }
    }
}
