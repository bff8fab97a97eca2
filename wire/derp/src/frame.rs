//! Frame types and their payloads (`docs/protocol/derp.md`, "Frames").

use std::time::Duration;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use warren_disco::{NONCE_BYTES, NodePublic, Nonce};

use crate::Error;

/// Bytes before a payload: type and payload length.
pub const HEADER_BYTES: usize = 5;

/// Largest relayed packet in bytes.
pub const MAX_PACKET_BYTES: usize = 64 * 1024;

/// What every server key frame begins with: `DERP` and a key symbol in UTF-8.
pub const MAGIC: [u8; 8] = [0x44, 0x45, 0x52, 0x50, 0xF0, 0x9F, 0x94, 0x91];

const KEY: usize = warren_disco::KEY_BYTES;
const KIB: u32 = 1024;

/// The type of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // documented at the variants of `Frame`
pub enum FrameKind {
    ServerKey,
    ClientInfo,
    ServerInfo,
    SendPacket,
    RecvPacket,
    KeepAlive,
    NotePreferred,
    PeerGone,
    PeerPresent,
    ForwardPacket,
    WatchConns,
    ClosePeer,
    Ping,
    Pong,
    Health,
    Restarting,
    /// Any other type byte: skipped by both sides.
    Unknown(u8),
}

impl FrameKind {
    /// From the type byte.
    pub fn from_byte(byte: u8) -> Self {
        match byte {
            0x01 => Self::ServerKey,
            0x02 => Self::ClientInfo,
            0x03 => Self::ServerInfo,
            0x04 => Self::SendPacket,
            0x05 => Self::RecvPacket,
            0x06 => Self::KeepAlive,
            0x07 => Self::NotePreferred,
            0x08 => Self::PeerGone,
            0x09 => Self::PeerPresent,
            0x0A => Self::ForwardPacket,
            0x10 => Self::WatchConns,
            0x11 => Self::ClosePeer,
            0x12 => Self::Ping,
            0x13 => Self::Pong,
            0x14 => Self::Health,
            0x15 => Self::Restarting,
            other => Self::Unknown(other),
        }
    }

    /// The type byte.
    pub fn to_byte(self) -> u8 {
        match self {
            Self::ServerKey => 0x01,
            Self::ClientInfo => 0x02,
            Self::ServerInfo => 0x03,
            Self::SendPacket => 0x04,
            Self::RecvPacket => 0x05,
            Self::KeepAlive => 0x06,
            Self::NotePreferred => 0x07,
            Self::PeerGone => 0x08,
            Self::PeerPresent => 0x09,
            Self::ForwardPacket => 0x0A,
            Self::WatchConns => 0x10,
            Self::ClosePeer => 0x11,
            Self::Ping => 0x12,
            Self::Pong => 0x13,
            Self::Health => 0x14,
            Self::Restarting => 0x15,
            Self::Unknown(other) => other,
        }
    }

    /// The largest payload in bytes that is accepted of this type.
    pub fn max_payload(self) -> u32 {
        let packet = MAX_PACKET_BYTES as u32;
        let key = KEY as u32;
        match self {
            Self::SendPacket | Self::RecvPacket => key + packet,
            Self::ForwardPacket => 2 * key + packet,
            Self::ClientInfo | Self::ServerInfo => 256 * KIB,
            Self::Health => 64 * KIB,
            Self::Unknown(_) => 1024 * KIB,
            _ => KIB,
        }
    }
}

/// Why a peer cannot be reached through the relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerGoneReason {
    /// It was connected and is no more.
    Disconnected,
    /// It is not connected to this relay.
    NotHere,
    /// A reason of a newer version.
    Other(u8),
}

impl PeerGoneReason {
    fn from_byte(byte: u8) -> Self {
        match byte {
            0 => Self::Disconnected,
            1 => Self::NotHere,
            other => Self::Other(other),
        }
    }

    fn to_byte(self) -> u8 {
        match self {
            Self::Disconnected => 0,
            Self::NotHere => 1,
            Self::Other(other) => other,
        }
    }
}

