//! Agents: status and health, evaluated when they are read (docs/protocol/rest.md, "Agents").

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;
use warren_api::{
    AgentSubsystem, DerpRegion, DisplayApp, Healthcheck, WorkspaceAgent, WorkspaceAgentHealth, WorkspaceAgentLifecycle,
    WorkspaceAgentLogSource, WorkspaceAgentScript, WorkspaceAgentStartupScriptBehavior, WorkspaceAgentStatus,
    WorkspaceApp, WorkspaceAppHealth, WorkspaceAppOpenIn, WorkspaceAppSharingLevel,
};
use warren_db::resources::{AgentScript, AppDocument, LogSourceDocument, ResourceRow};

use crate::{AgentState, Services};

/// Two pings of an agent without an answer.
const INACTIVE_AFTER: SignedDuration = SignedDuration::from_secs(30);

/// The names in the addresses of apps.
#[derive(Debug, Clone, Copy)]
pub struct AppNames<'a> {
    /// Of the workspace.
    pub workspace: &'a str,
    /// Of its owner.
    pub owner: &'a str,
}

/// The agent of a row, if it has one.
pub fn agent(
    services: &Services,
    row: ResourceRow,
    names: Option<AppNames<'_>>,
    now: Timestamp,
) -> Option<WorkspaceAgent> {
    let id = row.agent_id?;
    let created_at = row.agent_created_at.unwrap_or(row.created_at);
    let timeout = row.connection_timeout_seconds.unwrap_or_default();
    let state = connection(services, &row, id, now);
    let status = status(&state, created_at, timeout, now);
    let lifecycle_state = WorkspaceAgentLifecycle::parse(row.lifecycle_state.as_deref().unwrap_or_default());
    let scripts = row.scripts.map(|scripts| scripts.0).unwrap_or_default();
    let blocking = scripts.iter().any(|script| script.run_on_start && script.start_blocks_login);
    let text = |value: Option<String>| value.unwrap_or_default();
    let troubleshooting_url = match text(row.troubleshooting_url) {
        url if url.is_empty() => services.config.agent_troubleshooting_url.clone(),
        url => url,
    };
    Some(WorkspaceAgent {
        api_version: text(row.api_version),
        apps: row.apps.map(|apps| apps.0).unwrap_or_default().into_iter().map(|found| app(found, names)).collect(),
        architecture: text(row.architecture),
        connection_timeout_seconds: i64::from(timeout),
        created_at,
        directory: text(row.directory),
        disconnected_at: state.disconnected_at,
        display_apps: row.display_apps.unwrap_or_default().iter().map(|name| DisplayApp::parse(name)).collect(),
        environment_variables: row.environment_variables.map(|variables| variables.0).unwrap_or_default(),
        expanded_directory: text(row.expanded_directory),
        first_connected_at: state.first_connected_at,
        health: health(status, lifecycle_state),
        id,
        instance_id: text(row.auth_instance_id),
        last_connected_at: state.last_connected_at,
        latency: state
            .latency
            .into_iter()
            .map(|(region, latency_ms, preferred)| (region, DerpRegion { latency_ms, preferred }))
            .collect(),
        lifecycle_state,
        log_sources: row.log_sources.map(|sources| sources.0).unwrap_or_default().into_iter().map(log_source).collect(),
        logs_length: i64::from(row.logs_length.unwrap_or_default()),
        logs_overflowed: row.logs_overflowed.unwrap_or_default(),
        metadata: Vec::new(),
        name: text(row.agent_name),
        operating_system: text(row.operating_system),
        parent_id: row.parent_id,
        ready_at: row.ready_at,
        resource_id: row.id,
        scripts: scripts.into_iter().map(script).collect(),
        started_at: row.started_at,
        startup_script_behavior: if blocking {
            WorkspaceAgentStartupScriptBehavior::Blocking
        } else {
            WorkspaceAgentStartupScriptBehavior::NonBlocking
        },
        status,
        subsystems: row.subsystems.unwrap_or_default().iter().map(|name| AgentSubsystem::parse(name)).collect(),
        troubleshooting_url,
        updated_at: row.agent_updated_at.unwrap_or(created_at),
        version: text(row.version),
    })
}

/// What is known of the connection: by who holds it, else by the database, where a missing end counts after a while.
fn connection(services: &Services, row: &ResourceRow, id: Uuid, now: Timestamp) -> AgentState {
    if let Some(state) = services.presence.get().and_then(|presence| presence.connection(id)) {
        return state;
    }
    let mut state = AgentState {
        first_connected_at: row.first_connected_at,
        last_connected_at: row.last_connected_at,
        disconnected_at: row.disconnected_at,
        latency: Vec::new(),
    };
    let lost = |last: Timestamp| now.duration_since(last) > INACTIVE_AFTER;
    if !is_disconnected(&state) && state.last_connected_at.is_some_and(lost) {
        state.disconnected_at = state.last_connected_at;
    }
    state
}

fn is_disconnected(state: &AgentState) -> bool {
    state.disconnected_at.zip(state.last_connected_at).is_some_and(|(end, last)| end >= last)
}

