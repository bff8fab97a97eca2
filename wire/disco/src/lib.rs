#![doc = include_str!("../README.md")]

pub mod address;
pub mod demux;
mod error;
mod keys;
mod message;
mod packet;
mod sealed;
pub mod stun;

pub use demux::{Datagram, classify};
pub use error::Error;
pub use keys::{DiscoPrivate, DiscoPublic, KEY_BYTES, NODE_KEY_PREFIXED_BYTES, NodePrivate, NodePublic};
pub use message::{CallMeMaybe, MAX_ENDPOINTS, Message, Ping, Pong, TransactionId, derp_pseudo_address};
pub use packet::{HEADER_BYTES, MAGIC, PADDED_DATAGRAM_BYTES, looks_like_disco, open, seal, sender};
pub use sealed::{NONCE_BYTES, Nonce, SharedKey, TAG_BYTES, random_nonce};
