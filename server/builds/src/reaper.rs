//! Giving up jobs whose daemon is dead, or that no daemon takes.

use std::time::Duration;

use jiff::Timestamp;
use warren_db::{builds, jobs};

use crate::defaults::{HUNG_PENDING, HUNG_RUNNING};
use crate::input::BUILD;
use crate::queue::{LogLine, prepare_lines, store_lines};
use crate::{Builds, Error, now};

const ERROR: i16 = 4;

impl Builds {
    pub(crate) async fn reap(self) {
        let interval: Duration = self.0.options.reaper_interval;
        loop {
            tokio::select! {
                () = self.0.stop.cancelled() => return,
                () = tokio::time::sleep(interval) => {}
            }
            match self.reap_once(now()).await {
                Ok(0) => {}
                Ok(count) => tracing::warn!(count, "gave up jobs without a sign of life"),
                Err(error) => tracing::warn!(%error, "cannot look for dead jobs"),
            }
        }
    }

    /// Gives up the jobs that are dead at `at`; answers how many. Other replicas may do the same at the same time.
    ///
    /// # Errors
    /// The database.
    pub async fn reap_once(&self, at: Timestamp) -> Result<usize, Error> {
        let pending_before = at.checked_sub(HUNG_PENDING).unwrap_or(Timestamp::MIN);
        let running_before = at.checked_sub(HUNG_RUNNING).unwrap_or(Timestamp::MIN);
        let hung = {
            let conn = self.0.db.conn().await?;
            jobs::list_hung_jobs(&conn, pending_before, running_before).await?
        };
        let mut given_up = 0;
        for id in hung {
            let builds = self.clone();
            let done = self
                .0
                .db
                .tx(|tx| async move {
                    match jobs::lock_hung_job(&tx, id, pending_before, running_before).await? {
                        Some(row) => builds.give_up(&tx, &row, at).await.map(|()| true),
                        None => Ok::<_, Error>(false),
                    }
                })
                .await?;
            given_up += usize::from(done);
        }
        Ok(given_up)
    }

    async fn give_up(&self, tx: &warren_db::Tx, row: &jobs::JobRow, at: Timestamp) -> Result<(), Error> {
        let (kind, limit) = if row.started_at.is_none() { ("pending", HUNG_PENDING) } else { ("hung", HUNG_RUNNING) };
        let sentence =
            format!("Build has been detected as {kind} for {} minutes and will be given up.", limit.as_mins());
        let stage = jobs::find_last_stage(tx, row.id).await?.unwrap_or_else(|| "Unknown".into());
        let rule = "=".repeat(sentence.len());
        let lines = ["", rule.as_str(), sentence.as_str(), rule.as_str(), ""];
        let lines = lines.map(|output| LogLine {
            created_at: at,
            source: 0,
            level: ERROR,
            stage: stage.clone(),
            output: output.to_owned(),
        });
        let used = jobs::find_job_progress(tx, row.id).await?.map_or(0, |job| job.logs_length);
        let used = usize::try_from(used).unwrap_or_default();
        store_lines(tx, &self.0.bus, row.id, at, prepare_lines(lines.into(), used)).await?;
        if row.r#type == BUILD {
            builds::copy_missing_state(tx, row.id).await?;
        }
        let error = format!("no sign of life for {} minutes: the job was {kind}", limit.as_mins());
        self.fail(tx, row, &error, "", None).await
    }
}
