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
    pub said: Option<Said>,
}

/// What a segment says of the connection's state.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Said {
    /// The sequence number behind it.
    pub next: u32,
    pub acknowledged: u32,
    pub window: [u8; 2],
}

impl Said {
    /// Whether this is not older than another.
    pub fn is_newer(&self, other: &Self) -> bool {
        self.acknowledged.wrapping_sub(other.acknowledged) < u32::MAX / 2
    }

    /// The packet of the peer that says this and nothing else. The checksum is left out: nobody looks at it here.
    pub fn repeat(&self, flow: &Flow) -> [u8; IP_HEADER + TCP_HEADER] {
        const ACK: u8 = 0x10;
        let mut packet = [0; IP_HEADER + TCP_HEADER];
        packet[0] = 0x60;
        packet[5] = TCP_HEADER as u8;
        packet[6] = 6;
        packet[7] = 64;
        packet[8..24].copy_from_slice(&flow.remote.0.octets());
        packet[24..40].copy_from_slice(&flow.local.0.octets());
        packet[40..42].copy_from_slice(&flow.remote.1.to_be_bytes());
        packet[42..44].copy_from_slice(&flow.local.1.to_be_bytes());
        packet[44..48].copy_from_slice(&self.next.to_be_bytes());
        packet[48..52].copy_from_slice(&self.acknowledged.to_be_bytes());
        packet[52] = (TCP_HEADER as u8 / 4) << 4;
        packet[53] = ACK;
        packet[54..56].copy_from_slice(&self.window);
        packet
    }
}

impl TcpHead {
    pub fn parse(segment: &[u8]) -> Option<Self> {
        let head = segment.first_chunk::<TCP_HEADER>()?;
        const SYN: u8 = 0x02;
        const RST_ACK: u8 = 0x14;
        const FIN_SYN_RST: u8 = 0x07;
        const FIN_SYN_RST_ACK: u8 = 0x17;
        const ACK: u8 = 0x10;
        let payload = segment.len().checked_sub(usize::from(head[12] >> 4) * 4)?;
        let empty = payload == 0;
        let sequence = u32::from_be_bytes([head[4], head[5], head[6], head[7]]);
        let acknowledged = u32::from_be_bytes([head[8], head[9], head[10], head[11]]);
        let said = (head[13] & FIN_SYN_RST_ACK == ACK).then_some(Said {
            next: sequence.wrapping_add(payload as u32),
            acknowledged,
            window: [head[14], head[15]],
        });
        Some(Self {
            said,
            only_acknowledges: (empty && head[13] & FIN_SYN_RST == 0).then_some(acknowledged),
            source_port: u16::from_be_bytes([head[0], head[1]]),
            destination_port: u16::from_be_bytes([head[2], head[3]]),
            opens: head[13] & SYN != 0 && head[13] & RST_ACK == 0,
        })
    }
}
