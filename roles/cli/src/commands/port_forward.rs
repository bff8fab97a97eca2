//! `port-forward`: ports of a workspace on this computer.

mod spec;
mod tcp;
mod udp;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::agent_wait;
use crate::frame::{Args, Command, Cx, Opt};
use crate::resolve::normalize_ssh_target;
use crate::signals;
use crate::ssh::keepers;
use crate::ssh::target::{self, Autostart};
use crate::tunnel::Tunnel;

use spec::{Forward, Protocol};

pub static COMMAND: Command = Command::new("port-forward", "Forward ports of a workspace to this computer.")
    .aliases(&["tunnel"])
    .usage("<workspace>", Args::Exactly(1))
    .long("  - Forward one port, two with other local numbers, a range:\n      $ {name} port-forward <workspace> --tcp 8080 --tcp 9000:3000,9001:3001 --tcp 10000-10002:8000-8002\n\n  - Forward a UDP port:\n      $ {name} port-forward <workspace> --udp 9000")
    .threads()
    .options(&[&[
        Opt::list("tcp", "TCP ports: [ip:]local[-end][:remote[-end]]. May be repeated.").short('p').env("CODER_PORT_FORWARD_TCP"),
        Opt::list("udp", "UDP ports, in the same form. May be repeated.").env("CODER_PORT_FORWARD_UDP"),
        Opt::flag("disable-autostart", "Do not start a stopped workspace.").env("CODER_SSH_DISABLE_AUTOSTART").default("false"),
    ]])
    .run(crate::action!(run));

async fn run(cx: &Cx) -> Result<()> {
    let mut forwards = spec::parse_all(Protocol::Tcp, cx.opts.list("tcp")).context("parse port-forward specs")?;
    forwards.extend(spec::parse_all(Protocol::Udp, cx.opts.list("udp")).context("parse port-forward specs")?);
    if forwards.is_empty() {
        bail!("no port-forwards requested");
    }
    let client = cx.client()?;
    let autostart = if cx.opts.flag("disable-autostart") { Autostart::Disabled } else { Autostart::Allowed };
    let found = target::resolve(cx, &client, &normalize_ssh_target(cx.arg(0)), autostart).await?;
    let wait = agent_wait::Options { wait: false, docs_url: String::new() };
    agent_wait::wait(&client, found.agent.id, &wait).await.context("await agent")?;
    let tunnel = Arc::new(Tunnel::start(cx, &client, found.agent.id).await?);
    let cancel = CancellationToken::new();
    let tasks = TaskTracker::new();
    for forward in &forwards {
        let shared = Shared { tunnel: tunnel.clone(), cancel: cancel.clone(), tasks: tasks.clone() };
        match forward.protocol {
            Protocol::Tcp => tcp::start(forward, &shared).await?,
            Protocol::Udp => udp::start(forward, &shared).await?,
        }
    }
    tunnel.wait_reachable().await?;
    eprintln!("Ready!");
    let _claim = signals::claim();
    tokio::select! {
        () = keepers::report_plain_usage(client.clone(), found.workspace.id) => {}
        () = keepers::until_stopped(client.clone(), &found.workspace) => eprintln!("\nThe workspace has been stopped, closing"),
        () = signals::shutdown() => eprintln!("\nReceived signal, closing all listeners and active connections"),
    }
    cancel.cancel();
    tasks.close();
    tasks.wait().await;
    tunnel.close().await;
    Ok(())
}

/// What all forwarded ports share.
#[derive(Clone)]
struct Shared {
    tunnel: Arc<Tunnel>,
    cancel: CancellationToken,
    tasks: TaskTracker,
}

/// Binds the local places of a port. Without an address both loopback addresses are used; the newer one may be missing
/// on a computer.
async fn bind<T, F>(forward: &Forward, bind: impl Fn(SocketAddr) -> F) -> Result<Vec<T>>
where
    F: Future<Output = std::io::Result<T>>,
{
    let protocol = forward.protocol;
    let at = |ip: IpAddr| SocketAddr::new(ip, forward.local);
    let mut list = Vec::new();
    let needed = match forward.ip {
        Some(ip) => at(ip),
        None => {
            match bind(at(Ipv6Addr::LOCALHOST.into())).await {
                Ok(listener) => list.push(listener),
                Err(error) => tracing::debug!(%error, "listen on the loopback address of IPv6"),
            }
            at(Ipv4Addr::LOCALHOST.into())
        }
    };
    list.push(bind(needed).await.with_context(|| format!("listen {protocol}://{needed}"))?);
    Ok(list)
}

fn announce(forward: &Forward, address: SocketAddr) {
    let (protocol, remote) = (forward.protocol, forward.remote);
    eprintln!("Forwarding '{protocol}://{address}' locally to '{protocol}://127.0.0.1:{remote}' in the workspace");
}
