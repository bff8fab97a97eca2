//! What agents report about themselves: start, lifecycle, apps, scripts, connections.

use std::net::IpAddr;

use prost_types::Timestamp as ProtoTimestamp;
use serde::Deserialize;
use warren_builds::WorkspaceEventKind;
use warren_db::agent_reports::{self, ConnectionReport, ScriptTiming};
use warren_proto::agent::connection::{Action, Type};
use warren_proto::agent::get_resources_monitoring_configuration_response::{Config, Memory, Volume};
use warren_proto::agent::lifecycle::State;
use warren_proto::agent::startup::Subsystem;
use warren_proto::agent::timing::{Stage, Status};
use warren_proto::agent::{
    AppHealth, BatchUpdateAppHealthRequest, BatchUpdateAppHealthResponse, GetResourcesMonitoringConfigurationRequest,
    GetResourcesMonitoringConfigurationResponse, Lifecycle, ReportConnectionRequest, Startup, UpdateLifecycleRequest,
    UpdateStartupRequest, WorkspaceAgentScriptCompletedRequest, WorkspaceAgentScriptCompletedResponse,
};
use warren_rpc::RpcError;

use super::{failed, id, timestamp};
use crate::defaults::{RESOURCE_DATAPOINTS, RESOURCE_INTERVAL_SECONDS};
use crate::service::now;
use crate::session::AgentSession;

/// Longest version or directory that is kept, bytes.
const MAX_TEXT: usize = 4_096;

pub(super) async fn update_startup(session: AgentSession, request: UpdateStartupRequest) -> Result<Startup, RpcError> {
    let startup = request.startup.ok_or_else(|| RpcError::new("startup is required"))?;
    if !is_version(&startup.version) {
        return Err(RpcError::new(format!("invalid agent semver version {:?}", startup.version)));
    }
    if startup.expanded_directory.len() > MAX_TEXT {
        return Err(RpcError::new("the expanded directory is too long"));
    }
    let mut subsystems = Vec::new();
    for number in &startup.subsystems {
        subsystems.push(match Subsystem::try_from(*number) {
            Ok(Subsystem::Envbox) => "envbox",
            Ok(Subsystem::Envbuilder) => "envbuilder",
            Ok(Subsystem::Exectrace) => "exectrace",
            _ => return Err(RpcError::new(format!("invalid agent subsystem {number}"))),
        });
    }
    subsystems.sort_unstable();
    subsystems.dedup();
    let conn = session.agents.0.db.conn().await.map_err(failed)?;
    let texts = (startup.version.as_str(), startup.expanded_directory.as_str(), &*session.api_version);
    agent_reports::update_startup(&conn, session.identity.agent_id, texts, &subsystems).await.map_err(failed)?;
    Ok(startup)
}

/// `v`, three numbers, and whatever semver has behind them.
fn is_version(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('v').filter(|rest| rest.len() < MAX_TEXT) else { return false };
    let (core, extra) = rest.split_at(rest.find(['-', '+']).unwrap_or(rest.len()));
    let numbers: Vec<&str> = core.split('.').collect();
    let number = |text: &&str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) && (*text == "0" || !text.starts_with('0'))
    };
    (1..=3).contains(&numbers.len())
        && numbers.iter().all(number)
        && extra.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'+' | b'.'))
        && extra.len() != 1
}

