//! From the typed name to a running workspace and an agent; a stopped workspace is started on the way.

use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use http::StatusCode;
use warren_api::*;
use warren_client::Client;

use crate::build::{self, StartRequest};
use crate::frame::Cx;
use crate::output::Stream;
use crate::params::{Inputs, Mode};
use crate::resolve::{self, AgentError};

/// Whether a stopped workspace may be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Autostart {
    Allowed,
    Disabled,
}

/// A workspace whose latest build is a succeeded start, and one of its agents.
pub struct Found {
    pub workspace: Workspace,
    pub agent: WorkspaceAgent,
}

const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_secs(2);

/// Repeats a call while the deployment cannot be reached or has trouble: an editor reconnects during upgrades.
pub async fn with_retries<T, F>(mut call: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let mut tries = 1;
    loop {
        match call().await {
            Err(error) if tries < TRIES && is_retryable(&error) => {
                tracing::debug!(%error, tries, "try again");
                tries += 1;
                tokio::time::sleep(PAUSE).await;
            }
            outcome => return outcome,
        }
    }
}

fn is_retryable(error: &anyhow::Error) -> bool {
    error
        .chain()
        .any(|cause| cause.downcast_ref::<warren_client::Error>().is_some_and(warren_client::Error::is_retryable))
}

/// Resolves `[owner/]workspace[.agent]`.
pub async fn resolve(cx: &Cx, client: &Client, text: &str, autostart: Autostart) -> Result<Found> {
    let (name, agent) = resolve::split_agent(text);
    let mut workspace = with_retries(|| resolve::workspace(client, name)).await?;
    if workspace.latest_build.transition != WorkspaceTransition::Start {
        workspace = wake(cx, client, workspace, autostart).await?;
    }
    let build = &workspace.latest_build;
    if build.job.completed_at.is_none() {
        build::follow_build(cx, client, build, Stream::Stderr).await.context("watch workspace build")?;
        workspace.latest_build = client.build(workspace.latest_build.id).await.context("get workspace build")?;
    }
    let build = &workspace.latest_build;
    match (build.transition, build.status) {
        (WorkspaceTransition::Delete, _) => bail!("workspace {:?} is deleted or being deleted", workspace.name),
        (_, WorkspaceStatus::Failed) => {
            bail!("the last build of workspace {:?} failed: {}", workspace.name, build.job.error)
        }
        _ => {}
    }
    let agent = resolve::choose_agent(&workspace, agent).map_err(|error| explain(cx, &workspace, error))?;
    Ok(Found { workspace, agent })
}

/// With several agents the command lines for each are shown.
fn explain(cx: &Cx, workspace: &Workspace, error: AgentError) -> anyhow::Error {
    if !matches!(error, AgentError::Several(_)) || !cx.opts.has("hostname-suffix") {
        return error.into();
    }
    let suffix = cx.opts.filled("hostname-suffix").map(|suffix| format!(".{suffix}")).unwrap_or_default();
    let prefix = if suffix.is_empty() { cx.opts.filled("ssh-host-prefix").unwrap_or_default() } else { "" };
    let lines: Vec<String> = resolve::agents(&workspace.latest_build.resources)
        .iter()
        .map(|agent| {
            format!(
                "  {} ssh {prefix}{}.{}.{}{suffix}",
                cx.program.name, agent.name, workspace.name, workspace.owner_name
            )
        })
        .collect();
    anyhow!("{error}\nTry one of:\n{}", lines.join("\n"))
}

async fn wake(cx: &Cx, client: &Client, workspace: Workspace, autostart: Autostart) -> Result<Workspace> {
    if autostart == Autostart::Disabled {
        bail!("workspace must be started");
    }
    let build = &workspace.latest_build;
    if build.transition == WorkspaceTransition::Delete {
        bail!("workspace {:?} is deleted or being deleted", workspace.name);
    }
    match build.status {
        WorkspaceStatus::Stopped => {}
        WorkspaceStatus::Stopping | WorkspaceStatus::Pending => {
            build::follow_build(cx, client, build, Stream::Stderr).await.context("watch workspace build")?;
        }
        WorkspaceStatus::Failed => {
            bail!("the last build of workspace {:?} failed: {}", workspace.name, build.job.error)
        }
        other => bail!(
            "workspace must be started; was unable to autostart as the last build job is {other}, expected stopped"
        ),
    }
    eprintln!("Workspace was stopped, starting workspace to allow connecting to {:?}...", workspace.name);
    cx.keep_stdout_for_data();
    let request = StartRequest {
        inputs: Inputs { use_defaults: true, ..Inputs::default() },
        mode: Mode::Start,
        reason: CreateWorkspaceBuildReason::SshConnection,
        log_level: ProvisionerLogLevel::Unset,
    };
    match build::start(cx, client, &workspace, &request).await {
        Ok(_) => {}
        // Somebody else was quicker.
        Err(error) if has_status(&error, StatusCode::CONFLICT) => {}
        Err(error) => return Err(error.context("start workspace")),
    }
    Ok(client.workspace(workspace.id).await?)
}

fn has_status(error: &anyhow::Error, status: StatusCode) -> bool {
    error
        .chain()
        .any(|cause| cause.downcast_ref::<warren_client::Error>().is_some_and(|error| error.status() == Some(status)))
}
