//! Addresses that follow from a UUID, and the numeric node id (`docs/protocol/coordination.md`, "Addresses").

use std::net::Ipv6Addr;

/// A /48 in which every peer has the address that follows from its UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServicePrefix {
    /// `fd7a:115c:a1e0::/48`: the addresses that are dialled.
    Tailnet,
    /// `fd60:627a:a42b::/48`: used by desktop VPN clients; agents announce theirs, too.
    Desktop,
}

/// The one address that all agents had once; still accepted, no longer announced.
pub const LEGACY_AGENT_ADDRESS: Ipv6Addr =
    Ipv6Addr::new(0xfd7a, 0x115c, 0xa1e0, 0x49d6, 0xb259, 0xb7ac, 0xb1b2, 0x48f4);

/// The resolver of desktop VPN clients.
pub const DESKTOP_DNS_ADDRESS: Ipv6Addr = Ipv6Addr::new(0xfd60, 0x627a, 0xa42b, 0, 0, 0, 0, 0x53);

impl ServicePrefix {
    const fn bytes(self) -> [u8; 6] {
        match self {
            Self::Tailnet => [0xfd, 0x7a, 0x11, 0x5c, 0xa1, 0xe0],
            Self::Desktop => [0xfd, 0x60, 0x62, 0x7a, 0xa4, 0x2b],
        }
    }

    /// The address of the peer with this UUID (16 bytes, network order): the first six bytes become the prefix.
    pub fn address_of(self, mut uuid: [u8; 16]) -> Ipv6Addr {
        uuid[..6].copy_from_slice(&self.bytes());
        Ipv6Addr::from(uuid)
    }

    /// Whether the address lies in the prefix.
    pub fn contains(self, address: Ipv6Addr) -> bool {
        address.octets().starts_with(&self.bytes())
    }
}

/// `Node.id` of a peer with this UUID: the absolute value of its last eight bytes as a signed number.
pub fn numeric_node_id(uuid: [u8; 16]) -> i64 {
    let mut tail = [0; 8];
    tail.copy_from_slice(&uuid[8..]);
    i64::from_be_bytes(tail).wrapping_abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: [u8; 16] =
        [0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88];

    #[test]
    fn addresses_are_the_prefix_and_the_rest_of_the_uuid() {
        let address = ServicePrefix::Tailnet.address_of(UUID);
        assert_eq!(address.to_string(), "fd7a:115c:a1e0:def0:1122:3344:5566:7788");
        assert!(ServicePrefix::Tailnet.contains(address));
        assert!(!ServicePrefix::Desktop.contains(address));
        assert!(ServicePrefix::Tailnet.contains(LEGACY_AGENT_ADDRESS));
        assert!(ServicePrefix::Desktop.contains(DESKTOP_DNS_ADDRESS));
    }

    #[test]
    fn numeric_ids_are_not_negative() {
        assert_eq!(numeric_node_id(UUID), 0x1122_3344_5566_7788);
        let mut negative = UUID;
        negative[8..].copy_from_slice(&(-5i64).to_be_bytes());
        assert_eq!(numeric_node_id(negative), 5);
    }
}
