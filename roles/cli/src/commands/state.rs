//! `state pull` and `state push`: the Terraform state of a workspace, for repairs.

use anyhow::{Context, Result};
use base64::Engine;
use warren_api::{CreateWorkspaceBuildRequest, Workspace, WorkspaceBuild};
use warren_client::Client;

use crate::build;
use crate::frame::{Args, Command, Cx, Opt};
use crate::output::Stream;
use crate::{prompt, resolve};

const BUILD: Opt = Opt::int("build", "Number of the build; 0 means the latest.").short('b');

pub static COMMAND: Command =
    Command::new("state", "Pull and push the Terraform state of a workspace.").children(&[&PULL, &PUSH]);

static PULL: Command = Command::new("pull", "Download the Terraform state.")
    .usage("<workspace> [file]", Args::Between(1, 2))
    .options(&[&[BUILD]])
    .run(crate::action!(pull));

static PUSH: Command = Command::new("push", "Replace the Terraform state.")
    .usage("<workspace> <file>", Args::Exactly(2))
    .options(&[&[BUILD, Opt::flag("no-build", "Only store the state, do not build.").short('n')]])
    .run(crate::action!(push));

async fn chosen(cx: &Cx, client: &Client) -> Result<(Workspace, WorkspaceBuild)> {
    let workspace = resolve::workspace(client, cx.arg(0)).await?;
    let build = match cx.opts.int("build") {
        0 => workspace.latest_build.clone(),
        number => client.build_by_number(&workspace.owner_name, &workspace.name, number).await?,
    };
    Ok((workspace, build))
}

async fn pull(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let (_, build) = chosen(cx, &client).await?;
    let state = client.build_state(build.id).await.context("get workspace build state")?;
    if cx.args.len() < 2 {
        outln!("{}", String::from_utf8_lossy(&state));
        return Ok(());
    }
    write_private(cx.arg(1), &state)
}

fn write_private(path: &str, bytes: &[u8]) -> Result<()> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).and_then(|mut file| file.write_all(bytes)).with_context(|| format!("write {path}"))
}

async fn push(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let (workspace, build) = chosen(cx, &client).await?;
    let state = match cx.arg(1) {
        "-" => prompt::read_all()?,
        path => std::fs::read(path).with_context(|| format!("read {path}"))?,
    };
    let state = base64::engine::general_purpose::STANDARD.encode(&state);
    if cx.opts.flag("no-build") {
        client.update_build_state(build.id, &state).await?;
        outln!("State updated successfully.");
        return Ok(());
    }
    let request = CreateWorkspaceBuildRequest {
        template_version_id: build.template_version_id,
        transition: build.transition,
        state,
        ..Default::default()
    };
    let next = client.create_build(workspace.id, &request).await?;
    build::follow_build(cx, &client, &next, Stream::Stdout).await
}
