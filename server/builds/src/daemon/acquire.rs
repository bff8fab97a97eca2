//! Handing out jobs.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use warren_db::jobs::{self, JobRow, Worker};
use warren_db::{builds, daemons};
use warren_proto::provisionerd::{AcquiredJob, CancelAcquire};
use warren_rpc::{Receiver, RpcError, Sender};

use super::{BUILT_IN_KEY, Connection, PSK_KEY, USER_KEY};
use crate::events::{JobPosted, post_job_tx};
use crate::input::BUILD;
use crate::queue::QueueWaitLabels;
use crate::{Error, now};

/// How long the call that cannot be canceled waits.
const LEGACY_WAIT: Duration = Duration::from_secs(5);

impl Connection {
    /// The old form: waits five seconds, answers without a job then.
    pub(super) async fn acquire_job(self) -> Result<AcquiredJob, RpcError> {
        let cancel = CancellationToken::new();
        let timer = cancel.clone();
        let waited = async {
            tokio::time::sleep(LEGACY_WAIT).await;
            timer.cancel();
            std::future::pending::<()>().await;
        };
        tokio::select! {
            job = self.next_job(&cancel) => Ok(job?.map(|(_, job)| job).unwrap_or_default()),
            () = waited => Ok(AcquiredJob::default()),
        }
    }

    /// Waits for a job until the daemon cancels; answers exactly once.
    pub(super) async fn acquire_job_with_cancel(
        self,
        mut requests: Receiver<CancelAcquire>,
        mut jobs: Sender<AcquiredJob>,
    ) -> Result<(), RpcError> {
        let cancel = CancellationToken::new();
        let (stop, ended) = (cancel.clone(), self.builds.0.stop.clone());
        let canceled = async {
            tokio::select! {
                // A message, the end of the stream and the end of the session all mean: no more.
                _ = requests.recv() => {}
                () = ended.cancelled() => {}
            }
            stop.cancel();
            std::future::pending::<()>().await;
        };
        let acquired = tokio::select! {
            acquired = self.next_job(&cancel) => acquired?,
            () = canceled => None,
        };
        let Some((row, job)) = acquired else {
            return Ok(jobs.send(&AcquiredJob::default()).await?);
        };
        if cancel.is_cancelled() {
            self.release(&row).await?;
            return Ok(jobs.send(&AcquiredJob::default()).await?);
        }
        *self.job.lock() = Some(row.id);
        if let Err(error) = jobs.send(&job).await {
            *self.job.lock() = None;
            self.release(&row).await?;
            return Err(error.into());
        }
        Ok(())
    }

    /// The next job with its payload. A job whose payload cannot be made fails, and the next one is waited for.
    async fn next_job(&self, cancel: &CancellationToken) -> Result<Option<(JobRow, AcquiredJob)>, Error> {
        self.check_key().await?;
        loop {
            let worker = Worker {
                id: self.daemon_id,
                organization_id: self.identity.organization_id,
                provisioners: &self.identity.provisioners,
                tags: &self.identity.tags,
            };
            let Some(row) = self.builds.0.acquirer.acquire(worker, cancel).await? else { return Ok(None) };
            if let Err(error) = self.check_key().await {
                self.release(&row).await?;
                return Err(error);
            }
            match self.payload(&row).await {
                Ok(job) => {
                    self.note_wait(&row).await;
                    tracing::info!(job.id = %row.id, job.r#type = %row.r#type, daemon.id = %self.daemon_id, "a job was taken");
                    return Ok(Some((row, job)));
                }
                Err(error) => {
                    tracing::warn!(job.id = %row.id, %error, "a job cannot be handed out");
                    self.builds.fail_lost_job(&row, &error.to_string()).await?;
                }
            }
        }
    }

    /// A removed key ends the work of its daemons with the job that they have.
    async fn check_key(&self) -> Result<(), Error> {
        let key = self.identity.key_id;
        if [BUILT_IN_KEY, USER_KEY, PSK_KEY].contains(&key) {
            return Ok(());
        }
        let conn = self.builds.0.db.conn().await?;
        if daemons::has_key(&conn, key).await? {
            return Ok(());
        }
        Err(Error::Invalid("the provisioner key of this daemon was removed".into()))
    }

    /// A figure only: a failure to find the labels leaves them empty.
    async fn note_wait(&self, row: &JobRow) {
        let mut labels = QueueWaitLabels {
            provisioner_type: row.provisioner.clone(),
            job_type: row.r#type.clone(),
            ..QueueWaitLabels::default()
        };
        if row.r#type == BUILD
            && let Ok(conn) = self.builds.0.db.conn().await
            && let Ok(Some((transition, reason))) = builds::find_build_kind(&conn, row.id).await
        {
            labels.transition = transition;
            labels.build_reason = reason;
        }
        let waited = row.started_at.unwrap_or(row.created_at).duration_since(row.created_at);
        self.builds.0.waits.record(labels, waited.as_secs_f64());
    }

    /// Puts a job back that the daemon did not get.
    async fn release(&self, row: &JobRow) -> Result<(), Error> {
        let (id, daemon, at, bus) = (row.id, self.daemon_id, now(), self.builds.0.bus.clone());
        let posted = JobPosted {
            organization_id: row.organization_id,
            provisioner: row.provisioner.clone(),
            tags: row.tags.0.clone(),
        };
        self.builds
            .0
            .db
            .tx(|tx| async move {
                if jobs::release_job(&tx, id, daemon, at).await? {
                    post_job_tx(&bus, &tx, &posted);
                }
                Ok(())
            })
            .await
    }
}
