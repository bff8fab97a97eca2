#![doc = include_str!("../README.md")]

mod codec;
mod error;
mod frame;
mod handshake;
mod info;
#[cfg(test)]
mod tests;

pub use codec::{Decoder, RawFrame, Readdressed};
pub use error::Error;
pub use frame::{Frame, FrameKind, HEADER_BYTES, MAGIC, MAX_PACKET_BYTES, PeerGoneReason};
pub use handshake::{Accepted, ClientHandshake, ClientStep, ServerHandshake};
pub use info::{ClientInfo, MeshKey, PROTOCOL_VERSION, ServerInfo};
