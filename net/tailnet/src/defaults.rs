//! Numbers of this crate, each with unit and reason.

use std::time::Duration;

/// IP packets inside the tunnel, bytes: what every peer assumes (`docs/protocol/tailnet.md`).
pub(crate) const MTU: usize = 1280;

/// Packets that one connection may send before the next one has its turn.
pub(crate) const TCP_TURN: usize = 64;

/// A connection whose data is not acknowledged, with nothing heard, for this long is dead. Longer than a server restart
/// or a closed lid while somebody walks to the next room.
pub(crate) const TCP_SILENCE: Duration = Duration::from_secs(180);

/// A connection that its owner has dropped may use this long to finish.
pub(crate) const TCP_LINGER: Duration = Duration::from_secs(60);

/// Opening a connection takes at most this long: three lost SYNs and a relay that reconnects.
pub(crate) const DIAL_TIMEOUT: Duration = Duration::from_secs(30);

/// Established connections that wait for [`crate::Listener::accept`]; more are closed.
pub(crate) const ACCEPT_QUEUE: usize = 128;

/// SYNs whose local target is being dialled; more are answered by RST.
pub(crate) const PENDING_FORWARDS: usize = 1024;

/// TCP connections of a node; more are answered by RST.
pub(crate) const MAX_CONNECTIONS: usize = 65_536;

/// UDP flows of a node; what would begin more is dropped.
pub(crate) const MAX_UDP_FLOWS: usize = 4096;

/// Datagrams of one flow that wait for its reader; more are lost.
pub(crate) const UDP_QUEUE: usize = 128;

/// Datagrams that may wait for the node's next turn; more are lost.
pub(crate) const DOORBELL_DATAGRAMS: usize = 256;

/// A forwarded UDP flow ends after this long without a datagram; one of DNS sooner.
pub(crate) const UDP_IDLE: Duration = Duration::from_secs(120);
pub(crate) const UDP_IDLE_DNS: Duration = Duration::from_secs(30);

/// Reachability probes that wait until their peer is known; more are dropped.
pub(crate) const WAITING_PROBES: usize = 256;

/// First local port of outgoing connections.
pub(crate) const EPHEMERAL_PORTS: std::ops::Range<u16> = 32_768..61_000;

/// How often a WireGuard tunnel that is in use looks at its timers.
pub(crate) const WIREGUARD_TICK: Duration = Duration::from_millis(500);

/// Interval of persistent keepalives, when wanted.
pub(crate) const KEEPALIVE: Duration = Duration::from_secs(25);

/// A handshake without an answer is given up after this long (and starts again with the next packet). A little before
/// the library would do so with an error.
pub(crate) const HANDSHAKE_GIVE_UP: Duration = Duration::from_secs(88);

/// Handshakes are repeated this often while somebody waits for the peer (the protocol's own pace is 5 s).
pub(crate) const HASTE: Duration = Duration::from_millis(400);

/// A source waits this long for the destination's word that it knows the source's key.
pub(crate) const READY_WAIT: Duration = Duration::from_secs(5);

/// A peer of which coordination has lost sight is removed this long after the last handshake.
pub(crate) const LOST_AFTER: Duration = Duration::from_secs(15 * 60);

/// Peers of a node; updates about more are ignored.
pub(crate) const MAX_PEERS: usize = 65_536;

/// Addresses and endpoints of one peer that are looked at.
pub(crate) const MAX_PEER_ADDRESSES: usize = 8;

/// Bytes that may wait for a relay connection (beyond what it is writing). About 50 packets.
pub(crate) const LANE_BYTES: usize = 64 * 1024;

/// Buffers of up to [`LANE_BYTES`] that a relay connection may be writing.
pub(crate) const LANE_BUFFERS: usize = 4;

/// A peer counts as active this long after something was sent to it.
pub(crate) const ACTIVE: Duration = Duration::from_secs(45);

/// A ping without an answer fails after this long.
pub(crate) const PING_TIMEOUT: Duration = Duration::from_secs(5);

