//! `delete`.

use anyhow::{Context, Result};
use jiff::Timestamp;
use warren_api::{CreateWorkspaceBuildRequest, WorkspaceTransition};

use crate::build::{self, BUILD_OPTIONS};
use crate::commands::YES;
use crate::frame::{Args, Command, Cx, Opt};
use crate::output::{Stream, human};
use crate::progress;
use crate::resolve;

pub static COMMAND: Command = Command::new("delete", "Delete a workspace.")
    .aliases(&["rm"])
    .usage("<workspace>", Args::Exactly(1))
    .options(&[
        &[YES, Opt::flag("orphan", "Delete the workspace but not its resources. Only for template administrators.")],
        BUILD_OPTIONS,
    ])
    .run(crate::action!(run));

async fn run(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let workspace = resolve::workspace(&client, cx.arg(0)).await?;
    let name = format!("{}/{}", workspace.owner_name, workspace.name);
    let days = Timestamp::now().duration_since(workspace.last_used_at).as_hours() / 24;
    eprintln!("{name} was last used {days} days ago");
    cx.confirm("Confirm delete workspace?", false).await?;
    let request = CreateWorkspaceBuildRequest {
        transition: WorkspaceTransition::Delete,
        orphan: cx.opts.flag("orphan"),
        reason: build::reason(cx),
        log_level: build::log_level(cx),
        ..Default::default()
    };
    let deletion = client.create_build(workspace.id, &request).await.context("delete workspace")?;
    progress::warn_unmatched(Stream::Stdout, &deletion.job, deletion.matched_provisioners.as_ref());
    build::follow_build(cx, &client, &deletion, Stream::Stdout).await?;
    outln!("\n{name} has been deleted at {}!", human::stamp(Timestamp::now()));
    Ok(())
}
