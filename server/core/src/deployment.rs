//! Figures of the whole deployment.

use serde_json::{Value, json};

use crate::{Cx, Result};

/// Usage counters. Workspaces are counted by the status of their latest build.
///
/// # Errors
/// The database failed.
pub async fn stats(cx: &Cx) -> Result<Value> {
    let now = cx.services.now();
    let conn = cx.db().conn().await?;
    let counts = warren_db::settings::count_workspaces_by_status(&conn).await?;
    let count = |status: &str| counts.iter().find(|(name, _)| name == status).map_or(0, |(_, count)| *count);
    Ok(json!({
        "aggregated_from": now,
        "collected_at": now,
        "next_update_at": now.checked_add(jiff::SignedDuration::from_secs(60)).unwrap_or(now),
        "workspaces": {
            "pending": count("pending"),
            "building": count("starting"),
            "running": count("running"),
            "failed": count("failed"),
            "stopped": count("stopped"),
            "connection_latency_ms": { "P50": 0.0, "P95": 0.0 },
            "rx_bytes": 0,
            "tx_bytes": 0,
        },
        "session_count": { "vscode": 0, "ssh": 0, "jetbrains": 0, "reconnecting_pty": 0 },
    }))
}
