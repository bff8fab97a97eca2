//! The queue of provisioner jobs, their logs and timings.

mod logs;
mod payload;

use std::collections::BTreeMap;

use jiff::Timestamp;
use postgres_types::Json;
use uuid::Uuid;

pub use logs::*;
pub use payload::*;

use crate::{DbError, Querier, all, execute, list, optional, scalar};

/// Tags of a job or a daemon.
pub type Tags = BTreeMap<String, String>;

row! {
    /// A job.
    pub struct JobRow {
        pub id: Uuid,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
        pub started_at: Option<Timestamp>,
        pub canceled_at: Option<Timestamp>,
        pub completed_at: Option<Timestamp>,
        pub error: String,
        pub error_code: String,
        pub organization_id: Uuid,
        pub initiator_id: Uuid,
        pub provisioner: String,
        pub file_id: Uuid,
        pub r#type: String,
        pub input: Json<serde_json::Value>,
        pub worker_id: Option<Uuid>,
        pub tags: Json<Tags>,
        pub logs_overflowed: bool,
        pub status: String,
    }
}

row! {
    /// What a heartbeat needs to know of a job.
    pub struct JobProgressRow {
        pub worker_id: Option<Uuid>,
        pub started_at: Option<Timestamp>,
        pub canceled_at: Option<Timestamp>,
        pub completed_at: Option<Timestamp>,
        pub updated_at: Timestamp,
        pub logs_length: i32,
        pub logs_overflowed: bool,
    }
}

row! {
    /// A pending job's place.
    pub struct QueuePositionRow {
        pub id: Uuid,
        pub position: i64,
        pub size: i64,
    }
}

row! {
    /// A step of a job.
    pub struct JobTimingRow {
        pub job_id: Uuid,
        pub started_at: Timestamp,
        pub ended_at: Timestamp,
        pub stage: String,
        pub source: String,
        pub action: String,
        pub resource: String,
    }
}

row! {
    /// A job with the names of what it works on.
    pub struct JobDetailsRow {
        pub id: Uuid,
        pub created_at: Timestamp,
        pub started_at: Option<Timestamp>,
        pub canceled_at: Option<Timestamp>,
        pub completed_at: Option<Timestamp>,
        pub error: String,
        pub error_code: String,
        pub organization_id: Uuid,
        pub initiator_id: Uuid,
        pub file_id: Uuid,
        pub r#type: String,
        pub input: Json<serde_json::Value>,
        pub worker_id: Option<Uuid>,
        pub tags: Json<Tags>,
        pub logs_overflowed: bool,
        pub status: String,
        pub worker_name: String,
        pub queue_position: i64,
        pub queue_size: i64,
        pub available_workers: Vec<Uuid>,
        pub template_version_name: String,
        pub template_id: Option<Uuid>,
        pub template_name: String,
        pub template_display_name: String,
        pub template_icon: String,
        pub workspace_id: Option<Uuid>,
        pub workspace_name: String,
        pub transition: String,
    }
}

/// A job to queue.
#[derive(Debug, Clone)]
pub struct NewJob {
    pub id: Uuid,
    pub organization_id: Uuid,
    pub initiator_id: Uuid,
    /// `terraform` or `echo`
    pub provisioner: String,
    pub file_id: Uuid,
    /// `template_version_import`, `workspace_build` or `template_version_dry_run`
    pub r#type: &'static str,
    pub input: serde_json::Value,
    pub tags: Tags,
}

