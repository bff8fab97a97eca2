//! Why a connection ended other than by its peer's wish.

use warren_derp::FrameKind;

/// Ends one connection; never the relay.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The stream failed or ended inside the handshake.
    #[error("connection failed")]
    Io(#[from] std::io::Error),
    /// The peer sent bytes that are not the protocol.
    #[error("protocol violation")]
    Protocol(#[from] warren_derp::Error),
    /// The handshake took too long.
    #[error("handshake not finished in time")]
    HandshakeTimeout,
    /// The peer sends much before it has introduced itself.
    #[error("handshake is too long")]
    HandshakeTooLong,
    /// The peer does not take what is sent to it.
    #[error("peer does not read")]
    WriteTimeout,
    /// The peer has no right to send this frame.
    #[error("{0:?} frame is not allowed here")]
    Forbidden(FrameKind),
    /// The relay shuts down.
    #[error("relay is shutting down")]
    ShuttingDown,
    /// The relay has as many connections as it may have.
    #[error("relay has no room for another connection")]
    Full,
}
