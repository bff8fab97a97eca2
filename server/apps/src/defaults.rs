//! Numbers of this crate, each with unit and reason.

use std::time::Duration;

/// How long an app may take until its answer begins. Downloads and event streams go on after that.
pub(crate) const HEAD_TIMEOUT: Duration = Duration::from_secs(180);

/// Buffer of each direction of an upgraded connection and of a terminal, bytes.
pub(crate) const COPY_BUFFER: usize = 16 * 1024;

/// Pings of a terminal's websocket keep proxies from closing it.
pub(crate) const TERMINAL_PING: Duration = Duration::from_secs(15);

/// How long a browser may take for one message.
pub(crate) const TERMINAL_WRITE_TIMEOUT: Duration = Duration::from_secs(30);
