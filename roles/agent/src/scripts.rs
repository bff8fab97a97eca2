//! Startup, shutdown and scheduled scripts (agent.md §14).

use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use nix::sys::signal::Signal;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWriteExt as _, BufReader};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;
use warren_proto::agent::log::Level;
use warren_proto::agent::timing::{Stage, Status};
use warren_proto::agent::{Timing, WorkspaceAgentScript};

use crate::cron::Schedule;
use crate::environment::{Paths, WorkspaceWatch};
use crate::logs::LogQueue;
use crate::process::{self, Group};
use crate::user::User;
use crate::wire;

/// After a time-out: how long a script has between SIGHUP and SIGKILL, and how long pipes may stay open.
const GRACE: Duration = Duration::from_secs(10);
/// The longest line of output that is kept as one record.
const MAX_LINE: usize = 64 * 1024;

/// How the scripts of a stage ended together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    Ok,
    TimedOut,
    Failed,
}

struct Script {
    id: Uuid,
    source: Uuid,
    text: String,
    log_path: PathBuf,
    timeout: Duration,
    schedule: Option<Schedule>,
    on_start: bool,
    on_stop: bool,
}

/// The scripts of the first manifest, and what they need to run.
pub struct Scripts {
    scripts: Vec<Arc<Script>>,
    shared: Arc<ScriptsShared>,
}

/// What every script uses.
pub struct ScriptsShared {
    pub user: User,
    pub paths: Paths,
    pub workspace: WorkspaceWatch,
    pub logs: Arc<LogQueue>,
    pub data_dir: PathBuf,
    pub log_dir: PathBuf,
    /// Completed runs, for ScriptCompleted; what does not fit is dropped, reports are advice only.
    pub timings: mpsc::Sender<Timing>,
}

