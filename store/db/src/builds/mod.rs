//! Workspace builds.

use jiff::Timestamp;
use postgres_types::Json;
use uuid::Uuid;
use warren_api::WorkspaceBuildParameter;
use warren_rbac::{Guarded, Object, Protected};

use crate::access::StoredAcl;
use crate::jobs::Tags;
use crate::versions::Page;
use crate::workspaces::workspace_object;
use crate::{DbError, Querier, all, execute, optional, scalar};

row! {
    /// A build with its job and its workspace.
    pub struct BuildRow {
        pub id: Uuid,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
        pub workspace_id: Uuid,
        pub template_version_id: Uuid,
        pub build_number: i32,
        pub transition: String,
        pub reason: String,
        pub initiator_id: Uuid,
        pub job_id: Uuid,
        pub deadline: Option<Timestamp>,
        pub max_deadline: Option<Timestamp>,
        pub daily_cost: i32,
        pub template_version_preset_id: Option<Uuid>,
        pub has_external_agent: Option<bool>,
        pub template_version_name: String,
        pub initiator_name: String,
        pub workspace_name: String,
        pub workspace_owner_id: Uuid,
        pub workspace_organization_id: Uuid,
        pub workspace_template_id: Uuid,
        pub workspace_dormant_at: Option<Timestamp>,
        pub workspace_deleted: bool,
        pub workspace_latest_build_id: Option<Uuid>,
        pub workspace_user_acl: Json<StoredAcl>,
        pub workspace_group_acl: Json<StoredAcl>,
        pub workspace_owner_name: String,
        pub workspace_owner_avatar_url: String,
        pub job_created_at: Timestamp,
        pub job_started_at: Option<Timestamp>,
        pub job_canceled_at: Option<Timestamp>,
        pub job_completed_at: Option<Timestamp>,
        pub job_error: String,
        pub job_error_code: String,
        pub job_initiator_id: Uuid,
        pub job_file_id: Uuid,
        pub job_worker_id: Option<Uuid>,
        pub job_tags: Json<Tags>,
        pub job_logs_overflowed: bool,
        pub job_status: String,
    }
}

row! {
    /// What a new build starts from.
    pub struct BuildBaseRow {
        pub id: Uuid,
        pub build_number: i32,
        pub template_version_id: Uuid,
        pub transition: String,
        pub parameters: Json<Vec<WorkspaceBuildParameter>>,
        pub template_version_preset_id: Option<Uuid>,
        pub job_status: String,
        pub job_completed_at: Option<Timestamp>,
    }
}

row! {
    /// A named value.
    pub struct ParameterRow {
        pub name: String,
        pub value: String,
    }
}

impl Protected for BuildRow {
    /// A build is as accessible as its workspace.
    fn object(&self) -> Object {
        workspace_object(
            self.workspace_id,
            self.workspace_owner_id,
            self.workspace_organization_id,
            self.workspace_dormant_at.is_some(),
            (&self.workspace_user_acl.0, &self.workspace_group_acl.0),
        )
    }
}

/// A build to create.
#[derive(Debug, Clone)]
pub struct NewBuild {
    pub id: Uuid,
    pub workspace_id: Uuid,
    pub template_version_id: Uuid,
    pub build_number: i32,
    /// `start`, `stop` or `delete`
    pub transition: String,
    pub reason: String,
    pub initiator_id: Uuid,
    pub job_id: Uuid,
    pub template_version_preset_id: Option<Uuid>,
    pub parameters: Vec<WorkspaceBuildParameter>,
    pub state: Option<Vec<u8>>,
    pub copy_state_of: Option<Uuid>,
}

/// Creates a build and makes it the workspace's latest. A concurrent one collides
/// (`workspace_builds_workspace_id_build_number_key`).
///
/// # Errors
/// [`DbError`].
pub async fn insert_build(q: &impl Querier, now: Timestamp, build: &NewBuild) -> Result<(), DbError> {
    execute(
        q,
        statement!("insert_build"),
        &[
            &build.id,
            &now,
            &build.workspace_id,
            &build.template_version_id,
            &build.build_number,
            &build.transition,
            &build.reason,
            &build.initiator_id,
            &build.job_id,
            &build.template_version_preset_id,
            &Json(&build.parameters),
            &build.state,
            &build.copy_state_of,
        ],
    )
    .await?;
    Ok(())
}

/// A build.
///
/// # Errors
/// [`DbError`].
pub async fn find_build(q: &impl Querier, id: Uuid) -> Result<Option<Guarded<BuildRow>>, DbError> {
    Ok(optional(q, statement!("find_build"), &[&id]).await?.map(Guarded::new))
}

/// The build of a job.
///
/// # Errors
/// [`DbError`].
pub async fn find_build_by_job(q: &impl Querier, job_id: Uuid) -> Result<Option<Guarded<BuildRow>>, DbError> {
    Ok(optional(q, statement!("find_build_by_job"), &[&job_id]).await?.map(Guarded::new))
}

/// A workspace's build of this number.
///
/// # Errors
/// [`DbError`].
pub async fn find_build_by_number(
    q: &impl Querier,
    workspace_id: Uuid,
    number: i32,
) -> Result<Option<Guarded<BuildRow>>, DbError> {
    Ok(optional(q, statement!("find_build_by_number"), &[&workspace_id, &number]).await?.map(Guarded::new))
}

/// Builds of a workspace, the youngest first.
///
/// # Errors
/// [`DbError`].
pub async fn list_builds(
    q: &impl Querier,
    workspace_id: Uuid,
    since: Option<Timestamp>,
    page: Page,
) -> Result<Vec<BuildRow>, DbError> {
    let Page { after_id, offset, limit } = page;
    all(q, statement!("list_builds"), &[&workspace_id, &since, &after_id, &offset, &limit]).await
}

