//! Jobs that end badly.

use uuid::Uuid;
use warren_db::jobs::{self, JobRow};
use warren_db::{Tx, builds};
use warren_proto::provisionerd::{Empty, FailedJob, failed_job};
use warren_rpc::RpcError;

use super::Connection;
use crate::events::{LogNotice, WorkspaceEvent, publish_log_tx};
use crate::input::BUILD;
use crate::{Builds, Error, now};

/// Text for a failure that says nothing.
const NO_REASON: &str = "the job failed without a reason";

impl Connection {
    pub(super) async fn fail_job(self, request: FailedJob) -> Result<Empty, RpcError> {
        let job = Self::job_id(&request.job_id)?;
        let state = match request.r#type {
            Some(failed_job::Type::WorkspaceBuild(build)) if !build.state.is_empty() => Some(build.state),
            _ => None,
        };
        let error = request.error.replace('\0', "\u{fffd}");
        let (connection, code) = (self.clone(), request.error_code);
        self.builds
            .0
            .db
            .tx(|tx| async move {
                let row = connection.lock_owned(&tx, job).await?;
                connection.builds.fail(&tx, &row, &error, &code, state.as_deref()).await
            })
            .await?;
        *self.job.lock() = None;
        tracing::info!(job.id = %job, "a job failed");
        Ok(Empty {})
    }

    /// The job's row, locked, if this daemon works on it.
    pub(super) async fn lock_owned(&self, tx: &Tx, job: Uuid) -> Result<JobRow, Error> {
        let row = jobs::lock_job(tx, job).await?.ok_or(Error::NotOwner)?;
        if row.worker_id != Some(self.daemon_id) {
            return Err(Error::NotOwner);
        }
        if row.completed_at.is_some() {
            return Err(Error::JobState("job already completed"));
        }
        Ok(row)
    }
}

impl Builds {
    /// Completes a job with an error, keeps the state that a build left, tells who watches.
    pub(crate) async fn fail(
        &self,
        tx: &Tx,
        row: &JobRow,
        error: &str,
        code: &str,
        state: Option<&[u8]>,
    ) -> Result<(), Error> {
        let at = now();
        let error = if error.is_empty() { NO_REASON } else { error };
        jobs::complete_job(tx, row.id, at, error, code).await?;
        if row.r#type == BUILD {
            builds::fail_build(tx, row.id, at, state).await?;
            if let Some(build) = builds::find_build_by_job(tx, row.id).await? {
                let build = build.system("tell the owner's watchers");
                WorkspaceEvent::state(build.workspace_id).publish_tx(&self.0.bus, tx, build.workspace_owner_id);
            }
        }
        publish_log_tx(&self.0.bus, tx, row.id, LogNotice { created_after: -1, end_of_logs: true });
        Ok(())
    }

    /// [`Builds::fail`] for a job without a daemon.
    pub(crate) async fn fail_lost_job(&self, row: &JobRow, error: &str) -> Result<(), Error> {
        let (builds, id, error) = (self.clone(), row.id, error.to_owned());
        self.0
            .db
            .tx(|tx| async move {
                match jobs::lock_job(&tx, id).await? {
                    Some(row) if row.completed_at.is_none() => builds.fail(&tx, &row, &error, "", None).await,
                    _ => Ok(()),
                }
            })
            .await
    }
}