/// A manifest script that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("script id or log source is not a UUID")]
    Id,
    #[error("cron expression {0:?} of a script")]
    Cron(String, #[source] crate::cron::Error),
    #[error("create the script folder")]
    Folder(#[source] std::io::Error),
}

impl Scripts {
    /// Reads the manifest's scripts and makes their folders.
    pub fn new(scripts: &[WorkspaceAgentScript], shared: Arc<ScriptsShared>) -> Result<Self, Error> {
        private_dir(&shared.paths.script_bin_dir).map_err(Error::Folder)?;
        let scripts = scripts.iter().map(|s| Script::new(s, &shared).map(Arc::new)).collect::<Result<_, _>>()?;
        Ok(Self { scripts, shared })
    }

    /// Runs the startup scripts, all at once.
    pub async fn start(&self) -> Outcome {
        self.run(Stage::Start, |script| script.on_start).await
    }

    /// Runs the shutdown scripts, all at once.
    pub async fn stop(&self) -> Outcome {
        self.run(Stage::Stop, |script| script.on_stop).await
    }

    async fn run(&self, stage: Stage, wanted: impl Fn(&Script) -> bool) -> Outcome {
        let runs = self.scripts.iter().filter(|s| wanted(s)).map(|s| s.run(stage, &self.shared));
        futures_util::future::join_all(runs).await.into_iter().max().unwrap_or(Outcome::Ok)
    }

    /// Starts the schedules; a run that is not done when the next is due does not hold it up.
    pub fn start_schedules(&self, tasks: &TaskTracker, cancel: &CancellationToken) {
        for script in self.scripts.iter().filter(|s| s.schedule.is_some()) {
            let (script, shared, cancel, runs) = (script.clone(), self.shared.clone(), cancel.clone(), tasks.clone());
            tasks.spawn(async move {
                while let Some(wait) = script.schedule.as_ref().and_then(|s| s.next_delay(&jiff::Zoned::now())) {
                    tokio::select! {
                        () = cancel.cancelled() => return,
                        () = tokio::time::sleep(wait) => {}
                    }
                    let (script, shared, cancel) = (script.clone(), shared.clone(), cancel.clone());
                    runs.spawn(async move {
                        tokio::select! {
                            () = cancel.cancelled() => {}
                            _ = script.run(Stage::Cron, &shared) => {}
                        }
                    });
                }
            });
        }
    }
}

impl Script {
    fn new(script: &WorkspaceAgentScript, shared: &ScriptsShared) -> Result<Self, Error> {
        let id = Uuid::from_slice(&script.id).map_err(|_| Error::Id)?;
        let source = Uuid::from_slice(&script.log_source_id).map_err(|_| Error::Id)?;
        let log_path = match script.log_path.as_str() {
            "" => shared.log_dir.join(format!("coder-script-{source}.log")),
            path if path.starts_with(['~', '/', '$']) => PathBuf::from(shared.user.expand(path)),
            path => shared.log_dir.join(path),
        };
        let schedule = match script.cron.as_str() {
            "" => None,
            cron => Some(cron.parse().map_err(|e| Error::Cron(cron.to_owned(), e))?),
        };
        Ok(Self {
            id,
            source,
            text: script.script.clone(),
            log_path,
            timeout: wire::duration(script.timeout.as_ref()),
            schedule,
            on_start: script.run_on_start,
            on_stop: script.run_on_stop,
        })
    }

    async fn run(&self, stage: Stage, shared: &ScriptsShared) -> Outcome {
        let start = Timestamp::now();
        let (status, exit_code) = match self.execute(shared).await {
            Ok(ended) => ended,
            Err(error) => {
                shared.logs.push(self.source, Level::Error, &format!("start the script: {error}"));
                (Status::ExitFailure, 255)
            }
        };
        shared.logs.flush(self.source);
        let timing = Timing {
            script_id: wire::id(self.id),
            start: Some(wire::timestamp(start)),
            end: Some(wire::timestamp(Timestamp::now())),
            exit_code,
            stage: stage.into(),
            status: status.into(),
        };
        let _ = shared.timings.try_send(timing);
        match status {
            Status::Ok => Outcome::Ok,
            Status::TimedOut => Outcome::TimedOut,
            Status::ExitFailure | Status::PipesLeftOpen => Outcome::Failed,
        }
    }

    async fn execute(&self, shared: &ScriptsShared) -> std::io::Result<(Status, i32)> {
        let Some(workspace) = shared.workspace.borrow().clone() else {
            return Err(std::io::Error::other("no manifest yet"));
        };
        let data_dir = shared.data_dir.join(self.source.to_string());
        private_dir(&data_dir)?;
        let extra = [
            ("CODER_SCRIPT_DATA_DIR".to_owned(), data_dir.display().to_string()),
            ("CODER_SCRIPT_BIN_DIR".to_owned(), shared.paths.script_bin_dir.display().to_string()),
        ];
        let file = tokio::sync::Mutex::new(self.open_log(&shared.logs));
        let mut child = process::spawn(&shared.user, &shared.paths, &workspace, (&self.text, &extra))?;
        let group = Group::of(&child);

        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let output = async {
            tokio::join!(
                self.copy(stdout, Level::Info, &shared.logs, &file),
                self.copy(stderr, Level::Error, &shared.logs, &file)
            )
        };
        tokio::pin!(output);
        let mut open = true;
        let wait = async {
            loop {
                tokio::select! {
                    status = child.wait() => return status,
                    _ = &mut output, if open => open = false,
                }
            }
        };
        let timeout = if self.timeout.is_zero() { Duration::MAX } else { self.timeout };
        let ended = tokio::time::timeout(timeout, wait).await;
        match ended {
            Ok(status) => {
                let status = status?;
                if open && tokio::time::timeout(GRACE, &mut output).await.is_err() {
                    let text = "the script ended but something that it started keeps its output open; redirect it";
                    shared.logs.push(self.source, Level::Error, text);
                    group.release();
                    return Ok((Status::PipesLeftOpen, status.code().unwrap_or(255)));
                }
                group.release();
                let code = status.code().unwrap_or(255);
                Ok((if code == 0 { Status::Ok } else { Status::ExitFailure }, code))
            }
            Err(_elapsed) => {
                let text = format!("the script did not end within {} s", self.timeout.as_secs());
                shared.logs.push(self.source, Level::Error, &text);
                group.signal(Signal::SIGHUP);
                let _ = tokio::time::timeout(GRACE, async { tokio::join!(child.wait(), &mut output) }).await;
                Ok((Status::TimedOut, 255))
            }
        }
    }

    /// The server has every line as well: a file that cannot be had, as one of another user in a shared folder, is said
    /// and done without.
    fn open_log(&self, logs: &LogQueue) -> Option<tokio::fs::File> {
        let opened = open_log(&self.log_path);
        if let Err(error) = &opened {
            let text = format!("the log file {} is left out: {error}", self.log_path.display());
            logs.push(self.source, Level::Warn, &text);
        }
        opened.ok()
    }

    async fn copy(
        &self,
        from: Option<impl AsyncRead + Unpin>,
        level: Level,
        logs: &LogQueue,
        file: &tokio::sync::Mutex<Option<tokio::fs::File>>,
    ) {
        let Some(from) = from else { return };
        let mut reader = BufReader::new(from);
        let mut line = Vec::new();
        loop {
            let more = read_line(&mut reader, &mut line).await;
            if !line.is_empty() {
                if let Some(file) = &mut *file.lock().await {
                    let _ = file.write_all(&line).await;
                }
                let text = String::from_utf8_lossy(&line);
                logs.push(self.source, level, text.trim_end_matches(['\n', '\r']));
                line.clear();
            }
            if !more {
                if let Some(file) = &mut *file.lock().await {
                    let _ = file.flush().await;
                }
                return;
            }
        }
    }
}

/// Reads up to a line end or [`MAX_LINE`]; false at the end of the stream.
async fn read_line(reader: &mut BufReader<impl AsyncRead + Unpin>, line: &mut Vec<u8>) -> bool {
    while line.len() < MAX_LINE {
        let Ok(buffer) = reader.fill_buf().await else { return false };
        if buffer.is_empty() {
            return false;
        }
        let take = buffer.iter().position(|b| *b == b'\n').map_or(buffer.len(), |at| at + 1);
        let ended = buffer.get(take - 1) == Some(&b'\n');
        line.extend_from_slice(&buffer[..take]);
        reader.consume(take);
        if ended {
            return true;
        }
    }
    true
}

fn open_log(path: &Path) -> std::io::Result<tokio::fs::File> {
    if let Some(dir) = path.parent() {
        private_dir(dir)?;
    }
    let file =
        std::fs::OpenOptions::new().create(true).read(true).write(true).truncate(false).mode(0o600).open(path)?;
    Ok(tokio::fs::File::from_std(file))
}

fn private_dir(dir: &Path) -> std::io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)
}
