//! A connection that somebody in the tunnel wants to open and that is not answered yet.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::oneshot;

use super::conn::Request;
use super::{Doorbell, Flow, TcpStream};

/// A SYN that waits for a decision. Dropping it refuses the connection (RST).
pub struct PendingConnection {
    flow: Flow,
    /// Taken when decided.
    doorbell: Option<Arc<Doorbell>>,
}

impl PendingConnection {
    pub(super) fn new(flow: Flow, doorbell: Arc<Doorbell>) -> Self {
        Self { flow, doorbell: Some(doorbell) }
    }

    /// The address and port that the peer wants to reach.
    pub fn local_addr(&self) -> SocketAddr {
        self.flow.local_addr()
    }

    /// The peer's address.
    pub fn peer_addr(&self) -> SocketAddr {
        self.flow.remote_addr()
    }

    /// Answers the SYN. `None`: the node ended meanwhile.
    pub async fn accept(mut self) -> Option<TcpStream> {
        let (reply, stream) = oneshot::channel();
        self.doorbell.take()?.ring(Request::Admit(self.flow, reply));
        stream.await.ok()
    }

    /// Answers by RST, as dropping does.
    pub fn refuse(self) {}
}

impl Drop for PendingConnection {
    fn drop(&mut self) {
        if let Some(doorbell) = self.doorbell.take() {
            doorbell.ring(Request::Refuse(self.flow));
        }
    }
}
