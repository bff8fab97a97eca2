//! Start and stop order.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use warren_auth::Keys;
use warren_builds::Builds;
use warren_core::{Config, Services};
use warren_db::settings;
use warren_pubsub::Bus;

use crate::data_dir::DataDir;
use crate::database::Database;
use crate::listen::{self, Listener};
use crate::options::{Command, Values, help, parse, to_yaml};
use crate::signals::{Signals, Stop};
use crate::{config, database, files, wire};

/// How long requests that run at the end may take.
const REQUESTS_TIMEOUT: Duration = Duration::from_secs(3);
/// How long open streams may take to say goodbye.
const STREAMS_TIMEOUT: Duration = Duration::from_secs(5);
/// How long cancelled jobs of built-in daemons may take.
const QUICK_TIMEOUT: Duration = Duration::from_secs(8);

/// What other roles add to a server.
#[derive(Default)]
pub struct Hooks {
    /// Called once the server answers: starts the built-in provisioner daemons.
    pub on_ready: Option<Box<dyn FnOnce(Ready) + Send>>,
}

/// A server that answers, for [`Hooks::on_ready`].
pub struct Ready {
    /// Jobs and builds.
    pub builds: Builds,
    /// Configuration, database and everything else.
    pub services: Arc<Services>,
    /// Tasks that the server waits for at its end.
    pub tasks: TaskTracker,
    /// Fires when no further job shall be taken.
    pub drain: CancellationToken,
    /// Fires when running jobs shall be cancelled.
    pub abort: CancellationToken,
}

/// Runs the server until a signal ends it. `arguments` are those after `server`.
///
/// # Errors
/// It did not start, or a listener failed.
pub async fn run(arguments: Vec<String>, environment: BTreeMap<String, String>, hooks: Hooks) -> Result<()> {
    let values = match parse(&arguments, &environment)? {
        Command::Help => return print(&help()),
        Command::WriteConfig(values) => return print(&to_yaml(&values)),
        Command::Serve(values) => values,
    };
    warren_tls::install_default_provider();
    warren_observe::logs::init(&log_options(&values)).context("cannot open the logs")?;
    for (option, instead) in values.deprecated() {
        tracing::warn!(option, instead, "the option is deprecated");
    }
    for option in values.idle() {
        tracing::info!(option, "the option is accepted and has no effect yet");
    }
    files::raise_limit();
    let mut signals = Signals::register()?;
    let data_dir = DataDir::open(&environment, values.bool("ephemeral"))?;
    let listeners = listen::bind(&values).await?;
    let Database { db, cluster } = tokio::select! {
        opened = database::open(&values, data_dir.path()) => opened?,
        _ = signals.next() => return Ok(()),
    };
    let server = Server::start(&values, &data_dir, db, listeners).await?;
    if let Some(on_ready) = hooks.on_ready {
        on_ready(server.ready());
    }
    let stop = signals.next().await;
    tracing::info!(?stop, "stopping");
    tokio::select! {
        () = server.stop(stop) => {}
        _ = second_signal(&mut signals, stop) => tracing::warn!("stopping at once"),
    }
    if let Some(cluster) = cluster {
        cluster.stop().await;
    }
    tracing::info!("stopped");
    Ok(())
}

/// A second interrupt, or an interrupt after a polite request, does not wait for anything.
async fn second_signal(signals: &mut Signals, first: Stop) {
    while signals.next().await == Stop::Gracefully && first == Stop::Gracefully {}
}

/// The parts of a running server, in the order in which they end.
struct Server {
    services: Arc<Services>,
    builds: Builds,
    parts: wire::Parts,
    serving: TaskTracker,
    stop_accepting: CancellationToken,
    cut_connections: CancellationToken,
    daemons: TaskTracker,
    drain: CancellationToken,
    abort: CancellationToken,
}

