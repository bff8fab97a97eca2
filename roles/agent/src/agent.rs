//! The agent process: what lives across connections, its start and its orderly end (agent.md §12).

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use http::HeaderMap;
use parking_lot::Mutex;
use tokio::sync::{OnceCell, mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;
use warren_proto::agent::lifecycle::State;
use warren_proto::agent::{Connection, Manifest, Timing};
use warren_tailnet::Node;

use crate::environment::{Paths, Workspace};
use crate::lifecycle::Lifecycle;
use crate::logs::LogQueue;
use crate::options::Args;
use crate::private_dir;
use crate::reports::Reports;
use crate::scripts::{Outcome, Scripts, ScriptsShared};
use crate::ssh::{Limits, Shared, SshServer};
use crate::terminal::Terminals;
use crate::token::{Token, extra_headers};
use crate::user::User;

/// The pause between connections: from, to, and its growth.
const RETRY: (Duration, Duration, f64) = (Duration::from_millis(100), Duration::from_secs(10), 1.6);
/// How long the last reports may take.
const LAST_REPORTS: Duration = Duration::from_secs(5);
/// How long sessions have to end after their hang-up.
const SESSIONS_END: Duration = Duration::from_secs(5);
const REPORT_QUEUE: usize = 2048;
const TIMING_QUEUE: usize = 256;

/// What lives as long as the process.
pub struct Agent {
    pub url: Url,
    pub token: Token,
    pub headers: HeaderMap,
    pub user: User,
    pub paths: Paths,
    pub log_dir: PathBuf,
    pub data_dir: PathBuf,
    pub limits: Limits,
    pub subsystems: Vec<String>,
    pub workspace: watch::Sender<Option<Arc<Workspace>>>,
    /// The newest manifest, its secrets taken out.
    pub manifest: watch::Sender<Option<Arc<Manifest>>>,
    pub lifecycle: Lifecycle,
    pub logs: Arc<LogQueue>,
    pub scripts: OnceCell<Arc<Scripts>>,
    pub services: OnceCell<Services>,
    pub reports: Reports,
    pub connections: tokio::sync::Mutex<mpsc::Receiver<Connection>>,
    pub timings: tokio::sync::Mutex<mpsc::Receiver<Timing>>,
    timing_sender: mpsc::Sender<Timing>,
    pub banners: Mutex<Vec<String>>,
    pub tasks: TaskTracker,
    /// Shutdown has begun: no new work.
    pub graceful: CancellationToken,
    /// Everything ends now.
    pub hard: CancellationToken,
    /// Ends SSH sessions and terminals.
    pub sessions_end: CancellationToken,
    /// The server refuses this agent's token: a newer build has taken its place.
    pub refused: tokio::sync::watch::Sender<bool>,
}

/// What the first manifest makes possible; kept until the end.
pub struct Services {
    pub node: Node,
    pub ssh: Arc<Shared>,
    pub terminals: Arc<Terminals>,
}

/// Runs the agent until `stop` is cancelled, then ends it in order.
///
/// # Errors
/// Only for options that cannot work; a server that is away is waited for.
pub async fn run(args: Args, stop: CancellationToken) -> Result<()> {
    let agent = Arc::new(Agent::new(&args).await?);
    tracing::info!(version = env!("CARGO_PKG_VERSION"), url = %agent.url, "agent started");
    let mut connecting = tokio::spawn({
        let agent = agent.clone();
        async move { agent.connect_loop().await }
    });
    tokio::select! {
        () = stop.cancelled() => {}
        ended = &mut connecting => return ended.context("the connection loop failed"),
    }
    agent.shut_down().await;
    let _ = connecting.await;
    Ok(())
}

impl Agent {
    async fn new(args: &Args) -> Result<Self> {
        let url = args.url.clone().context("the agent needs the server's URL: set CODER_AGENT_URL")?;
        let temp = std::env::temp_dir();
        let log_dir = args.log_dir.clone().unwrap_or_else(|| temp.clone());
        let data_dir = private_dir::find(args.script_data_dir.as_deref().unwrap_or(&temp), "coder-script-data")
            .context("make the folder of the scripts: set CODER_AGENT_SCRIPT_DATA_DIR to a folder of this user")?;
        let executable = std::env::current_exe().context("find the agent's own program")?;
        let (report_sender, connections) = mpsc::channel(REPORT_QUEUE);
        let (timing_sender, timings) = mpsc::channel(TIMING_QUEUE);
        Ok(Self {
            token: Token::find(args)?,
            headers: extra_headers(args).await?,
            url,
            user: User::current(),
            paths: Paths { executable, script_bin_dir: data_dir.join("bin") },
            log_dir,
            data_dir,
            limits: Limits {
                block_file_transfer: args.block_file_transfer,
                block_local_forwarding: args.block_local_port_forwarding,
                block_reverse_forwarding: args.block_reverse_port_forwarding,
                max_timeout: args.ssh_max_timeout,
            },
            subsystems: args.subsystem.clone(),
            workspace: watch::Sender::new(None),
            manifest: watch::Sender::new(None),
            lifecycle: Lifecycle::default(),
            logs: Arc::default(),
            scripts: OnceCell::new(),
            services: OnceCell::new(),
            reports: Reports::new(report_sender),
            connections: connections.into(),
            timings: timings.into(),
            timing_sender,
            banners: Mutex::default(),
            tasks: TaskTracker::new(),
            graceful: CancellationToken::new(),
            hard: CancellationToken::new(),
            sessions_end: CancellationToken::new(),
            refused: tokio::sync::watch::Sender::new(false),
        })
    }

    async fn connect_loop(self: &Arc<Self>) {
        let (first, last, factor) = RETRY;
        let mut pause = first;
        while !self.hard.is_cancelled() {
            let started = tokio::time::Instant::now();
            let ended = crate::round::run(self).await;
            if started.elapsed() > last {
                pause = first;
            }
            match ended {
                Ok(()) => tracing::info!("disconnected from the server"),
                Err(error) if self.graceful.is_cancelled() => tracing::debug!(%error, "connection ended"),
                Err(error) => tracing::warn!(error = format!("{error:#}"), "connection to the server failed"),
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.hard.cancelled() => return,
            }
            pause = pause.mul_f64(factor).min(last);
        }
    }

    /// Startup scripts and what follows; only for the first manifest.
    pub fn begin(self: &Arc<Self>, scripts: Arc<Scripts>) {
        self.lifecycle.set(State::Starting);
        let agent = self.clone();
        self.tasks.spawn(async move {
            let outcome = tokio::select! {
                outcome = scripts.start() => outcome,
                () = agent.graceful.cancelled() => return,
            };
            agent.lifecycle.set(match outcome {
                Outcome::Ok => State::Ready,
                Outcome::TimedOut => State::StartTimeout,
                Outcome::Failed => State::StartError,
            });
            scripts.start_schedules(&agent.tasks, &agent.graceful);
        });
    }

    /// What scripts share.
    pub fn scripts_shared(&self) -> Arc<ScriptsShared> {
        Arc::new(ScriptsShared {
            user: self.user.clone(),
            paths: self.paths.clone(),
            workspace: self.workspace.subscribe(),
            logs: self.logs.clone(),
            data_dir: self.data_dir.clone(),
            log_dir: self.log_dir.clone(),
            timings: self.timing_sender.clone(),
        })
    }

    /// The SSH server for the first manifest's names.
    pub fn ssh_server(self: &Arc<Self>, shared: Arc<Shared>, workspace: &Workspace) -> Result<SshServer> {
        let key = crate::ssh::host_key(&workspace.owner_name, &workspace.workspace_name, &workspace.agent_name)
            .context("derive the SSH host key")?;
        Ok(SshServer::new(shared, key))
    }

    async fn shut_down(&self) {
        self.lifecycle.set(State::ShuttingDown);
        self.sessions_end.cancel();
        if let Some(services) = self.services.get() {
            services.ssh.tasks.close();
            let _ = tokio::time::timeout(SESSIONS_END, services.ssh.tasks.wait()).await;
        }
        self.graceful.cancel();
        let outcome = match self.scripts.get() {
            Some(scripts) => scripts.stop().await,
            None => Outcome::Ok,
        };
        self.lifecycle.set(match outcome {
            Outcome::Ok => State::Off,
            Outcome::TimedOut => State::ShutdownTimeout,
            Outcome::Failed => State::ShutdownError,
        });
        let reported = async { tokio::join!(self.lifecycle.reported(), self.logs.drained()) };
        let mut refused = self.refused.subscribe();
        tokio::select! {
            reported = tokio::time::timeout(LAST_REPORTS, reported) => {
                if reported.is_err() {
                    tracing::warn!("the server did not take the last reports in time");
                }
            }
            _ = refused.wait_for(|refused| *refused) => tracing::info!("the server takes no more reports of this agent"),
        }
        self.hard.cancel();
        if let Some(services) = self.services.get() {
            let _ = tokio::time::timeout(Duration::from_secs(1), services.node.close()).await;
        }
        self.tasks.close();
        let _ = tokio::time::timeout(Duration::from_secs(1), self.tasks.wait()).await;
        tracing::info!("agent stopped");
    }
}
