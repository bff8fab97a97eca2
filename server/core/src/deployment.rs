//! Figures of the whole deployment.

use warren_api::{DeploymentStats, SessionCountDeploymentStats, WorkspaceDeploymentStats};

use crate::{Cx, Result};

/// Usage counters. Workspaces are counted by the status of their latest build.
///
/// # Errors
/// The database failed.
pub async fn stats(cx: &Cx) -> Result<DeploymentStats> {
    let now = cx.services.now();
    let conn = cx.db().conn().await?;
    let counts = warren_db::settings::count_workspaces_by_status(&conn).await?;
    let count = |status: &str| counts.iter().find(|(name, _)| name == status).map_or(0, |(_, count)| *count);
    Ok(DeploymentStats {
        aggregated_from: now,
        collected_at: now,
        next_update_at: now.checked_add(jiff::SignedDuration::from_secs(60)).unwrap_or(now),
        workspaces: WorkspaceDeploymentStats {
            pending: count("pending"),
            building: count("starting"),
            running: count("running"),
            failed: count("failed"),
            stopped: count("stopped"),
            ..WorkspaceDeploymentStats::default()
        },
        session_count: SessionCountDeploymentStats::default(),
    })
}
