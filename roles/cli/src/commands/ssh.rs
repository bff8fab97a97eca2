//! `ssh`: a shell or a command in a workspace, or a byte pipe for OpenSSH.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use tokio::net::TcpStream;
use warren_api::{TemplateVersionWarning, WorkspaceAgent};
use warren_client::Client;

use crate::agent_wait;
use crate::commands::connect::is_vpn_address;
use crate::frame::error::Exit;
use crate::frame::{Args, Command, Cx, Opt, logging};
use crate::output::{Stream, warn};
use crate::resolve::{normalize_ssh_target, strip_host};
use crate::signals;
use crate::ssh::forward::{self, RemoteForward};
use crate::ssh::netinfo::{self, NetworkInfo};
use crate::ssh::session::{self, End};
use crate::ssh::target::{Autostart, Found};
use crate::ssh::{gpg, keepers, standard, stdio, target};
use crate::tunnel::{Prepared, SSH_PORT, Tunnel};

const VPN_PROBE_LIMIT: Duration = Duration::from_millis(100);
const VPN_DIAL_LIMIT: Duration = Duration::from_secs(5);

pub static COMMAND: Command = Command::new("ssh", "Start a shell in a workspace, or run a command there.")
    .usage("<workspace> [command]", Args::Any)
    .long("  - Run a command with flags:\n      $ {name} ssh my-workspace -- ls -la\n\n  - Choose one of several agents:\n      $ {name} ssh my-workspace.main")
    .threads()
    .options(&[&[
        Opt::flag("stdio", "Carry SSH over standard input and output.").env("CODER_SSH_STDIO"),
        Opt::flag("tty", "Request a terminal for a command too.").short('t').env("CODER_SSH_TTY"),
        Opt::text("ssh-host-prefix", "Remove this prefix from the host name.").env("CODER_SSH_SSH_HOST_PREFIX"),
        Opt::text("hostname-suffix", "Remove this suffix from the host name.").env("CODER_SSH_HOSTNAME_SUFFIX"),
        Opt::flag("forward-agent", "Forward the authentication agent.").short('A').env("CODER_SSH_FORWARD_AGENT"),
        Opt::flag("forward-gpg", "Forward the agent of GnuPG.").short('G').env("CODER_SSH_FORWARD_GPG"),
        Opt::text("identity-agent", "Socket of the authentication agent, instead of $SSH_AUTH_SOCK.").env("CODER_SSH_IDENTITY_AGENT"),
        Opt::duration("workspace-poll-interval", "How often to look for an automatic stop.")
            .env("CODER_WORKSPACE_POLL_INTERVAL")
            .default("1m"),
        Opt::choice("wait", &["yes", "no", "auto"], "Wait for the startup scripts: auto means as the template says.")
            .env("CODER_SSH_WAIT")
            .default("auto"),
        Opt::flag("no-wait", "Do not wait for startup scripts.").env("CODER_SSH_NO_WAIT").instead("wait"),
        Opt::text("log-dir", "Directory for log files.").short('l').env("CODER_SSH_LOG_DIR"),
        Opt::list("remote-forward", "Forward a port or socket of the workspace to this computer.")
            .short('R')
            .env("CODER_SSH_REMOTE_FORWARD"),
        Opt::list("env", "Variable for the session, name=value. May be repeated.").short('e').env("CODER_SSH_ENV"),
        Opt::text("network-info-dir", "Directory for files about the quality of the connection."),
        Opt::duration("network-info-interval", "How often those files are written.").default("5s"),
        Opt::flag("disable-autostart", "Do not start a stopped workspace.").env("CODER_SSH_DISABLE_AUTOSTART").default("false"),
        Opt::text("container", "Container to run in: name or id.").short('c').hidden(),
        Opt::text("container-user", "User in the container.").hidden(),
        Opt::flag("force-new-tunnel", "Never use a running VPN.").hidden(),
        Opt::text("usage-app", "Application to report use for.").env("CODER_SSH_USAGE_APP").hidden(),
    ]])
    .run(crate::action!(run));

