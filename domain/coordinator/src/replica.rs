//! The seam between replicas: what happened here, and what happened elsewhere.
//!
//! Events about one peer are idempotent and may be repeated; their order per peer must be kept. After a gap the
//! caller applies the whole present state again.

use std::sync::Arc;

use warren_proto::tailnet::Node;

use crate::{PeerId, PublishedNode};

/// Something that other replicas must learn. Only collected by a coordinator made with
/// [`crate::Coordinator::replicated`].
#[derive(Debug, Clone)]
pub enum LocalEvent {
    /// A local peer published this node.
    Node(PeerId, Arc<PublishedNode>),
    /// A local peer left: `lost` when it did not say so.
    Gone {
        /// Who.
        peer: PeerId,
        /// Without a farewell.
        lost: bool,
    },
    /// A local peer opened a tunnel.
    TunnelAdded(PeerId, PeerId),
    /// A tunnel of a local source ended.
    TunnelRemoved(PeerId, PeerId),
    /// A local agent is ready for the peer named second, which is not connected here.
    Ready(PeerId, PeerId),
}

/// Something that another replica told. Trusted: it was authorized there.
#[derive(Debug, Clone)]
pub enum RemoteEvent {
    /// A peer of another replica has this node.
    Node(PeerId, Node),
    /// A peer left another replica, or that replica died (`lost`). Its source tunnels end.
    Gone {
        /// Who.
        peer: PeerId,
        /// Without a farewell.
        lost: bool,
    },
    /// A peer of another replica has a tunnel (source, destination).
    TunnelAdded(PeerId, PeerId),
    /// It has no more.
    TunnelRemoved(PeerId, PeerId),
    /// An agent of another replica is ready for the peer named second.
    Ready(PeerId, PeerId),
}
