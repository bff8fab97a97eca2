//! Logs of jobs: as a list, as text, and followed while the job runs.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::Stream;
use jiff::Timestamp;
use uuid::Uuid;
use warren_api::{LogLevel, LogSource, ProvisionerJobLog};
use warren_builds::log_channel;
use warren_db::jobs::{JobLogRow, find_job_progress, list_job_logs};
use warren_pubsub::{Bus, Subscription};

use crate::{Cx, Result};

/// How often a followed log is read although nothing was announced.
const BACKUP_POLL: Duration = Duration::from_secs(30);

/// Every line with an id above `after`.
pub(crate) async fn list(cx: &Cx, job: Uuid, after: i64) -> Result<Vec<ProvisionerJobLog>> {
    let conn = cx.db().conn().await?;
    let (mut lines, mut last) = (Vec::new(), after);
    loop {
        let page = list_job_logs(&conn, job, last).await?;
        let Some(end) = page.last().map(|line| line.id) else { return Ok(lines) };
        last = end;
        lines.extend(page.into_iter().map(line));
    }
}

/// The lines as text, one in each row.
pub fn log_text(lines: &[ProvisionerJobLog]) -> String {
    let row = |line: &ProvisionerJobLog| {
        let at = Timestamp::from_second(line.created_at.as_second()).unwrap_or_default();
        format!("{at} [{}] [provisioner|{}] {}\n", line.log_level, line.stage, line.output)
    };
    lines.iter().map(row).collect()
}

fn line(row: JobLogRow) -> ProvisionerJobLog {
    let level = match row.level {
        0 => LogLevel::Trace,
        1 => LogLevel::Debug,
        2 => LogLevel::Info,
        3 => LogLevel::Warn,
        _ => LogLevel::Error,
    };
    ProvisionerJobLog {
        created_at: row.created_at,
        id: row.id,
        log_level: level,
        log_source: if row.source == 0 { LogSource::ProvisionerDaemon } else { LogSource::Provisioner },
        output: row.output,
        stage: row.stage,
    }
}

struct Follower {
    db: warren_db::Db,
    news: Subscription,
    job: Uuid,
    last: i64,
    waiting: VecDeque<ProvisionerJobLog>,
    complete: bool,
}

/// Every line above `after`, then new ones as they come; ends after the last line of a complete job. A failure of the
/// database ends it too: the client comes back.
pub(crate) fn follow(
    bus: &Bus,
    db: warren_db::Db,
    job: Uuid,
    after: i64,
) -> impl Stream<Item = ProvisionerJobLog> + Send + use<> {
    // Subscribed before the first look, so that nothing falls between.
    let news = bus.subscribe(&log_channel(job));
    let follower = Follower { db, news, job, last: after, waiting: VecDeque::new(), complete: false };
    futures_util::stream::unfold(follower, |mut follower| async move {
        let line = follower.next().await?;
        Some((line, follower))
    })
}

impl Follower {
    async fn next(&mut self) -> Option<ProvisionerJobLog> {
        loop {
            if let Some(line) = self.waiting.pop_front() {
                return Some(line);
            }
            if !self.read().await? {
                if self.complete {
                    return None;
                }
                tokio::select! {
                    _ = self.news.recv() => {}
                    () = tokio::time::sleep(BACKUP_POLL) => {}
                }
            }
        }
    }

    /// Reads a page; false if there is nothing new. `None` if the database fails or the job is gone.
    async fn read(&mut self) -> Option<bool> {
        let conn = self.db.conn().await.ok()?;
        // Asked first: lines that come before the end are seen by the query after it.
        if !self.complete {
            self.complete = find_job_progress(&conn, self.job).await.ok()??.completed_at.is_some();
        }
        let page = list_job_logs(&conn, self.job, self.last).await.ok()?;
        let Some(end) = page.last().map(|line| line.id) else { return Some(false) };
        self.last = end;
        self.waiting = page.into_iter().map(line).collect();
        Some(true)
    }
}
