//! Job log lines on their way to the server.

use jiff::Timestamp;
use tokio::sync::mpsc;
use warren_proto::provisioner::LogLevel;
use warren_proto::provisionerd::{Log, LogSource};

/// Bytes of one line that are sent; the server keeps fewer.
const LINE_LIMIT: usize = 8 * 1024;

/// Sends the lines of one stage. Waits when the server is slow, so that a flood cannot fill the memory.
#[derive(Debug, Clone)]
pub struct StageLog {
    sender: mpsc::Sender<Log>,
    stage: &'static str,
    minimum: LogLevel,
}

impl StageLog {
    /// Lines of `stage` below `minimum` are dropped.
    pub fn new(sender: mpsc::Sender<Log>, stage: &'static str, minimum: LogLevel) -> Self {
        Self { sender, stage, minimum }
    }

    /// The empty line with which the daemon opens a stage.
    pub async fn open(&self) {
        self.send(LogSource::ProvisionerDaemon, LogLevel::Info, String::new()).await;
    }

    /// A line of the provisioner.
    pub async fn line(&self, level: LogLevel, output: impl Into<String>) {
        if level >= self.minimum {
            self.send(LogSource::Provisioner, level, output.into()).await;
        }
    }

    async fn send(&self, source: LogSource, level: LogLevel, mut output: String) {
        if output.len() > LINE_LIMIT {
            let end = (0..=LINE_LIMIT).rev().find(|at| output.is_char_boundary(*at)).unwrap_or(0);
            output.truncate(end);
        }
        let created_at = Timestamp::now().as_millisecond();
        let log = Log { source: source.into(), level: level.into(), created_at, stage: self.stage.to_owned(), output };
        // The receiver ends with the job; nobody is left to read then.
        let _ = self.sender.send(log).await;
    }
}
