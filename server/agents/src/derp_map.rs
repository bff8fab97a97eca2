//! The relay map: from the configuration to protobuf and JSON (`docs/protocol/derp.md`).

use std::collections::BTreeMap;

use url::Url;
use warren_api::{DerpMap as JsonMap, MapDerpNode, MapDerpRegion};
use warren_core::Config;
use warren_proto::tailnet::DerpMap;
use warren_proto::tailnet::derp_map::region::Node;
use warren_proto::tailnet::derp_map::{HomeParams, Region};

/// Why there is no usable map.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A map could not be read.
    #[error("read the relay map {0}")]
    Read(String, #[source] std::io::Error),
    /// A map is no JSON of the expected form.
    #[error("the relay map {0} is not valid")]
    Parse(String, #[source] serde_json::Error),
    /// The loaded map has the region that the embedded relay would take.
    #[error("region {0} of the relay map is the embedded relay's; choose another id")]
    RegionTaken(i64),
    /// Nothing could relay.
    #[error(
        "a valid DERP map is required for networking to work: no region has a relay; enable the embedded relay or give --derp-config-path"
    )]
    NoRelay,
    /// A STUN address is not `host:port`.
    #[error("STUN address {0:?} is not host:port")]
    StunAddress(String),
}

/// Builds the map that every agent and client gets.
///
/// # Errors
/// See [`Error`].
pub fn build(config: &Config) -> Result<DerpMap, Error> {
    let mut regions = load(config)?;
    if config.derp_server_enable {
        let id = i64::from(config.derp_region_id);
        if regions.insert(id, embedded(config, id)).is_some() {
            return Err(Error::RegionTaken(id));
        }
        for (i, address) in config.derp_stun_addresses.iter().filter(|a| *a != "disable").enumerate() {
            let id = id + 1 + i64::try_from(i).unwrap_or(0);
            if !config.block_direct_connections && regions.insert(id, stun(address, id)?).is_some() {
                return Err(Error::RegionTaken(id));
            }
        }
    }
    if config.block_direct_connections {
        for region in regions.values_mut() {
            region.nodes.retain(|node| !node.stun_only);
            region.nodes.iter_mut().for_each(|node| node.stun_port = -1);
        }
    }
    // Official clients take a number modulo the count of nodes.
    regions.retain(|_, region| !region.nodes.is_empty());
    let relays = regions.values().flat_map(|r| &r.nodes).any(|node| !node.stun_only);
    if !relays && (config.derp_server_enable || !regions.is_empty()) {
        return Err(Error::NoRelay);
    }
    Ok(DerpMap { home_params: Some(HomeParams::default()), regions })
}

fn load(config: &Config) -> Result<BTreeMap<i64, Region>, Error> {
    let path = &config.derp_config_path;
    if path.is_empty() {
        return Ok(BTreeMap::new());
    }
    let text = std::fs::read(path).map_err(|e| Error::Read(path.clone(), e))?;
    let map: JsonMap = serde_json::from_slice(&text).map_err(|e| Error::Parse(path.clone(), e))?;
    Ok(from_json(&map).regions)
}

fn embedded(config: &Config, id: i64) -> Region {
    let (host, port, plain) = address(&config.access_url);
    let node = Node {
        name: format!("{id}b"),
        region_id: id,
        host_name: host,
        derp_port: port,
        stun_port: -1,
        force_http: plain,
        ..Node::default()
    };
    Region {
        region_id: id,
        embedded_relay: true,
        region_code: config.derp_region_code.clone(),
        region_name: config.derp_region_name.clone(),
        avoid: false,
        nodes: vec![node],
    }
}

fn address(url: &Url) -> (String, i32, bool) {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    (host, url.port_or_known_default().map_or(443, i32::from), url.scheme() == "http")
}

