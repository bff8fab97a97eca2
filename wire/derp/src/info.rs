//! What client and server tell each other in the handshake's sealed boxes (`docs/protocol/derp.md`, "Handshake").

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use warren_disco::{NodePrivate, NodePublic, Nonce};

use crate::{Error, Frame};

/// The version of the relay protocol that this crate speaks.
pub const PROTOCOL_VERSION: u32 = 2;

/// The secret that lets a relay act as a mesh peer. Never printed.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MeshKey(String);

impl MeshKey {
    /// From its text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Compares in a time that does not depend on where two keys of one length differ. An empty key equals none.
    pub fn matches(&self, other: &MeshKey) -> bool {
        let (a, b) = (self.0.as_bytes(), other.0.as_bytes());
        let differences = a.iter().zip(b).fold(0, |sum, (x, y)| sum | (x ^ y));
        !a.is_empty() && a.len() == b.len() && std::hint::black_box(differences) == 0
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What a client tells the server.
#[derive(Clone, Serialize, Deserialize)]
pub struct ClientInfo {
    /// Protocol version; 0 when the client did not say.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub version: u32,
    /// Asks for mesh rights.
    #[serde(default, rename = "meshKey", skip_serializing_if = "is_no_mesh_key")]
    pub mesh_key: Option<MeshKey>,
    /// Whether the client answers Ping frames.
    #[serde(default, rename = "CanAckPings")]
    pub can_ack_pings: bool,
    /// Whether the client only measures.
    #[serde(default, rename = "IsProber", skip_serializing_if = "is_false")]
    pub is_prober: bool,
}

impl Default for ClientInfo {
    fn default() -> Self {
        Self { version: PROTOCOL_VERSION, mesh_key: None, can_ack_pings: true, is_prober: false }
    }
}

impl ClientInfo {
    /// The frame that carries this from `client` to `server`.
    pub fn seal(&self, client: &NodePrivate, server: &NodePublic, nonce: Nonce) -> Frame {
        let sealed = client.shared_with(server).seal(&nonce, &to_json(self));
        Frame::ClientInfo { key: client.public(), nonce, sealed: sealed.into() }
    }

    /// Opens the box that `client` made for `server`.
    pub fn open(server: &NodePrivate, client: &NodePublic, nonce: &Nonce, sealed: &[u8]) -> Result<Self, Error> {
        open_json(server, client, nonce, sealed)
    }
}

/// What the server tells a client. The token bucket, where not 0, limits what the client sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerInfo {
    /// Protocol version.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub version: u32,
    /// Rate in bytes per second; 0 = no limit.
    #[serde(default, rename = "TokenBucketBytesPerSecond", skip_serializing_if = "is_zero")]
    pub token_bucket_bytes_per_second: u32,
    /// Burst in bytes; 0 = no limit.
    #[serde(default, rename = "TokenBucketBytesBurst", skip_serializing_if = "is_zero")]
    pub token_bucket_bytes_burst: u32,
}

impl Default for ServerInfo {
    fn default() -> Self {
        Self { version: PROTOCOL_VERSION, token_bucket_bytes_per_second: 0, token_bucket_bytes_burst: 0 }
    }
}

impl ServerInfo {
    /// The frame that carries this from `server` to `client`.
    pub fn seal(&self, server: &NodePrivate, client: &NodePublic, nonce: Nonce) -> Frame {
        let sealed = server.shared_with(client).seal(&nonce, &to_json(self));
        Frame::ServerInfo { nonce, sealed: sealed.into() }
    }

    /// Opens the box that `server` made for `client`.
    pub fn open(client: &NodePrivate, server: &NodePublic, nonce: &Nonce, sealed: &[u8]) -> Result<Self, Error> {
        open_json(client, server, nonce, sealed)
    }
}

fn to_json(value: &impl Serialize) -> Bytes {
    serde_json::to_vec(value).expect("a struct of numbers and texts is always JSON").into()
}

fn open_json<T: for<'de> Deserialize<'de>>(
    own: &NodePrivate,
    peer: &NodePublic,
    nonce: &Nonce,
    sealed: &[u8],
) -> Result<T, Error> {
    let json = own.shared_with(peer).open(nonce, sealed).map_err(|_| Error::Sealed)?;
    serde_json::from_slice(&json).map_err(Error::Info)
}

fn is_zero(value: &u32) -> bool {
    *value == 0
}

fn is_false(value: &bool) -> bool {
    !value
}

fn is_no_mesh_key(key: &Option<MeshKey>) -> bool {
    key.as_ref().is_none_or(MeshKey::is_empty)
}
