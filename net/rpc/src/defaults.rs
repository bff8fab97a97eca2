//! Times and sizes of sessions.

use std::time::Duration;

/// RPCs that one session serves at a time; more are answered with an error. An agent has about twenty.
pub const MAX_CONCURRENT_RPCS: usize = 256;
/// How long a handler of a client stream or a bidirectional stream may go on after its peer is gone.
pub const HANDLER_GRACE: Duration = Duration::from_secs(10);
/// How long a stream without a running RPC waits for its next packet.
pub const IDLE_STREAM: Duration = Duration::from_secs(60);
/// How long the end of a session may take: sending what is queued, the close handshake.
pub const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes that the driver collects before it writes them to the pipe, one websocket message.
pub const WRITE_BATCH: usize = 64 * 1024;
/// Bytes that are read from a pipe at once, into memory that all sessions of a thread share.
pub const READ_CHUNK: usize = 16 * 1024;
/// Bytes of one received websocket message at most.
pub const MAX_WS_MESSAGE: usize = 4 * 1024 * 1024;
/// Bytes of one sent websocket message at most; official provisioner daemons accept 256 KiB.
pub const MAX_WS_WRITE: usize = 128 * 1024;
/// Read and write buffer of a websocket, bytes; small, as most sessions are idle.
pub const WS_BUFFER: usize = 4 * 1024;
/// Dialling as a whole: name, TCP, TLS, upgrade.
pub const DIAL_TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes of the body of a refused upgrade that are kept.
pub const MAX_REFUSAL_BODY: usize = 64 * 1024;
