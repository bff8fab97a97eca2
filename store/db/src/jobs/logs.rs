//! Log lines of jobs.

use jiff::Timestamp;
use uuid::Uuid;

use crate::{DbError, Querier, all, one, scalar};

row! {
    /// A line.
    pub struct JobLogRow {
        pub id: i64,
        pub created_at: Timestamp,
        /// 0 daemon, 1 provisioner
        pub source: i16,
        /// 0 trace … 4 error
        pub level: i16,
        pub stage: String,
        pub output: String,
    }
}

row! {
    /// The ids of the lines that were stored.
    pub struct InsertedLogsRow {
        pub first: Option<i64>,
        pub last: Option<i64>,
    }
}

/// A line to store.
#[derive(Debug, Clone)]
pub struct NewJobLog {
    pub created_at: Timestamp,
    pub source: i16,
    pub level: i16,
    pub stage: String,
    pub output: String,
}

/// Stores lines, counts their bytes and notes that the worker lives.
///
/// # Errors
/// [`DbError`]; a check violation when the bytes exceed the limit.
pub async fn insert_job_logs(
    q: &impl Querier,
    job: Uuid,
    now: Timestamp,
    lines: &[NewJobLog],
    overflowed: bool,
) -> Result<InsertedLogsRow, DbError> {
    let bytes = i32::try_from(lines.iter().map(|line| line.output.len()).sum::<usize>()).unwrap_or(i32::MAX);
    let times: Vec<_> = lines.iter().map(|line| line.created_at).collect();
    let sources: Vec<_> = lines.iter().map(|line| line.source).collect();
    let levels: Vec<_> = lines.iter().map(|line| line.level).collect();
    let stages: Vec<_> = lines.iter().map(|line| line.stage.as_str()).collect();
    let outputs: Vec<_> = lines.iter().map(|line| line.output.as_str()).collect();
    one(
        q,
        statement!("insert_job_logs"),
        &[&job, &now, &times, &sources, &levels, &stages, &outputs, &bytes, &overflowed],
    )
    .await
}

/// Up to 1,000 lines with ids above `after`.
///
/// # Errors
/// [`DbError`].
pub async fn list_job_logs(q: &impl Querier, job: Uuid, after: i64) -> Result<Vec<JobLogRow>, DbError> {
    all(q, statement!("list_job_logs"), &[&job, &after]).await
}

/// The stage of the last line.
///
/// # Errors
/// [`DbError`].
pub async fn find_last_stage(q: &impl Querier, job: Uuid) -> Result<Option<String>, DbError> {
    scalar(q, statement!("find_last_stage"), &[&job]).await
}
