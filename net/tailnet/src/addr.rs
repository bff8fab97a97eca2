//! Addresses inside the tunnel, made from ids.

use std::net::Ipv6Addr;

use uuid::Uuid;

/// The prefix of the addresses that agents are dialled at, and that clients use for themselves.
const TAILNET_PREFIX: [u8; 6] = [0xfd, 0x7a, 0x11, 0x5c, 0xa1, 0xe0];

/// The prefix of the addresses that desktop clients use.
const DESKTOP_PREFIX: [u8; 6] = [0xfd, 0x60, 0x62, 0x7a, 0xa4, 0x2b];

/// The address at which the agent with this id is dialled: `fd7a:115c:a1e0::/48` and the id's last ten bytes.
pub fn address_of(id: Uuid) -> Ipv6Addr {
    with_prefix(id, TAILNET_PREFIX)
}

/// The second address that an agent announces, for desktop clients: `fd60:627a:a42b::/48` and the id's last ten bytes.
pub fn desktop_address_of(id: Uuid) -> Ipv6Addr {
    with_prefix(id, DESKTOP_PREFIX)
}

/// A new random address of a client.
pub fn random_address() -> Ipv6Addr {
    address_of(Uuid::new_v4())
}

fn with_prefix(id: Uuid, prefix: [u8; 6]) -> Ipv6Addr {
    let mut octets = id.into_bytes();
    octets[..6].copy_from_slice(&prefix);
    octets.into()
}

/// The number of a node in logs: positive, from the last eight bytes of its id.
pub(crate) fn node_number(id: Uuid) -> i64 {
    let [.., a, b, c, d, e, f, g, h] = id.into_bytes();
    i64::from_be_bytes([a, b, c, d, e, f, g, h]).checked_abs().unwrap_or(1).max(1)
}

/// `address/128`, or nothing.
pub(crate) fn parse_single(text: &str) -> Option<Ipv6Addr> {
    text.strip_suffix("/128")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_the_prefix_and_the_tail_of_the_id() {
        let id: Uuid = "12345678-9abc-def0-1122-334455667788".parse().unwrap();
        assert_eq!(address_of(id).to_string(), "fd7a:115c:a1e0:def0:1122:3344:5566:7788");
        assert_eq!(desktop_address_of(id).to_string(), "fd60:627a:a42b:def0:1122:3344:5566:7788");
        assert_eq!(node_number(id), 0x1122_3344_5566_7788);
        assert_eq!(node_number(Uuid::from_bytes([0xFF; 16])), 1);
    }

    #[test]
    fn only_single_addresses_are_accepted() {
        assert_eq!(parse_single("::1/128"), Some(Ipv6Addr::LOCALHOST));
        for bad in ["::1", "::1/64", "10.0.0.1/32", "10.0.0.1/128", "/128", ""] {
            assert_eq!(parse_single(bad), None, "{bad}");
        }
    }
}
