//! The one error type of this crate. Every variant ends the connection.

use crate::FrameKind;

/// What can be wrong with a relay connection's bytes.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A frame declares more bytes than its type may have.
    #[error("frame of type {kind:#04x} declares {length} bytes, {limit} are allowed")]
    TooLarge {
        /// The frame's type byte.
        kind: u8,
        /// Declared payload length in bytes.
        length: u32,
        /// What is allowed for this type.
        limit: u32,
    },
    /// A frame's payload has a length that its type cannot have.
    #[error("{kind:?} frame has a payload of {length} bytes")]
    Length {
        /// The frame's type.
        kind: FrameKind,
        /// Payload length in bytes.
        length: usize,
    },
    /// The first frame of a server does not carry the protocol's magic bytes.
    #[error("server key frame without the protocol's magic bytes")]
    Magic,
    /// The server's key is not the one that was expected.
    #[error("server key is not the expected one")]
    WrongServerKey,
    /// A frame that the handshake does not allow at this point.
    #[error("{kind:?} frame instead of {expected:?}")]
    Unexpected {
        /// What came.
        kind: FrameKind,
        /// What the handshake was waiting for.
        expected: FrameKind,
    },
    /// The sealed box does not open: the peer does not own the key that it claims.
    #[error("sealed box does not open")]
    Sealed,
    /// The peer claims the key of all zeros.
    #[error("peer has no key")]
    ZeroKey,
    /// The box's content is not the JSON object that it should be.
    #[error("content of the sealed box is not understood")]
    Info(#[source] serde_json::Error),
}
