//! What can go wrong with a node.

use std::io;

/// Why a node did not do what was asked of it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The node was closed.
    #[error("the node is closed")]
    Closed,
    /// No relay or system trust could be set up.
    #[error("tls: {0}")]
    Tls(#[from] warren_tls::Error),
    /// Somebody listens on this port already.
    #[error("port {0} is taken")]
    PortTaken(u16),
    /// The forwarder was taken already.
    #[error("somebody takes the other ports already")]
    ForwarderTaken,
    /// Only IPv6 addresses exist in the tunnel.
    #[error("{0} is not an address inside the tunnel")]
    Address(std::net::SocketAddr),
    /// The peer is not known (yet).
    #[error("the peer is not known")]
    UnknownPeer,
    /// No answer in time.
    #[error("no answer in time")]
    Timeout,
    /// The connection was refused or broke while opening.
    #[error("connect: {0}")]
    Connect(#[from] io::Error),
    /// The coordinator refused, in its words.
    #[error("coordinator: {0}")]
    Coordinator(String),
    /// The session to the server failed.
    #[error("coordination: {0}")]
    Rpc(#[from] warren_rpc::Error),
}

/// Dials and accepted streams are used as I/O: their errors, too.
impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Connect(error) => error,
            Error::Timeout => Self::new(io::ErrorKind::TimedOut, error),
            other => Self::other(other),
        }
    }
}
