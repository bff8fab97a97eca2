//! Addresses inside the tunnel, made from ids.

use std::net::Ipv6Addr;

use uuid::Uuid;
use warren_disco::address::ServicePrefix;

/// The address at which the agent with this id is dialled: `fd7a:115c:a1e0::/48` and the id's last ten bytes.
pub fn address_of(id: Uuid) -> Ipv6Addr {
    ServicePrefix::Tailnet.address_of(id.into_bytes())
}

/// The second address that an agent announces, for desktop clients: `fd60:627a:a42b::/48` and the id's last ten bytes.
pub fn desktop_address_of(id: Uuid) -> Ipv6Addr {
    ServicePrefix::Desktop.address_of(id.into_bytes())
}

/// A new random address of a client.
pub fn random_address() -> Ipv6Addr {
    address_of(Uuid::new_v4())
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
    }

    #[test]
    fn only_single_addresses_are_accepted() {
        assert_eq!(parse_single("::1/128"), Some(Ipv6Addr::LOCALHOST));
        for bad in ["::1", "::1/64", "10.0.0.1/32", "10.0.0.1/128", "/128", ""] {
            assert_eq!(parse_single(bad), None, "{bad}");
        }
    }
}
