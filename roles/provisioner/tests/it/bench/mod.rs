//! A scripted server, a daemon connected to it, and what came of a job.

mod jobs;
mod outcome;
mod programs;
mod server;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use warren_proto::provisionerd::{AcquiredJob, acquired_job};
use warren_provisioner::{Daemon, DaemonOptions, LazyTerraform, ProviderBinary, TerraformOptions};

pub use jobs::{build, import, import_with, metadata, tar};
pub use outcome::{End, Outcome, Process};
pub use programs::{HELD, provider_program, repository, terraform_program};
pub use server::external;

use programs::{environment, tracing_wrapper};
use server::{Server, dial_pipe, dial_websocket};

/// How the daemon reaches the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    Pipe,
    WebSocket,
}

/// A daemon with its server.
pub struct Bench {
    pub dir: tempfile::TempDir,

    server: Arc<Server>,
    jobs: mpsc::Sender<AcquiredJob>,
    ends: Mutex<mpsc::Receiver<End>>,
    pub stop: CancellationToken,
    pub abort: CancellationToken,
    tasks: TaskTracker,
    trace: PathBuf,
}

/// What the server hears.
pub struct Lines(Arc<Server>);

impl Lines {
    pub async fn line(&self, text: &str) {
        let seen = self.0.wait_for_line(text);
        tokio::time::timeout(Duration::from_secs(60), seen).await.unwrap_or_else(|_| panic!("the line {text:?}"));
    }
}

impl Bench {
    pub async fn start() -> Option<Self> {
        Self::with(Transport::Pipe, |_| {}).await
    }

    /// `None` after saying SKIPPED when a program is missing.
    pub async fn with(transport: Transport, change: impl FnOnce(&mut DaemonOptions)) -> Option<Self> {
        let Some(terraform) = terraform_program() else {
            eprintln!("SKIPPED: no terraform or tofu on the PATH");
            return None;
        };
        let Some(provider) = provider_program() else {
            eprintln!("SKIPPED: terraform-provider-coder is not built");
            return None;
        };
        let dir = tempfile::tempdir().unwrap();
        let trace = dir.path().join("trace");
        let options = TerraformOptions {
            binary: Some(tracing_wrapper(dir.path(), &terraform, &trace)),
            provider: Some(ProviderBinary::new(provider)),
            exit_timeout: Duration::from_secs(30),
            keeper: Some(env!("CARGO_BIN_EXE_warren-job-keeper").into()),
            environment: Some(environment(dir.path())),
            ..TerraformOptions::below(&dir.path().join("cache"))
        };
        let (jobs, waiting) = mpsc::channel(8);
        let (end, ends) = mpsc::channel(8);
        let server = Arc::new(Server::new(waiting, end));
        let terraform = Arc::new(LazyTerraform::new(options));
        let mut daemon = DaemonOptions::built_in("test", terraform.clone());
        change(&mut daemon);
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        let dial = match transport {
            Transport::Pipe => dial_pipe(server.clone(), tasks.clone()),
            Transport::WebSocket => dial_websocket(server.clone(), tasks.clone(), stop.clone()).await,
        };
        let abort = daemon.abort.clone();
        let running = Daemon::run(dial, daemon, stop.clone());
        tasks.spawn(async move { running.await.unwrap() });
        Some(Self { dir, server, jobs, ends: Mutex::new(ends), stop, abort, tasks, trace })
    }

    /// Gives the daemon a job.
    pub async fn post(&self, template: Vec<u8>, kind: acquired_job::Type) {
        let job = AcquiredJob {
            job_id: uuid::Uuid::new_v4().to_string(),
            provisioner: "terraform".to_owned(),
            user_name: "admin".to_owned(),
            template_source_archive: template.into(),
            r#type: Some(kind),
            ..AcquiredJob::default()
        };
        self.jobs.send(job).await.unwrap();
    }

    /// Runs a job to its end.
    pub async fn run(&self, template: Vec<u8>, kind: acquired_job::Type) -> Outcome {
        let before = self.traced().len();
        self.post(template, kind).await;
        let end = self.end().await;
        let seen = std::mem::take(&mut *self.server.seen.lock().await);
        let processes = self.traced().split_off(before);
        Outcome { end, updates: seen.updates, processes }
    }

    pub async fn end(&self) -> End {
        let mut ends = self.ends.lock().await;
        tokio::time::timeout(Duration::from_secs(240), ends.recv()).await.expect("the job ends").unwrap()
    }

    /// The next update's answer says canceled once a line with this text has arrived.
    pub async fn cancel_at(&self, text: &str) {
        *self.server.cancel_at.lock().await = Some(text.to_owned());
    }

    pub async fn forget_cancel(&self) {
        *self.server.cancel_at.lock().await = None;
        self.server.canceled.store(false, std::sync::atomic::Ordering::Relaxed);
    }

    pub async fn seen_line(&self, text: &str) -> bool {
        self.server.seen_line(text).await
    }

    /// Waits for a log line with this text.
    pub async fn line(&self, text: &str) {
        self.lines().line(text).await;
    }

    /// Something that waits for lines elsewhere.
    pub fn lines(&self) -> Lines {
        Lines(self.server.clone())
    }

    /// Cuts the connection; the daemon may dial again.
    pub async fn break_connection(&self) {
        let broken = std::mem::take(&mut *self.server.connection.lock().await);
        broken.cancel();
    }

    pub async fn serve_modules(&self, archive: Vec<u8>) {
        *self.server.modules.lock().await = archive;
    }

    pub fn refuse_quota(&self) {
        self.server.quota_ok.store(false, std::sync::atomic::Ordering::Relaxed);
    }

    pub fn cache(&self) -> PathBuf {
        self.dir.path().join("cache")
    }

    /// Stops the daemon and waits for everything.
    pub async fn shut_down(self) {
        self.stop.cancel();
        drop(self.jobs);
        self.tasks.close();
        tokio::time::timeout(Duration::from_secs(60), self.tasks.wait()).await.expect("the daemon ends");
        let left = std::fs::read_dir(self.dir.path().join("cache/work")).map(|items| items.count()).unwrap_or(0);
        assert_eq!(left, 0, "work directories are removed");
    }

    /// All Terraform processes so far, but not those that ask for the version.
    pub fn traced(&self) -> Vec<Process> {
        self.every_process().filter(|process| process.command() != "version").collect()
    }

    /// The processes that asked for the version.
    pub fn version_checks(&self) -> Vec<Process> {
        self.every_process().filter(|process| process.command() == "version").collect()
    }

    fn every_process(&self) -> impl Iterator<Item = Process> {
        let text = std::fs::read_to_string(&self.trace).unwrap_or_default();
        let process = |line: &str| {
            let mut words = line.split('\u{1f}').filter(|word| !word.is_empty()).map(str::to_owned);
            let environment = std::fs::read(self.trace.with_extension(words.next()?)).unwrap_or_default();
            let pair = |pair: &[u8]| {
                String::from_utf8_lossy(pair).split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()))
            };
            let environment = environment.split(|byte| *byte == 0).filter_map(pair).collect();
            Some(Process { arguments: words.collect(), environment })
        };
        text.lines().filter_map(process).collect::<Vec<_>>().into_iter()
    }
}
