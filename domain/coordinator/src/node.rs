//! A published node: checked, bounded, and serialized once for all its receivers.

use std::net::{Ipv6Addr, SocketAddr};

use prost::Message;
use warren_disco::{DiscoPublic, NodePublic};
use warren_proto::tailnet::Node;

use crate::auth::Denied;
use crate::limits;

/// A node as it is given to tunnel partners.
#[derive(Debug)]
pub struct PublishedNode {
    node: Node,
    encoded: Vec<u8>,
    key: NodePublic,
    addresses: Vec<Ipv6Addr>,
}

impl PublishedNode {
    /// Takes a node whose addresses were authorized; `addresses` replace both of its address lists.
    pub(crate) fn new(mut node: Node, addresses: Vec<Ipv6Addr>) -> Result<Self, Denied> {
        let key = NodePublic::from_prefixed_bytes(&node.key).map_err(|_| Denied::BadNode("key"))?;
        node.disco.parse::<DiscoPublic>().map_err(|_| Denied::BadNode("disco"))?;
        node.addresses = addresses.iter().map(|address| format!("{address}/128")).collect();
        node.allowed_ips = node.addresses.clone();
        node.endpoints.retain(|endpoint| endpoint.parse::<SocketAddr>().is_ok());
        node.endpoints.truncate(limits::MAX_ENDPOINTS);
        while node.derp_latency.len() > limits::MAX_REGIONS {
            node.derp_latency.pop_last();
        }
        while node.derp_forced_websocket.len() > limits::MAX_REGIONS {
            node.derp_forced_websocket.pop_last();
        }
        let encoded = node.encode_to_vec();
        if encoded.len() > limits::MAX_NODE_BYTES {
            return Err(Denied::BadNode("size"));
        }
        Ok(Self { node, encoded, key, addresses })
    }

    /// The message.
    pub fn node(&self) -> &Node {
        &self.node
    }

    pub(crate) fn key(&self) -> NodePublic {
        self.key
    }

    pub(crate) fn addresses(&self) -> &[Ipv6Addr] {
        &self.addresses
    }

    /// Whether a receiver of the one need not be sent the other.
    pub(crate) fn same_bytes(&self, other: &Self) -> bool {
        self.encoded == other.encoded
    }
}

/// Parses CIDR texts that must each be one IPv6 address.
pub(crate) fn parse_addresses(texts: &[String]) -> Result<Vec<Ipv6Addr>, Denied> {
    if texts.len() > limits::MAX_ADDRESSES {
        return Err(Denied::BadAddress("too many".into()));
    }
    let parse = |text: &String| {
        text.strip_suffix("/128").and_then(|address| address.parse().ok()).ok_or_else(|| {
            let shown: String = text.chars().take(64).collect();
            Denied::BadAddress(shown)
        })
    };
    texts.iter().map(parse).collect()
}
