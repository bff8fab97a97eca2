#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod error;
pub mod frame;
pub mod metadata;
mod packet;
mod stream;
pub mod varint;

pub use error::{RpcError, Violation};
pub use frame::Kind;
pub use packet::{Packet, PacketReader};
pub use stream::{Event, Side, Stream};

/// Data bytes in one frame at most when writing.
pub const MAX_FRAME_DATA: usize = 64 * 1024;
/// Bytes of one packet at most, in both directions.
pub const MAX_PACKET: usize = 4 * 1024 * 1024;
