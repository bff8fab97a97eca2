//! `rename`.

use anyhow::{Context, Result};

use crate::commands::YES;
use crate::frame::{Args, Command, Cx};
use crate::resolve;

pub static COMMAND: Command = Command::new("rename", "Rename a workspace.")
    .usage("<workspace> <new name>", Args::Exactly(2))
    .options(&[&[YES]])
    .run(crate::action!(run));

async fn run(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let workspace = resolve::workspace_named(&client, cx.arg(0)).await?;
    outln!("WARNING: A rename can result in data loss if a resource references the workspace");
    outln!("name in the template (e.g volumes). Please backup any data before proceeding.\n");
    let name = workspace.name.clone();
    let check = |text: &str| if text == name { Ok(()) } else { Err(format!("type {name:?} or press Ctrl-C")) };
    cx.prompt(&format!("Type {:?} to confirm rename:", workspace.name), None, check).await?;
    client.rename_workspace(workspace.id, cx.arg(1)).await.context("rename workspace")?;
    outln!("Workspace {:?} has been renamed to {:?}", workspace.name, cx.arg(1));
    Ok(())
}
