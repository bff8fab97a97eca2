//! `connect exists`: whether a name leads into a running VPN; OpenSSH asks it before each connection, so it must be quick.

use std::net::{IpAddr, Ipv6Addr, ToSocketAddrs};

use anyhow::{Result, bail};

use crate::frame::error::Exit;
use crate::frame::{Args, Command, Cx};

pub static COMMAND: Command = Command::new("connect", "Commands of the VPN.").hidden().children(&[&EXISTS]);

static EXISTS: Command = Command::new("exists", "Succeed if the host name is reachable through the VPN.")
    .usage("<hostname>", Args::Exactly(1))
    .hidden()
    .run(crate::action!(exists));

/// True for an address of the VPN's service prefix `fd60:627a:a42b::/48`.
pub fn is_vpn_address(address: &Ipv6Addr) -> bool {
    matches!(address.segments(), [0xfd60, 0x627a, 0xa42b, ..])
}

async fn exists(cx: &Cx) -> Result<()> {
    let name = cx.arg(0);
    let addresses: Vec<IpAddr> = match (name, 0u16).to_socket_addrs() {
        Ok(found) => found.map(|address| address.ip()).collect(),
        // An unknown name is an answer, not a failure.
        Err(_) => return Err(Exit(1).into()),
    };
    let six: Vec<Ipv6Addr> = addresses
        .iter()
        .filter_map(|address| match address {
            IpAddr::V6(address) => Some(*address),
            IpAddr::V4(_) => None,
        })
        .collect();
    if six.iter().any(is_vpn_address) {
        return Ok(());
    }
    if six.is_empty() || six.iter().all(Ipv6Addr::is_loopback) {
        bail!("lookup DNS {name}: address {name}: no suitable address found");
    }
    Err(Exit(1).into())
}