fn status(state: &AgentState, created_at: Timestamp, timeout: i32, now: Timestamp) -> WorkspaceAgentStatus {
    if state.first_connected_at.is_none() {
        let age = now.duration_since(created_at).as_secs();
        return if timeout > 0 && age > i64::from(timeout) {
            WorkspaceAgentStatus::Timeout
        } else {
            WorkspaceAgentStatus::Connecting
        };
    }
    if is_disconnected(state) { WorkspaceAgentStatus::Disconnected } else { WorkspaceAgentStatus::Connected }
}

fn health(status: WorkspaceAgentStatus, lifecycle: WorkspaceAgentLifecycle) -> WorkspaceAgentHealth {
    use WorkspaceAgentLifecycle as Life;
    use WorkspaceAgentStatus as Status;
    let reason = match (status, lifecycle) {
        (status, Life::Off) if status != Status::Connected => "the agent is not running",
        (Status::Connecting, _) => "the agent has not connected yet",
        (Status::Timeout, _) => "the agent takes too long to connect",
        (Status::Disconnected, _) => "the connection to the agent is lost",
        (_, Life::StartError) => "a startup script failed",
        (_, Life::ShuttingDown | Life::ShutdownTimeout | Life::ShutdownError | Life::Off) => {
            "the agent is shutting down"
        }
        _ => return WorkspaceAgentHealth { healthy: true, reason: String::new() },
    };
    WorkspaceAgentHealth { healthy: false, reason: reason.to_owned() }
}

fn script(found: AgentScript) -> WorkspaceAgentScript {
    WorkspaceAgentScript {
        cron: found.cron,
        display_name: found.display_name,
        exit_code: None,
        id: found.id,
        log_path: found.log_path,
        log_source_id: found.log_source_id,
        run_on_start: found.run_on_start,
        run_on_stop: found.run_on_stop,
        script: found.script,
        start_blocks_login: found.start_blocks_login,
        status: None,
        timeout: i64::from(found.timeout),
    }
}

fn log_source(found: LogSourceDocument) -> WorkspaceAgentLogSource {
    WorkspaceAgentLogSource {
        created_at: found.created_at,
        display_name: found.display_name,
        icon: found.icon,
        id: found.id,
        workspace_agent_id: found.workspace_agent_id,
    }
}

fn app(found: AppDocument, names: Option<AppNames<'_>>) -> WorkspaceApp {
    let subdomain_name = match names {
        Some(AppNames { workspace, owner }) if found.subdomain => format!("{}--{workspace}--{owner}", found.slug),
        _ => String::new(),
    };
    WorkspaceApp {
        command: found.command,
        display_name: found.display_name,
        external: found.external,
        group: found.display_group,
        health: WorkspaceAppHealth::parse(&found.health),
        healthcheck: Healthcheck {
            interval: i64::from(found.healthcheck_interval),
            threshold: i64::from(found.healthcheck_threshold),
            url: found.healthcheck_url,
        },
        hidden: found.hidden,
        icon: found.icon,
        id: found.id,
        open_in: WorkspaceAppOpenIn::parse(&found.open_in),
        sharing_level: WorkspaceAppSharingLevel::parse(&found.sharing_level),
        slug: found.slug,
        statuses: Vec::new(),
        subdomain: found.subdomain,
        subdomain_name,
        tooltip: found.tooltip,
        url: found.url,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn state(first: Option<i64>, last: Option<i64>, end: Option<i64>) -> AgentState {
        AgentState {
            first_connected_at: first.map(at),
            last_connected_at: last.map(at),
            disconnected_at: end.map(at),
            latency: Vec::new(),
        }
    }

    #[test]
    fn status_follows_the_connection() {
        let of = |state: AgentState, now: i64| status(&state, at(0), 120, at(now));
        assert_eq!(of(state(None, None, None), 60), WorkspaceAgentStatus::Connecting);
        assert_eq!(of(state(None, None, None), 121), WorkspaceAgentStatus::Timeout);
        assert_eq!(status(&state(None, None, None), at(0), 0, at(9999)), WorkspaceAgentStatus::Connecting);
        assert_eq!(of(state(Some(1), Some(5), None), 9), WorkspaceAgentStatus::Connected);
        assert_eq!(of(state(Some(1), Some(5), Some(5)), 9), WorkspaceAgentStatus::Disconnected);
        assert_eq!(of(state(Some(1), Some(9), Some(5)), 9), WorkspaceAgentStatus::Connected);
    }

    #[test]
    fn health_tells_the_first_reason() {
        let healthy = |status, lifecycle| health(status, lifecycle).healthy;
        assert!(healthy(WorkspaceAgentStatus::Connected, WorkspaceAgentLifecycle::Ready));
        assert!(healthy(WorkspaceAgentStatus::Connected, WorkspaceAgentLifecycle::StartTimeout));
        assert!(!healthy(WorkspaceAgentStatus::Connected, WorkspaceAgentLifecycle::StartError));
        assert!(
            health(WorkspaceAgentStatus::Disconnected, WorkspaceAgentLifecycle::Off).reason.contains("not running")
        );
    }
}
