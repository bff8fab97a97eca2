//! The disco key: seals path-discovery messages between two nodes.

use std::fmt;

use zeroize::Zeroizing;

use super::{KEY_BYTES, clamp, public_key, public_of, random_private};
use crate::{Error, SharedKey};

/// A node's public disco key. `Display` gives `discokey:` and 64 hexadecimal digits, `Debug` a short form for logs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DiscoPublic([u8; KEY_BYTES]);

public_key!(DiscoPublic, "discokey:");

impl fmt::Debug for DiscoPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "disco:{}", hex::encode(&self.0[..8]))
    }
}

/// A node's private disco key, clamped. Wiped when dropped.
pub struct DiscoPrivate(Zeroizing<[u8; KEY_BYTES]>);

impl DiscoPrivate {
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

    /// The public key that belongs to it.
    pub fn public(&self) -> DiscoPublic {
        DiscoPublic(public_of(&self.0))
    }

    /// The key of sealed boxes between this node and `peer`, in either direction. Keep it: making it costs a
    /// scalar multiplication.
    pub fn shared_with(&self, peer: &DiscoPublic) -> SharedKey {
        SharedKey::new(&self.0, peer.as_bytes())
    }

    /// A second copy of the secret, for an owner that must keep its own.
    pub fn duplicate(&self) -> Self {
        Self(self.0.clone())
    }
}