/// A reachability probe is waited for this long.
pub(crate) const PROBE_LIFE: Duration = Duration::from_secs(10);

/// Pause between reachability probes: first, factor, limit.
pub(crate) const PROBE_PAUSE: Duration = Duration::from_millis(50);
pub(crate) const PROBE_PAUSE_FACTOR: f64 = 1.5;
pub(crate) const PROBE_PAUSE_LIMIT: Duration = Duration::from_secs(2);

/// A relay connection to a region that is not home is closed after this long without traffic to send.
pub(crate) const REGION_IDLE: Duration = Duration::from_secs(60);

/// Dial, TLS, upgrade and relay handshake together.
pub(crate) const RELAY_CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Pause before a relay is dialled again: first and longest. It doubles, and a connection resets it.
pub(crate) const RELAY_BACKOFF: Duration = Duration::from_millis(100);
pub(crate) const RELAY_BACKOFF_LIMIT: Duration = Duration::from_secs(5);

/// A relay that has announced its restart is dialled this often, for as long as it said, but at most so long.
pub(crate) const RELAY_RESTART_PAUSE: Duration = Duration::from_millis(200);
pub(crate) const RELAY_RESTART_LIMIT: Duration = Duration::from_secs(60);

/// A relay says something at least every 65 s; after twice that it is dead.
pub(crate) const RELAY_READ_TIMEOUT: Duration = Duration::from_secs(120);

/// A relay that takes no data for this long is dead.
pub(crate) const RELAY_WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// Packets handed to the node at once: a read of 64 KiB holds about 48.
pub(crate) const PACKET_BATCH: usize = 64;

/// Events of relay connections that may wait for the node.
pub(crate) const EVENT_QUEUE: usize = 32;

/// Largest websocket message accepted from a relay, bytes: more than any frame.
pub(crate) const MAX_WEBSOCKET_MESSAGE: usize = 1024 * 1024;

/// Read buffer of a websocket, bytes; it is kept while idle.
pub(crate) const WEBSOCKET_READ: usize = 16 * 1024;

/// The next address is tried after this long.
pub(crate) const HAPPY_EYEBALLS: Duration = Duration::from_millis(200);

/// The whole latency measurement of one region.
pub(crate) const MEASURE_TIMEOUT: Duration = Duration::from_secs(2);

/// A short-lived node measures latencies this late, if its home region is known without them.
pub(crate) const MEASURE_LATER: Duration = Duration::from_secs(3);

/// Calls of a handle that may wait for the node.
pub(crate) const COMMAND_QUEUE: usize = 64;

/// How long a goodbye to the coordinator may take.
pub(crate) const DISCONNECT_WAIT: Duration = Duration::from_secs(1);

/// How long the pings behind the latency statistics are waited for.
pub(crate) const ACTIVE_PING_TIMEOUT: Duration = Duration::from_secs(5);

/// Payload of a full TCP segment, bytes.
pub(crate) const MSS: u32 = MTU as u32 - 60;

/// Receive window of a connection, bytes, as long as the peer is near. A full window (430 packets) stays below a relay's
/// queue of 512 packets for a client, so that one connection alone never makes the relay drop.
pub(crate) const TCP_WINDOW: u32 = 512 * 1024;

/// For distant peers the window grows to what this rate needs (bytes per second), up to the limit (bytes).
pub(crate) const TCP_WINDOW_RATE: f64 = 200e6;
pub(crate) const TCP_WINDOW_LIMIT: u32 = 4 * 1024 * 1024;

/// Bytes that a writer may put in before they are acknowledged: at least, and at most when the window has grown.
pub(crate) const TCP_SEND_BUFFER: usize = 512 * 1024;
pub(crate) const TCP_SEND_BUFFER_LIMIT: usize = 4 * 1024 * 1024;

/// A waiting writer is woken when there is room for this much.
pub(crate) const TCP_WRITE: usize = 64 * 1024;
