//! What the stack reads of a packet before it chooses a connection: addresses, ports, flags.

use std::net::{Ipv6Addr, SocketAddr, SocketAddrV6};

pub(crate) const IP_HEADER: usize = 40;
const TCP_HEADER: usize = 20;

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

/// The part of a TCP header that routing needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TcpHead {
    pub source_port: u16,
    pub destination_port: u16,
    /// SYN without ACK: somebody opens a connection.
    pub opens: bool,
    /// Of a segment that does nothing but acknowledge: up to where.
    pub only_acknowledges: Option<u32>,
}

impl TcpHead {
    pub fn parse(segment: &[u8]) -> Option<Self> {
        let head = segment.first_chunk::<TCP_HEADER>()?;
        const SYN: u8 = 0x02;
        const RST_ACK: u8 = 0x14;
        const FIN_SYN_RST: u8 = 0x07;
        let empty = usize::from(head[12] >> 4) * 4 == segment.len();
        let acknowledged = u32::from_be_bytes([head[8], head[9], head[10], head[11]]);
        Some(Self {
            only_acknowledges: (empty && head[13] & FIN_SYN_RST == 0).then_some(acknowledged),
            source_port: u16::from_be_bytes([head[0], head[1]]),
            destination_port: u16::from_be_bytes([head[2], head[3]]),
            opens: head[13] & SYN != 0 && head[13] & RST_ACK == 0,
        })
    }
}