async fn run(cx: &Cx) -> Result<()> {
    let stdio = cx.opts.flag("stdio");
    if stdio {
        cx.keep_stdout_for_data();
    }
    if cx.args.is_empty() {
        bail!("expected the name of a workspace");
    }
    start_log(cx, stdio)?;
    let forwards = forwards(cx, stdio)?;
    let env = environment(cx)?;
    let client = cx.client()?;
    let prefix = cx.opts.filled("ssh-host-prefix").unwrap_or_default();
    let suffix = cx.opts.filled("hostname-suffix").unwrap_or_default();
    let name = normalize_ssh_target(strip_host(cx.arg(0), prefix, suffix));
    let autostart = if cx.opts.flag("disable-autostart") { Autostart::Disabled } else { Autostart::Allowed };
    // The way to the relay is found while the agent is still looked up.
    let (found, appearance, prepared) =
        tokio::join!(target::resolve(cx, &client, &name, autostart), client.appearance(), Prepared::new(cx, &client));
    let found = found?;
    let docs_url = appearance.map(|appearance| appearance.docs_url).unwrap_or_default();
    if cx.stderr_is_tty() {
        remarks(&client, &found).await;
    }
    let wait = agent_wait::Options { wait: wants_wait(cx, &found.agent), docs_url };
    // The way to the agent is found while its scripts may still run.
    let suffix = prepared.as_ref().map(|prepared| prepared.info().hostname_suffix.clone()).unwrap_or_default();
    let probe =
        async { if stdio && !cx.opts.flag("force-new-tunnel") { probe_vpn(&suffix, &found).await } else { None } };
    let connect = async {
        if let Ok(prepared) = prepared
            && let Ok(tunnel) = prepared.connect(&client, found.agent.id).await
        {
            return Ok(tunnel);
        }
        target::with_retries(|| Tunnel::start(cx, &client, found.agent.id)).await
    };
    let (waited, vpn, tunnel) = tokio::join!(agent_wait::wait(&client, found.agent.id, &wait), probe, connect);
    waited?;
    if let Some(stream) = vpn {
        return over_vpn(cx, stream).await;
    }
    let tunnel = tunnel?;
    let outcome = over_tunnel(cx, &client, &found, &tunnel, SessionWish { stdio, forwards, env }).await;
    tunnel.close().await;
    outcome
}

fn start_log(cx: &Cx, stdio: bool) -> Result<()> {
    let Some(dir) = cx.opts.filled("log-dir") else { return Ok(()) };
    let pid = stdio.then(netinfo::parent_pid);
    let (file, _) = logging::create_ssh_log(&crate::config::expand_home(dir), pid)?;
    logging::to_file(file, cx.verbose());
    Ok(())
}

fn forwards(cx: &Cx, stdio: bool) -> Result<Vec<RemoteForward>> {
    let list = cx.opts.list("remote-forward").iter().map(|text| forward::parse(text)).collect::<Result<Vec<_>>>()?;
    if stdio && !list.is_empty() {
        bail!("remote-forward can't be enabled in the stdio mode");
    }
    Ok(list)
}

fn environment(cx: &Cx) -> Result<Vec<(String, String)>> {
    let pair = |text: &String| {
        let (name, value) =
            text.split_once('=').ok_or_else(|| anyhow!("invalid environment variable setting {text:?}"))?;
        Ok((name.to_owned(), value.to_owned()))
    };
    let mut env = cx.opts.list("env").iter().map(pair).collect::<Result<Vec<_>>>()?;
    if let Some(container) = cx.opts.filled("container") {
        env.push(("CODER_CONTAINER".into(), container.to_owned()));
        if let Some(user) = cx.opts.filled("container-user") {
            env.push(("CODER_CONTAINER_USER".into(), user.to_owned()));
        }
    }
    Ok(env)
}

fn wants_wait(cx: &Cx, agent: &WorkspaceAgent) -> bool {
    if cx.opts.flag("no-wait") {
        return false;
    }
    match cx.opts.text("wait").unwrap_or("auto") {
        "yes" => true,
        "no" => false,
        _ => agent.scripts.iter().any(|script| script.start_blocks_login),
    }
}

/// What a person at a terminal should know of the workspace. Best effort.
async fn remarks(client: &Client, found: &Found) {
    let workspace = &found.workspace;
    if let Ok(version) = client.template_version(workspace.latest_build.template_version_id).await
        && version.warnings.contains(&TemplateVersionWarning::UNSUPPORTEDWORKSPACES)
    {
        warn(Stream::Stderr, "This template uses legacy parameters which are not supported anymore.", &[]);
    }
    if workspace.outdated {
        let url = client.url().as_str().trim_end_matches('/').to_owned();
        eprintln!(
            "👋 Your workspace is outdated! Update it here: {url}/@{}/{}\n",
            workspace.owner_name, workspace.name
        );
    }
}

/// A connection through the operating system, if a VPN of the deployment runs on this computer.
async fn probe_vpn(suffix: &str, found: &Found) -> Option<TcpStream> {
    if suffix.is_empty() {
        return None;
    }
    let (agent, workspace) = (&found.agent, &found.workspace);
    let host = format!("{}.{}.{}.{suffix}.", agent.name, workspace.name, workspace.owner_name);
    let addresses = tokio::time::timeout(VPN_PROBE_LIMIT, tokio::net::lookup_host((host, 22))).await.ok()?.ok()?;
    let address = addresses.into_iter().find(|address| match address.ip() {
        std::net::IpAddr::V6(ip) => is_vpn_address(&ip),
        std::net::IpAddr::V4(_) => false,
    })?;
    tokio::time::timeout(VPN_DIAL_LIMIT, TcpStream::connect(address)).await.ok()?.ok()
}

