//! The client's address: the peer's, or what a trusted proxy says.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request};
use warren_core::Config;

use crate::access_url::OverTls;

/// The address that limits and the audit log use.
pub(crate) fn client_ip(request: &Request, config: &Config) -> String {
    let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>() else {
        return "127.0.0.1".to_owned();
    };
    let peer = peer.ip().to_canonical();
    if !is_trusted(peer, &config.trusted_origins) {
        return peer.to_string();
    }
    let claimed = config.trusted_headers.iter().find_map(|name| {
        let text = request.headers().get(name.as_str())?.to_str().ok()?;
        // The last address is the one that the trusted proxy itself saw.
        text.rsplit(',').find_map(|part| part.trim().parse::<IpAddr>().ok())
    });
    claimed.unwrap_or(peer).to_canonical().to_string()
}

/// Headers by which a proxy tells about the client.
const FORWARDING: [&str; 5] = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"];

/// Takes what a client claims about itself as if it were a proxy out of a request, so that nobody behind here (apps of
/// workspaces) believes it.
pub(crate) fn remove_untrusted(request: &mut Request, config: &Config) {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip().to_canonical());
    if peer.is_some_and(|peer| is_trusted(peer, &config.trusted_origins)) {
        return;
    }
    for name in FORWARDING.into_iter().chain(config.trusted_headers.iter().map(String::as_str)) {
        request.headers_mut().remove(name);
    }
}

/// The client's connection is secured: up to here, or up to a trusted proxy that says so.
pub(crate) fn is_secured(request: &Request, config: &Config) -> bool {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip().to_canonical());
    let says = |headers: &http::HeaderMap| headers.get("x-forwarded-proto").is_some_and(|value| value == "https");
    request.extensions().get::<OverTls>().is_some()
        || peer.is_some_and(|peer| is_trusted(peer, &config.trusted_origins)) && says(request.headers())
}

fn is_trusted(peer: IpAddr, origins: &[(IpAddr, u8)]) -> bool {
    origins.iter().any(|(network, bits)| match (network, peer) {
        (IpAddr::V4(network), IpAddr::V4(peer)) => {
            let mask = u32::MAX.checked_shl(32 - u32::from((*bits).min(32))).unwrap_or(0);
            network.to_bits() & mask == peer.to_bits() & mask
        }
        (IpAddr::V6(network), IpAddr::V6(peer)) => {
            let mask = u128::MAX.checked_shl(128 - u32::from((*bits).min(128))).unwrap_or(0);
            network.to_bits() & mask == peer.to_bits() & mask
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_hold_their_addresses() {
        let network = |text: &str, bits| [(text.parse().unwrap(), bits)];
        assert!(is_trusted("10.1.2.3".parse().unwrap(), &network("10.0.0.0", 8)));
        assert!(!is_trusted("11.1.2.3".parse().unwrap(), &network("10.0.0.0", 8)));
        assert!(is_trusted("11.1.2.3".parse().unwrap(), &network("0.0.0.0", 0)));
        assert!(!is_trusted("::1".parse().unwrap(), &network("0.0.0.0", 0)));
        assert!(is_trusted("fd00::5".parse().unwrap(), &network("fd00::", 8)));
    }
}
