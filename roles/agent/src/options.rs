//! The options of `agent`; each has an environment variable, since templates pass settings that way.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args as ClapArgs;
use url::Url;

/// Command line and environment of the agent.
#[derive(ClapArgs, Clone)]
pub struct Args {
    /// URL of the server.
    #[arg(long = "agent-url", env = "CODER_AGENT_URL", value_name = "URL")]
    pub url: Option<Url>,
    /// The token of this agent.
    #[arg(long = "agent-token", env = "CODER_AGENT_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    /// A file that holds the token.
    #[arg(long = "agent-token-file", env = "CODER_AGENT_TOKEN_FILE")]
    pub token_file: Option<PathBuf>,
    /// How the agent proves who it is.
    #[arg(long = "auth", env = "CODER_AGENT_AUTH", default_value = "token")]
    pub auth: String,
    /// Which of several agents of one machine identity this is.
    #[arg(long = "agent-name", env = "CODER_AGENT_NAME")]
    pub name: Option<String>,
    /// Where log files go.
    #[arg(long, env = "CODER_AGENT_LOG_DIR")]
    pub log_dir: Option<PathBuf>,
    /// Where scripts find folders of their own.
    #[arg(long, env = "CODER_AGENT_SCRIPT_DATA_DIR")]
    pub script_data_dir: Option<PathBuf>,
    /// Extra headers, `name=value`, on every request.
    #[arg(long = "agent-header", env = "CODER_AGENT_HEADER", value_delimiter = ',')]
    pub headers: Vec<String>,
    /// A command that prints extra headers, one `name=value` a line.
    #[arg(long = "agent-header-command", env = "CODER_AGENT_HEADER_COMMAND")]
    pub header_command: Option<String>,
    /// Keep-alive of SSH: a silent client is dropped after this time.
    #[arg(long, env = "CODER_AGENT_SSH_MAX_TIMEOUT", default_value = "72h", value_parser = duration)]
    pub ssh_max_timeout: Duration,
    /// UDP port of the tunnel; 0 = any.
    #[arg(long, env = "CODER_AGENT_TAILNET_LISTEN_PORT", default_value_t = 0)]
    pub tailnet_listen_port: u16,
    /// Refuse sftp, scp and the like.
    #[arg(long, env = "CODER_AGENT_BLOCK_FILE_TRANSFER")]
    pub block_file_transfer: bool,
    /// Refuse forwarding from the workspace to the client.
    #[arg(long, env = "CODER_AGENT_BLOCK_REVERSE_PORT_FORWARDING")]
    pub block_reverse_port_forwarding: bool,
    /// Refuse forwarding from the client to the workspace.
    #[arg(long, env = "CODER_AGENT_BLOCK_LOCAL_PORT_FORWARDING")]
    pub block_local_port_forwarding: bool,
    /// Do not act as the first process of a container.
    #[arg(long)]
    pub no_reap: bool,
    /// Kinds of environment that the agent runs in.
    #[arg(env = "CODER_AGENT_SUBSYSTEM", long, hide = true, value_delimiter = ',')]
    pub subsystem: Vec<String>,
    #[command(flatten)]
    pub accepted: Accepted,
}

/// Options that official templates may set and that have no effect here.
#[derive(ClapArgs, Clone)]
pub struct Accepted {
    #[arg(long, env = "CODER_AGENT_PPROF_ADDRESS", hide = true)]
    pprof_address: Option<String>,
    #[arg(long, env = "CODER_AGENT_PROMETHEUS_ADDRESS", hide = true)]
    prometheus_address: Option<String>,
    #[arg(long, env = "CODER_AGENT_DEBUG_ADDRESS", hide = true)]
    debug_address: Option<String>,
    #[arg(long, env = "CODER_AGENT_LOGGING_HUMAN", hide = true)]
    log_human: Option<String>,
    #[arg(long, env = "CODER_AGENT_LOGGING_JSON", hide = true)]
    log_json: Option<String>,
    #[arg(long, env = "CODER_AGENT_LOGGING_STACKDRIVER", hide = true)]
    log_stackdriver: Option<String>,
    #[arg(long, env = "CODER_AGENT_DEVCONTAINERS_ENABLE", hide = true)]
    devcontainers_enable: Option<String>,
    #[arg(long, env = "CODER_AGENT_DEVCONTAINERS_PROJECT_DISCOVERY_ENABLE", hide = true)]
    devcontainers_project_discovery_enable: Option<String>,
    #[arg(long, env = "CODER_AGENT_DEVCONTAINERS_DISCOVERY_AUTOSTART_ENABLE", hide = true)]
    devcontainers_discovery_autostart_enable: Option<String>,
    #[arg(long, env = "CODER_AGENT_SOCKET_SERVER_ENABLED", hide = true)]
    socket_server_enabled: Option<String>,
    #[arg(long, env = "CODER_AGENT_SOCKET_PATH", hide = true)]
    socket_path: Option<String>,
    #[arg(long, env = "CODER_AGENT_BOUNDARY_LOG_PROXY_SOCKET_PATH", hide = true)]
    boundary_log_proxy_socket_path: Option<String>,
    #[arg(long, env = "CODER_AGENT_FIREWALL_LOG_PROXY_SOCKET_PATH", hide = true)]
    firewall_log_proxy_socket_path: Option<String>,
}

/// Reads durations like `72h`, `1h30m`, `500ms`; a bare number is refused, since its unit would be a guess.
pub fn duration(text: &str) -> Result<Duration, String> {
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let mut total = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits =
            rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or("a duration needs a unit: 30s, 5m, 72h")?;
        let number: f64 = rest[..digits].parse().map_err(|_| format!("{text:?} is not a duration like 30s or 72h"))?;
        rest = &rest[digits..];
        let end = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        total += number
            * match &rest[..end] {
                "ns" => 1e-9,
                "us" | "µs" => 1e-6,
                "ms" => 1e-3,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                unit => return Err(format!("unknown unit {unit:?} in the duration {text:?}")),
            };
        rest = &rest[end..];
    }
    Duration::try_from_secs_f64(total).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        assert_eq!(duration("72h"), Ok(Duration::from_secs(72 * 3600)));
        assert_eq!(duration("1h30m"), Ok(Duration::from_secs(5400)));
        assert_eq!(duration("0"), Ok(Duration::ZERO));
        assert!(duration("5").is_err());
        assert!(duration("5x").is_err());
    }
}
