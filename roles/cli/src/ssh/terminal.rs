//! The local terminal: raw mode for the time of a session, its size and changes of it.

use std::io::IsTerminal;

use anyhow::{Context, Result};

/// Raw mode while it lives. Where one end is no terminal nothing changes.
pub struct RawTerminal {
    active: bool,
}

impl RawTerminal {
    pub fn enter() -> Result<Self> {
        let active = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
        if active {
            crossterm::terminal::enable_raw_mode().context("set the terminal to raw mode")?;
        }
        Ok(Self { active })
    }

    /// True if input and output are a terminal.
    pub fn is_active(&self) -> bool {
        self.active
    }
}

impl Drop for RawTerminal {
    fn drop(&mut self) {
        if self.active {
            let _ = crossterm::terminal::disable_raw_mode();
        }
    }
}

/// Columns and rows of the local terminal, if there is one.
pub fn size() -> Option<(u32, u32)> {
    if !std::io::stdout().is_terminal() {
        return None;
    }
    crossterm::terminal::size().ok().map(|(columns, rows)| (u32::from(columns), u32::from(rows)))
}

/// Waits for changes of the size.
pub struct Resizes {
    #[cfg(unix)]
    signal: Option<tokio::signal::unix::Signal>,
    last: Option<(u32, u32)>,
}

impl Resizes {
    pub fn new() -> Self {
        Self {
            #[cfg(unix)]
            signal: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::window_change()).ok(),
            last: size(),
        }
    }

    /// The next new size. Dropping the future loses nothing.
    pub async fn next(&mut self) -> (u32, u32) {
        loop {
            self.wait().await;
            let now = size();
            if now != self.last
                && let Some(now) = now
            {
                self.last = Some(now);
                return now;
            }
        }
    }

    #[cfg(unix)]
    async fn wait(&mut self) {
        match &mut self.signal {
            Some(signal) => {
                signal.recv().await;
            }
            None => std::future::pending().await,
        }
    }

    #[cfg(not(unix))]
    async fn wait(&mut self) {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
}

impl Default for Resizes {
    fn default() -> Self {
        Self::new()
    }
}
