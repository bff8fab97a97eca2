//! What this build says of itself. The version is the compatibility version: clients compare it with the server's for equality.

/// The release whose contract is spoken.
pub use warren_types::COMPATIBILITY_VERSION;
/// Warren's own version.
pub const OWN_VERSION: &str = env!("CARGO_PKG_VERSION");
/// The project's page.
pub const EXTERNAL_URL: &str = "https://github.com/coder/coder";

/// Operating system and architecture in the names that binaries and headers use.
pub fn platform() -> (&'static str, &'static str) {
    let os = match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    let arch = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "arm" => "armv7",
        other => other,
    };
    (os, arch)
}

/// Major and minor of `v1.2.3-x`, for comparisons that ignore the rest.
pub fn major_minor(version: &str) -> Option<(u64, u64)> {
    let mut parts = version.strip_prefix('v').unwrap_or(version).split(['.', '-', '+']);
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// True if the client need not mention the server's version.
pub fn matches_server(client: &str, server: &str) -> bool {
    client.contains("v0.0.0") || server.contains("v0.0.0") || major_minor(client) == major_minor(server)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_major_and_minor_count() {
        assert!(matches_server("v2.31.0", "v2.31.9"));
        assert!(matches_server("v2.31.0", "v2.31.5-devel+abc"));
        assert!(matches_server("v2.31.0", "v0.0.0-devel"));
        assert!(!matches_server("v2.31.0", "v2.40.1"));
    }
}
