//! What the stack reads of a packet before it chooses a connection.

use std::net::{Ipv6Addr, SocketAddr, SocketAddrV6};

pub(crate) const IP_HEADER: usize = 40;

/// A connection, seen from this end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Flow {
    pub local: (Ipv6Addr, u16),
    pub remote: (Ipv6Addr, u16),
}

impl Flow {
    pub fn local_addr(&self) -> SocketAddr {
        SocketAddrV6::new(self.local.0, self.local.1, 0, 0).into()
    }

    pub fn remote_addr(&self) -> SocketAddr {
        SocketAddrV6::new(self.remote.0, self.remote.1, 0, 0).into()
    }
}

/// The fixed part of an IPv6 header. Extension headers are not followed: no peer of ours sends any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub next: u8,
    pub source: Ipv6Addr,
    pub destination: Ipv6Addr,
}

impl Header {
    /// Reads a header; `None` unless the packet is IPv6 and as long as it says.
    pub fn parse(packet: &[u8]) -> Option<(Self, &[u8])> {
        let (head, payload) = packet.split_first_chunk::<IP_HEADER>()?;
        if head[0] >> 4 != 6 {
            return None;
        }
        let length = usize::from(u16::from_be_bytes([head[4], head[5]]));
        let octets = |at: usize| <[u8; 16]>::try_from(&head[at..at + 16]).expect("16 of 40 bytes");
        let header = Self { next: head[6], source: octets(8).into(), destination: octets(24).into() };
        Some((header, payload.get(..length)?))
    }
}
