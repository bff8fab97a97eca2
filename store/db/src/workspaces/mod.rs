//! Workspaces.

mod lifecycle;
mod people;
mod settings;

use jiff::Timestamp;
use postgres_types::Json;
use uuid::Uuid;
use warren_rbac::{Filter, Guarded, Object, Protected, Resource};

pub use lifecycle::*;
pub use people::*;
pub use settings::*;

use crate::access::{Access, StoredAcl, acl};
use crate::jobs::Tags;
use crate::{DbError, FromRow, Querier, all, execute, optional, scalar};

row! {
    /// A workspace with its latest build and the job of that.
    pub struct WorkspaceRow {
        pub id: Uuid,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
        pub owner_id: Uuid,
        pub organization_id: Uuid,
        pub template_id: Uuid,
        pub name: String,
        pub deleted: bool,
        pub autostart_schedule: Option<String>,
        pub ttl_ms: Option<i64>,
        pub automatic_updates: String,
        pub last_used_at: Timestamp,
        pub dormant_at: Option<Timestamp>,
        pub deleting_at: Option<Timestamp>,
        pub next_start_at: Option<Timestamp>,
        pub favorite: bool,
        pub user_acl: Json<StoredAcl>,
        pub group_acl: Json<StoredAcl>,
        pub owner_name: String,
        pub owner_avatar_url: String,
        pub organization_name: String,
        pub template_name: String,
        pub template_display_name: String,
        pub template_icon: String,
        pub template_active_version_id: Uuid,
        pub template_allow_user_cancel_workspace_jobs: bool,
        pub template_require_active_version: bool,
        pub template_use_classic_parameter_flow: bool,
        pub template_allow_user_autostop: bool,
        pub template_default_ttl_ms: i64,
        pub build_id: Uuid,
        pub build_created_at: Timestamp,
        pub build_updated_at: Timestamp,
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

/// The object of a decision about a workspace; dormant ones are a kind of their own.
pub fn workspace_object(
    id: Uuid,
    owner_id: Uuid,
    organization_id: Uuid,
    dormant: bool,
    (users, groups): (&StoredAcl, &StoredAcl),
) -> Object {
    let kind = if dormant { Resource::WorkspaceDormant } else { Resource::Workspace };
    Object::new(kind).id(id).owned_by(owner_id).in_org(organization_id).shared(acl(users), acl(groups))
}

impl Protected for WorkspaceRow {
    fn object(&self) -> Object {
        let lists = (&self.user_acl.0, &self.group_acl.0);
        workspace_object(self.id, self.owner_id, self.organization_id, self.dormant_at.is_some(), lists)
    }
}

/// A row of a page, and how many there are in all.
#[derive(Debug, Clone)]
pub struct PageRow {
    /// The workspace.
    pub workspace: WorkspaceRow,
    /// Of the whole list.
    pub total: i64,
}

impl FromRow for PageRow {
    const COLUMNS: &'static [&'static str] = &{
        let mut columns = [""; WorkspaceRow::COLUMNS.len() + 1];
        let mut at = 0;
        while at < WorkspaceRow::COLUMNS.len() {
            columns[at] = WorkspaceRow::COLUMNS[at];
            at += 1;
        }
        columns[at] = "total";
        columns
    };

    fn from_row(row: &crate::private::Row) -> Result<Self, crate::private::Error> {
        Ok(Self { workspace: WorkspaceRow::from_row(row)?, total: row.try_get(WorkspaceRow::COLUMNS.len())? })
    }
}

/// A workspace to create.
#[derive(Debug, Clone)]
pub struct NewWorkspace {
    pub id: Uuid,
    pub owner_id: Uuid,
    pub organization_id: Uuid,
    pub template_id: Uuid,
    pub name: String,
    pub autostart_schedule: Option<String>,
    pub ttl_ms: Option<i64>,
    pub automatic_updates: String,
    pub next_start_at: Option<Timestamp>,
}

/// Creates a workspace; its first build must follow in the same transaction. Its name is unique
/// (`workspaces_owner_id_name_idx`).
///
/// # Errors
/// [`DbError`].
pub async fn insert_workspace(q: &impl Querier, now: Timestamp, workspace: &NewWorkspace) -> Result<(), DbError> {
    let NewWorkspace {
        id,
        owner_id,
        organization_id,
        template_id,
        name,
        autostart_schedule,
        ttl_ms,
        automatic_updates,
        next_start_at,
    } = workspace;
    execute(
        q,
        statement!("insert_workspace"),
        &[
            id,
            &now,
            owner_id,
            organization_id,
            template_id,
            name,
            autostart_schedule,
            ttl_ms,
            automatic_updates,
            next_start_at,
        ],
    )
    .await?;
    Ok(())
}

/// A workspace, deleted ones included.
///
/// # Errors
/// [`DbError`].
pub async fn find_workspace(q: &impl Querier, id: Uuid) -> Result<Option<Guarded<WorkspaceRow>>, DbError> {
    Ok(optional(q, statement!("find_workspace"), &[&id]).await?.map(Guarded::new))
}

/// The workspace of this name; with `include_deleted` the youngest deleted one if none lives.
///
/// # Errors
/// [`DbError`].
pub async fn find_workspace_by_name(
    q: &impl Querier,
    owner_id: Uuid,
    name: &str,
    include_deleted: bool,
) -> Result<Option<Guarded<WorkspaceRow>>, DbError> {
    let params: [&(dyn postgres_types::ToSql + Sync); 3] = [&owner_id, &name, &include_deleted];
    Ok(optional(q, statement!("find_workspace_by_name"), &params).await?.map(Guarded::new))
}

/// The workspace of an agent.
///
/// # Errors
/// [`DbError`].
pub async fn find_workspace_by_agent(
    q: &impl Querier,
    agent_id: Uuid,
) -> Result<Option<Guarded<WorkspaceRow>>, DbError> {
    Ok(optional(q, statement!("find_workspace_by_agent"), &[&agent_id]).await?.map(Guarded::new))
}

/// Locks a workspace's row until the transaction ends; false if there is none.
///
/// # Errors
/// [`DbError`].
pub async fn lock_workspace(q: &impl Querier, id: Uuid) -> Result<bool, DbError> {
    Ok(scalar::<Uuid>(q, statement!("lock_workspace"), &[&id]).await?.is_some())
}

/// What to list; `None` for any. Names are lower case; the pattern is for ILIKE.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WorkspaceSearch {
    pub ids: Option<Vec<Uuid>>,
    pub owner_id: Option<Uuid>,
    pub owner_name: Option<String>,
    pub name_pattern: Option<String>,
    pub template_name: Option<String>,
    pub organization_id: Option<Uuid>,
    pub statuses: Option<Vec<String>>,
    pub dormant: Option<bool>,
    pub last_used_after: Option<Timestamp>,
    pub last_used_before: Option<Timestamp>,
    pub outdated: Option<bool>,
    /// Each must be contained in the latest build's list of `{name, value}`.
    pub parameters: Option<Vec<serde_json::Value>>,
    pub agent_statuses: Option<Vec<String>>,
    pub shared: Option<bool>,
    pub shared_with_user: Option<Uuid>,
    pub shared_with_group: Option<Uuid>,
    pub has_external_agent: Option<bool>,
}

