//! Frame headers, read byte by byte as they come.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Opcode {
    Continuation = 0,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
    /// Text, and what is reserved.
    Other = 15,
}

impl Opcode {
    fn from_bits(bits: u8) -> Self {
        match bits {
            0 => Self::Continuation,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            _ => Self::Other,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) opcode: Opcode,
    pub(super) length: u64,
    pub(super) mask: [u8; 4],
}

/// Collects one header after the other.
#[derive(Debug, Default)]
pub(super) struct HeaderReader {
    bytes: [u8; 14],
    have: usize,
}

impl HeaderReader {
    /// The next header; `None` at a clean end of the stream.
    pub(super) fn poll<S: AsyncRead + Unpin>(
        &mut self,
        inner: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<Option<Header>>> {
        loop {
            let need = needed(&self.bytes[..self.have]);
            if self.have == need {
                self.have = 0;
                return Poll::Ready(parse(&self.bytes[..need]).map(Some));
            }
            let mut buffer = ReadBuf::new(&mut self.bytes[self.have..need]);
            ready!(Pin::new(&mut *inner).poll_read(cx, &mut buffer))?;
            match buffer.filled().len() {
                0 if self.have == 0 => return Poll::Ready(Ok(None)),
                0 => return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
                length => self.have += length,
            }
        }
    }
}

/// Length of the header that begins with `bytes`, as far as they tell.
fn needed(bytes: &[u8]) -> usize {
    match bytes.get(1).map(|byte| byte & 0x7F) {
        None => 2,
        Some(126) => 2 + 2 + 4,
        Some(127) => 2 + 8 + 4,
        Some(_) => 2 + 4,
    }
}

fn parse(bytes: &[u8]) -> io::Result<Header> {
    let invalid = |what| io::Error::new(io::ErrorKind::InvalidData, what);
    let [first, second, rest @ ..] = bytes else { return Err(invalid("WebSocket header is too short")) };
    if first & 0x70 != 0 {
        return Err(invalid("WebSocket frame with an extension that was not agreed"));
    }
    if second & 0x80 == 0 {
        return Err(invalid("WebSocket frame of a client without a mask"));
    }
    let (length, mask) = rest.split_last_chunk::<4>().ok_or_else(|| invalid("WebSocket header is too short"))?;
    let length = match length.len() {
        0 => u64::from(second & 0x7F),
        _ => length.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
    };
    Ok(Header { opcode: Opcode::from_bits(first & 0x0F), length, mask: *mask })
}

/// The header of an unmasked, complete frame.
pub(super) fn encode_header(opcode: Opcode, length: usize) -> Vec<u8> {
    let first = 0x80 | opcode as u8;
    match length {
        0..=125 => vec![first, length as u8],
        126..=0xFFFF => {
            let [high, low] = (length as u16).to_be_bytes();
            vec![first, 126, high, low]
        }
        _ => [&[first, 127][..], &(length as u64).to_be_bytes()].concat(),
    }
}
