//! The audit log.

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::{DbError, Querier, execute};

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
