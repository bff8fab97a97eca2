//! The network interfaces of this machine, and what speaks against good connections through them.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

/// A packet of the tunnel (1,280 bytes) with WireGuard's, UDP's and IP's headers around it, bytes.
pub const SAFE_MTU: i64 = 1378;

/// An interface that is up and has an address beyond its own link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Interface {
    pub name: String,
    /// Bytes; 0 if unknown.
    pub mtu: i64,
    /// With the length of their prefix.
    pub addresses: Vec<String>,
}

/// The interfaces, by name.
#[cfg(target_os = "linux")]
pub fn list() -> Vec<Interface> {
    use nix::net::if_::InterfaceFlags;
    let mut by_name: BTreeMap<String, (Vec<String>, bool)> = BTreeMap::new();
    for found in nix::ifaddrs::getifaddrs().into_iter().flatten() {
        if !found.flags.contains(InterfaceFlags::IFF_UP) {
            continue;
        }
        let (Some(address), Some(mask)) = (found.address, found.netmask) else { continue };
        let (text, local) = if let (Some(ip), Some(mask)) = (address.as_sockaddr_in(), mask.as_sockaddr_in()) {
            (format!("{}/{}", ip.ip(), mask.ip().to_bits().count_ones()), ip.ip().is_link_local())
        } else if let (Some(ip), Some(mask)) = (address.as_sockaddr_in6(), mask.as_sockaddr_in6()) {
            (format!("{}/{}", ip.ip(), mask.ip().to_bits().count_ones()), ip.ip().is_unicast_link_local())
        } else {
            continue;
        };
        let (addresses, reaches) = by_name.entry(found.interface_name).or_default();
        addresses.push(text);
        *reaches |= !local;
    }
    let useful = by_name.into_iter().filter(|(_, (_, reaches))| *reaches);
    useful.map(|(name, (addresses, _))| Interface { mtu: mtu(&name), name, addresses }).collect()
}

/// Not known for this system.
#[cfg(not(target_os = "linux"))]
pub fn list() -> Vec<Interface> {
    let _: BTreeMap<(), ()> = BTreeMap::new();
    Vec::new()
}

#[cfg(target_os = "linux")]
fn mtu(name: &str) -> i64 {
    let text = std::fs::read_to_string(format!("/sys/class/net/{name}/mtu"));
    text.ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0)
}

/// Whether one of them has an IPv6 address that others can reach.
pub fn has_global_ipv6(interfaces: &[Interface]) -> bool {
    let address = |text: &String| text.split('/').next()?.parse::<std::net::Ipv6Addr>().ok();
    let mut all = interfaces.iter().flat_map(|interface| &interface.addresses).filter_map(address);
    all.any(|ip| !ip.is_loopback() && !ip.is_unicast_link_local())
}

/// One sentence for each interface whose packets are too small for a direct connection.
pub fn warnings(interfaces: &[Interface]) -> Vec<String> {
    let small = interfaces.iter().filter(|interface| interface.mtu > 0 && interface.mtu < SAFE_MTU);
    let text = |interface: &Interface| {
        let Interface { name, mtu, .. } = interface;
        format!("network interface {name} carries packets of {mtu} bytes; below {SAFE_MTU} direct connections suffer")
    };
    small.map(text).collect()
}

/// The report that `netcheck` and the agent's API give.
pub fn report(interfaces: &[Interface]) -> Value {
    let warnings: Vec<_> =
        warnings(interfaces).into_iter().map(|message| json!({"code": "EIF01", "message": message})).collect();
    json!({
        "severity": if warnings.is_empty() { "ok" } else { "warning" },
        "warnings": warnings,
        "dismissed": false,
        "interfaces": interfaces,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interface(mtu: i64, address: &str) -> Interface {
        Interface { name: "eth0".into(), mtu, addresses: vec![address.to_owned()] }
    }

    #[test]
    fn small_packets_are_warned_of() {
        assert_eq!(report(&[interface(1500, "10.0.0.2/24")])["severity"], "ok");
        let report = report(&[interface(1280, "10.0.0.2/24")]);
        assert_eq!((&report["severity"], &report["warnings"][0]["code"]), (&json!("warning"), &json!("EIF01")));
    }

    #[test]
    fn only_addresses_that_others_reach_count_as_ipv6() {
        for (address, counts) in
            [("::1/128", false), ("fe80::1/64", false), ("2001:db8::1/64", true), ("10.0.0.1/8", false)]
        {
            assert_eq!(has_global_ipv6(&[interface(0, address)]), counts, "{address}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_loopback_interface_is_found() {
        assert!(list().iter().any(|found| found.addresses.contains(&"127.0.0.1/8".to_owned())));
    }
}
