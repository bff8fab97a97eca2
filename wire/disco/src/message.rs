//! The messages inside a DISCO packet: Ping, Pong, CallMeMaybe (`docs/protocol/disco.md`, "Messages").

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use bytes::BufMut;

use crate::packet::{OVERHEAD_BYTES, PADDED_DATAGRAM_BYTES};
use crate::{Error, KEY_BYTES, NodePublic};

const TRANSACTION_BYTES: usize = 12;
const ADDRESS_BYTES: usize = 18;
const PING_BYTES: usize = TRANSACTION_BYTES + KEY_BYTES;
const PONG_BYTES: usize = TRANSACTION_BYTES + ADDRESS_BYTES;

/// The most endpoints that are read from one CallMeMaybe; what follows is ignored.
pub const MAX_ENDPOINTS: usize = 64;

/// Pairs a Pong with its Ping. Random.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransactionId(pub [u8; TRANSACTION_BYTES]);

impl TransactionId {
    /// A new random transaction id.
    pub fn random() -> Self {
        Self(rand::random())
    }
}

impl fmt::Debug for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// Asks the receiver to answer to where the packet came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ping {
    /// To be repeated in the Pong.
    pub transaction: TransactionId,
    /// The sender's node key; very old peers leave it out.
    pub node_key: Option<NodePublic>,
    /// Zero bytes behind the message.
    pub padding: usize,
}

impl Ping {
    /// A Ping that fills the packet to [`PADDED_DATAGRAM_BYTES`].
    pub fn padded(transaction: TransactionId, node_key: NodePublic) -> Self {
        let padding = PADDED_DATAGRAM_BYTES - OVERHEAD_BYTES - PING_BYTES;
        Self { transaction, node_key: Some(node_key), padding }
    }
}

/// Answers a Ping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pong {
    /// Of the Ping.
    pub transaction: TransactionId,
    /// Where the Ping came from, as its receiver saw it; for a relayed Ping see [`derp_pseudo_address`].
    pub source: SocketAddr,
    /// Zero bytes behind the message.
    pub padding: usize,
}

impl Pong {
    /// A Pong that fills the packet to [`PADDED_DATAGRAM_BYTES`].
    pub fn padded(transaction: TransactionId, source: SocketAddr) -> Self {
        let padding = PADDED_DATAGRAM_BYTES - OVERHEAD_BYTES - PONG_BYTES;
        Self { transaction, source, padding }
    }
}

/// Tells the receiver, over the relay, where the sender may be reached directly.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CallMeMaybe {
    /// UDP addresses; empty means "forget mine".
    pub endpoints: Vec<SocketAddr>,
}

/// A message inside a DISCO packet.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // each variant is documented at its struct
pub enum Message {
    Ping(Ping),
    Pong(Pong),
    CallMeMaybe(CallMeMaybe),
}

impl Message {
    /// Plaintext of the sealed box: type, version, payload. Padded messages are version 1, others version 0.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64);
        match self {
            Self::Ping(ping) => {
                out.extend_from_slice(&[1, version(ping.padding)]);
                out.extend_from_slice(&ping.transaction.0);
                if let Some(key) = &ping.node_key {
                    out.extend_from_slice(key.as_bytes());
                }
                out.put_bytes(0, ping.padding);
            }
            Self::Pong(pong) => {
                out.extend_from_slice(&[2, version(pong.padding)]);
                out.extend_from_slice(&pong.transaction.0);
                put_address(&mut out, pong.source);
                out.put_bytes(0, pong.padding);
            }
            Self::CallMeMaybe(call) => {
                out.extend_from_slice(&[3, 0]);
                for endpoint in &call.endpoints {
                    put_address(&mut out, *endpoint);
                }
            }
        }
        out
    }

    /// Reads the plaintext of a sealed box. `None` for an unknown type; the version does not matter.
    pub fn decode(plaintext: &[u8]) -> Result<Option<Self>, Error> {
        let Some(([kind, _version], payload)) = plaintext.split_first_chunk::<2>() else {
            return Err(Error::TooShort { what: "DISCO message", length: plaintext.len() });
        };
        match kind {
            1 => decode_ping(payload).map(Some),
            2 => decode_pong(payload).map(Some),
            3 => Ok(Some(decode_call_me_maybe(payload))),
            _ => Ok(None),
        }
    }
}

/// The address that stands for "over the relay of region `region_id`" in a Pong: `127.3.3.40:<region>`.
pub fn derp_pseudo_address(region_id: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 3, 3, 40)), region_id)
}

fn version(padding: usize) -> u8 {
    u8::from(padding > 0)
}

fn decode_ping(payload: &[u8]) -> Result<Message, Error> {
    let Some((transaction, rest)) = payload.split_first_chunk() else {
        return Err(Error::TooShort { what: "DISCO ping", length: payload.len() });
    };
    let (node_key, padding) = match rest.split_first_chunk() {
        Some((key, padding)) => (Some(NodePublic::from_bytes(*key)), padding.len()),
        None => (None, rest.len()),
    };
    Ok(Message::Ping(Ping { transaction: TransactionId(*transaction), node_key, padding }))
}

fn decode_pong(payload: &[u8]) -> Result<Message, Error> {
    let too_short = Error::TooShort { what: "DISCO pong", length: payload.len() };
    let (transaction, rest) = payload.split_first_chunk().ok_or(too_short)?;
    let (address, padding) = rest.split_first_chunk().ok_or(too_short)?;
    Ok(Message::Pong(Pong {
        transaction: TransactionId(*transaction),
        source: read_address(address),
        padding: padding.len(),
    }))
}

/// A payload that is not a whole number of addresses counts as an empty list.
fn decode_call_me_maybe(payload: &[u8]) -> Message {
    let (addresses, rest) = payload.as_chunks::<ADDRESS_BYTES>();
    let endpoints =
        if rest.is_empty() { addresses.iter().take(MAX_ENDPOINTS).map(read_address).collect() } else { Vec::new() };
    Message::CallMeMaybe(CallMeMaybe { endpoints })
}

fn put_address(out: &mut Vec<u8>, address: SocketAddr) {
    let ip = match address.ip() {
        IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        IpAddr::V6(ip) => ip,
    };
    out.extend_from_slice(&ip.octets());
    out.extend_from_slice(&address.port().to_be_bytes());
}

fn read_address(bytes: &[u8; ADDRESS_BYTES]) -> SocketAddr {
    let mut ip = [0; 16];
    ip.copy_from_slice(&bytes[..16]);
    let port = u16::from_be_bytes([bytes[16], bytes[17]]);
    SocketAddr::new(Ipv6Addr::from(ip).to_canonical(), port)
}

#[cfg(test)]
mod tests;