async fn over_vpn(cx: &Cx, stream: TcpStream) -> Result<()> {
    if let Some(dir) = cx.opts.filled("network-info-dir") {
        let info = NetworkInfo { using_coder_connect: true, ..NetworkInfo::default() };
        netinfo::write(&netinfo::file_in(&crate::config::expand_home(dir))?, &info)?;
    }
    let _claim = signals::claim();
    tokio::select! {
        outcome = stdio::copy(stream, standard::input(), standard::output()) => outcome,
        () = signals::shutdown() => Ok(()),
    }
}

struct SessionWish {
    stdio: bool,
    forwards: Vec<RemoteForward>,
    env: Vec<(String, String)>,
}

async fn over_tunnel(cx: &Cx, client: &Client, found: &Found, tunnel: &Tunnel, wish: SessionWish) -> Result<()> {
    if let Some(container) = cx.opts.filled("container") {
        let known = client.containers(found.agent.id, &[]).await.context("list containers")?.containers;
        if !known.iter().any(|candidate| candidate.name == container || candidate.id == container) {
            let names: Vec<_> = known.iter().map(|candidate| candidate.name.as_str()).collect();
            eprintln!("Container not found: {container:?}\nAvailable containers: [{}]", names.join(" "));
            return Ok(());
        }
    }
    let stream = tunnel.reach(SSH_PORT).await?;
    let app = keepers::usage_app(cx.opts.filled("usage-app").unwrap_or("ssh"));
    let _claim = signals::claim();
    let session = talk(cx, tunnel, stream, wish);
    tokio::select! {
        outcome = session => outcome,
        () = keepers::report_usage(client.clone(), found.workspace.id, found.agent.id, app) => Ok(()),
        () = keepers::until_stopped(client.clone(), &found.workspace) => {
            eprintln!("\r\nThe workspace has been stopped: the session is closed.\r");
            Err(Exit(255).into())
        }
        () = network_info(cx, tunnel) => Ok(()),
        () = signals::shutdown() => if cx.opts.has("stdio") && !cx.opts.flag("stdio") { Err(Exit(130).into()) } else { Ok(()) },
    }
}

async fn talk(cx: &Cx, tunnel: &Tunnel, stream: warren_tailnet::TcpStream, wish: SessionWish) -> Result<()> {
    if wish.stdio {
        return stdio::copy(stream, standard::input(), standard::output()).await;
    }
    let mut forwards = wish.forwards;
    if cx.opts.flag("forward-gpg") {
        forwards.push(gpg::prepare(tunnel).await.context("forward GPG")?);
    }
    let command = (cx.args.len() > 1).then(|| cx.args[1..].join(" "));
    let options = session::Options {
        command,
        tty: cx.opts.flag("tty"),
        env: wish.env,
        agent_socket: agent_socket(cx)?,
        forwards,
    };
    match session::run(stream, options, session::standard_ends()).await? {
        End::Status(0) => Ok(()),
        End::Status(status) => Err(Exit(u8::try_from(status).unwrap_or(255)).into()),
        End::Lost => {
            eprintln!("\r\nThe connection to the workspace ended unexpectedly.\r");
            Err(Exit(255).into())
        }
    }
}

fn agent_socket(cx: &Cx) -> Result<Option<PathBuf>> {
    if !cx.opts.flag("forward-agent") {
        return Ok(None);
    }
    let socket = cx
        .opts
        .filled("identity-agent")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("SSH_AUTH_SOCK").map(PathBuf::from));
    socket
        .map(Some)
        .ok_or_else(|| anyhow!("no authentication agent to forward: set $SSH_AUTH_SOCK or --identity-agent"))
}

/// Keeps the file for editors, if one is wanted; else waits for ever.
pub async fn network_info(cx: &Cx, tunnel: &Tunnel) {
    let Some(dir) = cx.opts.filled("network-info-dir") else { return std::future::pending().await };
    let interval = cx.opts.duration("network-info-interval").unwrap_or(Duration::from_secs(5));
    match netinfo::file_in(&crate::config::expand_home(dir)) {
        Ok(file) => netinfo::keep_written(tunnel, &file, interval).await,
        Err(error) => {
            tracing::warn!(%error, "network information");
            std::future::pending().await
        }
    }
}
