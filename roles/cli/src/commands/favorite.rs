//! `favorite`, `unfavorite`, `autoupdate`.

use anyhow::{Context, Result, bail};
use warren_api::AutomaticUpdates;

use crate::commands::YES;
use crate::frame::{Args, Command, Cx};
use crate::resolve;

pub static FAVORITE: Command = Command::new("favorite", "Add a workspace to your favorites.")
    .aliases(&["fav", "favourite"])
    .usage("<workspace>", Args::Exactly(1))
    .run(crate::action!(favorite));

pub static UNFAVORITE: Command = Command::new("unfavorite", "Remove a workspace from your favorites.")
    .aliases(&["unfav", "unfavourite"])
    .usage("<workspace>", Args::Exactly(1))
    .run(crate::action!(unfavorite));

pub static AUTOUPDATE: Command =
    Command::new("autoupdate", "Choose whether starts use the newest version of the template.")
        .usage("<workspace> <always|never>", Args::Exactly(2))
        .options(&[&[YES]])
        .run(crate::action!(autoupdate));

async fn favorite(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let workspace = resolve::workspace_named(&client, cx.arg(0)).await?;
    client.set_favorite(workspace.id, true).await.context("favorite workspace")?;
    outln!("Workspace {:?} added to favorites.", workspace.name);
    Ok(())
}

async fn unfavorite(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let workspace = resolve::workspace_named(&client, cx.arg(0)).await?;
    client.set_favorite(workspace.id, false).await.context("unfavorite workspace")?;
    outln!("Workspace {:?} removed from favorites.", workspace.name);
    Ok(())
}

async fn autoupdate(cx: &Cx) -> Result<()> {
    let policy = cx.arg(1).to_lowercase();
    let parsed = AutomaticUpdates::parse(&policy);
    if parsed == AutomaticUpdates::Unset {
        bail!("validate policy: invalid option {policy:?} must be either of \"always\" or \"never\"");
    }
    let client = cx.client()?;
    let workspace = resolve::workspace_named(&client, cx.arg(0)).await?;
    client.set_automatic_updates(workspace.id, parsed).await.context("update workspace automatic updates policy")?;
    outln!("Updated workspace {:?} auto-update policy to {policy:?}", workspace.name);
    Ok(())
}
