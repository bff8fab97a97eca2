//! The node key: WireGuard static key and, at the same time, the identity at a relay.

use std::fmt;

use zeroize::Zeroizing;

use super::{KEY_BYTES, clamp, parse_hex, parse_text, public_key, public_of, random_private};
use crate::{Error, SharedKey};

/// Length of the prefixed byte form (`np` and the key) that stands in `Node.key`.
pub const NODE_KEY_PREFIXED_BYTES: usize = 34;

const PREFIX_BYTES: &[u8; 2] = b"np";
const PRIVATE_PREFIX: &str = "privkey:";

/// A node's public key. `Display` gives `nodekey:` and 64 hexadecimal digits, `Debug` a short form for logs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodePublic([u8; KEY_BYTES]);

public_key!(NodePublic, "nodekey:");

impl NodePublic {
    /// The 34-byte form: `np`, then the key.
    pub fn to_prefixed_bytes(&self) -> [u8; NODE_KEY_PREFIXED_BYTES] {
        let mut bytes = [0; NODE_KEY_PREFIXED_BYTES];
        bytes[..2].copy_from_slice(PREFIX_BYTES);
        bytes[2..].copy_from_slice(&self.0);
        bytes
    }

    /// Parses the 34-byte form; prefix and length must be right.
    pub fn from_prefixed_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let key = bytes.strip_prefix(PREFIX_BYTES).ok_or(Error::KeyPrefix { expected: "np" })?;
        Self::from_slice(key)
    }

    /// 64 hexadecimal digits without a prefix, as in the header `Derp-Public-Key`.
    pub fn to_hex(&self) -> String {
        hex::encode(self.0)
    }

    /// Parses 64 hexadecimal digits without a prefix.
    pub fn from_hex(digits: &str) -> Result<Self, Error> {
        parse_hex(digits).map(Self)
    }
}

impl fmt::Debug for NodePublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node:{}", hex::encode(&self.0[..4]))
    }
}

/// A node's private key, clamped. Wiped when dropped.
pub struct NodePrivate(Zeroizing<[u8; KEY_BYTES]>);

impl NodePrivate {
    /// A new random key.
    pub fn generate() -> Self {
        Self(random_private())
    }

    /// From 32 bytes, which are clamped.
    pub fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        let mut bytes = Zeroizing::new(bytes);
        clamp(&mut bytes);
        Self(bytes)
    }

    /// Parses `privkey:` and 64 hexadecimal digits: the form in which a server keeps its relay key.
    pub fn from_secret_text(text: &str) -> Result<Self, Error> {
        parse_text(text, PRIVATE_PREFIX).map(Self::from_bytes)
    }

    /// The text form of the secret; for storage only, never for a log.
    pub fn expose_secret_text(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{PRIVATE_PREFIX}{}", hex::encode(self.0.as_slice())))
    }

    /// The secret bytes, for the WireGuard implementation.
    pub fn expose_bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    /// The public key that belongs to it.
    pub fn public(&self) -> NodePublic {
        NodePublic(public_of(&self.0))
    }

    /// The key of sealed boxes between this node and `peer`, in either direction.
    pub fn shared_with(&self, peer: &NodePublic) -> SharedKey {
        SharedKey::new(&self.0, peer.as_bytes())
    }

    /// A second copy of the secret, for an owner that must keep its own.
    pub fn duplicate(&self) -> Self {
        Self(self.0.clone())
    }
}
