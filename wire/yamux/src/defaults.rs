//! Numbers that the other implementation uses too; see `docs/protocol/yamux.md`.

use std::time::Duration;

/// Bytes that a side may send on a stream before it is granted more.
pub const WINDOW: u32 = 256 * 1024;
/// Streams that may wait unaccepted (inbound) or unacknowledged (outbound).
pub const ACCEPT_BACKLOG: usize = 256;
/// Period of the own keep-alive ping.
pub const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// How long an answer to a ping may take; with keep-alive pings the session ends after it.
pub const PING_TIMEOUT: Duration = Duration::from_secs(10);
/// A stream that is not acknowledged after this time ends the session.
pub const OPEN_TIMEOUT: Duration = Duration::from_secs(75);
/// A stream that was closed here and is still open there is reset after this time.
pub const CLOSE_TIMEOUT: Duration = Duration::from_secs(300);
/// Inbound streams at one time; more are reset. Our bound, calls in flight of one peer.
pub const MAX_STREAMS: usize = 512;
/// Unread bytes of all streams together; our bound against a peer that fills every window.
pub const MAX_UNREAD: usize = 16 * 1024 * 1024;
/// Bytes that one stream queues for sending before the writer has to wait.
pub const SEND_BUFFER: usize = 256 * 1024;
/// Payload of one data frame at most; small enough that streams take turns.
pub const MAX_DATA_FRAME: usize = 64 * 1024;
/// Control frames (pongs, resets) waiting to be sent; a peer that causes more does not read and is dropped.
pub const MAX_CONTROL_QUEUE: usize = 1024;
/// Own pings in flight.
pub const MAX_PINGS: usize = 16;
