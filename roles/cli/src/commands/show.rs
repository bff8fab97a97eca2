//! `show`: the resources of a workspace.

use anyhow::{Context, Result};
use jiff::Timestamp;
use warren_api::{WorkspaceAgentListeningPortsResponse, WorkspaceStatus};

use crate::frame::{Args, Command, Cx, Opt};
use crate::output::resources::{AgentExtra, ResourceTable, render};
use crate::output::{Stream, human, warn};
use crate::resolve;

pub static COMMAND: Command = Command::new("show", "Show the resources of a workspace.")
    .usage("<workspace>", Args::Exactly(1))
    .options(&[&[Opt::flag("details", "Show errors of dev containers in full.").default("false")]])
    .run(crate::action!(run));

const DEVCONTAINER_LABELS: &[&str] = &["devcontainer.local_folder=", "devcontainer.config_file="];

async fn run(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let info = client.build_info().await.context("get server version")?;
    let workspace = resolve::workspace_named(&client, cx.arg(0)).await?;
    let build = &workspace.latest_build;
    let since = Timestamp::now().duration_since(build.created_at).unsigned_abs();
    let since = human::go_duration(std::time::Duration::from_secs(since.as_secs()));
    let title = format!(
        "{}/{} ({} since {since}) {}:{}",
        workspace.owner_name, workspace.name, build.status, workspace.template_name, build.template_version_name
    );
    let mut table = ResourceTable::new(&title).with_access(cx.program.name, &workspace.name);
    table.server_version = info.version;
    table.always_name_agent = build.status == WorkspaceStatus::Running;
    table.details = cx.opts.flag("details");
    if build.status == WorkspaceStatus::Running {
        for agent in resolve::agents(&build.resources).into_iter().filter(|agent| agent.parent_id.is_none()) {
            let (ports, containers) =
                tokio::join!(client.listening_ports(agent.id), client.containers(agent.id, DEVCONTAINER_LABELS));
            let mut extra = AgentExtra::default();
            match ports {
                Ok(found) => extra.ports = WorkspaceAgentListeningPortsResponse { ports: found.ports },
                Err(error) => warn(
                    Stream::Stderr,
                    &format!("Failed to get listening ports for agent {}: {error}", agent.name),
                    &[],
                ),
            }
            match containers {
                Ok(found) => extra.containers = found,
                Err(error) => {
                    warn(Stream::Stderr, &format!("Failed to get devcontainers for agent {}: {error}", agent.name), &[])
                }
            }
            table.extras.insert(agent.id, extra);
        }
    }
    outln!("{}", render(&build.resources, &table));
    Ok(())
}