/// One frame. C = client, S = server; "mesh" = between relays of one region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// S→C: the first frame.
    ServerKey {
        /// The server's public key.
        key: NodePublic,
        /// Bytes behind the key, ignored.
        extra: Bytes,
    },
    /// C→S: the client's key and its sealed [`crate::ClientInfo`].
    ClientInfo {
        /// The client's public key.
        key: NodePublic,
        /// Of the box.
        nonce: Nonce,
        /// The box.
        sealed: Bytes,
    },
    /// S→C: the sealed [`crate::ServerInfo`].
    ServerInfo {
        /// Of the box.
        nonce: Nonce,
        /// The box.
        sealed: Bytes,
    },
    /// C→S: deliver a packet.
    SendPacket {
        /// To whom.
        destination: NodePublic,
        /// Opaque to the relay.
        packet: Bytes,
    },
    /// S→C: a delivered packet.
    RecvPacket {
        /// The sender's authenticated key.
        source: NodePublic,
        /// As sent.
        packet: Bytes,
    },
    /// S→C: nothing to say, still here.
    KeepAlive,
    /// C→S: whether this relay's region is the client's home.
    NotePreferred(bool),
    /// S→C: a peer cannot be reached (any more).
    PeerGone {
        /// The peer.
        peer: NodePublic,
        /// Why.
        reason: PeerGoneReason,
    },
    /// S→C, mesh: a client connected to this relay. Address and flags behind the key are ignored.
    PeerPresent(NodePublic),
    /// C→S, mesh: deliver a packet of somebody else.
    ForwardPacket {
        /// Who sent it to the other relay.
        source: NodePublic,
        /// To whom.
        destination: NodePublic,
        /// As sent.
        packet: Bytes,
    },
    /// C→S, mesh: tell me who is connected.
    WatchConns,
    /// C→S, mesh: end the connections of a key.
    ClosePeer(NodePublic),
    /// Either way: answer with a Pong of the same bytes.
    Ping([u8; 8]),
    /// Either way: the answer.
    Pong([u8; 8]),
    /// S→C: a problem in words; empty when it is over.
    Health(String),
    /// S→C: the server is about to restart.
    Restarting {
        /// When to reconnect, whole milliseconds.
        reconnect_in: Duration,
        /// How long to try, whole milliseconds.
        try_for: Duration,
    },
    /// A type that this version does not know; its payload was skipped.
    Unknown(u8),
}

impl Frame {
    /// The frame's type.
    pub fn kind(&self) -> FrameKind {
        match self {
            Self::ServerKey { .. } => FrameKind::ServerKey,
            Self::ClientInfo { .. } => FrameKind::ClientInfo,
            Self::ServerInfo { .. } => FrameKind::ServerInfo,
            Self::SendPacket { .. } => FrameKind::SendPacket,
            Self::RecvPacket { .. } => FrameKind::RecvPacket,
            Self::KeepAlive => FrameKind::KeepAlive,
            Self::NotePreferred(_) => FrameKind::NotePreferred,
            Self::PeerGone { .. } => FrameKind::PeerGone,
            Self::PeerPresent(_) => FrameKind::PeerPresent,
            Self::ForwardPacket { .. } => FrameKind::ForwardPacket,
            Self::WatchConns => FrameKind::WatchConns,
            Self::ClosePeer(_) => FrameKind::ClosePeer,
            Self::Ping(_) => FrameKind::Ping,
            Self::Pong(_) => FrameKind::Pong,
            Self::Health(_) => FrameKind::Health,
            Self::Restarting { .. } => FrameKind::Restarting,
            Self::Unknown(kind) => FrameKind::Unknown(*kind),
        }
    }

    /// Appends the frame, header included. An [`Frame::Unknown`] is written with an empty payload.
    pub fn encode(&self, out: &mut BytesMut) {
        let start = out.len();
        out.put_u8(self.kind().to_byte());
        out.put_u32(0);
        self.put_payload(out);
        let length = (out.len() - start - HEADER_BYTES) as u32;
        out[start + 1..start + HEADER_BYTES].copy_from_slice(&length.to_be_bytes());
    }

    /// The frame alone, header included.
    pub fn to_bytes(&self) -> Bytes {
        let mut out = BytesMut::new();
        self.encode(&mut out);
        out.freeze()
    }

