//! A daemon: takes one job after the other from the server and runs it.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use warren_proto::provisionerd::provisioner_daemon_methods as methods;
use warren_proto::provisionerd::{AcquiredJob, CancelAcquire};

use crate::job;
use crate::link::{self, Link};
use crate::terraform::LazyTerraform;

pub use crate::link::{Dial, DialError};

/// Pauses between attempts to acquire a job.
const ACQUIRE_BACKOFF: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// How a daemon behaves.
#[derive(Debug, Clone)]
pub struct DaemonOptions {
    /// Name, for logs.
    pub name: String,
    /// The engine, shared with other daemons of the process.
    pub terraform: Arc<LazyTerraform>,
    /// Longest time between two updates of a running job: 1 s built in, else 5 s.
    pub update_interval: Duration,
    /// A cancelled job that has not ended after this time is given up.
    pub force_cancel: Duration,
    /// How long a stopped daemon lets its job run on.
    pub drain: Duration,
    /// End after one job.
    pub once: bool,
    /// Fires when the running job shall be cancelled as well (interrupt); it gets five seconds.
    pub abort: CancellationToken,
}

impl DaemonOptions {
    /// The defaults of an external daemon.
    pub fn new(name: impl Into<String>, terraform: Arc<LazyTerraform>) -> Self {
        Self {
            name: name.into(),
            terraform,
            update_interval: Duration::from_secs(5),
            force_cancel: Duration::from_secs(600),
            drain: Duration::from_secs(30 * 60),
            once: false,
            abort: CancellationToken::new(),
        }
    }

    /// The defaults of a daemon inside the server.
    pub fn built_in(name: impl Into<String>, terraform: Arc<LazyTerraform>) -> Self {
        Self { update_interval: Duration::from_secs(1), ..Self::new(name, terraform) }
    }
}

/// A provisioner daemon.
#[derive(Debug)]
pub struct Daemon;

impl Daemon {
    /// Serves until `stop` fires: then no further job is taken and the running one is finished (see
    /// [`DaemonOptions::drain`]). The connection stays up until the end of the job.
    ///
    /// # Errors
    /// The server refused the daemon for good.
    pub async fn run(dial: Dial, options: DaemonOptions, stop: CancellationToken) -> Result<(), DialError> {
        let tasks = TaskTracker::new();
        let disconnect = CancellationToken::new();
        let _disconnect_at_the_end = disconnect.clone().drop_guard();
        let (link, keep) = link::connect(dial, options.name.clone(), disconnect.clone());
        tasks.spawn(keep);
        let stop = stop.child_token();
        let abort = options.abort.clone();
        let stop_on_abort = stop.clone();
        let ended = disconnect.clone();
        tasks.spawn(async move {
            tokio::select! {
                () = abort.cancelled() => stop_on_abort.cancel(),
                () = ended.cancelled() => {}
            }
        });
        // Found before the first job asks for it, and missed where an operator sees it.
        if let Err(error) = options.terraform.get().await {
            tracing::warn!(daemon = options.name, %error, "jobs will fail until this is mended");
        }
        let result = Self::serve(&link, &options, &stop).await;
        disconnect.cancel();
        tasks.close();
        tasks.wait().await;
        result
    }

    async fn serve(link: &Link, options: &DaemonOptions, stop: &CancellationToken) -> Result<(), DialError> {
        let mut pause = ACQUIRE_BACKOFF.0;
        while !stop.is_cancelled() {
            match acquire(link, stop).await {
                Ok(Some(acquired)) => {
                    pause = ACQUIRE_BACKOFF.0;
                    let id = acquired.job_id.clone();
                    tracing::info!(daemon = options.name, job = id, "job acquired");
                    let job = job::run(acquired, link.clone(), options);
                    // The drain starts when the daemon is stopped, not when the job starts.
                    let drained = async {
                        stop.cancelled().await;
                        tokio::time::sleep(options.drain).await;
                    };
                    tokio::select! {
                        () = job => tracing::info!(daemon = options.name, job = id, "job ended"),
                        () = drained => tracing::warn!(daemon = options.name, job = id, "job abandoned after the drain time"),
                    }
                    if options.once {
                        return Ok(());
                    }
                }
                Ok(None) => {}
                Err(AcquireError::Refused(reason)) => return Err(DialError::Refused(reason)),
                Err(AcquireError::Failed(error)) => {
                    tracing::debug!(daemon = options.name, error, "no job could be acquired");
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = tokio::time::sleep(pause) => pause = (pause * 2).min(ACQUIRE_BACKOFF.1),
                    }
                }
            }
        }
        Ok(())
    }
}

enum AcquireError {
    Refused(String),
    Failed(String),
}

/// Waits for a job. `None`: there is none, because the daemon is being stopped. A job that the server had already
/// given away at that moment is still taken.
async fn acquire(link: &Link, stop: &CancellationToken) -> Result<Option<AcquiredJob>, AcquireError> {
    let failed = |error: &dyn std::fmt::Display| AcquireError::Failed(error.to_string());
    let session = tokio::select! {
        () = stop.cancelled() => return Ok(None),
        session = link.session() => session,
    };
    let session = session.map_err(|error| match error {
        DialError::Refused(reason) => AcquireError::Refused(reason),
        DialError::Failed(reason) => AcquireError::Failed(reason),
    })?;
    let (mut sender, mut jobs) =
        session.bidi(methods::ACQUIRE_JOB_WITH_CANCEL).await.map_err(|error| failed(&error))?;
    let answer = tokio::select! {
        answer = jobs.recv() => answer,
        () = stop.cancelled() => {
            sender.send(&CancelAcquire {}).await.map_err(|error| failed(&error))?;
            jobs.recv().await
        }
    };
    match answer.map_err(|error| failed(&error))? {
        Some(job) if !job.job_id.is_empty() => Ok(Some(job)),
        Some(_) => Ok(None),
        None => Err(AcquireError::Failed("the server ended the wait for a job".to_owned())),
    }
}
