//! The environment that a plugin is started with, and the line with which it answers
//! (`docs/protocol/terraform-plugin.md`).

use std::fmt;

/// Variable that tells a plugin from a program started by hand.
pub const COOKIE_VARIABLE: &str = "TF_PLUGIN_MAGIC_COOKIE";
/// The value that [`COOKIE_VARIABLE`] must have.
pub const COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";
/// Comma list of plugin protocol versions that the client speaks, in any order.
pub const PROTOCOL_VERSIONS: &str = "PLUGIN_PROTOCOL_VERSIONS";
/// PEM certificate that the client will present.
pub const CLIENT_CERT: &str = "PLUGIN_CLIENT_CERT";
/// First TCP port that a plugin without unix sockets may listen on.
pub const MIN_PORT: &str = "PLUGIN_MIN_PORT";
/// Last TCP port that a plugin without unix sockets may listen on.
pub const MAX_PORT: &str = "PLUGIN_MAX_PORT";
/// Folder in which the plugin is to make its socket; empty or unset: the system's temporary folder.
pub const UNIX_SOCKET_DIR: &str = "PLUGIN_UNIX_SOCKET_DIR";
/// Set when the client understands multiplexed brokers; the line then has a seventh field.
pub const MULTIPLEX: &str = "PLUGIN_MULTIPLEX_GRPC";
/// The plugin protocol version of the `tfplugin5` package.
pub const PROTOCOL: u32 = 5;
/// Service name that the client asks the health service for.
pub const HEALTH_SERVICE: &str = "plugin";

/// Where a plugin listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// Path of a unix socket.
    Unix(String),
    /// `ip:port`.
    Tcp(String),
}

/// The line that a plugin prints once it listens. `Display` writes it without the line feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Where the plugin listens.
    pub endpoint: Endpoint,
    /// The server's certificate: DER in base64, standard alphabet, no padding.
    pub certificate: String,
    /// Whether to answer [`MULTIPLEX`].
    pub multiplex: bool,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (network, address) = match &self.endpoint {
            Endpoint::Unix(path) => ("unix", path),
            Endpoint::Tcp(address) => ("tcp", address),
        };
        write!(f, "1|{PROTOCOL}|{network}|{address}|grpc|{}", self.certificate)?;
        if self.multiplex {
            f.write_str("|true")?;
        }
        Ok(())
    }
}

/// Whether a [`PROTOCOL_VERSIONS`] list allows [`PROTOCOL`]. Clients older than the variable leave it out.
pub fn speaks_our_protocol(versions: Option<&str>) -> bool {
    versions.is_none_or(|list| list.split(',').any(|v| v.trim().parse() == Ok(PROTOCOL)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_has_six_fields_or_seven() {
        let mut line =
            Line { endpoint: Endpoint::Unix("/tmp/x/plugin".into()), certificate: "MIIB".into(), multiplex: false };
        assert_eq!(line.to_string(), "1|5|unix|/tmp/x/plugin|grpc|MIIB");
        line.multiplex = true;
        line.endpoint = Endpoint::Tcp("127.0.0.1:10000".into());
        assert_eq!(line.to_string(), "1|5|tcp|127.0.0.1:10000|grpc|MIIB|true");
    }

    #[test]
    fn the_order_of_versions_does_not_matter() {
        assert!(speaks_our_protocol(Some("5,6")));
        assert!(speaks_our_protocol(Some("6, 5")));
        assert!(speaks_our_protocol(None));
        assert!(!speaks_our_protocol(Some("6")));
        assert!(!speaks_our_protocol(Some("")));
    }
}
