//! The agent's node in the tunnel and what listens on it (agent.md §12.4).

use std::sync::Arc;

use anyhow::{Context as _, Result};
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;
use warren_proto::agent::Manifest;
use warren_proto::agent::connection::Type;
use warren_tailnet::{Listener, Node, NodeOptions, TcpStream, address_of, desktop_address_of};

use crate::agent::{Agent, Services};
use crate::api::{self, ApiState};
use crate::environment::Workspace;
use crate::speedtest;
use crate::ssh::{Shared, SshServer};
use crate::terminal::Terminals;

/// The agent's ports inside the tunnel.
const SSH: u16 = 1;
const SSH_STANDARD: u16 = 22;
const TERMINAL: u16 = 2;
const SPEEDTEST: u16 = 3;
const HTTP_API: u16 = 4;
/// Connections of one service that are served at the same time.
const MAX_CONNECTIONS: usize = 1024;

/// Starts the node at the first manifest; later ones change it in place.
pub async fn ensure(agent: &Arc<Agent>, manifest: &Manifest, workspace: &Workspace) -> Result<()> {
    let addresses = vec![address_of(workspace.agent_id), desktop_address_of(workspace.agent_id)];
    let map = manifest.derp_map.clone().unwrap_or_default();
    if let Some(services) = agent.services.get() {
        let node = &services.node;
        node.set_addresses(addresses).await?;
        node.set_derp_map(map).await?;
        node.set_force_websocket(manifest.derp_force_websockets).await?;
        return Ok(());
    }
    let mut options = NodeOptions::new(workspace.agent_id, addresses, map, agent.url.clone());
    options.force_websocket = manifest.derp_force_websockets;
    options.extra_headers = agent.headers.clone();
    let node = Node::start(options).await.context("start the tunnel")?;
    let services = start(agent, node, workspace).await?;
    let _ = agent.services.set(services);
    Ok(())
}

async fn start(agent: &Arc<Agent>, node: Node, workspace: &Workspace) -> Result<Services> {
    let events = agent.clone();
    let shared = Arc::new(Shared {
        user: agent.user.clone(),
        paths: agent.paths.clone(),
        workspace: agent.workspace.subscribe(),
        limits: agent.limits,
        banners: Mutex::new(agent.banners.lock().clone()),
        events: Box::new(move |event| events.reports.session(event)),
        shutdown: agent.sessions_end.clone(),
        tasks: TaskTracker::new(),
    });
    let ssh = agent.ssh_server(shared.clone(), workspace)?;
    let terminals = Terminals::new(
        agent.user.clone(),
        agent.paths.clone(),
        agent.workspace.subscribe(),
        (agent.sessions_end.clone(), agent.tasks.clone()),
    );
    for port in [SSH, SSH_STANDARD] {
        let ssh: SshServer = ssh.clone();
        accept(agent, node.listen(port).await?, move |stream, peer| {
            let ssh = ssh.clone();
            async move { ssh.serve(stream, peer).await }
        });
    }
    {
        let (terminals, agent2) = (terminals.clone(), agent.clone());
        accept(agent, node.listen(TERMINAL).await?, move |stream, peer| {
            let (terminals, agent) = (terminals.clone(), agent2.clone());
            async move {
                let id = Uuid::new_v4();
                agent.reports.connected(id, Type::ReconnectingPty, &peer);
                let end = match terminals.serve(stream).await {
                    Ok(()) => (0, "graceful".to_owned()),
                    Err(error) => (1, error.to_string()),
                };
                agent.reports.disconnected(id, Type::ReconnectingPty, &peer, end);
            }
        });
    }
    accept(agent, node.listen(SPEEDTEST).await?, |stream, _| async move {
        if let Err(error) = speedtest::serve(stream).await {
            tracing::debug!(%error, "speedtest ended");
        }
    });
    let state = Arc::new(ApiState::new(
        agent.user.clone(),
        agent.workspace.subscribe(),
        agent.manifest.subscribe(),
        node.published(),
        agent.log_dir.clone(),
    ));
    accept(agent, node.listen(HTTP_API).await?, move |stream, _| api::serve(state.clone(), stream));
    let forwarder = node.forwarder().await?;
    agent.tasks.spawn(forwarder.forward_to_host(agent.hard.clone()));
    let datagrams = node.udp_forwarder().await?;
    agent.tasks.spawn(datagrams.forward_to_host(agent.hard.clone()));
    Ok(Services { node, ssh: shared, terminals })
}

/// Serves every connection of a listener until the hard end.
fn accept<F, Fut>(agent: &Agent, mut listener: Listener, serve: F)
where
    F: Fn(TcpStream, String) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let (hard, tasks): (CancellationToken, TaskTracker) = (agent.hard.clone(), agent.tasks.clone());
    agent.tasks.spawn(async move {
        let limit = Arc::new(tokio::sync::Semaphore::new(MAX_CONNECTIONS));
        loop {
            let accepted = tokio::select! {
                () = hard.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            let Ok((stream, peer)) = accepted else { return };
            // One too many is closed at once: an answer beats a connection that hangs.
            let Ok(permit) = limit.clone().try_acquire_owned() else { continue };
            let (serving, hard) = (serve(stream, peer.ip().to_string()), hard.clone());
            tasks.spawn(async move {
                let _permit = permit;
                tokio::select! {
                    () = hard.cancelled() => {}
                    () = serving => {}
                }
            });
        }
    });
}
