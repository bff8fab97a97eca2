//! `update`: starts a workspace on the active version of its template. Editors call it without `-y`, so it never asks to confirm.

use anyhow::Result;
use warren_api::WorkspaceTransition;

use crate::build::{self, BUILD_OPTIONS, StartRequest};
use crate::commands::stop;
use crate::frame::{Args, Command, Cx};
use crate::output::Stream;
use crate::params::{Inputs, Mode, PARAMETER_OPTIONS};
use crate::progress;
use crate::resolve;

pub static COMMAND: Command =
    Command::new("update", "Update a workspace to the active version of its template and start it.")
        .usage("<workspace>", Args::Exactly(1))
        .options(&[PARAMETER_OPTIONS, BUILD_OPTIONS])
        .run(crate::action!(run));

async fn run(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let mut workspace = resolve::workspace(&client, cx.arg(0)).await?;
    let inputs = Inputs::of(&cx.opts)?;
    let forced = inputs.always_prompt || inputs.prompt_ephemeral || !inputs.ephemeral.is_empty();
    if !workspace.outdated && !forced {
        outln!("Workspace is up-to-date.");
        return Ok(());
    }
    if workspace.latest_build.transition == WorkspaceTransition::Start {
        let stopping = stop::stop(cx, &client, &workspace, Vec::new()).await?;
        build::follow_build(cx, &client, &stopping, Stream::Stdout).await?;
        workspace = client.workspace(workspace.id).await?;
    }
    let request =
        StartRequest { inputs, mode: Mode::Update, reason: build::reason(cx), log_level: build::log_level(cx) };
    let started = build::start(cx, &client, &workspace, &request).await?;
    progress::warn_unmatched(Stream::Stderr, &started.job, started.matched_provisioners.as_ref());
    build::follow_build(cx, &client, &started, Stream::Stdout).await?;
    build::success(cx, &workspace.name, "updated");
    Ok(())
}
