//! What a peer may ask for and claim, by who it has proved to be (`docs/protocol/coordination.md`, "Rights").

use std::collections::BTreeSet;
use std::net::Ipv6Addr;

use warren_disco::address::{LEGACY_AGENT_ADDRESS, ServicePrefix};
use warren_proto::tailnet::{CoordinateRequest, Node};

use crate::node::parse_addresses;
use crate::{PeerId, limits};

/// Who the caller authenticated. The machine believes this and nothing that the peer says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PeerAuth {
    /// A client that asked for one agent, and may reach it.
    SingleAgentClient(PeerId),
    /// A client of a user: may open the tunnels that [`crate::Coordinator::grant_tunnel`] allows.
    UserClient,
    /// The agent whose UUID is the peer id.
    Agent,
    /// The server itself or a workspace proxy: trusted.
    Server,
}

/// Why a request ends its connection. The text is sent to the peer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Agents are destinations only.
    #[error("agents cannot open tunnels")]
    AgentTunnel,
    /// The destination does not exist or the user has no right to it.
    #[error("workspace agent not found or you do not have permission")]
    NoSuchAgent,
    /// Only agents acknowledge nodes.
    #[error("only agents may send ready_for_handshake")]
    NotAnAgent,
    /// A peer id is not 16 bytes.
    #[error("peer id must be 16 bytes")]
    BadId,
    /// More tunnels or acknowledgements than allowed.
    #[error("too many tunnels")]
    TooMany,
    /// Not an address, not a single one, or one that this peer may not have.
    #[error("address not allowed: {0}")]
    BadAddress(String),
    /// The node cannot be used by anybody.
    #[error("node has an invalid {0}")]
    BadNode(&'static str),
}

impl PeerAuth {
    pub(crate) fn is_client(&self) -> bool {
        matches!(self, Self::SingleAgentClient(_) | Self::UserClient)
    }

    /// Whether a tunnel that an earlier connection of this peer opened may stay.
    pub(crate) fn keeps_tunnel_to(&self, destination: PeerId) -> bool {
        match self {
            Self::SingleAgentClient(agent) => destination == *agent,
            Self::UserClient | Self::Server => true,
            Self::Agent => false,
        }
    }

    pub(crate) fn check_tunnel(&self, destination: PeerId, granted: &BTreeSet<PeerId>) -> Result<(), Denied> {
        let allowed = match self {
            Self::SingleAgentClient(agent) => destination == *agent,
            Self::UserClient => granted.contains(&destination),
            Self::Agent => return Err(Denied::AgentTunnel),
            Self::Server => true,
        };
        if allowed { Ok(()) } else { Err(Denied::NoSuchAgent) }
    }

    pub(crate) fn check_ready(&self, request: &CoordinateRequest) -> Result<(), Denied> {
        if request.ready_for_handshake.len() > limits::MAX_READY_PER_REQUEST {
            return Err(Denied::TooMany);
        }
        match self {
            Self::Agent | Self::Server => Ok(()),
            _ if request.ready_for_handshake.is_empty() => Ok(()),
            _ => Err(Denied::NotAnAgent),
        }
    }

    /// The addresses under which `peer` is published.
    ///
    /// An agent's follow from its UUID alone. A client's are its own random ones, never somebody's allowed IPs: what
    /// it says there is dropped.
    pub(crate) fn addresses(&self, peer: PeerId, node: &Node) -> Result<Vec<Ipv6Addr>, Denied> {
        let claimed = parse_addresses(&node.addresses)?;
        match self {
            Self::Server => Ok(claimed),
            Self::Agent => {
                let routed = parse_addresses(&node.allowed_ips)?;
                let own = agent_addresses(peer);
                let foreign = |address: &&Ipv6Addr| !own.contains(address) && **address != LEGACY_AGENT_ADDRESS;
                match claimed.iter().chain(&routed).find(foreign) {
                    Some(address) => Err(Denied::BadAddress(address.to_string())),
                    None => Ok(own.to_vec()),
                }
            }
            Self::SingleAgentClient(_) | Self::UserClient => {
                let routed = parse_addresses(&node.allowed_ips)?;
                let outside = |address: &&Ipv6Addr| {
                    !ServicePrefix::Tailnet.contains(**address) && !ServicePrefix::Desktop.contains(**address)
                        || **address == LEGACY_AGENT_ADDRESS
                };
                match claimed.iter().chain(&routed).find(outside) {
                    Some(address) => Err(Denied::BadAddress(address.to_string())),
                    None => Ok(claimed),
                }
            }
        }
    }
}

fn agent_addresses(agent: PeerId) -> [Ipv6Addr; 2] {
    let uuid = *agent.0.as_bytes();
    [ServicePrefix::Tailnet.address_of(uuid), ServicePrefix::Desktop.address_of(uuid)]
}
