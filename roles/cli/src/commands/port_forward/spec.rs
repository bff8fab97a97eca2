//! The grammar of forwarded ports: `[ip:]local[-end][:remote[-end]]`.

use std::collections::HashSet;
use std::net::IpAddr;

use anyhow::{Context, Result, anyhow, bail};

/// What is forwarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Tcp,
    Udp,
}

impl std::fmt::Display for Protocol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        })
    }
}

/// One forwarded port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forward {
    pub protocol: Protocol,
    /// Absent: the loopback addresses.
    pub ip: Option<IpAddr>,
    pub local: u16,
    pub remote: u16,
}

/// Parses all specifications; the same local place twice is refused.
pub fn parse_all(protocol: Protocol, specs: &[String]) -> Result<Vec<Forward>> {
    let mut all = Vec::new();
    let mut seen = HashSet::new();
    for spec in specs.iter().map(|spec| spec.trim()).filter(|spec| !spec.is_empty()) {
        for forward in parse(protocol, spec).with_context(|| {
            let protocol = protocol.to_string().to_uppercase();
            format!("failed to parse {protocol} port-forward specification {spec:?}")
        })? {
            if !seen.insert((forward.ip, forward.local)) {
                let ip = forward.ip.map_or_else(|| "the loopback address".to_owned(), |ip| ip.to_string());
                bail!("local {protocol} port {} of {ip} is specified twice", forward.local);
            }
            all.push(forward);
        }
    }
    Ok(all)
}

fn parse(protocol: Protocol, spec: &str) -> Result<Vec<Forward>> {
    let (ip, ports) = split_ip(spec)?;
    let (local, remote) = ports.split_once(':').unwrap_or((ports, ports));
    let local = range(local).with_context(|| format!("parse local port range from {spec:?}"))?;
    let remote = range(remote).with_context(|| format!("parse remote port range from {spec:?}"))?;
    if local.len() != remote.len() {
        bail!("port ranges must be the same length, got {} ports forwarded to {} ports", local.len(), remote.len());
    }
    Ok(local.into_iter().zip(remote).map(|(local, remote)| Forward { protocol, ip, local, remote }).collect())
}

fn split_ip(spec: &str) -> Result<(Option<IpAddr>, &str)> {
    if let Some(rest) = spec.strip_prefix('[') {
        let (ip, ports) =
            rest.split_once("]:").ok_or_else(|| anyhow!("an address in brackets needs ports after it"))?;
        return Ok((Some(IpAddr::V6(ip.parse().with_context(|| format!("parse the address {ip:?}"))?)), ports));
    }
    match spec.split_once(':') {
        Some((ip, ports)) if ip.contains('.') => {
            Ok((Some(IpAddr::V4(ip.parse().with_context(|| format!("parse the address {ip:?}"))?)), ports))
        }
        _ => Ok((None, spec)),
    }
}

fn range(text: &str) -> Result<Vec<u16>> {
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    let (from, to) = (port(from)?, port(to)?);
    if to < from {
        bail!("the range {text:?} ends before it starts");
    }
    Ok((from..=to).collect())
}

fn port(text: &str) -> Result<u16> {
    match text.trim().parse::<u16>() {
        Ok(0) | Err(_) => Err(anyhow!("{text:?} is not a port: 1 to 65535")),
        Ok(port) => Ok(port),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specifications_have_addresses_ranges_and_remote_ports() {
        let one = |spec: &str| parse(Protocol::Tcp, spec).expect("a specification");
        let plain = |local, remote| Forward { protocol: Protocol::Tcp, ip: None, local, remote };
        assert_eq!(one("8080"), [plain(8080, 8080)]);
        assert_eq!(one("8080:80"), [plain(8080, 80)]);
        assert_eq!(one("8000-8001:1-2"), [plain(8000, 1), plain(8001, 2)]);
        assert_eq!(one("0.0.0.0:1:2")[0].ip, Some("0.0.0.0".parse().expect("ip")));
        assert_eq!(
            one("[::1]:1")[0],
            Forward { protocol: Protocol::Tcp, ip: Some("::1".parse().expect("ip")), local: 1, remote: 1 }
        );
        for bad in ["99999", "0", "8080:1-3", "9-1", "", "[::1]", "1.2.3.4"] {
            assert!(parse(Protocol::Tcp, bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_same_place_twice_is_refused() {
        let specs = ["1:3".to_owned(), "1:4".to_owned()];
        assert!(parse_all(Protocol::Udp, &specs).is_err());
    }
}