impl Server {
    async fn start(values: &Values, data_dir: &DataDir, db: warren_db::Db, listeners: Vec<Listener>) -> Result<Self> {
        let first = listeners.first().context("there is a listener")?;
        let access_url = config::access_url(values, first.address()?, first.is_tls())?;
        let config: Config = config::config(values, access_url.clone(), data_dir.path())?;
        // Sources of templates among it: nobody else's business.
        let mut private = std::fs::DirBuilder::new();
        private
            .recursive(true)
            .mode(0o700)
            .create(&config.cache_dir)
            .with_context(|| format!("cannot create {}", config.cache_dir.display()))?;
        let bus = Bus::start(db.clone());
        let conn = db.conn().await?;
        let fresh = uuid::Uuid::new_v4().to_string();
        let deployment_id = settings::ensure_setting(&conn, "deployment_id", &fresh).await?.parse()?;
        drop(conn);
        let keys = Keys::start(db.clone(), bus.clone(), config.role_options(), config.lifetimes());
        let builds = Builds::start(db.clone(), bus.clone(), keys.clone(), build_options(&config));
        let services = Arc::new(Services::new(db, bus, keys, config, deployment_id));
        let (parts, app) = wire::wire(&services, &builds).await?;
        let server = Self {
            services,
            builds,
            parts,
            serving: TaskTracker::new(),
            stop_accepting: CancellationToken::new(),
            cut_connections: CancellationToken::new(),
            daemons: TaskTracker::new(),
            drain: CancellationToken::new(),
            abort: CancellationToken::new(),
        };
        server.serve_metrics(values).await?;
        for listener in listeners {
            tracing::info!(address = %listener.address()?, tls = listener.is_tls(), "listening");
            let (stop, cut) = (server.stop_accepting.clone(), server.cut_connections.clone());
            server.serving.spawn(listener.serve(app.clone(), stop, cut));
        }
        server.serving.close();
        tracing::info!(access_url = %access_url, "ready");
        Ok(server)
    }

    fn ready(&self) -> Ready {
        Ready {
            builds: self.builds.clone(),
            services: self.services.clone(),
            tasks: self.daemons.clone(),
            drain: self.drain.clone(),
            abort: self.abort.clone(),
        }
    }

    async fn serve_metrics(&self, values: &Values) -> Result<()> {
        if !values.bool("prometheus-enable") {
            return Ok(());
        }
        let services = self.services.clone();
        let render = Arc::new(move || wire::render_metrics(&services));
        let serving = listen::serve_metrics(values.text("prometheus-address"), render, self.stop_accepting.clone());
        self.serving.spawn(serving.await?);
        Ok(())
    }

    /// Ends everything in order: no new work, running requests and jobs, streams, background tasks, the database.
    async fn stop(&self, how: Stop) {
        self.drain.cancel();
        if how == Stop::Quickly {
            self.abort.cancel();
        }
        // Streams and sessions are told, so that clients move on while jobs still end.
        self.services.shutdown.cancel();
        self.daemons.close();
        match how {
            Stop::Gracefully => self.daemons.wait().await,
            Stop::Quickly => {
                if tokio::time::timeout(QUICK_TIMEOUT, self.daemons.wait()).await.is_err() {
                    tracing::warn!("a running job does not end");
                }
            }
        }
        self.stop_accepting.cancel();
        self.services.tasks.close();
        if tokio::time::timeout(STREAMS_TIMEOUT, self.services.tasks.wait()).await.is_err() {
            tracing::debug!("open streams are cut");
        }
        if tokio::time::timeout(REQUESTS_TIMEOUT, self.serving.wait()).await.is_err() {
            self.cut_connections.cancel();
            self.serving.wait().await;
        }
        self.parts.stop().await;
        self.builds.stop().await;
        self.services.keys.stop().await;
        self.services.bus.stop().await;
        self.services.db.close();
    }
}

fn build_options(config: &Config) -> warren_builds::Options {
    warren_builds::Options {
        access_url: config.access_url.as_str().trim_end_matches('/').to_owned(),
        default_quiet_hours: config.default_quiet_hours_schedule.clone(),
        lifecycle_interval: config.autobuild_poll_interval,
        reaper_interval: config.job_hang_detector_interval,
        ..warren_builds::Options::default()
    }
}

fn log_options(values: &Values) -> warren_observe::logs::LogOptions {
    let mut filters = values.list("log-filter");
    if values.bool("verbose") {
        filters.push(".*".to_owned());
    }
    warren_observe::logs::LogOptions { human: values.text("log-human"), json: values.text("log-json"), filters }
}

fn print(text: &str) -> Result<()> {
    match std::io::stdout().write_all(text.as_bytes()) {
        // The reader (a pager, `head`) has seen enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}
