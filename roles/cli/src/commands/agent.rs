//! `agent`: runs the workspace agent.

use std::path::PathBuf;

use anyhow::{Context, Result};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::frame::{Command, Cx, Opt, logging};

/// Names the kinds of environment that the agent runs in, separated by commas.
const SUBSYSTEM: &str = "CODER_AGENT_SUBSYSTEM";

pub static COMMAND: Command =
    Command::new("agent", "Start the workspace agent.").hidden().threads().options(&[OPTIONS]).run(crate::action!(run));

const OPTIONS: &[Opt] = &[
    Opt::text("agent-token", "Token of the workspace agent.").env("CODER_AGENT_TOKEN"),
    Opt::text("agent-token-file", "File with the token of the workspace agent.").env("CODER_AGENT_TOKEN_FILE"),
    Opt::url("agent-url", "URL at which the agent reaches the deployment.").env("CODER_AGENT_URL"),
    Opt::text("auth", "How the agent authenticates.").env("CODER_AGENT_AUTH").default("token"),
    Opt::text("agent-name", "Name of the agent.").env("CODER_AGENT_NAME"),
    Opt::list("agent-header", "Extra header, name=value. May be repeated.").env("CODER_AGENT_HEADER"),
    Opt::text("agent-header-command", "Command that prints extra headers.").env("CODER_AGENT_HEADER_COMMAND"),
    Opt::text("log-dir", "Where log files go.").env("CODER_AGENT_LOG_DIR").default("/tmp"),
    Opt::text("script-data-dir", "Where scripts keep data.").env("CODER_AGENT_SCRIPT_DATA_DIR").default("/tmp"),
    Opt::flag("no-reap", "Do not act as the first process of a container."),
    Opt::duration("ssh-max-timeout", "After how long a silent SSH client is dropped.")
        .env("CODER_AGENT_SSH_MAX_TIMEOUT")
        .default("72h"),
    Opt::int("tailnet-listen-port", "UDP port of the tunnel; 0 means any.")
        .env("CODER_AGENT_TAILNET_LISTEN_PORT")
        .default("0"),
    Opt::text("pprof-address", "Address of profiles.").env("CODER_AGENT_PPROF_ADDRESS").default("127.0.0.1:6060"),
    Opt::text("prometheus-address", "Address of metrics.")
        .env("CODER_AGENT_PROMETHEUS_ADDRESS")
        .default("127.0.0.1:2112"),
    Opt::text("debug-address", "Address of the debug server.")
        .env("CODER_AGENT_DEBUG_ADDRESS")
        .default("127.0.0.1:2113"),
    Opt::text("log-human", "Where readable logs go.").env("CODER_AGENT_LOGGING_HUMAN").default("/dev/stderr"),
    Opt::text("log-json", "Where JSON logs go.").env("CODER_AGENT_LOGGING_JSON"),
    Opt::text("log-stackdriver", "Where Stackdriver logs go.").env("CODER_AGENT_LOGGING_STACKDRIVER"),
    Opt::flag("block-file-transfer", "Refuse sftp, scp and the like.")
        .env("CODER_AGENT_BLOCK_FILE_TRANSFER")
        .default("false"),
    Opt::flag("block-reverse-port-forwarding", "Refuse forwarding to the client.")
        .env("CODER_AGENT_BLOCK_REVERSE_PORT_FORWARDING")
        .default("false"),
    Opt::flag("block-local-port-forwarding", "Refuse forwarding to the workspace.")
        .env("CODER_AGENT_BLOCK_LOCAL_PORT_FORWARDING")
        .default("false"),
    Opt::flag("devcontainers-enable", "Look for dev containers.")
        .env("CODER_AGENT_DEVCONTAINERS_ENABLE")
        .default("true"),
    Opt::flag("devcontainers-project-discovery-enable", "Search projects for dev containers.")
        .env("CODER_AGENT_DEVCONTAINERS_PROJECT_DISCOVERY_ENABLE")
        .default("true"),
    Opt::flag("devcontainers-discovery-autostart-enable", "Start found dev containers.")
        .env("CODER_AGENT_DEVCONTAINERS_DISCOVERY_AUTOSTART_ENABLE")
        .default("false"),
    Opt::flag("socket-server-enabled", "Offer the socket of the agent.")
        .env("CODER_AGENT_SOCKET_SERVER_ENABLED")
        .default("false"),
    Opt::text("socket-path", "Path of the socket of the agent.").env("CODER_AGENT_SOCKET_PATH"),
    Opt::text("boundary-log-proxy-socket-path", "Accepted for compatibility.")
        .env("CODER_AGENT_BOUNDARY_LOG_PROXY_SOCKET_PATH")
        .default("/tmp/boundary-audit.sock"),
    Opt::text("firewall-log-proxy-socket-path", "Accepted for compatibility.")
        .env("CODER_AGENT_FIREWALL_LOG_PROXY_SOCKET_PATH"),
];

async fn run(cx: &Cx) -> Result<()> {
    let human = matches!(cx.opts.filled("log-human"), Some("/dev/stderr" | "/dev/stdout"));
    let args = args(cx)?;
    logging::for_agent(args.log_dir.as_deref().unwrap_or(std::path::Path::new("/tmp")), human, cx.verbose());
    let stop = CancellationToken::new();
    let running = warren_agent::run(args, stop.clone());
    tokio::pin!(running);
    let _claim = crate::signals::claim();
    tokio::select! {
        outcome = &mut running => outcome,
        () = crate::signals::shutdown() => {
            stop.cancel();
            running.await
        }
    }
}

fn args(cx: &Cx) -> Result<warren_agent::Args> {
    let text = |name: &str| cx.opts.filled(name).map(str::to_owned);
    let path = |name: &str| cx.opts.filled(name).map(PathBuf::from);
    let subsystem = std::env::var(SUBSYSTEM).unwrap_or_default();
    let defaults = warren_agent::Args::default();
    Ok(warren_agent::Args {
        url: text("agent-url").map(|url| Url::parse(&url)).transpose().context("parse the agent url")?,
        token: text("agent-token"),
        token_file: path("agent-token-file"),
        auth: text("auth").unwrap_or(defaults.auth),
        log_dir: path("log-dir"),
        script_data_dir: path("script-data-dir"),
        headers: cx.opts.list("agent-header").to_vec(),
        header_command: text("agent-header-command"),
        ssh_max_timeout: cx.opts.duration("ssh-max-timeout").unwrap_or(defaults.ssh_max_timeout),
        block_file_transfer: cx.opts.flag("block-file-transfer"),
        block_reverse_port_forwarding: cx.opts.flag("block-reverse-port-forwarding"),
        block_local_port_forwarding: cx.opts.flag("block-local-port-forwarding"),
        subsystem: subsystem.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect(),
    })
}
