//! Versions shown to official programs. Warren's own version is its package version.

/// The release whose contract is implemented; sent in `X-Coder-Build-Version` and `buildinfo.version`, and reported by
/// the served command-line program.
pub const COMPATIBILITY_VERSION: &str = "v2.31.0";
/// Newest agent and tailnet API that is accepted; older minors too.
pub const TAILNET_API_VERSION: (u32, u32) = (2, 11);
/// Newest provisioner API that is accepted; older minors too.
pub const PROVISIONER_API_VERSION: (u32, u32) = (1, 18);
