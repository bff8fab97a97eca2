//! `port-forward`: ports of a workspace on this computer.

mod spec;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::agent_wait;
use crate::frame::{Args, Command, Cx, Opt};
use crate::resolve::normalize_ssh_target;
use crate::signals;
use crate::ssh::keepers;
use crate::ssh::target::{self, Autostart};
use crate::tunnel::Tunnel;

use spec::Forward;

pub static COMMAND: Command = Command::new("port-forward", "Forward ports of a workspace to this computer.")
    .aliases(&["tunnel"])
    .usage("<workspace>", Args::Exactly(1))
    .long("  - Forward one port, two with other local numbers, a range:\n      $ {name} port-forward <workspace> --tcp 8080 --tcp 9000:3000,9001:3001 --tcp 10000-10002:8000-8002")
    .threads()
    .options(&[&[
        Opt::list("tcp", "TCP ports: [ip:]local[-end][:remote[-end]]. May be repeated.").short('p').env("CODER_PORT_FORWARD_TCP"),
        Opt::list("udp", "UDP ports, in the same form. May be repeated.").env("CODER_PORT_FORWARD_UDP"),
        Opt::flag("disable-autostart", "Do not start a stopped workspace.").env("CODER_SSH_DISABLE_AUTOSTART").default("false"),
    ]])
    .run(crate::action!(run));

async fn run(cx: &Cx) -> Result<()> {
    let forwards = spec::parse_all(cx.opts.list("tcp")).context("parse port-forward specs")?;
    if !cx.opts.list("udp").is_empty() {
        bail!("UDP ports cannot be forwarded yet: use --tcp");
    }
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
        for listener in listeners(forward).await? {
            tasks.spawn(serve(listener, forward.remote, tunnel.clone(), cancel.clone(), tasks.clone()));
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

/// Without an address both loopback addresses are used; the newer one may be missing on a computer.
async fn listeners(forward: &Forward) -> Result<Vec<TcpListener>> {
    let bind = |ip: IpAddr| TcpListener::bind(SocketAddr::new(ip, forward.local));
    let mut list = Vec::new();
    match forward.ip {
        Some(ip) => {
            list.push(bind(ip).await.with_context(|| format!("listen tcp://{}", SocketAddr::new(ip, forward.local)))?)
        }
        None => {
            match bind(IpAddr::V6(Ipv6Addr::LOCALHOST)).await {
                Ok(listener) => list.push(listener),
                Err(error) => tracing::debug!(%error, "listen on the loopback address of IPv6"),
            }
            let ip = IpAddr::V4(Ipv4Addr::LOCALHOST);
            list.push(bind(ip).await.with_context(|| format!("listen tcp://{}", SocketAddr::new(ip, forward.local)))?);
        }
    }
    for listener in &list {
        let address = listener.local_addr()?;
        eprintln!("Forwarding 'tcp://{address}' locally to 'tcp://127.0.0.1:{}' in the workspace", forward.remote);
    }
    Ok(list)
}

async fn serve(listener: TcpListener, remote: u16, tunnel: Arc<Tunnel>, cancel: CancellationToken, tasks: TaskTracker) {
    loop {
        let accepted = tokio::select! {
            () = cancel.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let mut local = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Too many open files and the like pass.
                tracing::warn!(%error, "accept a connection");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                continue;
            }
        };
        let (tunnel, cancel) = (tunnel.clone(), cancel.clone());
        tasks.spawn(async move {
            let carry = async {
                let mut stream = match tunnel.dial(remote).await {
                    Ok(stream) => stream,
                    Err(error) => {
                        eprintln!("Failed to dial port {remote} in the workspace: {error:#}");
                        return;
                    }
                };
                let _ = local.set_nodelay(true);
                let _ = tokio::io::copy_bidirectional_with_sizes(&mut local, &mut stream, 128 << 10, 128 << 10).await;
            };
            tokio::select! {
                () = cancel.cancelled() => {}
                () = carry => {}
            }
        });
    }
}
