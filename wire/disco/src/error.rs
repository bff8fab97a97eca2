//! The one error type of this crate.

/// What can be wrong with received keys, packets and messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A key's text does not start with the prefix of its kind.
    #[error("key does not start with {expected:?}")]
    KeyPrefix {
        /// The prefix that this kind of key has.
        expected: &'static str,
    },
    /// A key is not 64 hexadecimal digits (or 32 bytes).
    #[error("key has the wrong length or is not hexadecimal")]
    KeyDigits,
    /// Fewer bytes than the fixed part needs.
    #[error("{what} is too short: {length} bytes")]
    TooShort {
        /// Which part was being read.
        what: &'static str,
        /// How many bytes there were.
        length: usize,
    },
    /// The leading magic bytes are missing.
    #[error("not a {0} packet")]
    Magic(&'static str),
    /// The sealed box was made for another key, or changed on the way.
    #[error("sealed box does not open")]
    Sealed,
    /// A STUN message that is not a successful binding response, or has no usable address.
    #[error("STUN message without a usable address")]
    Stun,
}
