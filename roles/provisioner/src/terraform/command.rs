//! One Terraform process: its lines as they come, interruption, and an end that leaves no child behind.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use nix::sys::signal::Signal;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::unix::pipe;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::guard::Guard;

/// Bytes of one output line that are kept.
const LINE_LIMIT: usize = 1024 * 1024;
/// Bytes of collected output (a plan as JSON, a graph).
const OUTPUT_LIMIT: usize = 256 * 1024 * 1024;
/// Lines that wait between the reader and whoever forwards them.
const QUEUE: usize = 256;

/// Why a process did not succeed.
#[derive(Debug, thiserror::Error)]
pub(super) enum CommandError {
    /// It could not be started.
    #[error("{0}")]
    Spawn(std::io::Error),
    /// Waiting or reading failed.
    #[error("{0}")]
    Io(std::io::Error),
    /// It ended with another status than 0.
    #[error("{}", describe(*.0))]
    Failed(ExitStatus),
    /// It printed more than is kept.
    #[error("more than {OUTPUT_LIMIT} bytes of output")]
    TooMuchOutput,
}

/// What ended the process, in the words that clients know: `exit status 1`, `signal: killed`.
fn describe(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(libc_kill)) if libc_kill == Signal::SIGKILL as i32 => "signal: killed".to_owned(),
        (None, Some(signal)) => match Signal::try_from(signal) {
            Ok(signal) => format!("signal: {}", signal.as_str().trim_start_matches("SIG").to_ascii_lowercase()),
            Err(_) => format!("signal: {signal}"),
        },
        (None, None) => "ended without a status".to_owned(),
    }
}

/// A line of output.
#[derive(Debug)]
pub(super) enum Line {
    Out(String),
    Err(String),
}

/// Takes lines.
pub(super) trait Sink: Send {
    /// Takes one; the process waits meanwhile.
    fn line(&mut self, line: Line) -> impl Future<Output = ()> + Send;
}

/// How to start the process.
pub(super) struct Run<'a> {
    pub binary: &'a Path,
    /// The program that keeps it from outliving this process; without one only its process group is known.
    pub keeper: Option<&'a Path>,
    pub arguments: Vec<OsString>,
    /// The whole environment.
    pub environment: &'a [(OsString, OsString)],
    pub dir: &'a Path,
    /// Time between interrupt and kill.
    pub exit_timeout: Duration,
}

impl Run<'_> {
    /// Runs to the end and hands every line to `sink`. On cancellation the process gets SIGINT and goes on until it
    /// ends by itself or the exit timeout has passed; either way its lines and status are reported as usual.
    pub async fn lines<S: Sink>(&self, cancel: &CancellationToken, sink: &mut S) -> Result<(), CommandError> {
        let (mut guard, [stdout, stderr]) = self.spawn()?;
        let (sender, mut lines) = mpsc::channel(QUEUE);
        let read = async {
            let out = forward(stdout, sender.clone(), Line::Out);
            let err = forward(stderr, sender.clone(), Line::Err);
            let _ = tokio::join!(out, err);
            drop(sender);
        };
        let mut read = std::pin::pin!(read);
        let mut reading = true;
        let wait = guard.wait(cancel, self.exit_timeout);
        let mut wait = std::pin::pin!(wait);
        let mut status = None;
        // A grandchild may hold the pipes open after the end; its output is not waited for.
        let mut grace = std::pin::pin!(tokio::time::sleep(Duration::MAX));
        loop {
            tokio::select! {
                biased;
                line = lines.recv() => match line {
                    Some(line) => sink.line(line).await,
                    None if status.is_some() => break,
                    None => reading = false,
                },
                () = &mut read, if reading => reading = false,
                ended = &mut wait, if status.is_none() => {
                    status = Some(ended?);
                    if !reading { break; }
                    grace.as_mut().reset(tokio::time::Instant::now() + Duration::from_secs(1));
                }
                () = &mut grace, if status.is_some() => break,
            }
            if status.is_some() && !reading && lines.is_empty() {
                break;
            }
            if !reading && status.is_none() && lines.is_empty() {
                // All pipes are closed: only the status is missing.
                status = Some(wait.as_mut().await?);
                break;
            }
        }
        while let Ok(line) = lines.try_recv() {
            sink.line(line).await;
        }
        match status {
            Some(status) if status.success() => Ok(()),
            Some(status) => Err(CommandError::Failed(status)),
            None => Err(CommandError::Io(std::io::Error::other("the process vanished"))),
        }
    }

    /// Runs to the end and returns what it printed on standard output.
    pub async fn output(&self, cancel: &CancellationToken) -> Result<Vec<u8>, CommandError> {
        use tokio::io::AsyncReadExt;
        let (mut guard, [stdout, mut stderr]) = self.spawn()?;
        let mut out = Vec::new();
        // The status is what counts here; but a closed pipe would kill whoever writes to it.
        let drain = async {
            let _ = tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await;
        };
        let read = async { stdout.take(OUTPUT_LIMIT as u64 + 1).read_to_end(&mut out).await.map(drop) };
        let (read, (), status) = tokio::join!(read, drain, guard.wait(cancel, self.exit_timeout));
        read.map_err(CommandError::Io)?;
        let status = status?;
        if !status.success() {
            return Err(CommandError::Failed(status));
        }
        if out.len() > OUTPUT_LIMIT {
            return Err(CommandError::TooMuchOutput);
        }
        Ok(out)
    }

    fn spawn(&self) -> Result<(Guard, [pipe::Receiver; 2]), CommandError> {
        Guard::spawn(self).map_err(CommandError::Spawn)
    }
}

async fn forward(pipe: pipe::Receiver, lines: mpsc::Sender<Line>, kind: fn(String) -> Line) {
    let mut reader = BufReader::with_capacity(64 * 1024, pipe);
    let mut line = Vec::new();
    loop {
        let available = match reader.fill_buf().await {
            Ok([]) | Err(_) => break,
            Ok(available) => available,
        };
        let (used, ended) = match available.iter().position(|byte| *byte == b'\n') {
            Some(at) => (at + 1, true),
            None => (available.len(), false),
        };
        let room = LINE_LIMIT.saturating_sub(line.len());
        line.extend(available.iter().take(used.min(room)));
        reader.consume(used);
        if ended && lines.send(kind(text(&mut line))).await.is_err() {
            return;
        }
    }
    if !line.is_empty() {
        let _ = lines.send(kind(text(&mut line))).await;
    }
}

fn text(line: &mut Vec<u8>) -> String {
    while line.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
        line.pop();
    }
    let text = String::from_utf8_lossy(line).into_owned();
    line.clear();
    text
}

#[cfg(test)]
mod tests;
