//! Numbers of this crate, each with unit and reason.

use std::time::Duration;

/// IP packets inside the tunnel, bytes: what every peer assumes (`docs/protocol/tailnet.md`).
pub(crate) const MTU: usize = 1280;

/// Receive and send buffer of a TCP connection, bytes. A full window (430 packets) stays below a relay's queue of
/// 512 packets for a client, so that one connection never makes the relay drop. The pages are untouched until used.
pub(crate) const TCP_BUFFER: usize = 512 * 1024;

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

/// First local port of outgoing connections.
pub(crate) const EPHEMERAL_PORTS: std::ops::Range<u16> = 32_768..61_000;
