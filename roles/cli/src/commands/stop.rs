//! `stop`.

use anyhow::{Context, Result};
use warren_api::{
    CreateWorkspaceBuildRequest, ProvisionerJobStatus, Workspace, WorkspaceBuild, WorkspaceBuildParameter,
    WorkspaceTransition,
};
use warren_client::Client;

use crate::build::{self, BUILD_OPTIONS};
use crate::commands::YES;
use crate::frame::{Args, Command, Cx};
use crate::output::{Stream, warn};
use crate::progress;
use crate::resolve;

pub static COMMAND: Command = Command::new("stop", "Stop a workspace.")
    .usage("<workspace>", Args::Exactly(1))
    .options(&[&[YES], BUILD_OPTIONS])
    .run(crate::action!(run));

async fn run(cx: &Cx) -> Result<()> {
    cx.confirm("Confirm stop workspace?", true).await?;
    let client = cx.client()?;
    let workspace = resolve::workspace(&client, cx.arg(0)).await?;
    if workspace.latest_build.job.status == ProvisionerJobStatus::Pending {
        warn(Stream::Stdout, "The workspace is waiting in the queue for a build already.", &[]);
        cx.confirm("Enqueue another stop?", false).await?;
    }
    let build = stop(cx, &client, &workspace, Vec::new()).await?;
    build::follow_build(cx, &client, &build, Stream::Stdout).await?;
    build::success(cx, &workspace.name, "stopped");
    Ok(())
}

/// Posts a stop build.
pub async fn stop(
    cx: &Cx,
    client: &Client,
    workspace: &Workspace,
    values: Vec<WorkspaceBuildParameter>,
) -> Result<WorkspaceBuild> {
    let request = CreateWorkspaceBuildRequest {
        transition: WorkspaceTransition::Stop,
        reason: build::reason(cx),
        log_level: build::log_level(cx),
        rich_parameter_values: values,
        ..Default::default()
    };
    let build = client.create_build(workspace.id, &request).await.context("stop workspace")?;
    progress::warn_unmatched(Stream::Stderr, &build.job, build.matched_provisioners.as_ref());
    Ok(build)
}
