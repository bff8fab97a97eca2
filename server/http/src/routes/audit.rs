//! The audit log.

use serde::Deserialize;
use warren_api::AuditLogResponse;
use warren_core::{Cx, audit};

use crate::api::{Api, Auth};
use crate::extract::Query;
use crate::{Json, Result};

#[derive(Deserialize)]
struct SearchQuery {
    #[serde(default)]
    q: String,
    limit: Option<u32>,
    offset: Option<u32>,
}

pub(crate) fn routes(api: &mut Api) {
    api.tag("Audit");
    api.get("/api/v2/audit", "get-audit-logs", Auth::Session, list).query(&["limit:integer", "offset:integer"]);
}

async fn list(cx: Cx, Query(query): Query<SearchQuery>) -> Result<Json<AuditLogResponse>> {
    let limit = query.limit.filter(|limit| *limit > 0).map(i64::from);
    let offset = query.offset.map_or(0, i64::from);
    Ok(Json(audit::list_audit(&cx, &query.q, (offset, limit)).await?))
}
