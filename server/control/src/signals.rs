//! The signals that end the server.

use anyhow::Result;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// How to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Let running jobs end.
    Gracefully,
    /// Cancel running jobs.
    Quickly,
}

/// The registered signals.
pub(crate) struct Signals {
    terminate: Signal,
    hangup: Signal,
    interrupt: Signal,
}

impl Signals {
    pub(crate) fn register() -> Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// The next one.
    pub(crate) async fn next(&mut self) -> Stop {
        tokio::select! {
            _ = self.terminate.recv() => Stop::Gracefully,
            _ = self.hangup.recv() => Stop::Gracefully,
            _ = self.interrupt.recv() => Stop::Quickly,
        }
    }
}
