//! Jobs.

use std::collections::HashMap;

use jiff::Timestamp;
use uuid::Uuid;
use warren_api::{
    JobErrorCode, MatchedProvisioners, ProvisionerJob, ProvisionerJobInput, ProvisionerJobMetadata,
    ProvisionerJobStatus, ProvisionerJobType, WorkspaceTransition,
};
use warren_builds::{BUILD, DAEMON_STALE, JobInput, PREBUILDS_USER};
use warren_db::Querier;
use warren_db::daemons::MatchingDaemonsRow;
use warren_db::jobs::{JobDetailsRow, JobRow, Tags, list_queue_positions};

use crate::Result;

/// The columns of a job, wherever they were joined to.
pub(crate) struct JobParts<'a> {
    pub id: Uuid,
    pub created_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub canceled_at: Option<Timestamp>,
    pub completed_at: Option<Timestamp>,
    pub error: &'a str,
    pub error_code: &'a str,
    pub initiator_id: Uuid,
    pub file_id: Uuid,
    pub worker_id: Option<Uuid>,
    pub tags: &'a Tags,
    pub logs_overflowed: bool,
    pub status: &'a str,
    pub organization_id: Uuid,
    pub input: ProvisionerJobInput,
    pub kind: ProvisionerJobType,
}

/// The job columns of a row of a view.
macro_rules! job_parts {
    ($row:expr, $organization:expr, $kind:expr, $input:expr) => {
        $crate::view::JobParts {
            id: $row.job_id,
            created_at: $row.job_created_at,
            started_at: $row.job_started_at,
            canceled_at: $row.job_canceled_at,
            completed_at: $row.job_completed_at,
            error: &$row.job_error,
            error_code: &$row.job_error_code,
            initiator_id: $row.job_initiator_id,
            file_id: $row.job_file_id,
            worker_id: $row.job_worker_id,
            tags: &$row.job_tags.0,
            logs_overflowed: $row.job_logs_overflowed,
            status: &$row.job_status,
            organization_id: $organization,
            input: $input,
            kind: $kind,
        }
    };
}
pub(crate) use job_parts;

/// Places of pending jobs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Queue(HashMap<Uuid, (i64, i64)>);

impl Queue {
    /// Places of the pending ones among these jobs; no query without one.
    pub(crate) async fn load(
        q: &impl Querier,
        now: Timestamp,
        jobs: impl Iterator<Item = (Uuid, &str)>,
    ) -> Result<Self> {
        let pending: Vec<_> = jobs.filter(|(_, status)| *status == "pending").map(|(id, _)| id).collect();
        if pending.is_empty() {
            return Ok(Self::default());
        }
        let seen_since = now.checked_sub(DAEMON_STALE).unwrap_or(Timestamp::MIN);
        let rows = list_queue_positions(q, &pending, seen_since, PREBUILDS_USER).await?;
        Ok(Self(rows.into_iter().map(|row| (row.id, (row.position, row.size))).collect()))
    }
}

pub(crate) fn job(parts: JobParts<'_>, queue: &Queue) -> ProvisionerJob {
    let (queue_position, queue_size) = queue.0.get(&parts.id).copied().unwrap_or_default();
    ProvisionerJob {
        available_workers: Vec::new(),
        canceled_at: parts.canceled_at,
        completed_at: parts.completed_at,
        created_at: parts.created_at,
        error: parts.error.to_owned(),
        error_code: JobErrorCode::parse(parts.error_code),
        file_id: parts.file_id,
        id: parts.id,
        initiator_id: parts.initiator_id,
        input: parts.input,
        logs_overflowed: parts.logs_overflowed,
        metadata: ProvisionerJobMetadata::default(),
        organization_id: parts.organization_id,
        queue_position,
        queue_size,
        started_at: parts.started_at,
        status: ProvisionerJobStatus::parse(parts.status),
        tags: parts.tags.clone(),
        kind: parts.kind,
        worker_id: parts.worker_id,
        worker_name: String::new(),
    }
}

impl<'a> From<&'a JobRow> for JobParts<'a> {
    fn from(row: &'a JobRow) -> Self {
        Self {
            id: row.id,
            created_at: row.created_at,
            started_at: row.started_at,
            canceled_at: row.canceled_at,
            completed_at: row.completed_at,
            error: &row.error,
            error_code: &row.error_code,
            initiator_id: row.initiator_id,
            file_id: row.file_id,
            worker_id: row.worker_id,
            tags: &row.tags.0,
            logs_overflowed: row.logs_overflowed,
            status: &row.status,
            organization_id: row.organization_id,
            input: input(&row.r#type, &row.input.0),
            kind: ProvisionerJobType::parse(&row.r#type),
        }
    }
}

fn input(r#type: &str, input: &serde_json::Value) -> ProvisionerJobInput {
    let mut shown = ProvisionerJobInput::default();
    match JobInput::read(r#type, input) {
        Some(JobInput::Import(input)) => shown.template_version_id = Some(input.template_version_id),
        Some(JobInput::DryRun(input)) => shown.template_version_id = Some(input.template_version_id),
        Some(JobInput::Build(input)) => shown.workspace_build_id = Some(input.workspace_build_id),
        None => shown.error = "the input cannot be read".to_owned(),
    }
    shown
}

/// A job in the lists of an organization, with the names of what it works on.
pub(crate) fn job_details(row: JobDetailsRow) -> ProvisionerJob {
    let is_build = row.r#type == BUILD;
    ProvisionerJob {
        available_workers: row.available_workers,
        canceled_at: row.canceled_at,
        completed_at: row.completed_at,
        created_at: row.created_at,
        error: row.error,
        error_code: JobErrorCode::parse(&row.error_code),
        file_id: row.file_id,
        id: row.id,
        initiator_id: row.initiator_id,
        input: input(&row.r#type, &row.input.0),
        logs_overflowed: row.logs_overflowed,
        metadata: ProvisionerJobMetadata {
            template_display_name: row.template_display_name,
            template_icon: row.template_icon,
            template_id: row.template_id.unwrap_or_default(),
            template_name: row.template_name,
            template_version_name: row.template_version_name,
            workspace_build_transition: WorkspaceTransition::parse(&row.transition),
            workspace_id: row.workspace_id.filter(|_| is_build),
            workspace_name: row.workspace_name,
        },
        organization_id: row.organization_id,
        queue_position: row.queue_position,
        queue_size: row.queue_size,
        started_at: row.started_at,
        status: ProvisionerJobStatus::parse(&row.status),
        tags: row.tags.0,
        kind: ProvisionerJobType::parse(&row.r#type),
        worker_id: row.worker_id,
        worker_name: row.worker_name,
    }
}

/// How many daemons could run a job.
pub(crate) fn matched(row: &MatchingDaemonsRow) -> MatchedProvisioners {
    MatchedProvisioners { available: row.available, count: row.count, most_recently_seen: row.most_recently_seen }
}
