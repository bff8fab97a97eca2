//! Why a session ended, and why a stream could not be opened.

use crate::StreamId;

/// What a peer did against the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// The first byte of a frame is not 0.
    #[error("unknown protocol version {0}")]
    Version(u8),
    /// The second byte of a frame is above 3.
    #[error("unknown frame type {0}")]
    FrameType(u8),
    /// More data than the window allows.
    #[error("stream {0} exceeds its window")]
    Window(StreamId),
    /// A stream was opened twice, or with an id of the wrong side.
    #[error("stream {0} must not be opened by the peer")]
    Open(StreamId),
    /// A GoAway with an unknown code.
    #[error("unknown go-away code {0}")]
    GoAway(u32),
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CloseReason {
    /// This side closed it.
    #[error("closed locally")]
    Local,
    /// The byte pipe ended.
    #[error("the connection ended")]
    Eof,
    /// The byte pipe failed.
    #[error("the connection failed: {0}")]
    Io(std::io::ErrorKind),
    /// The peer broke the protocol.
    #[error("protocol error: {0}")]
    Protocol(#[from] Violation),
    /// The peer says that this side broke the protocol, or that it has an internal error.
    #[error("the peer went away with code {0}")]
    RemoteError(u32),
    /// No answer to a keep-alive ping.
    #[error("no answer to a keep-alive ping")]
    KeepAlive,
    /// A stream was not acknowledged in time.
    #[error("stream {0} was not acknowledged in time")]
    OpenTimeout(StreamId),
    /// The peer causes answers faster than it reads them, or fills all windows.
    #[error("the peer exceeds the bounds of a session")]
    Overload,
}

/// Why a stream could not be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Too many streams wait for their acknowledgement; try again after [`crate::Event::Acknowledged`].
    #[error("too many streams wait to be acknowledged")]
    Backlog,
    /// The peer accepts no new streams.
    #[error("the peer accepts no new streams")]
    GoAway,
    /// All stream ids of this side are used up.
    #[error("no stream id is left")]
    Exhausted,
    /// The session has ended.
    #[error(transparent)]
    Closed(#[from] CloseReason),
}