fn stun(address: &str, id: i64) -> Result<Region, Error> {
    let bad = || Error::StunAddress(address.to_owned());
    let (host, port) = address.rsplit_once(':').ok_or_else(bad)?;
    let node = Node {
        name: format!("{id}stun0"),
        region_id: id,
        host_name: host.trim_matches(['[', ']']).to_owned(),
        stun_port: port.parse::<u16>().map_err(|_| bad())?.into(),
        stun_only: true,
        ..Node::default()
    };
    let (region_code, region_name) = (format!("coder_stun_{id}"), format!("Coder STUN {id}"));
    Ok(Region { region_id: id, embedded_relay: false, region_code, region_name, avoid: false, nodes: vec![node] })
}

/// The map as REST shows it.
pub fn to_json(map: &DerpMap) -> JsonMap {
    let regions = map.regions.iter().map(|(id, region)| {
        let nodes = region.nodes.iter().map(|n| MapDerpNode {
            name: n.name.clone(),
            region_id: n.region_id,
            host_name: n.host_name.clone(),
            cert_name: n.cert_name.clone(),
            ipv4: n.ipv4.clone(),
            ipv6: n.ipv6.clone(),
            stunport: n.stun_port.into(),
            stunonly: n.stun_only,
            derpport: n.derp_port.into(),
            insecure_for_tests: n.insecure_for_tests,
            force_http: n.force_http,
            stuntest_ip: n.stun_test_ip.clone(),
            can_port80: n.can_port_80,
        });
        let shown = MapDerpRegion {
            region_id: region.region_id,
            embedded_relay: region.embedded_relay,
            region_code: region.region_code.clone(),
            region_name: region.region_name.clone(),
            avoid: region.avoid,
            nodes: nodes.collect(),
        };
        (id.to_string(), shown)
    });
    JsonMap { regions: regions.collect(), ..JsonMap::default() }
}

/// The map of a JSON document.
pub fn from_json(map: &JsonMap) -> DerpMap {
    let regions = map.regions.values().map(|region| {
        let nodes = region.nodes.iter().map(|n| Node {
            name: n.name.clone(),
            region_id: n.region_id,
            host_name: n.host_name.clone(),
            cert_name: n.cert_name.clone(),
            ipv4: n.ipv4.clone(),
            ipv6: n.ipv6.clone(),
            stun_port: i32::try_from(n.stunport).unwrap_or(-1),
            stun_only: n.stunonly,
            derp_port: i32::try_from(n.derpport).unwrap_or(0),
            insecure_for_tests: n.insecure_for_tests,
            force_http: n.force_http,
            stun_test_ip: n.stuntest_ip.clone(),
            can_port_80: n.can_port80,
        });
        let region = Region {
            region_id: region.region_id,
            embedded_relay: region.embedded_relay,
            region_code: region.region_code.clone(),
            region_name: region.region_name.clone(),
            avoid: region.avoid,
            nodes: nodes.collect(),
        };
        (region.region_id, region)
    });
    DerpMap { home_params: Some(HomeParams::default()), regions: regions.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedded_relay_follows_the_access_url() {
        let config = Config { access_url: Url::parse("http://127.0.0.1:7777").unwrap(), ..Config::default() };
        let map = build(&config).unwrap();
        let node = &map.regions[&999].nodes[0];
        assert_eq!((node.host_name.as_str(), node.derp_port, node.force_http), ("127.0.0.1", 7777, true));
        assert_eq!(from_json(&to_json(&map)).regions, map.regions);
    }

    #[test]
    fn blocked_direct_connections_leave_no_stun() {
        let config = Config {
            block_direct_connections: true,
            derp_stun_addresses: vec!["stun.example.com:19302".into()],
            ..Config::default()
        };
        assert_eq!(build(&config).unwrap().regions.len(), 1);
        let open = Config { block_direct_connections: false, ..config };
        assert_eq!(build(&open).unwrap().regions[&1000].nodes[0].stun_port, 19302);
    }

    #[test]
    fn a_map_without_a_relay_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("map.json");
        std::fs::write(&path, r#"{"Regions":{"1":{"RegionID":1,"Nodes":[{"Name":"1a","STUNOnly":true}]}}}"#).unwrap();
        let config =
            Config { derp_server_enable: false, derp_config_path: path.display().to_string(), ..Config::default() };
        assert!(matches!(build(&config), Err(Error::NoRelay)));
    }
}
