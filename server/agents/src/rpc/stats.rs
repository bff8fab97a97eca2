//! Statistics: kept in memory; use of a workspace is written in batches.

use prost_types::Duration;
use warren_builds::WorkspaceEventKind;
use warren_proto::agent::{Stats, UpdateStatsRequest, UpdateStatsResponse};
use warren_rpc::RpcError;

use crate::session::AgentSession;

pub(super) async fn update_stats(
    session: AgentSession,
    request: UpdateStatsRequest,
) -> Result<UpdateStatsResponse, RpcError> {
    let agents = &session.agents;
    if let Some(stats) = &request.stats {
        if in_use(stats) {
            agents.note_activity(session.identity.workspace_id);
            agents.publish(&session.identity, WorkspaceEventKind::StatsUpdate);
        }
        agents.0.activity.note_traffic(session.identity.agent_id, stats);
    }
    let interval = agents.0.config.agent_stats_refresh_interval;
    let seconds = i64::try_from(interval.as_secs()).unwrap_or(i64::MAX);
    let nanos = i32::try_from(interval.subsec_nanos()).unwrap_or_default();
    Ok(UpdateStatsResponse { report_interval: Some(Duration { seconds, nanos }) })
}

fn in_use(stats: &Stats) -> bool {
    stats.connection_count > 0
}
