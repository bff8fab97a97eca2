//! The methods that an agent may call (`docs/protocol/agents-server.md`).

mod logs;
mod manifest;
mod metadata;
mod reports;
mod stats;
mod tailnet;

use jiff::Timestamp;
use uuid::Uuid;
use warren_db::DbError;
use warren_proto::agent::agent_methods as agent;
use warren_proto::agent::{GetAnnouncementBannersResponse, ListSubAgentsResponse, ServiceBanner};
use warren_proto::tailnet::tailnet_methods as net;
use warren_rpc::{Router, RpcError};

pub use logs::{LogLine, LogRefused};

use crate::session::AgentSession;

/// Everything of both services; what an agent has no use for is known but not implemented.
pub(crate) fn router() -> Router<AgentSession> {
    Router::new()
        .unary(agent::GET_MANIFEST, manifest::get_manifest)
        .unary(agent::GET_SERVICE_BANNER, |_, _| async { Ok(ServiceBanner::default()) })
        .unary(agent::GET_ANNOUNCEMENT_BANNERS, |_, _| async { Ok(GetAnnouncementBannersResponse::default()) })
        .unary(agent::UPDATE_STARTUP, reports::update_startup)
        .unary(agent::UPDATE_LIFECYCLE, reports::update_lifecycle)
        .unary(agent::BATCH_UPDATE_APP_HEALTHS, reports::update_app_healths)
        .unary(agent::BATCH_UPDATE_METADATA, metadata::update_metadata)
        .unary(agent::BATCH_CREATE_LOGS, logs::create_logs)
        .unary(agent::UPDATE_STATS, stats::update_stats)
        .unary(agent::SCRIPT_COMPLETED, reports::script_completed)
        .unary(agent::REPORT_CONNECTION, reports::report_connection)
        .unary(agent::GET_RESOURCES_MONITORING_CONFIGURATION, reports::resources_configuration)
        .unary(agent::PUSH_RESOURCES_MONITORING_USAGE, |_, _| async { Ok(Default::default()) })
        .unary(agent::LIST_SUB_AGENTS, |_, _| async { Ok(ListSubAgentsResponse::default()) })
        .unimplemented(agent::CREATE_SUB_AGENT)
        .unimplemented(agent::DELETE_SUB_AGENT)
        .unimplemented(agent::REPORT_BOUNDARY_LOGS)
        .unimplemented(agent::UPDATE_APP_STATUS)
        .unimplemented(agent::PUSH_CONTEXT_STATE)
        .unary(net::POST_TELEMETRY, |_, _| async { Ok(Default::default()) })
        .server_stream(net::STREAM_DERP_MAPS, tailnet::stream_derp_maps)
        .bidi(net::COORDINATE, tailnet::coordinate)
        .unimplemented(net::REFRESH_RESUME_TOKEN)
        .unimplemented(net::WORKSPACE_UPDATES)
}

/// What an agent learns of a failed query.
pub(crate) fn failed(error: DbError) -> RpcError {
    match error {
        DbError::Unavailable(_) => RpcError::new("the database is not reachable"),
        error => {
            tracing::error!(error = &error as &dyn std::error::Error, "an agent's call failed");
            RpcError::new("internal error")
        }
    }
}

/// An id of 16 bytes.
pub(crate) fn id(bytes: &[u8], what: &str) -> Result<Uuid, RpcError> {
    Uuid::from_slice(bytes).map_err(|_| RpcError::new(format!("{what} must be 16 bytes")))
}

/// A time on the wire; `None` for one outside of what can be kept.
pub(crate) fn timestamp(time: &prost_types::Timestamp) -> Option<Timestamp> {
    let time = Timestamp::new(time.seconds, time.nanos).ok()?;
    Timestamp::from_microsecond(time.as_microsecond()).ok()
}
