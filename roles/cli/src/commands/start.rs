//! `start`.

use anyhow::{Context, Result};
use warren_api::{CreateWorkspaceBuildRequest, ProvisionerJobStatus, Workspace, WorkspaceStatus, WorkspaceTransition};
use warren_client::Client;

use crate::build::{self, BUILD_OPTIONS, StartRequest};
use crate::commands::YES;
use crate::frame::{Args, Command, Cx, Opt};
use crate::output::{Stream, warn};
use crate::params::{Inputs, Mode, PARAMETER_OPTIONS};
use crate::progress;
use crate::resolve;

pub static COMMAND: Command = Command::new("start", "Start a workspace.")
    .usage("<workspace>", Args::Exactly(1))
    .options(&[
        &[YES, Opt::flag("no-wait", "Return at once and let the workspace start in the background.")],
        PARAMETER_OPTIONS,
        BUILD_OPTIONS,
    ])
    .run(crate::action!(run));

async fn run(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let mut workspace = resolve::workspace(&client, cx.arg(0)).await?;
    let status = workspace.latest_build.status;
    if status == WorkspaceStatus::Pending {
        warn(Stream::Stdout, "The workspace is waiting in the queue for a build already.", &[]);
        cx.confirm("Enqueue another start?", false).await?;
    }
    let latest = match status {
        WorkspaceStatus::Running => {
            if cx.opts.given("parameter") {
                eprintln!("The values of --parameter are not used: the workspace is running. Use restart.");
            }
            outln!("\nThe {} workspace is already running!", workspace.name);
            return Ok(());
        }
        WorkspaceStatus::Starting => workspace.latest_build.clone(),
        _ => {
            if failed_start(&workspace) {
                stop_first(cx, &client, &workspace).await?;
                workspace = client.workspace(workspace.id).await?;
            }
            let request = StartRequest {
                inputs: Inputs::of(&cx.opts)?,
                mode: Mode::Start,
                reason: build::reason(cx),
                log_level: build::log_level(cx),
            };
            let started = build::start(cx, &client, &workspace, &request).await?;
            progress::warn_unmatched(Stream::Stderr, &started.job, started.matched_provisioners.as_ref());
            started
        }
    };
    if cx.opts.flag("no-wait") {
        outln!(
            "The {} workspace has been started in no-wait mode. Workspace is building in the background.",
            workspace.name
        );
        return Ok(());
    }
    build::follow_build(cx, &client, &latest, Stream::Stdout).await?;
    build::success(cx, &workspace.name, "started");
    Ok(())
}

fn failed_start(workspace: &Workspace) -> bool {
    workspace.latest_build.transition == WorkspaceTransition::Start
        && workspace.latest_build.job.status == ProvisionerJobStatus::Failed
}

/// What a failed start left is removed before the next try.
async fn stop_first(cx: &Cx, client: &Client, workspace: &Workspace) -> Result<()> {
    outln!("The last start failed: its remains are stopped first.");
    let request = CreateWorkspaceBuildRequest {
        transition: WorkspaceTransition::Stop,
        reason: build::reason(cx),
        log_level: build::log_level(cx),
        ..Default::default()
    };
    let stop = client.create_build(workspace.id, &request).await.context("stop workspace")?;
    build::follow_build(cx, client, &stop, Stream::Stdout).await
}