/// Puts a job in the queue.
///
/// # Errors
/// [`DbError`].
pub async fn insert_job(q: &impl Querier, now: Timestamp, job: &NewJob) -> Result<(), DbError> {
    let NewJob { id, organization_id, initiator_id, provisioner, file_id, r#type, input, tags } = job;
    execute(
        q,
        statement!("insert_job"),
        &[id, &now, organization_id, initiator_id, provisioner, file_id, r#type, input, &Json(tags)],
    )
    .await?;
    Ok(())
}

/// Who asks for a job.
#[derive(Debug, Clone, Copy)]
pub struct Worker<'a> {
    pub id: Uuid,
    pub organization_id: Uuid,
    pub provisioners: &'a [String],
    pub tags: &'a Tags,
}

/// Takes the next job for this worker.
///
/// # Errors
/// [`DbError`].
pub async fn acquire_job(
    q: &impl Querier,
    now: Timestamp,
    worker: Worker<'_>,
    prebuilds_user: Uuid,
) -> Result<Option<JobRow>, DbError> {
    let Worker { id, organization_id, provisioners, tags } = worker;
    optional(q, statement!("acquire_job"), &[&now, &id, &organization_id, &provisioners, &Json(tags), &prebuilds_user])
        .await
}

/// A job.
///
/// # Errors
/// [`DbError`].
pub async fn find_job(q: &impl Querier, id: Uuid) -> Result<Option<JobRow>, DbError> {
    optional(q, statement!("find_job"), &[&id]).await
}

/// A job, its row locked until the transaction ends.
///
/// # Errors
/// [`DbError`].
pub async fn lock_job(q: &impl Querier, id: Uuid) -> Result<Option<JobRow>, DbError> {
    optional(q, statement!("lock_job"), &[&id]).await
}

/// What a heartbeat needs to know.
///
/// # Errors
/// [`DbError`].
pub async fn find_job_progress(q: &impl Querier, id: Uuid) -> Result<Option<JobProgressRow>, DbError> {
    optional(q, statement!("find_job_progress"), &[&id]).await
}

/// Notes that the worker lives.
///
/// # Errors
/// [`DbError`].
pub async fn touch_job(q: &impl Querier, id: Uuid, now: Timestamp) -> Result<(), DbError> {
    execute(q, statement!("touch_job"), &[&id, &now]).await?;
    Ok(())
}

/// Marks a job canceled. `None`: it was complete or canceled already; `Some(true)`: it is complete now.
///
/// # Errors
/// [`DbError`].
pub async fn cancel_job(q: &impl Querier, id: Uuid, now: Timestamp) -> Result<Option<bool>, DbError> {
    scalar(q, statement!("cancel_job"), &[&id, &now]).await
}

/// Completes a job, with an error or with an empty one. False: it was complete already.
///
/// # Errors
/// [`DbError`].
pub async fn complete_job(
    q: &impl Querier,
    id: Uuid,
    now: Timestamp,
    error: &str,
    error_code: &str,
) -> Result<bool, DbError> {
    Ok(execute(q, statement!("complete_job"), &[&id, &now, &error, &error_code]).await? > 0)
}

/// Jobs whose worker or queue seems dead; at most ten, in random order.
///
/// # Errors
/// [`DbError`].
pub async fn list_hung_jobs(
    q: &impl Querier,
    pending_before: Timestamp,
    running_before: Timestamp,
) -> Result<Vec<Uuid>, DbError> {
    list(q, statement!("list_hung_jobs"), &[&pending_before, &running_before]).await
}

/// The job, if it still seems dead and nobody else works on it.
///
/// # Errors
/// [`DbError`].
pub async fn lock_hung_job(
    q: &impl Querier,
    id: Uuid,
    pending_before: Timestamp,
    running_before: Timestamp,
) -> Result<Option<JobRow>, DbError> {
    optional(q, statement!("lock_hung_job"), &[&id, &pending_before, &running_before]).await
}

/// Places of pending jobs in the queues of the daemons that were seen since `seen_since`.
///
/// # Errors
/// [`DbError`].
pub async fn list_queue_positions(
    q: &impl Querier,
    jobs: &[Uuid],
    seen_since: Timestamp,
    prebuilds_user: Uuid,
) -> Result<Vec<QueuePositionRow>, DbError> {
    all(q, statement!("list_queue_positions"), &[&jobs, &seen_since, &prebuilds_user]).await
}

/// What to list; `None` for any.
#[derive(Debug, Clone, Default)]
pub struct JobSearch {
    pub ids: Option<Vec<Uuid>>,
    pub statuses: Option<Vec<String>>,
    pub tags: Option<Tags>,
    pub initiator_id: Option<Uuid>,
    pub limit: i64,
}

/// Jobs of an organization, the youngest first.
///
/// # Errors
/// [`DbError`].
pub async fn list_jobs_by_organization(
    q: &impl Querier,
    organization_id: Uuid,
    search: &JobSearch,
    seen_since: Timestamp,
) -> Result<Vec<JobDetailsRow>, DbError> {
    let JobSearch { ids, statuses, tags, initiator_id, limit } = search;
    let tags = tags.as_ref().map(Json);
    all(
        q,
        statement!("list_jobs_by_organization"),
        &[&organization_id, ids, statuses, &tags, initiator_id, limit, &seen_since],
    )
    .await
}

/// Stores the steps of a job.
///
/// # Errors
/// [`DbError`].
pub async fn insert_job_timings(q: &impl Querier, job: Uuid, timings: &[JobTimingRow]) -> Result<(), DbError> {
    if timings.is_empty() {
        return Ok(());
    }
    let column = |get: fn(&JobTimingRow) -> &str| timings.iter().map(get).collect::<Vec<_>>();
    let starts: Vec<_> = timings.iter().map(|timing| timing.started_at).collect();
    let ends: Vec<_> = timings.iter().map(|timing| timing.ended_at).collect();
    execute(
        q,
        statement!("insert_job_timings"),
        &[
            &job,
            &starts,
            &ends,
            &column(|timing| &timing.stage),
            &column(|timing| &timing.source),
            &column(|timing| &timing.action),
            &column(|timing| &timing.resource),
        ],
    )
    .await?;
    Ok(())
}

/// The steps of a job.
///
/// # Errors
/// [`DbError`].
pub async fn list_job_timings(q: &impl Querier, job: Uuid) -> Result<Vec<JobTimingRow>, DbError> {
    all(q, statement!("list_job_timings"), &[&job]).await
}

/// Puts a job back into the queue; false if it is no longer this worker's to give.
///
/// # Errors
/// [`DbError`].
pub async fn release_job(q: &impl Querier, id: Uuid, worker: Uuid, now: Timestamp) -> Result<bool, DbError> {
    Ok(execute(q, statement!("release_job"), &[&id, &worker, &now]).await? > 0)
}

row! {
    /// A job that its worker does not speak of.
    pub struct IdleJobRow {
        pub id: Uuid,
        pub worker_id: Uuid,
    }
}

/// Running jobs without a sign of life since `idle_since`.
///
/// # Errors
/// [`DbError`].
pub async fn list_idle_jobs(q: &impl Querier, idle_since: Timestamp) -> Result<Vec<IdleJobRow>, DbError> {
    all(q, statement!("list_idle_jobs"), &[&idle_since]).await
}

/// Jobs that a worker took and did not end.
///
/// # Errors
/// [`DbError`].
pub async fn list_unfinished_jobs(q: &impl Querier, worker: Uuid) -> Result<Vec<Uuid>, DbError> {
    list(q, statement!("list_unfinished_jobs"), &[&worker]).await
}
