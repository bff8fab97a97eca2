//! Taking frames out of a byte stream, without copying packets and without trusting declared lengths.

use bytes::{Buf, Bytes, BytesMut};
use warren_disco::{KEY_BYTES, NodePublic};

use crate::Error;
use crate::frame::{Frame, FrameKind, HEADER_BYTES};

/// Takes frames from the front of a buffer that its owner fills. Never grows that buffer itself.
#[derive(Debug, Default)]
pub struct Decoder {
    /// Payload bytes of an unknown frame that are still to be thrown away.
    skip: usize,
}

impl Decoder {
    /// At the start of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// The next frame; `None` when more bytes are needed. After an error the stream is unusable.
    pub fn next_frame(&mut self, buffer: &mut BytesMut) -> Result<Option<Frame>, Error> {
        self.next_raw(buffer)?.map(RawFrame::into_frame).transpose()
    }

    /// Like [`Decoder::next_frame`], leaving the payload as it is.
    pub fn next_raw(&mut self, buffer: &mut BytesMut) -> Result<Option<RawFrame>, Error> {
        if self.skip > 0 {
            let skipped = self.skip.min(buffer.len());
            buffer.advance(skipped);
            self.skip -= skipped;
            if self.skip > 0 {
                return Ok(None);
            }
        }
        let Some([byte, length @ ..]) = buffer.first_chunk::<HEADER_BYTES>().copied() else {
            return Ok(None);
        };
        let kind = FrameKind::from_byte(byte);
        let length = u32::from_be_bytes(length);
        let limit = kind.max_payload();
        if length > limit {
            return Err(Error::TooLarge { kind: byte, length, limit });
        }
        if let FrameKind::Unknown(_) = kind {
            // The payload is never collected: what is here goes now, the rest when it comes.
            let header = buffer.split_to(HEADER_BYTES);
            let here = buffer.len().min(length as usize);
            buffer.advance(here);
            self.skip = length as usize - here;
            return Ok(Some(RawFrame { kind, bytes: header }));
        }
        let total = HEADER_BYTES + length as usize;
        if buffer.len() < total {
            return Ok(None);
        }
        Ok(Some(RawFrame { kind, bytes: buffer.split_to(total) }))
    }
}

/// A complete frame in its own bytes.
#[derive(Debug, PartialEq, Eq)]
pub struct RawFrame {
    kind: FrameKind,
    bytes: BytesMut,
}

impl RawFrame {
    /// The frame's type.
    pub fn kind(&self) -> FrameKind {
        self.kind
    }

    /// Length in bytes, header included (for an unknown type: of the header alone).
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether there is no payload.
    pub fn is_empty(&self) -> bool {
        self.bytes.len() <= HEADER_BYTES
    }

    /// Parses the payload; packets in it share the frame's memory.
    pub fn into_frame(self) -> Result<Frame, Error> {
        let mut bytes = self.bytes.freeze();
        bytes.advance(HEADER_BYTES);
        Frame::decode(self.kind, bytes)
    }

    /// Turns a SendPacket from `source` into the RecvPacket for its destination, in place: the two have the same
    /// layout. An error if the frame is of another type or too short.
    pub fn readdress(mut self, source: &NodePublic) -> Result<Readdressed, Error> {
        let bad_length = Error::Length { kind: self.kind, length: self.bytes.len() - HEADER_BYTES };
        let Some(key) = self.bytes.get_mut(HEADER_BYTES..HEADER_BYTES + KEY_BYTES) else {
            return Err(bad_length);
        };
        if self.kind != FrameKind::SendPacket {
            return Err(Error::Unexpected { kind: self.kind, expected: FrameKind::SendPacket });
        }
        let destination = NodePublic::from_slice(key).map_err(|_| bad_length)?;
        key.copy_from_slice(source.as_bytes());
        self.bytes[0] = FrameKind::RecvPacket.to_byte();
        Ok(Readdressed { destination, frame: self.bytes.freeze() })
    }
}

/// A SendPacket frame made ready for its receiver.
#[derive(Debug, PartialEq, Eq)]
pub struct Readdressed {
    /// To whom it goes.
    pub destination: NodePublic,
    /// The complete RecvPacket frame.
    pub frame: Bytes,
}

impl Readdressed {
    /// The relayed packet inside the frame.
    pub fn packet(&self) -> &[u8] {
        &self.frame[HEADER_BYTES + KEY_BYTES..]
    }
}