/// The values of a build.
///
/// # Errors
/// [`DbError`].
pub async fn find_build_parameters(q: &impl Querier, build_id: Uuid) -> Result<Vec<WorkspaceBuildParameter>, DbError> {
    let found: Option<Json<Vec<WorkspaceBuildParameter>>> =
        scalar(q, statement!("find_build_parameters"), &[&build_id]).await?;
    Ok(found.map(|Json(values)| values).unwrap_or_default())
}

/// The state that a build left.
///
/// # Errors
/// [`DbError`].
pub async fn find_build_state(q: &impl Querier, build_id: Uuid) -> Result<Option<Vec<u8>>, DbError> {
    Ok(scalar::<Option<Vec<u8>>>(q, statement!("find_build_state"), &[&build_id]).await?.flatten())
}

/// Replaces the state of a build.
///
/// # Errors
/// [`DbError`].
pub async fn update_build_state(q: &impl Querier, build_id: Uuid, now: Timestamp, state: &[u8]) -> Result<(), DbError> {
    execute(q, statement!("update_build_state"), &[&build_id, &now, &state]).await?;
    Ok(())
}

/// Moves the deadline of a build.
///
/// # Errors
/// [`DbError`].
pub async fn update_deadline(
    q: &impl Querier,
    build_id: Uuid,
    now: Timestamp,
    deadline: Option<Timestamp>,
    max_deadline: Option<Timestamp>,
) -> Result<(), DbError> {
    execute(q, statement!("update_deadline"), &[&build_id, &now, &deadline, &max_deadline]).await?;
    Ok(())
}

/// Stores what the build of a job costs.
///
/// # Errors
/// [`DbError`].
pub async fn update_daily_cost(q: &impl Querier, job_id: Uuid, daily_cost: i32) -> Result<(), DbError> {
    execute(q, statement!("update_daily_cost"), &[&job_id, &daily_cost]).await?;
    Ok(())
}

/// The result of a build.
#[derive(Debug, Clone, Default)]
pub struct BuildResult {
    pub state: Vec<u8>,
    pub deadline: Option<Timestamp>,
    pub max_deadline: Option<Timestamp>,
    pub has_external_agent: bool,
}

/// Stores the result of a job's build.
///
/// # Errors
/// [`DbError`].
pub async fn complete_build(
    q: &impl Querier,
    job_id: Uuid,
    now: Timestamp,
    result: &BuildResult,
) -> Result<(), DbError> {
    let BuildResult { state, deadline, max_deadline, has_external_agent } = result;
    execute(q, statement!("complete_build"), &[&job_id, &now, state, deadline, max_deadline, has_external_agent])
        .await?;
    Ok(())
}

/// Stores the state that a failed build left, if it left one.
///
/// # Errors
/// [`DbError`].
pub async fn fail_build(q: &impl Querier, job_id: Uuid, now: Timestamp, state: Option<&[u8]>) -> Result<(), DbError> {
    execute(q, statement!("fail_build"), &[&job_id, &now, &state]).await?;
    Ok(())
}

/// Stores the state that a job's build has reached so far; does nothing for other jobs.
///
/// # Errors
/// [`DbError`].
pub async fn keep_state(q: &impl Querier, job_id: Uuid, now: Timestamp, state: &[u8]) -> Result<(), DbError> {
    execute(q, statement!("keep_state"), &[&job_id, &now, &state]).await?;
    Ok(())
}

/// What a new build of this workspace starts from.
///
/// # Errors
/// [`DbError`].
pub async fn find_build_base(q: &impl Querier, workspace_id: Uuid) -> Result<Option<BuildBaseRow>, DbError> {
    optional(q, statement!("find_build_base"), &[&workspace_id]).await
}

/// The values of a user's latest builds of a template, one for each name.
///
/// # Errors
/// [`DbError`].
pub async fn list_owner_parameters(
    q: &impl Querier,
    owner_id: Uuid,
    template_id: Uuid,
) -> Result<Vec<ParameterRow>, DbError> {
    all(q, statement!("list_owner_parameters"), &[&owner_id, &template_id]).await
}

row! {
    /// What the completion of a build needs to know.
    pub struct CompletionFactsRow {
        pub build_id: Uuid,
        pub transition: String,
        pub workspace_id: Uuid,
        pub owner_id: Uuid,
        pub autostart_schedule: Option<String>,
        pub ttl_ms: Option<i64>,
        pub allow_user_autostart: bool,
        pub allow_user_autostop: bool,
        pub default_ttl_ms: i64,
        pub autostart_days: i16,
        pub autostop_days: i16,
        pub autostop_weeks: i64,
        pub quiet_hours_schedule: String,
    }
}

/// The facts for completing a job's build.
///
/// # Errors
/// [`DbError`].
pub async fn find_completion_facts(q: &impl Querier, job_id: Uuid) -> Result<Option<CompletionFactsRow>, DbError> {
    optional(q, statement!("find_completion_facts"), &[&job_id]).await
}

/// Gives a job's build without a state that of the build before it.
///
/// # Errors
/// [`DbError`].
pub async fn copy_missing_state(q: &impl Querier, job_id: Uuid) -> Result<(), DbError> {
    execute(q, statement!("copy_missing_state"), &[&job_id]).await?;
    Ok(())
}

row! {
    struct BuildKindRow {
        transition: String,
        reason: String,
    }
}

/// Transition and reason of a job's build.
///
/// # Errors
/// [`DbError`].
pub async fn find_build_kind(q: &impl Querier, job_id: Uuid) -> Result<Option<(String, String)>, DbError> {
    let row: Option<BuildKindRow> = optional(q, statement!("find_build_kind"), &[&job_id]).await?;
    Ok(row.map(|row| (row.transition, row.reason)))
}
