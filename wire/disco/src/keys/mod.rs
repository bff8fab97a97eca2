//! Node and disco keys. All are Curve25519; the kinds differ in text form and use, hence distinct types.
//!
//! Text and byte forms: `docs/protocol/disco.md`, "Keys".

mod disco;
mod node;

use crate::Error;

pub use disco::{DiscoPrivate, DiscoPublic};
pub use node::{NODE_KEY_PREFIXED_BYTES, NodePrivate, NodePublic};

/// Length of every key, in bytes.
pub const KEY_BYTES: usize = 32;

/// Parses exactly 64 hexadecimal digits.
fn parse_hex(digits: &str) -> Result<[u8; KEY_BYTES], Error> {
    let mut bytes = [0; KEY_BYTES];
    hex::decode_to_slice(digits, &mut bytes).map_err(|_| Error::KeyDigits)?;
    Ok(bytes)
}

/// Parses `prefix` followed by exactly 64 hexadecimal digits.
fn parse_text(text: &str, prefix: &'static str) -> Result<[u8; KEY_BYTES], Error> {
    let digits = text.strip_prefix(prefix).ok_or(Error::KeyPrefix { expected: prefix })?;
    parse_hex(digits)
}

/// Makes any 32 bytes a valid private key (RFC 7748 §5).
fn clamp(bytes: &mut [u8; KEY_BYTES]) {
    bytes[0] &= 248;
    bytes[31] = (bytes[31] & 127) | 64;
}

fn public_of(private: &[u8; KEY_BYTES]) -> [u8; KEY_BYTES] {
    let secret = x25519_dalek::StaticSecret::from(*private);
    x25519_dalek::PublicKey::from(&secret).to_bytes()
}

fn random_private() -> zeroize::Zeroizing<[u8; KEY_BYTES]> {
    let mut bytes = zeroize::Zeroizing::new(rand::random::<[u8; KEY_BYTES]>());
    clamp(&mut bytes);
    bytes
}

/// What the two kinds of public key have in common: bytes, text, serde.
macro_rules! public_key {
    ($name:ident, $prefix:literal) => {
        impl $name {
            /// From the raw 32 bytes, as they stand in packets.
            pub const fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
                Self(bytes)
            }

            /// From a slice that must be exactly 32 bytes long.
            pub fn from_slice(bytes: &[u8]) -> Result<Self, Error> {
                bytes.try_into().map(Self).map_err(|_| Error::KeyDigits)
            }

            /// The raw 32 bytes.
            pub const fn as_bytes(&self) -> &[u8; KEY_BYTES] {
                &self.0
            }

            /// All bytes zero: the value that stands for "no key".
            pub fn is_zero(&self) -> bool {
                self.0 == [0; KEY_BYTES]
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!($prefix, "{}"), hex::encode(self.0))
            }
        }

        impl std::str::FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self, Error> {
                super::parse_text(text, $prefix).map(Self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
use public_key;

#[cfg(test)]
mod tests;
