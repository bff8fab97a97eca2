//! What the lifecycle executor reads.

use jiff::Timestamp;
use uuid::Uuid;

use crate::{DbError, Querier, list, optional};

row! {
    /// Everything that decides about an automatic transition.
    pub struct LifecycleRow {
        pub id: Uuid,
        pub owner_id: Uuid,
        pub organization_id: Uuid,
        pub template_id: Uuid,
        pub name: String,
        pub autostart_schedule: Option<String>,
        pub ttl_ms: Option<i64>,
        pub automatic_updates: String,
        pub last_used_at: Timestamp,
        pub dormant_at: Option<Timestamp>,
        pub deleting_at: Option<Timestamp>,
        pub next_start_at: Option<Timestamp>,
        pub deleted: bool,
        pub owner_status: String,
        pub active_version_id: Uuid,
        pub allow_user_autostart: bool,
        pub autostart_days: i16,
        pub failure_ttl_ms: i64,
        pub time_til_dormant_ms: i64,
        pub time_til_dormant_autodelete_ms: i64,
        pub require_active_version: bool,
        pub build_id: Uuid,
        pub transition: String,
        pub build_created_at: Timestamp,
        pub deadline: Option<Timestamp>,
        pub template_version_id: Uuid,
        pub job_status: String,
        pub job_completed_at: Option<Timestamp>,
    }
}

/// Candidates for an automatic transition.
///
/// # Errors
/// [`DbError`].
pub async fn list_due_workspaces(q: &impl Querier, now: Timestamp) -> Result<Vec<Uuid>, DbError> {
    list(q, statement!("list_due_workspaces"), &[&now]).await
}

/// The facts about one workspace.
///
/// # Errors
/// [`DbError`].
pub async fn find_lifecycle_facts(q: &impl Querier, id: Uuid) -> Result<Option<LifecycleRow>, DbError> {
    optional(q, statement!("find_lifecycle_facts"), &[&id]).await
}