pub(super) async fn update_lifecycle(
    session: AgentSession,
    request: UpdateLifecycleRequest,
) -> Result<Lifecycle, RpcError> {
    let mut lifecycle = request.lifecycle.ok_or_else(|| RpcError::new("lifecycle is required"))?;
    let state = match lifecycle.state() {
        State::Unspecified => return Err(RpcError::new(format!("unknown lifecycle state {}", lifecycle.state))),
        State::Created => "created",
        State::Starting => "starting",
        State::StartTimeout => "start_timeout",
        State::StartError => "start_error",
        State::Ready => "ready",
        State::ShuttingDown => "shutting_down",
        State::ShutdownTimeout => "shutdown_timeout",
        State::ShutdownError => "shutdown_error",
        State::Off => "off",
    };
    let at = lifecycle.changed_at.as_ref().and_then(timestamp).unwrap_or_else(now);
    if lifecycle.changed_at.is_none() {
        lifecycle.changed_at = Some(ProtoTimestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() });
    }
    let conn = session.agents.0.db.conn().await.map_err(failed)?;
    agent_reports::update_lifecycle(&conn, session.identity.agent_id, state, at).await.map_err(failed)?;
    drop(conn);
    session.agents.publish(&session.identity, WorkspaceEventKind::AgentLifecycle);
    Ok(lifecycle)
}

pub(super) async fn update_app_healths(
    session: AgentSession,
    request: BatchUpdateAppHealthRequest,
) -> Result<BatchUpdateAppHealthResponse, RpcError> {
    if request.updates.is_empty() {
        return Ok(BatchUpdateAppHealthResponse {});
    }
    let agent = session.identity.agent_id;
    let conn = session.agents.0.db.conn().await.map_err(failed)?;
    let known = agent_reports::list_app_healths(&conn, agent).await.map_err(failed)?;
    let (mut apps, mut healths) = (Vec::new(), Vec::new());
    for update in &request.updates {
        let app = id(&update.id, "app id")?;
        let stored = known.iter().find(|stored| stored.id == app);
        let stored = stored.ok_or_else(|| RpcError::new(format!("workspace app ID {app:?} not found")))?;
        if stored.healthcheck_url.is_empty() {
            return Err(RpcError::new(format!("workspace app {app:?} has no health check")));
        }
        let health = match AppHealth::try_from(update.health) {
            Ok(AppHealth::Disabled) => "disabled",
            Ok(AppHealth::Initializing) => "initializing",
            Ok(AppHealth::Healthy) => "healthy",
            Ok(AppHealth::Unhealthy) => "unhealthy",
            _ => return Err(RpcError::new(format!("unknown health {}", update.health))),
        };
        if stored.health != health {
            apps.push(app);
            healths.push(health);
        }
    }
    if !apps.is_empty() {
        agent_reports::update_app_healths(&conn, agent, &apps, &healths).await.map_err(failed)?;
        drop(conn);
        session.agents.publish(&session.identity, WorkspaceEventKind::AppHealth);
    }
    Ok(BatchUpdateAppHealthResponse {})
}

pub(super) async fn script_completed(
    session: AgentSession,
    request: WorkspaceAgentScriptCompletedRequest,
) -> Result<WorkspaceAgentScriptCompletedResponse, RpcError> {
    let timing = request.timing.ok_or_else(|| RpcError::new("script timing is required"))?;
    let script_id = id(&timing.script_id, "script id")?;
    let time = |time: &Option<ProtoTimestamp>, what: &str| {
        let set = time.as_ref().filter(|time| time.seconds != 0 || time.nanos != 0);
        set.and_then(timestamp).ok_or_else(|| RpcError::new(format!("script {what} time is required")))
    };
    let (started_at, ended_at) = (time(&timing.start, "start")?, time(&timing.end, "end")?);
    if started_at > ended_at {
        return Err(RpcError::new("script start time cannot be after end time"));
    }
    let stage = match timing.stage() {
        Stage::Start => "start",
        Stage::Stop => "stop",
        Stage::Cron => "cron",
    };
    let status = match timing.status() {
        Status::Ok => "ok",
        Status::ExitFailure => "exit_failure",
        Status::TimedOut => "timed_out",
        Status::PipesLeftOpen => "pipes_left_open",
    };
    let run = ScriptTiming { script_id, started_at, ended_at, exit_code: timing.exit_code, stage, status };
    let conn = session.agents.0.db.conn().await.map_err(failed)?;
    agent_reports::insert_script_timing(&conn, session.identity.agent_id, &run).await.map_err(failed)?;
    Ok(WorkspaceAgentScriptCompletedResponse {})
}

