//! `agent`: runs the workspace agent. Its options are declared here for help and completion; the agent reads them itself.

use anyhow::Result;
use tokio_util::sync::CancellationToken;

use crate::frame::{Command, Cx, Opt};

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
    use clap::{Args, FromArgMatches};
    // Flags are passed on; variables the agent reads itself.
    let mut words = vec!["agent".to_owned()];
    for setting in cx.opts.0.iter().filter(|s| s.source == crate::frame::Source::Flag && s.level == 0) {
        let value = setting.values.join(",");
        match setting.option.kind {
            crate::frame::spec::Kind::Bool if value == "true" => words.push(format!("--{}", setting.option.long)),
            crate::frame::spec::Kind::Bool => {}
            _ => words.push(format!("--{}={value}", setting.option.long)),
        }
    }
    let command = warren_agent::Args::augment_args(clap::Command::new("agent"));
    let matches = command.try_get_matches_from(words)?;
    let args = warren_agent::Args::from_arg_matches(&matches)?;
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
