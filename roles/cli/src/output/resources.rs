//! The boxed table of resources and agents.

use jiff::Timestamp;
use warren_api::{
    WorkspaceAgent, WorkspaceAgentDevcontainerStatus, WorkspaceAgentListContainersResponse,
    WorkspaceAgentListeningPortsResponse, WorkspaceAgentStatus, WorkspaceResource,
};

use crate::output::table::width;

/// What an agent shows below its line.
#[derive(Default)]
pub struct AgentExtra {
    pub ports: WorkspaceAgentListeningPortsResponse,
    pub containers: WorkspaceAgentListContainersResponse,
}

/// Which columns and rows the table has.
pub struct ResourceTable {
    pub title: String,
    pub status: bool,
    /// Program and workspace for the ssh command line.
    pub access: Option<(String, String)>,
    /// Always name the agent in the command line.
    pub always_name_agent: bool,
    pub server_version: String,
    pub extras: std::collections::HashMap<uuid::Uuid, AgentExtra>,
    /// Errors of containers in full.
    pub details: bool,
}

impl ResourceTable {
    pub fn new(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            status: true,
            access: None,
            always_name_agent: false,
            server_version: String::new(),
            extras: std::collections::HashMap::new(),
            details: false,
        }
    }

    pub fn without_status(mut self) -> Self {
        self.status = false;
        self
    }

    pub fn with_access(mut self, program: &str, workspace: &str) -> Self {
        self.access = Some((program.to_owned(), workspace.to_owned()));
        self
    }
}

/// Renders the table, without a newline at the end.
pub fn render(resources: &[WorkspaceResource], table: &ResourceTable) -> String {
    let mut resources: Vec<_> = resources.iter().filter(|resource| resource.kind != "random_string").collect();
    resources.sort_by(|a, b| a.kind.cmp(&b.kind));
    let agents: usize = resources.iter().map(|resource| resource.agents.len()).sum();
    let mut groups = vec![vec![header(table)]];
    for resource in &resources {
        let mut rows = vec![vec![format!("{}.{}", resource.kind, resource.name)]];
        for (index, agent) in resource.agents.iter().enumerate() {
            let last = index + 1 == resource.agents.len();
            rows.push(agent_row(agent, last, agents, table));
            if let Some(extra) = table.extras.get(&agent.id) {
                rows.extend(extra_rows(extra, table.details).into_iter().map(|text| vec![text]));
            }
        }
        groups.push(rows);
    }
    boxed(&table.title, &groups)
}

fn header(table: &ResourceTable) -> Vec<String> {
    let mut names = vec!["RESOURCE"];
    if table.status {
        names.extend(["STATUS", "HEALTH", "VERSION"]);
    }
    if table.access.is_some() {
        names.push("ACCESS");
    }
    names.into_iter().map(str::to_owned).collect()
}

fn agent_row(agent: &WorkspaceAgent, last: bool, agents: usize, table: &ResourceTable) -> Vec<String> {
    let pipe = if last { "└─" } else { "├─" };
    let mut row = vec![format!("{pipe} {} ({}, {})", agent.name, agent.operating_system, agent.architecture)];
    if table.status {
        row.push(status(agent));
        row.push(health(agent));
        row.push(version(agent, &table.server_version));
    }
    if let Some((program, workspace)) = &table.access {
        let devcontainers = table.extras.get(&agent.id).is_some_and(|extra| !extra.containers.devcontainers.is_empty());
        let name = if agents > 1 || devcontainers || table.always_name_agent {
            format!(".{}", agent.name)
        } else {
            String::new()
        };
        row.push(format!("{program} ssh {workspace}{name}"));
    }
    row
}

fn status(agent: &WorkspaceAgent) -> String {
    let since = |at: Option<Timestamp>| {
        let seconds = at.map_or(0, |at| Timestamp::now().duration_since(at).as_secs().max(0));
        format!("[{seconds}s]")
    };
    match agent.status {
        WorkspaceAgentStatus::Connected => "⦿ connected".into(),
        WorkspaceAgentStatus::Connecting => format!("⦾ connecting {}", since(Some(agent.created_at))),
        WorkspaceAgentStatus::Disconnected => format!("⦾ disconnected {}", since(agent.disconnected_at)),
        WorkspaceAgentStatus::Timeout => format!("⦾ timeout {}", since(Some(agent.created_at))),
        WorkspaceAgentStatus::Unset => String::new(),
    }
}

fn health(agent: &WorkspaceAgent) -> String {
    if agent.health.healthy { "✔ healthy".into() } else { format!("✘ {}", agent.health.reason) }
}

