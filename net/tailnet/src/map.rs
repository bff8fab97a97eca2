//! The relay map: what a node takes from it, and the rewriting of embedded regions.

use std::collections::BTreeMap;
use std::net::IpAddr;

use url::Url;
use warren_proto::tailnet::DerpMap;
use warren_proto::tailnet::derp_map::region::Node;

use crate::core::RegionId;
use crate::relay::Target;

/// A region that has a relay.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Region {
    pub code: String,
    /// Built into the server: reached by whatever address reaches the server.
    pub embedded: bool,
    /// Not to be chosen as home.
    pub avoid: bool,
    /// Multiplies the latency when homes are compared.
    pub score: f64,
    pub targets: Vec<Target>,
}

/// Points the embedded regions of a map to the URL by which this process reaches the server.
pub fn rewrite_embedded(map: &mut DerpMap, access_url: &Url) {
    let (Some(host), Some(port)) = (access_url.host_str(), access_url.port_or_known_default()) else { return };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    for region in map.regions.values_mut().filter(|region| region.embedded_relay) {
        for node in region.nodes.iter_mut().filter(|node| !node.stun_only) {
            node.host_name = host.to_owned();
            node.derp_port = port.into();
            node.force_http = access_url.scheme() == "http";
        }
    }
}

/// The regions with relays, embedded ones rewritten. Regions with impossible numbers are left out.
pub(crate) fn regions(map: &DerpMap, access_url: &Url) -> BTreeMap<RegionId, Region> {
    let mut map = map.clone();
    rewrite_embedded(&mut map, access_url);
    let scores = map.home_params.map(|params| params.region_score).unwrap_or_default();
    let regions = map.regions.into_iter().filter_map(|(number, region)| {
        let id = RegionId::try_from(number).ok().filter(|id| *id != 0)?;
        let targets: Vec<_> = region.nodes.iter().filter_map(target).collect();
        let found = Region {
            code: region.region_code,
            embedded: region.embedded_relay,
            avoid: region.avoid,
            score: scores.get(&number).copied().filter(|score| *score > 0.0).unwrap_or(1.0),
            targets,
        };
        (!found.targets.is_empty()).then_some((id, found))
    });
    regions.collect()
}

fn target(node: &Node) -> Option<Target> {
    if node.stun_only || node.host_name.is_empty() {
        return None;
    }
    let fixed = [&node.ipv4, &node.ipv6].into_iter().filter_map(|text| text.parse::<IpAddr>().ok()).collect();
    Some(Target {
        host: node.host_name.clone(),
        fixed,
        port: u16::try_from(node.derp_port).ok().filter(|port| *port != 0).unwrap_or(443),
        tls: !node.force_http,
        certificate_name: Some(node.cert_name.clone()).filter(|name| !name.is_empty()),
    })
}

#[cfg(test)]
mod tests {
    use warren_proto::tailnet::derp_map::Region as ProtoRegion;

    use super::*;

    fn map() -> DerpMap {
        let relay = Node { name: "999b".into(), host_name: "old".into(), derp_port: 1, ..Node::default() };
        let stun = Node { name: "1000stun0".into(), host_name: "stun".into(), stun_only: true, ..Node::default() };
        let region = |nodes, embedded_relay| ProtoRegion { nodes, embedded_relay, ..ProtoRegion::default() };
        DerpMap {
            home_params: None,
            regions: [(999, region(vec![relay], true)), (1000, region(vec![stun], false))].into(),
        }
    }

    #[test]
    fn embedded_regions_follow_the_url_of_the_server() {
        for (url, host, port, tls) in [
            ("http://127.0.0.1:7329", "127.0.0.1", 7329, false),
            ("https://dev.example.com/", "dev.example.com", 443, true),
            ("http://[::1]/x", "::1", 80, false),
        ] {
            let regions = regions(&map(), &url.parse().unwrap());
            let target = &regions[&999].targets[0];
            assert_eq!((target.host.as_str(), target.port, target.tls), (host, port, tls), "{url}");
        }
    }

    #[test]
    fn regions_without_a_relay_are_left_out() {
        let regions = regions(&map(), &"http://x".parse().unwrap());
        assert_eq!(regions.keys().copied().collect::<Vec<_>>(), [999]);
    }
}
