//! What peers open towards this node: connections to its own ports, and ports that are forwarded to the host.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::Error;
use crate::defaults::{UDP_IDLE, UDP_IDLE_DNS};
use crate::netstack::{PendingConnection, TcpStream, UdpFlow};

/// Accepts the connections to one port; dropping it frees the port.
pub struct Listener {
    pub(crate) port: u16,
    pub(crate) incoming: mpsc::Receiver<TcpStream>,
}

impl Listener {
    /// The next connection; an error when the node ends.
    pub async fn accept(&mut self) -> Result<(TcpStream, SocketAddr), Error> {
        let stream = self.incoming.recv().await.ok_or(Error::Closed)?;
        let peer = stream.peer_addr();
        Ok((stream, peer))
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }
}

/// Decides on connections to ports without a listener; dropping it refuses them all.
pub struct Forwarder {
    pub(crate) pending: mpsc::Receiver<PendingConnection>,
}

impl Forwarder {
    /// The next connection that somebody wants to open; `None` when the node ends.
    pub async fn next(&mut self) -> Option<PendingConnection> {
        self.pending.recv().await
    }

    /// Connects each to the same port of this host (127.0.0.1, else ::1), until cancelled or the node ends. A
    /// connection is answered when the local one is there, and refused if that is not possible.
    pub async fn forward_to_host(mut self, cancel: CancellationToken) {
        let mut connections = tokio::task::JoinSet::new();
        loop {
            tokio::select! {
                () = cancel.cancelled() => return,
                pending = self.next() => match pending {
                    Some(pending) => { connections.spawn(forward(pending)); }
                    None => return,
                },
                Some(_) = connections.join_next() => {}
            }
        }
    }
}

async fn forward(pending: PendingConnection) {
    let port = pending.local_addr().port();
    let local = match tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await {
        Ok(local) => Ok(local),
        Err(_) => tokio::net::TcpStream::connect((Ipv6Addr::LOCALHOST, port)).await,
    };
    let mut local = match local {
        Ok(local) => local,
        Err(error) => {
            tracing::debug!(port, %error, "nothing listens there");
            return pending.refuse();
        }
    };
    let _ = local.set_nodelay(true);
    let Some(mut remote) = pending.accept().await else { return };
    // Either side may break off; both are closed then.
    let _ = tokio::io::copy_bidirectional_with_sizes(&mut remote, &mut local, COPY_BUFFER, COPY_BUFFER).await;
}

/// Buffer of one direction of a forwarded connection, bytes.
const COPY_BUFFER: usize = 16 * 1024;

/// Decides on UDP flows that peers begin; dropping it refuses them all.
pub struct UdpForwarder {
    pub(crate) flows: mpsc::Receiver<UdpFlow>,
}

impl UdpForwarder {
    /// The next flow; `None` when the node ends.
    pub async fn next(&mut self) -> Option<UdpFlow> {
        self.flows.recv().await
    }

    /// Relays each flow to the same port of this host (127.0.0.1) until it is idle, cancelled or the node ends.
    pub async fn forward_to_host(mut self, cancel: CancellationToken) {
        let mut flows = tokio::task::JoinSet::new();
        loop {
            tokio::select! {
                () = cancel.cancelled() => return,
                flow = self.next() => match flow {
                    Some(flow) => { flows.spawn(forward_udp(flow)); }
                    None => return,
                },
                Some(_) = flows.join_next() => {}
            }
        }
    }
}

async fn forward_udp(mut flow: UdpFlow) {
    let (port, source) = (flow.local_addr().port(), flow.peer_addr().port());
    let socket = match local_socket(port, source).await {
        Ok(socket) => socket,
        Err(error) => return tracing::debug!(port, %error, "a socket for forwarded datagrams"),
    };
    const DNS: u16 = 53;
    let idle = if port == DNS { UDP_IDLE_DNS } else { UDP_IDLE };
    relay(&mut flow, &socket, idle).await;
}

/// From the peer's own port where it is free: some protocols look at it.
async fn local_socket(port: u16, source: u16) -> std::io::Result<UdpSocket> {
    let socket = match UdpSocket::bind((Ipv4Addr::LOCALHOST, source)).await {
        Ok(socket) => socket,
        Err(_) => UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?,
    };
    socket.connect((Ipv4Addr::LOCALHOST, port)).await?;
    Ok(socket)
}

/// Passes datagrams both ways until nothing passed for the time `idle`, or the flow ended. Errors of the socket (nobody
/// listens at the moment) lose a datagram, no more.
async fn relay(flow: &mut UdpFlow, socket: &UdpSocket, idle: Duration) {
    let mut buffer = vec![0; u16::MAX.into()];
    loop {
        tokio::select! {
            arrived = flow.recv() => match arrived {
                Some(datagram) => { let _ = socket.send(&datagram).await; }
                None => return,
            },
            received = socket.recv(&mut buffer) => {
                if let Ok(length) = received
                    && let Err(error) = flow.send(&buffer[..length])
                {
                    tracing::debug!(%error, "datagram dropped");
                }
            }
            () = tokio::time::sleep(idle) => return,
        }
    }
}
