//! Forwarded UDP ports: one flow in the tunnel for each local address that sends.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use bytes::Bytes;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;

use super::spec::Forward;
use super::{Shared, announce, bind};

/// A sender that is silent for this long is forgotten.
const IDLE: Duration = Duration::from_secs(120);
/// Senders at the same time; datagrams of more are dropped.
const MAX_SENDERS: usize = 1024;
/// Datagrams of one sender that wait for the tunnel; more are dropped.
const QUEUE: usize = 128;

/// Listens and serves in the background.
pub async fn start(forward: &Forward, shared: &Shared) -> Result<()> {
    for socket in bind(forward, UdpSocket::bind).await? {
        announce(forward, socket.local_addr()?);
        shared.tasks.spawn(serve(Arc::new(socket), forward.remote, shared.clone()));
    }
    Ok(())
}

async fn serve(socket: Arc<UdpSocket>, remote: u16, shared: Shared) {
    let mut senders: HashMap<SocketAddr, mpsc::Sender<Bytes>> = HashMap::new();
    let mut buffer = vec![0; u16::MAX.into()];
    loop {
        let received = tokio::select! {
            () = shared.cancel.cancelled() => return,
            received = socket.recv_from(&mut buffer) => received,
        };
        // A sender that closed its socket is reported here as an error; the others go on.
        let Ok((length, from)) = received else { continue };
        let datagram = Bytes::copy_from_slice(&buffer[..length]);
        let known = senders.get(&from).filter(|sender| !sender.is_closed());
        if let Some(sender) = known {
            let _ = sender.try_send(datagram); // a full queue loses it
            continue;
        }
        senders.retain(|_, sender| !sender.is_closed());
        if senders.len() >= MAX_SENDERS {
            continue;
        }
        let (sender, queue) = mpsc::channel(QUEUE);
        let _ = sender.try_send(datagram);
        senders.insert(from, sender);
        let (socket, shared) = (socket.clone(), shared.clone());
        shared.tasks.clone().spawn(async move {
            tokio::select! {
                () = shared.cancel.cancelled() => {}
                () = carry(&shared, remote, &socket, from, queue) => {}
            }
        });
    }
}

/// Carries the datagrams of one sender both ways until it is idle.
async fn carry(shared: &Shared, remote: u16, socket: &UdpSocket, from: SocketAddr, mut queue: mpsc::Receiver<Bytes>) {
    let mut flow = match shared.tunnel.dial_udp(remote).await {
        Ok(flow) => flow,
        Err(error) => return tracing::warn!(%error, remote, "no flow in the tunnel"),
    };
    loop {
        tokio::select! {
            Some(datagram) = queue.recv() => {
                if let Err(error) = flow.send(&datagram) {
                    eprintln!("Dropped a datagram to port {remote}: {error}");
                }
            }
            answer = flow.recv() => match answer {
                Some(datagram) => { let _ = socket.send_to(&datagram, from).await; }
                None => return,
            },
            () = tokio::time::sleep(IDLE) => return,
        }
    }
}
