//! A daemon's session, from registration to what happens to its job when it breaks.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use warren_db::daemons::{NewDaemon, upsert_daemon};
use warren_db::jobs;
use warren_rpc::Session;

use super::{Connection, DaemonIdentity};
use crate::defaults::{IDLE_JOB, RECONNECT_GRACE};
use crate::events::{JobPosted, post_job_tx};
use crate::input::BUILD;
use crate::{Builds, Error, now};

/// Serves daemons: a front for [`Builds`].
#[derive(Clone)]
pub struct Provisionerd(pub Builds);

impl Provisionerd {
    /// Serves one daemon over a byte pipe until it goes, `cancel` fires or the server stops.
    ///
    /// # Errors
    /// The daemon could not be registered, or its session ended badly.
    pub async fn serve(
        &self,
        io: impl AsyncRead + AsyncWrite + Send + 'static,
        identity: DaemonIdentity,
        cancel: CancellationToken,
    ) -> Result<(), Error> {
        self.0.serve_daemon(io, identity, cancel).await
    }
}

impl Builds {
    async fn serve_daemon(
        &self,
        io: impl AsyncRead + AsyncWrite + Send + 'static,
        identity: DaemonIdentity,
        cancel: CancellationToken,
    ) -> Result<(), Error> {
        let daemon_id = self.register(&identity).await?;
        let _present = Present::new(self.clone(), daemon_id);
        // What an earlier life of this daemon left behind: it goes on with it soon, or somebody else does.
        let conn = self.0.db.conn().await?;
        for job in jobs::list_unfinished_jobs(&conn, daemon_id).await? {
            self.0.tasks.spawn(self.clone().take_back(daemon_id, job));
        }
        drop(conn);
        let connection =
            Connection { builds: self.clone(), daemon_id, identity: Arc::new(identity), job: Arc::default() };
        tracing::info!(daemon.id = %daemon_id, daemon.name = %connection.identity.name, "a provisioner daemon connected");
        let causes = [cancel, self.0.stop.clone()];
        let ended = CancellationToken::new();
        let serving = warren_rpc::serve(Session::server(io), self.0.router.clone(), connection.clone(), ended.clone());
        let served = tokio::select! {
            served = serving => served,
            // Dropping the future would cut calls off; this lets them end.
            never = watch(&causes, &ended) => match never {},
        };
        tracing::info!(daemon.id = %daemon_id, "a provisioner daemon is gone");
        if let Some(job) = connection.job.lock().take() {
            self.0.tasks.spawn(self.clone().take_back(daemon_id, job));
        }
        served.map_err(|error| Error::Invalid(error.to_string()))
    }

    async fn register(&self, identity: &DaemonIdentity) -> Result<Uuid, Error> {
        let daemon = NewDaemon {
            organization_id: identity.organization_id,
            key_id: identity.key_id,
            name: identity.name.clone(),
            provisioners: identity.provisioners.clone(),
            tags: identity.tags.clone(),
            version: identity.version.clone(),
            api_version: identity.api_version.clone(),
        };
        Ok(upsert_daemon(&self.0.db.conn().await?, now(), &daemon).await?)
    }

    /// Gives the daemon time to come back; then another one gets the job, or, if it may have changed the world, it fails.
    async fn take_back(self, daemon: Uuid, job: Uuid) {
        tokio::select! {
            () = self.0.stop.cancelled() => return,
            () = tokio::time::sleep(RECONNECT_GRACE) => {}
        }
        if let Err(error) = self.take_back_now(daemon, job).await {
            tracing::warn!(job.id = %job, %error, "cannot take a job back from a lost daemon");
        }
    }

    /// Jobs whose daemon went when no server was there to see it: its session does not break here, and the daemon may
    /// never come back.
    pub(crate) async fn take_back_at_start(self) {
        tokio::select! {
            () = self.0.stop.cancelled() => return,
            () = tokio::time::sleep(RECONNECT_GRACE) => {}
        }
        if let Err(error) = self.take_back_idle().await {
            tracing::warn!(%error, "cannot take jobs back from lost daemons");
        }
    }

    /// Takes back every job without a sign of life.
    ///
    /// # Errors
    /// The database.
    pub async fn take_back_idle(&self) -> Result<(), Error> {
        let idle_since = now().checked_sub(IDLE_JOB).unwrap_or_default();
        let conn = self.0.db.conn().await?;
        let idle = jobs::list_idle_jobs(&conn, idle_since).await?;
        drop(conn);
        for job in idle {
            self.take_back_now(job.worker_id, job.id).await?;
        }
        Ok(())
    }

    /// Takes an idle job back from a daemon that is gone: see the crate's invariants. A job with signs of life stays.
    ///
    /// # Errors
    /// The database.
    pub async fn take_back_now(&self, daemon: Uuid, job: Uuid) -> Result<(), Error> {
        let at = now();
        let quiet_since = at.checked_sub(IDLE_JOB).unwrap_or_default();
        let conn = self.0.db.conn().await?;
        let Some(row) = jobs::find_job(&conn, job).await? else { return Ok(()) };
        drop(conn);
        let idle = row.completed_at.is_none() && row.worker_id == Some(daemon) && row.updated_at < quiet_since;
        if !idle {
            return Ok(());
        }
        if row.r#type == BUILD || row.canceled_at.is_some() {
            return self.fail_lost_job(&row, "the provisioner daemon that ran this job is gone").await;
        }
        tracing::info!(job.id = %job, "a lost daemon's job goes back to the queue");
        let bus = self.0.bus.clone();
        let posted = JobPosted { organization_id: row.organization_id, provisioner: row.provisioner, tags: row.tags.0 };
        self.0
            .db
            .tx(|tx| async move {
                if jobs::release_job(&tx, job, daemon, at).await? {
                    post_job_tx(&bus, &tx, &posted);
                }
                Ok(())
            })
            .await
    }
}

enum Never {}

async fn watch(causes: &[CancellationToken; 2], ended: &CancellationToken) -> Never {
    let [first, second] = causes;
    tokio::select! {
        () = first.cancelled() => {}
        () = second.cancelled() => {}
    }
    ended.cancel();
    std::future::pending().await
}

/// Keeps a daemon in the list of those that are there.
struct Present {
    builds: Builds,
    daemon: Uuid,
}

impl Present {
    fn new(builds: Builds, daemon: Uuid) -> Self {
        builds.0.connected.lock().push(daemon);
        Self { builds, daemon }
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        let mut connected = self.builds.0.connected.lock();
        if let Some(at) = connected.iter().position(|id| *id == self.daemon) {
            connected.swap_remove(at);
        }
    }
}