    fn put_payload(&self, out: &mut BytesMut) {
        match self {
            Self::ServerKey { key, extra } => {
                out.put_slice(&MAGIC);
                out.put_slice(key.as_bytes());
                out.put_slice(extra);
            }
            Self::ClientInfo { key, nonce, sealed } => {
                out.put_slice(key.as_bytes());
                out.put_slice(nonce);
                out.put_slice(sealed);
            }
            Self::ServerInfo { nonce, sealed } => {
                out.put_slice(nonce);
                out.put_slice(sealed);
            }
            Self::SendPacket { destination: key, packet } | Self::RecvPacket { source: key, packet } => {
                out.put_slice(key.as_bytes());
                out.put_slice(packet);
            }
            Self::ForwardPacket { source, destination, packet } => {
                out.put_slice(source.as_bytes());
                out.put_slice(destination.as_bytes());
                out.put_slice(packet);
            }
            Self::NotePreferred(preferred) => out.put_u8(u8::from(*preferred)),
            Self::PeerGone { peer, reason } => {
                out.put_slice(peer.as_bytes());
                out.put_u8(reason.to_byte());
            }
            Self::PeerPresent(key) | Self::ClosePeer(key) => out.put_slice(key.as_bytes()),
            Self::Ping(data) | Self::Pong(data) => out.put_slice(data),
            Self::Health(problem) => out.put_slice(problem.as_bytes()),
            Self::Restarting { reconnect_in, try_for } => {
                out.put_u32(millis(*reconnect_in));
                out.put_u32(millis(*try_for));
            }
            Self::KeepAlive | Self::WatchConns | Self::Unknown(_) => {}
        }
    }

    /// Reads a payload. Bytes behind what a type needs are ignored, except where noted in the protocol page.
    pub(crate) fn decode(kind: FrameKind, mut payload: Bytes) -> Result<Self, Error> {
        let length = payload.len();
        let bad_length = || Error::Length { kind, length };
        let frame = match kind {
            FrameKind::ServerKey => {
                let magic: [u8; 8] = take(&mut payload).ok_or_else(bad_length)?;
                if magic != MAGIC {
                    return Err(Error::Magic);
                }
                Self::ServerKey { key: take_key(&mut payload).ok_or_else(bad_length)?, extra: payload }
            }
            FrameKind::ClientInfo => Self::ClientInfo {
                key: take_key(&mut payload).ok_or_else(bad_length)?,
                nonce: take::<NONCE_BYTES>(&mut payload).ok_or_else(bad_length)?,
                sealed: payload,
            },
            FrameKind::ServerInfo => {
                Self::ServerInfo { nonce: take::<NONCE_BYTES>(&mut payload).ok_or_else(bad_length)?, sealed: payload }
            }
            FrameKind::SendPacket => {
                Self::SendPacket { destination: take_key(&mut payload).ok_or_else(bad_length)?, packet: payload }
            }
            FrameKind::RecvPacket => {
                Self::RecvPacket { source: take_key(&mut payload).ok_or_else(bad_length)?, packet: payload }
            }
            FrameKind::KeepAlive => Self::KeepAlive,
            FrameKind::NotePreferred => match payload.as_ref() {
                [preferred] => Self::NotePreferred(*preferred != 0),
                _ => return Err(bad_length()),
            },
            FrameKind::PeerGone => Self::PeerGone {
                peer: take_key(&mut payload).ok_or_else(bad_length)?,
                reason: PeerGoneReason::from_byte(payload.first().copied().unwrap_or(0)),
            },
            FrameKind::PeerPresent => Self::PeerPresent(take_key(&mut payload).ok_or_else(bad_length)?),
            FrameKind::ForwardPacket => Self::ForwardPacket {
                source: take_key(&mut payload).ok_or_else(bad_length)?,
                destination: take_key(&mut payload).ok_or_else(bad_length)?,
                packet: payload,
            },
            FrameKind::WatchConns => Self::WatchConns,
            FrameKind::ClosePeer => Self::ClosePeer(take_key(&mut payload).ok_or_else(bad_length)?),
            FrameKind::Ping => Self::Ping(take(&mut payload).ok_or_else(bad_length)?),
            FrameKind::Pong => Self::Pong(take(&mut payload).ok_or_else(bad_length)?),
            FrameKind::Health => Self::Health(String::from_utf8_lossy(&payload).into_owned()),
            FrameKind::Restarting => {
                let [reconnect_in, try_for]: [u32; 2] = {
                    let bytes: [u8; 8] = take(&mut payload).ok_or_else(bad_length)?;
                    let (mut first, mut second) = (&bytes[..4], &bytes[4..]);
                    [first.get_u32(), second.get_u32()]
                };
                Self::Restarting {
                    reconnect_in: Duration::from_millis(reconnect_in.into()),
                    try_for: Duration::from_millis(try_for.into()),
                }
            }
            FrameKind::Unknown(kind) => Self::Unknown(kind),
        };
        Ok(frame)
    }
}

fn take<const N: usize>(payload: &mut Bytes) -> Option<[u8; N]> {
    let bytes = *payload.first_chunk::<N>()?;
    payload.advance(N);
    Some(bytes)
}

fn take_key(payload: &mut Bytes) -> Option<NodePublic> {
    take::<KEY>(payload).map(NodePublic::from_bytes)
}

fn millis(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis()).unwrap_or(u32::MAX)
}
