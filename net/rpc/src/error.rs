//! How calls end badly.

pub use warren_drpc::RpcError;
pub use warren_yamux::CloseReason;
use warren_yamux::OpenError;

/// Why a call did not succeed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The peer answered with an error.
    #[error(transparent)]
    Rpc(#[from] RpcError),
    /// The session is over.
    #[error("session ended: {0}")]
    Closed(#[source] CloseReason),
    /// The peer ended this call without an answer; other calls go on.
    #[error("the call was ended by the peer")]
    Disconnected,
    /// The peer accepts no new calls on this session.
    #[error("the session accepts no new calls")]
    NoNewCalls,
    /// The call is over, nothing can be sent any more.
    #[error("the call is over")]
    Finished,
    /// The peer broke the protocol.
    #[error("protocol error")]
    Protocol(#[from] warren_drpc::Violation),
    /// A message that cannot be decoded.
    #[error("undecodable message")]
    Decode(#[from] prost::DecodeError),
    /// A message of this many bytes is above the 4 MiB that one may have.
    #[error("a message of {0} bytes is too large")]
    TooLarge(usize),
    /// A call that must be answered with one message was answered with none.
    #[error("the peer sent no response")]
    NoResponse,
    /// No answer to a ping.
    #[error("no answer to a ping")]
    PingTimeout,
}

impl Error {
    /// The error that the peer answered with.
    pub fn as_rpc(&self) -> Option<&RpcError> {
        match self {
            Self::Rpc(e) => Some(e),
            _ => None,
        }
    }

    /// Whether the peer knows the method but does not serve it.
    pub fn is_unimplemented(&self) -> bool {
        self.as_rpc().is_some_and(RpcError::is_unimplemented)
    }
}

impl From<OpenError> for Error {
    fn from(e: OpenError) -> Self {
        match e {
            OpenError::Closed(reason) => Self::Closed(reason),
            OpenError::GoAway | OpenError::Exhausted | OpenError::Backlog => Self::NoNewCalls,
        }
    }
}

/// A handler that fails because its peer did needs no code of its own.
impl From<Error> for RpcError {
    fn from(e: Error) -> Self {
        match e {
            Error::Rpc(e) => e,
            other => Self::new(other.to_string()),
        }
    }
}