/// A page of the workspaces that `filter` reaches, and their total number; a second query only for a page beyond the end.
///
/// # Errors
/// [`DbError`].
pub async fn list_workspaces(
    q: &impl Querier,
    filter: &Filter,
    search: &WorkspaceSearch,
    offset: i64,
    limit: Option<i64>,
) -> Result<(Vec<WorkspaceRow>, i64), DbError> {
    if let Some(orgs) = reaches_all_own(filter, search) {
        let params: [&(dyn postgres_types::ToSql + Sync); 5] = [&filter.user, &filter.all, &orgs, &offset, &limit];
        let rows: Vec<PageRow> = all(q, statement!("list_own_workspaces"), &params).await?;
        // Beyond the end, the general way counts.
        if !rows.is_empty() || offset == 0 {
            return Ok(page(rows));
        }
    }
    let access = Access::from(filter);
    let params: [&(dyn postgres_types::ToSql + Sync); 27] = [
        &access.all,
        &access.orgs,
        &access.user,
        &access.member_orgs,
        &access.acl_orgs,
        &access.acl_groups,
        &access.acl_actions,
        &access.ids,
        &search.ids,
        &search.owner_id,
        &search.owner_name,
        &search.name_pattern,
        &search.template_name,
        &search.organization_id,
        &search.statuses,
        &search.dormant,
        &search.last_used_after,
        &search.last_used_before,
        &search.outdated,
        &search.parameters,
        &search.agent_statuses,
        &search.shared,
        &search.shared_with_user,
        &search.shared_with_group,
        &search.has_external_agent,
        &offset,
        &limit,
    ];
    let statement = match search.owner_id {
        Some(_) => statement!("list_workspaces_of_owner"),
        None => statement!("list_workspaces"),
    };
    let rows: Vec<PageRow> = all(q, statement, &params).await?;
    if rows.is_empty() && offset > 0 {
        let total = scalar(q, statement!("count_workspaces"), &params[..25]).await?.unwrap_or(0);
        return Ok((Vec::new(), total));
    }
    Ok(page(rows))
}

fn page(rows: Vec<PageRow>) -> (Vec<WorkspaceRow>, i64) {
    let total = rows.first().map_or(0, |row| row.total);
    (rows.into_iter().map(|row| row.workspace).collect(), total)
}

/// When somebody asks for everything of their own and nothing but their membership decides: the organizations in which
/// they see it. (Access lists add nothing where the owner sees their workspaces anyway.)
fn reaches_all_own(filter: &Filter, search: &WorkspaceSearch) -> Option<Vec<Uuid>> {
    let own = WorkspaceSearch { owner_id: Some(filter.user), ..Default::default() };
    let orgs: Vec<Uuid> = filter.orgs.iter().chain(&filter.member_orgs).copied().collect();
    let by_membership = filter.all || filter.acl_orgs.iter().all(|org| orgs.contains(org));
    (filter.ids.is_none() && *search == own && by_membership).then_some(orgs)
}
