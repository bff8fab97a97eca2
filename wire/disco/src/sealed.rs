//! The sealed box of DISCO and of the relay handshake: Curve25519, XSalsa20, Poly1305, tag first.
//!
//! Public source: the NaCl documentation of `crypto_box`.

use crypto_box::aead::Aead;
use crypto_box::{PublicKey, SalsaBox, SecretKey};

use crate::{Error, KEY_BYTES};

/// Length of a nonce, in bytes.
pub const NONCE_BYTES: usize = 24;

/// What a box is longer than its plaintext, in bytes.
pub const TAG_BYTES: usize = 16;

/// A nonce. Never use one twice with one key; [`random_nonce`] is how to get one.
pub type Nonce = [u8; NONCE_BYTES];

/// A new random nonce.
pub fn random_nonce() -> Nonce {
    rand::random()
}

/// The precomputed key between two parties. It seals and opens in both directions and is wiped when dropped.
pub struct SharedKey(SalsaBox);

impl SharedKey {
    pub(crate) fn new(private: &[u8; KEY_BYTES], public: &[u8; KEY_BYTES]) -> Self {
        Self(SalsaBox::new(&PublicKey::from(*public), &SecretKey::from(*private)))
    }

    /// The box of `plaintext`: 16 bytes longer.
    pub fn seal(&self, nonce: &Nonce, plaintext: &[u8]) -> Vec<u8> {
        self.0.encrypt(nonce.into(), plaintext).expect("XSalsa20 takes any length that fits in memory")
    }

    /// The plaintext of `sealed`, or [`Error::Sealed`].
    pub fn open(&self, nonce: &Nonce, sealed: &[u8]) -> Result<Vec<u8>, Error> {
        if sealed.len() < TAG_BYTES {
            return Err(Error::Sealed);
        }
        self.0.decrypt(nonce.into(), sealed).map_err(|_| Error::Sealed)
    }
}
