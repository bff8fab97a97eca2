//! The stream of updates of one job: buffered log lines, heartbeats, and the cancellation that comes back.

use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use warren_proto::provisionerd::provisioner_daemon_methods as methods;
use warren_proto::provisionerd::{Log, UpdateJobRequest, UpdateJobResponse};

use crate::link::Link;

/// Lines wait this long for company.
const FLUSH_AFTER: Duration = Duration::from_millis(250);
/// A line is never held longer than this, even if others keep coming.
const FLUSH_AT_LATEST: Duration = Duration::from_secs(1);
/// More lines, or bytes of output, are sent at once.
const FLUSH_LINES: usize = 100;
const FLUSH_BYTES: usize = 512 * 1024;
/// Lines between the runner and the sender.
const QUEUE: usize = 512;
/// Time for one update.
const UPDATE_TIMEOUT: Duration = Duration::from_secs(30);

enum Command {
    Flush(oneshot::Sender<()>),
    Update(Box<UpdateJobRequest>, oneshot::Sender<Result<UpdateJobResponse, String>>),
}

/// The job's side.
#[derive(Debug, Clone)]
pub(crate) struct Updates {
    pub logs: mpsc::Sender<Log>,
    commands: mpsc::Sender<Command>,
    failure: Arc<OnceLock<String>>,
}

impl Updates {
    /// Sends what is buffered and waits until the server has it.
    pub async fn flush(&self) {
        let (done, wait) = oneshot::channel();
        if self.commands.send(Command::Flush(done)).await.is_ok() {
            let _ = wait.await;
        }
    }

    /// An update with content.
    pub async fn update(&self, request: UpdateJobRequest) -> Result<UpdateJobResponse, String> {
        let (done, wait) = oneshot::channel();
        let gone = || "the job is over".to_owned();
        self.commands.send(Command::Update(Box::new(request), done)).await.map_err(|_| gone())?;
        wait.await.map_err(|_| gone())?
    }

    /// Tells the state of a build in the middle of its apply. A server that cannot take it gets the final one.
    pub async fn state(&self, state: Bytes) {
        let request = UpdateJobRequest { state, ..UpdateJobRequest::default() };
        if let Err(error) = self.update(request).await {
            tracing::debug!(error, "the state so far could not be stored");
        }
    }

    /// Why the server could not be told; the job has failed then.
    pub fn failure(&self) -> Option<&str> {
        self.failure.get().map(String::as_str)
    }
}

/// Prepares the updates of a job. The future runs until all [`Updates`] are dropped; `cancel` fires when the server
/// cancels the job or cannot be told about it.
pub(crate) fn updates(
    link: Link,
    job_id: String,
    interval: Duration,
    cancel: CancellationToken,
) -> (Updates, impl Future<Output = ()>) {
    let (logs, lines) = mpsc::channel(QUEUE);
    let (commands, orders) = mpsc::channel(4);
    let failure = Arc::new(OnceLock::new());
    let worker = Worker { link, job_id, interval, cancel, failure: failure.clone(), buffer: Buffer::default() };
    (Updates { logs, commands, failure }, worker.run(lines, orders))
}

struct Worker {
    link: Link,
    job_id: String,
    interval: Duration,
    cancel: CancellationToken,
    failure: Arc<OnceLock<String>>,
    buffer: Buffer,
}

#[derive(Default)]
struct Buffer {
    lines: Vec<Log>,
    bytes: usize,
    first: Option<Instant>,
    last: Option<Instant>,
}

impl Buffer {
    fn push(&mut self, line: Log) {
        self.bytes += line.output.len() + line.stage.len();
        self.lines.push(line);
        let now = Instant::now();
        self.first.get_or_insert(now);
        self.last = Some(now);
    }

    fn is_full(&self) -> bool {
        self.lines.len() > FLUSH_LINES || self.bytes > FLUSH_BYTES
    }

    fn due(&self) -> Option<Instant> {
        Some((self.last? + FLUSH_AFTER).min(self.first? + FLUSH_AT_LATEST))
    }
}

impl Worker {
    async fn run(mut self, mut lines: mpsc::Receiver<Log>, mut orders: mpsc::Receiver<Command>) {
        let mut beat = Instant::now() + self.interval;
        loop {
            let due = self.buffer.due();
            tokio::select! {
                biased;
                order = orders.recv() => {
                    // Whoever asks has sent its lines before.
                    while let Ok(line) = lines.try_recv() {
                        self.buffer.push(line);
                        if self.buffer.is_full() {
                            self.send_lines().await;
                        }
                    }
                    match order {
                        Some(Command::Flush(done)) => {
                            self.send_lines().await;
                            let _ = done.send(());
                        }
                        Some(Command::Update(mut request, done)) => {
                            request.job_id.clone_from(&self.job_id);
                            request.logs = self.take();
                            let _ = done.send(self.send(&request).await);
                        }
                        None => {
                            self.send_lines().await;
                            return;
                        }
                    }
                    beat = Instant::now() + self.interval;
                }
                Some(line) = lines.recv() => {
                    self.buffer.push(line);
                    if !self.buffer.is_full() {
                        continue;
                    }
                    self.send_lines().await;
                    beat = Instant::now() + self.interval;
                }
                () = tokio::time::sleep_until(due.unwrap_or(beat)), if due.is_some() => {
                    self.send_lines().await;
                    beat = Instant::now() + self.interval;
                }
                () = tokio::time::sleep_until(beat) => {
                    let request = UpdateJobRequest { job_id: self.job_id.clone(), logs: self.take(), ..Default::default() };
                    let sent = self.send(&request).await;
                    self.note(sent);
                    beat = Instant::now() + self.interval;
                }
            }
        }
    }

    async fn send_lines(&mut self) {
        if self.buffer.lines.is_empty() {
            return;
        }
        let request = UpdateJobRequest { job_id: self.job_id.clone(), logs: self.take(), ..Default::default() };
        let sent = self.send(&request).await;
        self.note(sent);
    }

    fn take(&mut self) -> Vec<Log> {
        std::mem::take(&mut self.buffer).lines
    }

    async fn send(&self, request: &UpdateJobRequest) -> Result<UpdateJobResponse, String> {
        let call = self.link.unary(methods::UPDATE_JOB, request);
        let response = tokio::time::timeout(UPDATE_TIMEOUT, call)
            .await
            .map_err(|_| "no answer within 30 seconds".to_owned())??;
        if response.canceled {
            self.cancel.cancel();
        }
        Ok(response)
    }

    fn note(&self, sent: Result<UpdateJobResponse, String>) {
        if let Err(error) = sent {
            let _ = self.failure.set(format!("send periodic update: {error}"));
            self.cancel.cancel();
        }
    }
}
