//! What the server's own network is like, as far as the relays and STUN servers of the map tell.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::net::UdpSocket;
use warren_api::{MapDerpNode, MapDerpRegion, NetcheckReport, StunReport};
use warren_disco::stun::{TransactionId, decode_response, encode_request};

use super::probe;

/// How long a STUN server is waited for.
const STUN_LIMIT: Duration = Duration::from_secs(1);
const STUN_PORT: i64 = 3478;

/// A relay that answered.
pub(super) struct Reached {
    pub(super) region: i64,
    pub(super) v6: bool,
    pub(super) took: Duration,
}

/// What a STUN server said: the address at which it sees this server.
pub(super) struct Stunned {
    node: String,
    v6: bool,
    seen: Result<SocketAddr, String>,
}

/// Asks every STUN server of the map, all at once.
pub(super) async fn ask_stun(regions: &[MapDerpRegion]) -> Vec<Stunned> {
    let nodes = regions.iter().flat_map(|region| &region.nodes).filter(|node| node.stunport >= 0);
    join_all(nodes.map(ask_one)).await
}

async fn ask_one(node: &MapDerpNode) -> Stunned {
    let port = if node.stunport == 0 { STUN_PORT } else { node.stunport };
    let asked = probe::within(STUN_LIMIT, async {
        let port = u16::try_from(port).map_err(|error| error.to_string())?;
        let text = |error: std::io::Error| error.to_string();
        let mut found = tokio::net::lookup_host((node.host_name.as_str(), port)).await.map_err(text)?;
        let server = found.next().ok_or("the name has no address")?;
        let local: SocketAddr = if server.is_ipv6() { ([0u16; 8], 0).into() } else { ([0u8; 4], 0).into() };
        let socket = UdpSocket::bind(local).await.map_err(text)?;
        let transaction = TransactionId::random();
        socket.send_to(&encode_request(&transaction), server).await.map_err(text)?;
        let mut answer = [0; 512];
        loop {
            let (length, from) = socket.recv_from(&mut answer).await.map_err(text)?;
            match decode_response(answer.get(..length).unwrap_or_default()) {
                Ok((id, seen)) if id == transaction && from == server => return Ok(seen),
                _ => {}
            }
        }
    });
    let seen = asked.await;
    Stunned { node: node.name.clone(), v6: seen.as_ref().is_ok_and(SocketAddr::is_ipv6), seen }
}

/// What is shown of a relay's STUN server.
pub(super) fn stun_of(node: &MapDerpNode, stunned: &[Stunned]) -> StunReport {
    match stunned.iter().find(|stunned| stunned.node == node.name) {
        None => StunReport::default(),
        Some(Stunned { seen: Ok(_), .. }) => StunReport { enabled: true, can_stun: true, error: None },
        Some(Stunned { seen: Err(error), .. }) => {
            StunReport { enabled: true, can_stun: false, error: Some(error.clone()) }
        }
    }
}

/// The report. What was not looked for (port mappings, hairpins, ICMP) is absent or false.
pub(super) fn report(reached: &[Reached], stunned: &[Stunned]) -> NetcheckReport {
    let nanos = |took: Duration| i64::try_from(took.as_nanos()).unwrap_or(i64::MAX);
    let mut report = NetcheckReport { oshas_ipv6: has_ipv6(), ..NetcheckReport::default() };
    let mut best = Duration::MAX;
    for Reached { region, v6, took } in reached {
        let (key, nanos) = (region.to_string(), nanos(*took));
        let family = if *v6 { &mut report.region_v6_latency } else { &mut report.region_v4_latency };
        for latencies in [family, &mut report.region_latency] {
            latencies.entry(key.clone()).and_modify(|known| *known = nanos.min(*known)).or_insert(nanos);
        }
        if *took < best {
            best = *took;
            report.preferred_derp = *region;
        }
    }
    let seen = |v6: bool| stunned.iter().filter(move |s| s.v6 == v6).filter_map(|s| s.seen.as_ref().ok());
    report.udp = stunned.iter().any(|stunned| stunned.seen.is_ok());
    report.ipv4_can_send = seen(false).next().is_some();
    report.ipv6_can_send = seen(true).next().is_some();
    report.ipv4 = report.ipv4_can_send || !report.region_v4_latency.is_empty();
    report.ipv6 = report.ipv6_can_send || !report.region_v6_latency.is_empty();
    report.global_v4 = seen(false).next().map(ToString::to_string).unwrap_or_default();
    report.global_v6 = seen(true).next().map(ToString::to_string).unwrap_or_default();
    report.mapping_varies_by_dest_ip = match seen(false).collect::<Vec<_>>().as_slice() {
        [] | [_] => None,
        [first, rest @ ..] => Some(rest.iter().any(|other| other != first)),
    };
    report
}

fn has_ipv6() -> bool {
    std::net::UdpSocket::bind("[::1]:0").is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_relay_is_preferred_and_families_are_told_apart() {
        let relay = |region, v6, ms| Reached { region, v6, took: Duration::from_millis(ms) };
        let report = report(&[relay(1, false, 9), relay(2, true, 4), relay(1, false, 7)], &[]);
        assert_eq!((report.preferred_derp, report.ipv4, report.ipv6, report.udp), (2, true, true, false));
        assert_eq!(report.region_latency["1"], 7_000_000);
        assert_eq!(report.region_v6_latency.keys().collect::<Vec<_>>(), ["2"]);
    }

    #[test]
    fn a_mapping_that_varies_is_seen_by_two_servers() {
        let stunned = |seen: &str| Stunned { node: seen.into(), v6: false, seen: Ok(seen.parse().unwrap()) };
        let one = report(&[], &[stunned("192.0.2.1:5")]);
        assert_eq!((one.udp, one.mapping_varies_by_dest_ip, one.global_v4.as_str()), (true, None, "192.0.2.1:5"));
        let two = report(&[], &[stunned("192.0.2.1:5"), stunned("192.0.2.1:6")]);
        assert_eq!(two.mapping_varies_by_dest_ip, Some(true));
    }

    #[tokio::test]
    async fn stun_server_tells_the_address() {
        let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let port = server.local_addr().unwrap().port();
        let node = MapDerpNode {
            name: "1a".into(),
            host_name: "127.0.0.1".into(),
            stunport: port.into(),
            ..MapDerpNode::default()
        };
        let serve = async {
            let mut request = [0; 512];
            let (length, from) = server.recv_from(&mut request).await.unwrap();
            let transaction = warren_disco::stun::decode_request(&request[..length]).unwrap();
            let answer = warren_disco::stun::encode_response(&transaction, from);
            server.send_to(&answer, from).await.unwrap();
            from
        };
        let region = MapDerpRegion { nodes: vec![node.clone()], ..MapDerpRegion::default() };
        let (from, stunned) = tokio::join!(serve, ask_stun(std::slice::from_ref(&region)));
        assert_eq!(stunned[0].seen, Ok(from));
        assert!(stun_of(&node, &stunned).can_stun);
        assert!(!stun_of(&MapDerpNode::default(), &stunned).enabled);
    }
}
