//! The versions that programs tell each other.

/// Warren's own version.
pub const WARREN: &str = concat!("v", env!("CARGO_PKG_VERSION"));

/// The release of the public contract that Warren was checked against: what official clients, servers and agents
/// are shown, since they compare it with their own.
pub const COMPATIBLE: &str = "v2.31.0";

/// The newest agent and tailnet API, `major.minor`; older minors of the same major are served too.
pub const AGENT_API: (u32, u32) = (2, 11);

/// The newest provisioner daemon API, `major.minor`; older minors are served too.
pub const PROVISIONER_API: (u32, u32) = (1, 18);
