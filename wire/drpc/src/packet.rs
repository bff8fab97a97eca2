//! Packets: frames of one id, joined until the last.

use bytes::{Bytes, BytesMut};

use crate::error::Violation;
use crate::frame::{Head, Kind, MAX_HEAD};
use crate::{MAX_FRAME_DATA, MAX_PACKET};

/// A whole packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// What it is.
    pub kind: Kind,
    /// The RPC on this transport.
    pub stream: u64,
    /// The packet in this RPC and direction.
    pub message: u64,
    /// The data of its frames.
    pub data: Bytes,
}

impl Packet {
    /// Appends the packet to `out`, cut into frames of at most 64 KiB of data.
    pub fn encode(&self, out: &mut BytesMut) {
        encode(self.kind, (self.stream, self.message), &self.data, out);
    }
}

/// Appends a packet to `out`; `id` is stream and message.
pub(crate) fn encode(kind: Kind, id: (u64, u64), data: &[u8], out: &mut BytesMut) {
    out.reserve(data.len() + 16 + data.len() / MAX_FRAME_DATA * 16);
    let mut rest = data;
    loop {
        let (piece, after) = rest.split_at(rest.len().min(MAX_FRAME_DATA));
        rest = after;
        let head = Head {
            kind: kind as u8,
            done: rest.is_empty(),
            control: kind == Kind::Cancel,
            stream: id.0,
            message: id.1,
            len: piece.len() as u64,
        };
        head.encode(out);
        out.extend_from_slice(piece);
        if rest.is_empty() {
            return;
        }
    }
}

#[derive(Debug)]
struct Partial {
    kind: u8,
    control: bool,
    data: BytesMut,
}

#[derive(Debug)]
enum State {
    Head,
    /// The data of a frame is arriving.
    Data {
        left: usize,
        done: bool,
    },
}

/// Joins the bytes of a transport to packets.
#[derive(Debug)]
pub struct PacketReader {
    head: [u8; MAX_HEAD],
    head_len: usize,
    state: State,
    /// Stream and message of the newest frame.
    last: (u64, u64),
    partial: Option<Partial>,
}

impl Default for PacketReader {
    fn default() -> Self {
        Self { head: [0; MAX_HEAD], head_len: 0, state: State::Head, last: (0, 0), partial: None }
    }
}

impl PacketReader {
    /// A reader at the start of a transport.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes bytes from the front of `input` until a packet is complete; `None`: all bytes are taken.
    ///
    /// # Errors
    /// After a violation the transport must be dropped.
    pub fn next(&mut self, input: &mut &[u8]) -> Result<Option<Packet>, Violation> {
        loop {
            match self.state {
                State::Head => {
                    let Some(head) = self.take_head(input)? else { return Ok(None) };
                    self.start_frame(head)?;
                }
                State::Data { left, done } => {
                    let n = left.min(input.len());
                    let (data, rest) = input.split_at(n);
                    *input = rest;
                    if let Some(partial) = &mut self.partial {
                        partial.data.extend_from_slice(data);
                    }
                    if n < left {
                        self.state = State::Data { left: left - n, done };
                        return Ok(None);
                    }
                    self.state = State::Head;
                    if done && let Some(packet) = self.finish()? {
                        return Ok(Some(packet));
                    }
                }
            }
        }
    }

    /// Whether the transport may end here without cutting a packet.
    pub fn is_empty(&self) -> bool {
        self.partial.is_none() && self.head_len == 0 && matches!(self.state, State::Head)
    }

    fn take_head(&mut self, input: &mut &[u8]) -> Result<Option<Head>, Violation> {
        // The usual case: the head lies in one piece.
        if self.head_len == 0
            && let Some((head, used)) = Head::decode(input)?
        {
            *input = input.get(used..).unwrap_or_default();
            return Ok(Some(head));
        }
        while let Some((byte, rest)) = input.split_first() {
            *input = rest;
            if let Some(slot) = self.head.get_mut(self.head_len) {
                *slot = *byte;
                self.head_len += 1;
            }
            if let Some((head, _)) = Head::decode(self.head.get(..self.head_len).unwrap_or_default())? {
                self.head_len = 0;
                return Ok(Some(head));
            }
        }
        Ok(None)
    }

    fn start_frame(&mut self, head: Head) -> Result<(), Violation> {
        let id = (head.stream, head.message);
        let out_of_order = Violation::Id { stream: head.stream, message: head.message };
        if head.stream == 0 || head.message == 0 || id < self.last {
            return Err(out_of_order);
        }
        if id > self.last {
            // A newer packet discards one that was not finished.
            self.last = id;
            self.partial = Some(Partial { kind: head.kind, control: false, data: BytesMut::new() });
        }
        // The id of a finished packet must not come again.
        let partial = self.partial.as_mut().ok_or(out_of_order)?;
        if partial.kind != head.kind {
            return Err(Violation::KindChange);
        }
        partial.control |= head.control;
        let len = usize::try_from(head.len).map_err(|_| Violation::TooLarge)?;
        if len > MAX_PACKET - partial.data.len() {
            return Err(Violation::TooLarge);
        }
        self.state = State::Data { left: len, done: head.done };
        Ok(())
    }

    /// The packet that is complete; `None` when it is to be ignored.
    fn finish(&mut self) -> Result<Option<Packet>, Violation> {
        let Some(partial) = self.partial.take() else { return Ok(None) };
        let Some(kind) = Kind::from_number(partial.kind) else {
            return if partial.control { Ok(None) } else { Err(Violation::Kind(partial.kind)) };
        };
        let (stream, message) = self.last;
        Ok(Some(Packet { kind, stream, message, data: partial.data.freeze() }))
    }
}

#[cfg(test)]
mod tests;
