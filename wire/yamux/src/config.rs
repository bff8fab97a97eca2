//! What can be set for a session.

use std::time::Duration;

use crate::defaults;

/// Bounds and times of a session; [`Default`] is what the other implementation uses.
#[derive(Debug, Clone)]
pub struct Config {
    /// Receive window of each stream in bytes. The first grant is fixed by the protocol, so never below 256 KiB.
    pub window: u32,
    /// Inbound streams that may wait to be accepted.
    pub accept_backlog: usize,
    /// Inbound streams at one time.
    pub max_streams: usize,
    /// Unread bytes of all streams together.
    pub max_unread: usize,
    /// Period of the keep-alive ping; `None` = no keep-alive.
    pub keep_alive: Option<Duration>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            window: defaults::WINDOW,
            accept_backlog: defaults::ACCEPT_BACKLOG,
            max_streams: defaults::MAX_STREAMS,
            max_unread: defaults::MAX_UNREAD,
            keep_alive: Some(defaults::KEEP_ALIVE),
        }
    }
}
