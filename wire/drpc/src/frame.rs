//! One frame: control byte, stream id, message id, length, data.

use bytes::{BufMut, BytesMut};

use crate::error::Violation;
use crate::varint;

/// Bytes of the longest frame head.
pub const MAX_HEAD: usize = 1 + 3 * varint::MAX_LEN;

/// What a packet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    /// Starts an RPC; data is its name.
    Invoke = 1,
    /// A protobuf message.
    Message = 2,
    /// The RPC failed; see [`crate::RpcError`].
    Error = 3,
    /// The RPC is not wanted any more.
    Cancel = 4,
    /// The RPC is over in both directions.
    Close = 5,
    /// The sender sends no more messages.
    CloseSend = 6,
    /// Metadata of the Invoke that follows.
    InvokeMetadata = 7,
}

impl Kind {
    /// The kind of a number.
    pub const fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::Invoke,
            2 => Self::Message,
            3 => Self::Error,
            4 => Self::Cancel,
            5 => Self::Close,
            6 => Self::CloseSend,
            7 => Self::InvokeMetadata,
            _ => return None,
        })
    }

    /// Its name, for messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Invoke => "Invoke",
            Self::Message => "Message",
            Self::Error => "Error",
            Self::Cancel => "Cancel",
            Self::Close => "Close",
            Self::CloseSend => "CloseSend",
            Self::InvokeMetadata => "InvokeMetadata",
        }
    }
}

/// Everything of a frame but its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The number of the kind; it may be one that is not known.
    pub kind: u8,
    /// The last frame of its packet.
    pub done: bool,
    /// A packet that may be ignored when its kind is not known.
    pub control: bool,
    /// The RPC on this transport, from 1.
    pub stream: u64,
    /// The packet in this RPC and direction, from 1.
    pub message: u64,
    /// Data bytes that follow.
    pub len: u64,
}

impl Head {
    /// Reads a head from the front of `input`: the head and its length in bytes, `None` when more are needed.
    ///
    /// # Errors
    /// A number that is too long.
    pub fn decode(input: &[u8]) -> Result<Option<(Self, usize)>, Violation> {
        let Some((control_byte, mut rest)) = input.split_first() else { return Ok(None) };
        let mut numbers = [0u64; 3];
        let mut used = 1;
        for number in &mut numbers {
            let Some((value, n)) = varint::decode(rest)? else { return Ok(None) };
            *number = value;
            used += n;
            rest = rest.get(n..).unwrap_or_default();
        }
        let [stream, message, len] = numbers;
        let head = Self {
            kind: (control_byte >> 1) & 0x3f,
            done: control_byte & 1 != 0,
            control: control_byte & 0x80 != 0,
            stream,
            message,
            len,
        };
        Ok(Some((head, used)))
    }

    /// Appends the head to `out`.
    pub fn encode(&self, out: &mut BytesMut) {
        out.put_u8((u8::from(self.control) << 7) | ((self.kind & 0x3f) << 1) | u8::from(self.done));
        varint::encode(self.stream, out);
        varint::encode(self.message, out);
        varint::encode(self.len, out);
    }
}
