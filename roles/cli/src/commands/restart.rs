//! `restart`: a stop and a start; questions are asked before the stop.

use anyhow::Result;
use warren_api::WorkspaceBuildParameter;

use crate::build::{self, BUILD_OPTIONS, StartRequest};
use crate::commands::{YES, stop};
use crate::frame::{Args, Command, Cx};
use crate::output::Stream;
use crate::params::{Inputs, Mode, PARAMETER_OPTIONS};
use crate::resolve;

pub static COMMAND: Command = Command::new("restart", "Restart a workspace.")
    .usage("<workspace>", Args::Exactly(1))
    .options(&[&[YES], PARAMETER_OPTIONS, BUILD_OPTIONS])
    .run(crate::action!(run));

async fn run(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let workspace = resolve::workspace(&client, cx.arg(0)).await?;
    let request = StartRequest {
        inputs: Inputs::of(&cx.opts)?,
        mode: Mode::Restart,
        reason: build::reason(cx),
        log_level: build::log_level(cx),
    };
    let prepared = build::prepare_start(cx, &client, &workspace, &request, Mode::Restart).await?;
    cx.confirm("Restart workspace?", true).await?;
    let ephemeral: Vec<WorkspaceBuildParameter> = request
        .inputs
        .ephemeral
        .iter()
        .map(|(name, value)| WorkspaceBuildParameter { name: name.clone(), value: value.clone() })
        .collect();
    let stopping = stop::stop(cx, &client, &workspace, ephemeral).await?;
    build::follow_build(cx, &client, &stopping, Stream::Stdout).await?;
    let started = build::start_prepared(cx, &client, &workspace, &request, prepared).await?;
    build::follow_build(cx, &client, &started, Stream::Stdout).await?;
    build::success(cx, &workspace.name, "restarted");
    Ok(())
}
