//! The 12-byte frame header.

use bytes::{BufMut, BytesMut};

use crate::error::Violation;
use crate::stream::StreamId;

/// Length of a header in bytes.
pub const HEADER_LEN: usize = 12;

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Payload of a stream; `length` bytes follow.
    Data = 0,
    /// Grants `length` more bytes.
    WindowUpdate = 1,
    /// `length` is a value that is sent back.
    Ping = 2,
    /// `length` is the reason, see [`GoAway`].
    GoAway = 3,
}

/// Flag bits of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags(pub u16);

impl Flags {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// Opens a stream; a ping request.
    pub const SYN: Self = Self(1);
    /// Accepts a stream; a ping reply.
    pub const ACK: Self = Self(2);
    /// The sender sends no more on the stream.
    pub const FIN: Self = Self(4);
    /// The stream is dead in both directions.
    pub const RST: Self = Self(8);

    /// Whether all bits of `other` are set.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The bits of both.
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Reasons of a GoAway frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum GoAway {
    /// No new streams, please; those that exist go on.
    Normal = 0,
    /// The receiver broke the protocol.
    Protocol = 1,
    /// The sender has a problem.
    Internal = 2,
}

/// A frame header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// What the frame is.
    pub kind: Kind,
    /// Its flags; unknown bits are kept.
    pub flags: Flags,
    /// The stream, 0 for the session.
    pub stream: StreamId,
    /// Payload bytes, window delta, ping value or reason.
    pub length: u32,
}

impl Header {
    /// Reads a header.
    ///
    /// # Errors
    /// A version other than 0 or an unknown type.
    pub fn decode(bytes: [u8; HEADER_LEN]) -> Result<Self, Violation> {
        let [version, kind, f0, f1, s0, s1, s2, s3, l0, l1, l2, l3] = bytes;
        if version != 0 {
            return Err(Violation::Version(version));
        }
        let kind = match kind {
            0 => Kind::Data,
            1 => Kind::WindowUpdate,
            2 => Kind::Ping,
            3 => Kind::GoAway,
            other => return Err(Violation::FrameType(other)),
        };
        Ok(Self {
            kind,
            flags: Flags(u16::from_be_bytes([f0, f1])),
            stream: StreamId(u32::from_be_bytes([s0, s1, s2, s3])),
            length: u32::from_be_bytes([l0, l1, l2, l3]),
        })
    }

    /// Appends the header to `out`.
    pub fn encode(&self, out: &mut BytesMut) {
        out.reserve(HEADER_LEN);
        out.put_u8(0);
        out.put_u8(self.kind as u8);
        out.put_u16(self.flags.0);
        out.put_u32(self.stream.0);
        out.put_u32(self.length);
    }
}

/// Collects the bytes of a header that may arrive in pieces.
#[derive(Debug, Default)]
pub(crate) struct HeaderReader {
    bytes: [u8; HEADER_LEN],
    filled: usize,
}

impl HeaderReader {
    /// Takes bytes from the front of `input`; a header once it is complete.
    pub(crate) fn take(&mut self, input: &mut &[u8]) -> Option<[u8; HEADER_LEN]> {
        let room = self.bytes.get_mut(self.filled..)?;
        let n = room.len().min(input.len());
        let (head, rest) = input.split_at(n);
        room[..n].copy_from_slice(head);
        *input = rest;
        self.filled += n;
        if self.filled < HEADER_LEN {
            return None;
        }
        self.filled = 0;
        Some(self.bytes)
    }
}
