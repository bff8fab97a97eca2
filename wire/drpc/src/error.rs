//! Errors of the protocol, and the error that an RPC can end with.

use bytes::{BufMut, Bytes, BytesMut};

/// What a peer did against the protocol; the transport cannot be used any more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// A number that does not fit 64 bits.
    #[error("a number is too long")]
    Varint,
    /// A kind that is unknown, in a frame that may not be ignored.
    #[error("unknown packet kind {0}")]
    Kind(u8),
    /// A stream or message id of 0, or one that decreases or is used again.
    #[error("packet id {stream}.{message} is out of order")]
    Id {
        /// Stream id.
        stream: u64,
        /// Message id.
        message: u64,
    },
    /// Frames of one packet are of different kinds.
    #[error("the kind changes inside a packet")]
    KindChange,
    /// A packet above [`crate::MAX_PACKET`].
    #[error("a packet is larger than {} bytes", crate::MAX_PACKET)]
    TooLarge,
    /// A packet that is not allowed in this state.
    #[error("{0} is not allowed now")]
    Unexpected(&'static str),
    /// An Error packet without its code.
    #[error("an error without a code")]
    ErrorPayload,
    /// The name of an RPC is not text.
    #[error("the name of an rpc is not text")]
    Name,
    /// Metadata that cannot be read.
    #[error("metadata cannot be read")]
    Metadata,
}

/// How an RPC fails: what the other side gets to see of an error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RpcError {
    /// 0 for ordinary errors, [`RpcError::UNIMPLEMENTED`] for methods that are known but not served.
    pub code: u64,
    /// The text.
    pub message: String,
}

impl RpcError {
    /// The code of methods that are known but not served.
    pub const UNIMPLEMENTED: u64 = 12;

    /// An ordinary error.
    pub fn new(message: impl Into<String>) -> Self {
        Self { code: 0, message: message.into() }
    }

    /// The answer to a method that is known but not served.
    pub fn unimplemented() -> Self {
        Self { code: Self::UNIMPLEMENTED, message: "Unimplemented".to_owned() }
    }

    /// The answer to a name that is not known.
    pub fn unknown_rpc(name: &str) -> Self {
        Self::new(format!("protocol error: unknown rpc: {name:?}"))
    }

    /// Whether the method is known to the peer but not served.
    pub fn is_unimplemented(&self) -> bool {
        self.code == Self::UNIMPLEMENTED
    }

    /// The payload of an Error packet.
    pub fn encode(&self) -> Bytes {
        let mut out = BytesMut::with_capacity(8 + self.message.len());
        out.put_u64(self.code);
        out.put_slice(self.message.as_bytes());
        out.freeze()
    }

    /// Reads the payload of an Error packet; text that is not UTF-8 is repaired.
    ///
    /// # Errors
    /// Fewer than 8 bytes.
    pub fn decode(data: &[u8]) -> Result<Self, Violation> {
        let (code, text) = data.split_first_chunk::<8>().ok_or(Violation::ErrorPayload)?;
        Ok(Self { code: u64::from_be_bytes(*code), message: String::from_utf8_lossy(text).into_owned() })
    }
}
