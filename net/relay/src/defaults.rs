//! Numbers of the relay, each with its unit and reason.

use std::time::Duration;

/// From the first byte to the client's registration.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes that may wait before a client has introduced itself; the official introduction has 109.
pub const HANDSHAKE_BYTES: usize = 16 * 1024;

/// A write that makes no progress for this long ends the connection.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(2);

/// Between keep-alive frames; clients give up after 120 s of silence.
pub const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(60);

/// Added to the keep-alive interval at random, so that connections made together do not wake together.
pub const KEEP_ALIVE_JITTER: Duration = Duration::from_secs(5);

/// Packets in each of a client's two queues (path discovery, other).
pub const QUEUE_PACKETS: usize = 512;

/// Bytes in each of a client's two queues: 512 packets of a tunnel need 0.7 MiB.
pub const QUEUE_BYTES: usize = 2 * 1024 * 1024;

/// Bytes in all queues of the relay.
pub const TOTAL_QUEUE_BYTES: usize = 512 * 1024 * 1024;

/// Connections at one time, those in the handshake included.
pub const MAX_CONNECTIONS: usize = 100_000;

/// Notices (peer gone, peer present) that wait for one client.
pub const CONTROL_FRAMES: usize = 1024;

/// Frames in one write; a batch never delays a packet, it takes what is there.
pub const WRITE_BATCH_FRAMES: usize = 64;

/// Receive buffer of an idle connection, in bytes.
pub const IDLE_READ_BYTES: usize = 512;

/// Receive buffer of a busy connection, in bytes.
pub const BUSY_READ_BYTES: usize = 64 * 1024;

/// A connection without traffic for this long gives its buffers back.
pub const IDLE_AFTER: Duration = Duration::from_secs(5);

/// Destinations per client that are told when it goes away.
pub const REMEMBERED_DESTINATIONS: usize = 16 * 1024;

/// "Not here" answers per client: one a second, and at most this many at once.
pub const NOT_HERE_BURST: u32 = 3;

/// What clients are told at shutdown: when to come back, spread over this time.
pub const RESTART_SPREAD: Duration = Duration::from_millis(500);

/// What clients are told at shutdown: how long to try.
pub const RESTART_TRY_FOR: Duration = Duration::from_secs(60);
