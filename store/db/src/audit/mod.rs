//! The audit log.

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;
use warren_rbac::Filter;

use crate::users::UserRow;
use crate::{DbError, Querier, all, execute, scalar};

/// An entry to store.
#[derive(Debug, Clone)]
pub struct NewAuditLog {
    pub id: Uuid,
    pub time: Timestamp,
    pub user_id: Uuid,
    pub organization_id: Uuid,
    pub ip: String,
    pub user_agent: String,
    pub resource_type: String,
    pub resource_id: Uuid,
    pub resource_target: String,
    pub resource_icon: String,
    pub action: String,
    pub diff: Value,
    pub status_code: i32,
    pub additional_fields: Value,
    pub request_id: Uuid,
}

/// Stores an entry.
pub async fn insert_audit_log(q: &impl Querier, entry: &NewAuditLog) -> Result<(), DbError> {
    let e = entry;
    execute(
        q,
        statement!("insert_audit_log"),
        &[
            &e.id,
            &e.time,
            &e.user_id,
            &e.organization_id,
            &e.ip,
            &e.user_agent,
            &e.resource_type,
            &e.resource_id,
            &e.resource_target,
            &e.resource_icon,
            &e.action,
            &e.diff,
            &e.status_code,
            &e.additional_fields,
            &e.request_id,
        ],
    )
    .await?;
    Ok(())
}

row! {
    /// An entry with what a reader wants to know beside it.
    pub struct AuditRow {
        pub id: Uuid,
        pub time: Timestamp,
        pub user_id: Uuid,
        pub organization_id: Uuid,
        pub ip: String,
        pub user_agent: String,
        pub resource_type: String,
        pub resource_id: Uuid,
        pub resource_target: String,
        pub resource_icon: String,
        pub action: String,
        pub diff: Value,
        pub status_code: i32,
        pub additional_fields: Value,
        pub request_id: Uuid,
        pub organization_name: Option<String>,
        pub organization_display_name: Option<String>,
        pub organization_icon: Option<String>,
        pub is_deleted: bool,
        pub workspace_owner: Option<String>,
    }
}

/// What to look for; empty or `None`: anything. Texts in lower case.
#[derive(Debug, Clone, Default)]
pub struct AuditSearch {
    pub resource_type: String,
    pub resource_id: Option<Uuid>,
    pub resource_target: String,
    pub action: String,
    pub request_id: Option<Uuid>,
    pub username: String,
    pub email: String,
    pub organization: Option<Uuid>,
    /// Inclusive.
    pub from: Option<Timestamp>,
    /// Exclusive.
    pub to: Option<Timestamp>,
    pub build_reason: String,
}

/// Entries, newest first: a page of `(offset, limit)`.
pub async fn list_audit_logs(
    q: &impl Querier,
    filter: &Filter,
    search: &AuditSearch,
    page: (i64, Option<i64>),
) -> Result<Vec<AuditRow>, DbError> {
    let s = search;
    all(
        q,
        statement!("list_audit_logs"),
        &[
            &filter.all,
            &filter.orgs,
            &s.resource_type,
            &s.resource_id,
            &s.resource_target,
            &s.action,
            &s.request_id,
            &s.username,
            &s.email,
            &s.organization,
            &s.from,
            &s.to,
            &s.build_reason,
            &page.0,
            &page.1,
        ],
    )
    .await
}

/// How many entries there are, up to `cap`.
pub async fn count_audit_logs(
    q: &impl Querier,
    filter: &Filter,
    search: &AuditSearch,
    cap: i64,
) -> Result<i64, DbError> {
    let s = search;
    let count = scalar(
        q,
        statement!("count_audit_logs"),
        &[
            &filter.all,
            &filter.orgs,
            &s.resource_type,
            &s.resource_id,
            &s.resource_target,
            &s.action,
            &s.request_id,
            &s.username,
            &s.email,
            &s.organization,
            &s.from,
            &s.to,
            &s.build_reason,
            &cap,
        ],
    )
    .await?;
    Ok(count.unwrap_or(0))
}

/// Who the entries speak of.
pub async fn list_audit_users(q: &impl Querier, ids: &[Uuid]) -> Result<Vec<UserRow>, DbError> {
    all(q, statement!("list_audit_users"), &[&ids]).await
}