fn version(agent: &WorkspaceAgent, server: &str) -> String {
    let older = crate::version::major_minor(&agent.version).zip(crate::version::major_minor(server));
    match older {
        Some((agent_version, server)) if agent_version < server => format!("{} (outdated)", agent.version),
        _ => agent.version.clone(),
    }
}

fn extra_rows(extra: &AgentExtra, details: bool) -> Vec<String> {
    let mut rows = Vec::new();
    if !extra.ports.ports.is_empty() {
        rows.push("   └─ Open Ports".to_owned());
        let last = extra.ports.ports.len() - 1;
        for (index, port) in extra.ports.ports.iter().enumerate() {
            let pipe = if index == last { "└─" } else { "├─" };
            let process =
                if port.process_name.is_empty() { String::new() } else { format!(" [{}]", port.process_name) };
            rows.push(format!("      {pipe} {:>5}/{}{process}", port.port, port.network));
        }
    }
    if !extra.containers.devcontainers.is_empty() {
        rows.push("   └─ Devcontainers".to_owned());
        let last = extra.containers.devcontainers.len() - 1;
        for (index, container) in extra.containers.devcontainers.iter().enumerate() {
            let pipe = if index == last { "└─" } else { "├─" };
            let mark = match container.status {
                WorkspaceAgentDevcontainerStatus::Running => "▶ running".to_owned(),
                WorkspaceAgentDevcontainerStatus::Stopped => "⏹ stopped".to_owned(),
                WorkspaceAgentDevcontainerStatus::Starting => "⧗ starting".to_owned(),
                WorkspaceAgentDevcontainerStatus::Error if details => format!("✘ error: {}", container.error),
                WorkspaceAgentDevcontainerStatus::Error => {
                    format!("✘ error: {}", container.error.chars().take(80).collect::<String>())
                }
                other => other.as_str().to_owned(),
            };
            rows.push(format!("      {pipe} {} {mark}", container.name));
        }
    }
    rows
}

/// Groups of rows in a frame, with lines between the groups.
fn boxed(title: &str, groups: &[Vec<Vec<String>>]) -> String {
    let columns = groups.iter().flatten().map(Vec::len).max().unwrap_or(1);
    let mut widths = vec![0usize; columns];
    for row in groups.iter().flatten() {
        for (known, cell) in widths.iter_mut().zip(row) {
            *known = (*known).max(width(cell));
        }
    }
    let inner = widths.iter().sum::<usize>() + 2 * (columns - 1);
    let rule = |left: &str, right: &str| format!("{left}{}{right}", "─".repeat(inner + 2));
    let framed = |text: &str| format!("│ {text}{} │", " ".repeat(inner.saturating_sub(width(text))));
    let mut lines = vec![rule("┌", "┐")];
    if !title.is_empty() {
        let chars: Vec<char> = title.chars().collect();
        lines.extend(chars.chunks(inner.max(1)).map(|part| framed(&part.iter().collect::<String>())));
        lines.push(rule("├", "┤"));
    }
    for (index, group) in groups.iter().enumerate() {
        if index > 0 {
            lines.push(rule("├", "┤"));
        }
        for row in group {
            let cells: Vec<String> = row
                .iter()
                .zip(&widths)
                .map(|(cell, column)| format!("{cell}{}", " ".repeat(column.saturating_sub(width(cell)))))
                .collect();
            lines.push(framed(&cells.join("  ")));
        }
    }
    lines.push(rule("└", "┘"));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_hang_below_their_resource() {
        let agent = WorkspaceAgent {
            name: "main".into(),
            operating_system: "linux".into(),
            architecture: "amd64".into(),
            ..Default::default()
        };
        let resources = [
            WorkspaceResource {
                kind: "terraform_data".into(),
                name: "process".into(),
                agents: vec![agent],
                ..Default::default()
            },
            WorkspaceResource { kind: "coder_env".into(), name: "extra".into(), ..Default::default() },
        ];
        let table = ResourceTable::new("Workspace Preview").without_status().with_access("coder", "d3");
        let expected = "\
┌──────────────────────────────────────┐
│ Workspace Preview                    │
├──────────────────────────────────────┤
│ RESOURCE                ACCESS       │
├──────────────────────────────────────┤
│ coder_env.extra                      │
├──────────────────────────────────────┤
│ terraform_data.process               │
│ └─ main (linux, amd64)  coder ssh d3 │
└──────────────────────────────────────┘";
        assert_eq!(render(&resources, &table), expected);
    }
}
