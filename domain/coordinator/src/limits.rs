//! Bounds on what a peer may publish and ask for.

/// UDP endpoints of one node; more are dropped, the first are kept.
pub const MAX_ENDPOINTS: usize = 64;

/// Addresses of one node; more are refused.
pub const MAX_ADDRESSES: usize = 8;

/// Entries of a node's latency and forced-websocket maps; more are dropped.
pub const MAX_REGIONS: usize = 256;

/// Bytes of one serialized node; a larger one is refused.
pub const MAX_NODE_BYTES: usize = 64 * 1024;

/// Tunnels that one peer may open; more are refused.
pub const MAX_TUNNELS: usize = 16 * 1024;

/// Peer updates in one response.
pub const MAX_UPDATES_PER_RESPONSE: usize = 1024;

/// Warnings that wait for one slow peer; more are dropped.
pub const MAX_WAITING_ERRORS: usize = 16;

/// Entries of `ready_for_handshake` in one request; more are refused.
pub const MAX_READY_PER_REQUEST: usize = 16 * 1024;