pub(super) async fn report_connection(session: AgentSession, request: ReportConnectionRequest) -> Result<(), RpcError> {
    let connection = request.connection.ok_or_else(|| RpcError::new("connection is required"))?;
    let connection_id = id(&connection.id, "connection id")?;
    if connection_id.is_nil() {
        return Err(RpcError::new("connection id is required"));
    }
    let kind = match connection.r#type() {
        Type::Ssh => "ssh",
        Type::Vscode => "vscode",
        Type::Jetbrains => "jetbrains",
        Type::ReconnectingPty => "reconnecting_pty",
        Type::Unspecified => return Err(RpcError::new("unknown connection type")),
    };
    let reason = connection.reason.as_deref().filter(|reason| !reason.is_empty()).map(shortened);
    let ended = match connection.action() {
        Action::Connect => None,
        Action::Disconnect => Some((connection.status_code, reason)),
        Action::Unspecified => return Err(RpcError::new("unknown connection action")),
    };
    let ip = match connection.ip.as_str() {
        "localhost" => Some("127.0.0.1".to_owned()),
        text => text.parse::<IpAddr>().ok().map(|ip| ip.to_string()),
    };
    let report = ConnectionReport {
        connection_id,
        workspace_id: session.identity.workspace_id,
        agent_name: session.identity.agent_name.clone(),
        kind,
        ip,
        at: connection.timestamp.as_ref().and_then(timestamp).unwrap_or_else(now),
        ended,
    };
    let conn = session.agents.0.db.conn().await.map_err(failed)?;
    agent_reports::upsert_connection_log(&conn, &report).await.map_err(failed)?;
    Ok(())
}

/// What is kept of a text that an agent reports, whatever its length and characters.
fn shortened(text: &str) -> String {
    text[..text.floor_char_boundary(MAX_TEXT)].replace('\0', "\u{fffd}")
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Monitors {
    memory: Option<Monitor>,
    volumes: Vec<Monitor>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Monitor {
    enabled: bool,
    path: String,
}

pub(super) async fn resources_configuration(
    session: AgentSession,
    _: GetResourcesMonitoringConfigurationRequest,
) -> Result<GetResourcesMonitoringConfigurationResponse, RpcError> {
    let conn = session.agents.0.db.conn().await.map_err(failed)?;
    let document = agent_reports::find_monitors(&conn, session.identity.agent_id).await.map_err(failed)?;
    drop(conn);
    let monitors: Monitors = document.and_then(|value| serde_json::from_value(value).ok()).unwrap_or_default();
    Ok(GetResourcesMonitoringConfigurationResponse {
        config: Some(Config {
            num_datapoints: RESOURCE_DATAPOINTS,
            collection_interval_seconds: RESOURCE_INTERVAL_SECONDS,
        }),
        memory: monitors.memory.map(|memory| Memory { enabled: memory.enabled }),
        volumes: monitors
            .volumes
            .into_iter()
            .map(|volume| Volume { enabled: volume.enabled, path: volume.path })
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reported_texts_are_bounded() {
        assert_eq!(shortened("lost\0it"), "lost\u{fffd}it");
        assert_eq!(shortened(&"ä".repeat(MAX_TEXT)).len(), MAX_TEXT);
    }

    #[test]
    fn versions_have_a_v_and_numbers() {
        for good in ["v2.31.0", "v1.2.3-devel+abc", "v0.0.0", "v2.31", "v1.0.0+build-7"] {
            assert!(is_version(good), "{good}");
        }
        for bad in ["", "v", "2.31.0", "v1.2.3.4", "v1.x", "v01.2.3", "v1.2.3-", "v1.2.3 "] {
            assert!(!is_version(bad), "{bad}");
        }
    }
}
