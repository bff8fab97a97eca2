//! Making jobs: imports, dry runs, workspace builds. Everything happens in the caller's transaction; daemons hear of the job
//! after the commit.

mod build;
mod parameters;
mod tags;
mod version;

pub use build::{BuildRequest, CreatedBuild};
pub use tags::import_tags;
pub use version::{CreatedVersion, DryRunRequest, VersionRequest};

use jiff::Timestamp;
use warren_db::daemons::{MatchingDaemonsRow, count_matching_daemons};
use warren_db::jobs::{NewJob, insert_job};
use warren_db::{DbError, Querier, Tx};

use crate::Builds;
use crate::defaults::DAEMON_STALE;
use crate::events::{JobPosted, post_job_tx};

impl Builds {
    /// Queues a job; answers how many daemons could run it.
    pub(crate) async fn queue(&self, tx: &Tx, at: Timestamp, job: &NewJob) -> Result<MatchingDaemonsRow, DbError> {
        insert_job(tx, at, job).await?;
        let posted = JobPosted {
            organization_id: job.organization_id,
            provisioner: job.provisioner.clone(),
            tags: job.tags.clone(),
        };
        post_job_tx(&self.0.bus, tx, &posted);
        self.matching_daemons(tx, job, at).await
    }

    async fn matching_daemons(
        &self,
        q: &impl Querier,
        job: &NewJob,
        at: Timestamp,
    ) -> Result<MatchingDaemonsRow, DbError> {
        let seen_since = at.checked_sub(DAEMON_STALE).unwrap_or(Timestamp::MIN);
        count_matching_daemons(q, job.organization_id, &job.provisioner, &job.tags, seen_since).await
    }
}
