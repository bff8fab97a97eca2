//! The part of the server that owns jobs and builds.

use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::{Uuid, uuid};
use warren_auth::Keys;
use warren_db::{Db, daemons};
use warren_pubsub::Bus;

use crate::daemon::{Connection, router};
use crate::defaults::{DAEMON_FORGOTTEN, DAEMON_SEEN_INTERVAL};
use crate::queue::{Acquirer, QueueWaitLabels, QueueWaitSample, QueueWaits};

/// The user that owns prebuilt workspaces; its jobs wait for those of people.
pub const PREBUILDS_USER: Uuid = uuid!("c42fdf75-3097-471c-8c33-fb52454d81c0");

/// Now, to the microsecond that the database keeps.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_microsecond(Timestamp::now().as_microsecond()).unwrap_or_default()
}

/// What builds need to know of the deployment.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where clients and agents reach the server, without a slash at the end.
    pub access_url: String,
    /// Quiet hours of users who set none.
    pub default_quiet_hours: String,
    /// External logins that the server knows.
    pub external_auth: Vec<String>,
    /// How often the lifecycle looks for workspaces to start and stop.
    pub lifecycle_interval: std::time::Duration,
    /// How often jobs of dead daemons are looked for.
    pub reaper_interval: std::time::Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            access_url: "http://localhost:3000".into(),
            default_quiet_hours: "CRON_TZ=UTC 0 0 * * *".into(),
            external_auth: Vec::new(),
            lifecycle_interval: std::time::Duration::from_secs(60),
            reaper_interval: std::time::Duration::from_secs(60),
        }
    }
}

/// Jobs and builds; cheap to clone.
#[derive(Clone)]
pub struct Builds(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) db: Db,
    pub(crate) bus: Bus,
    pub(crate) keys: Keys,
    pub(crate) options: Options,
    pub(crate) acquirer: Arc<Acquirer>,
    pub(crate) router: Arc<warren_rpc::Router<Connection>>,
    pub(crate) waits: QueueWaits,
    /// Daemons with a session in this process.
    pub(crate) connected: Mutex<Vec<Uuid>>,
    pub(crate) stop: CancellationToken,
    pub(crate) tasks: TaskTracker,
}

impl Builds {
    /// Starts the background work: waking waiting daemons, noting who is there, giving up dead jobs, the lifecycle.
    pub fn start(db: Db, bus: Bus, keys: Keys, options: Options) -> Self {
        let builds = Self(Arc::new(Inner {
            acquirer: Arc::new(Acquirer::new(db.clone())),
            router: Arc::new(router()),
            db,
            bus,
            keys,
            options,
            waits: QueueWaits::default(),
            connected: Mutex::default(),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        }));
        let tasks = &builds.0.tasks;
        tasks.spawn(builds.0.acquirer.clone().listen(builds.0.bus.clone(), builds.0.stop.clone()));
        tasks.spawn(builds.clone().note_daemons());
        tasks.spawn(builds.clone().reap());
        tasks.spawn(builds.clone().take_back_at_start());
        tasks.spawn(builds.clone().run_lifecycle());
        builds
    }

    /// Ends the background work and the sessions of daemons; waits for them.
    pub async fn stop(&self) {
        self.0.stop.cancel();
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }

    /// The methods that daemons may call.
    pub fn methods(&self) -> Vec<&'static str> {
        self.0.router.methods()
    }

    /// How long jobs waited that daemons of this process took.
    pub fn queue_waits(&self) -> Vec<(QueueWaitLabels, QueueWaitSample)> {
        self.0.waits.snapshot()
    }

    /// The database.
    pub fn db(&self) -> &Db {
        &self.0.db
    }

    /// The bus.
    pub fn bus(&self) -> &Bus {
        &self.0.bus
    }

    /// The settings.
    pub fn options(&self) -> &Options {
        &self.0.options
    }

    async fn note_daemons(self) {
        loop {
            tokio::select! {
                () = self.0.stop.cancelled() => return,
                () = tokio::time::sleep(DAEMON_SEEN_INTERVAL) => {}
            }
            if let Err(error) = self.note_daemons_once(now()).await {
                tracing::warn!(%error, "cannot note which daemons are there");
            }
        }
    }

    async fn note_daemons_once(&self, now: Timestamp) -> Result<(), warren_db::DbError> {
        let ids = self.0.connected.lock().clone();
        let conn = self.0.db.conn().await?;
        if !ids.is_empty() {
            daemons::touch_daemons(&conn, &ids, now).await?;
        }
        let forgotten = now.checked_sub(DAEMON_FORGOTTEN).unwrap_or(Timestamp::MIN);
        daemons::delete_stale_daemons(&conn, forgotten).await?;
        Ok(())
    }
}
