//! `publickey`: the key that git in workspaces uses.

use anyhow::{Context, Result};

use crate::commands::YES;
use crate::frame::{Command, Cx, Opt};

pub static COMMAND: Command = Command::new("publickey", "Show your public key for git.")
    .aliases(&["pubkey"])
    .options(&[&[YES, Opt::flag("reset", "Make a new key. The old one must be replaced wherever it is known.")]])
    .run(crate::action!(run));

async fn run(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    if cx.opts.flag("reset") {
        cx.confirm("Confirm regenerate a new sshkey for your workspaces? This will require updating the key on any services it is registered with.", false)
            .await?;
        client.regenerate_git_ssh_key("me").await?;
    }
    let key = client.git_ssh_key("me").await.context("create codersdk client")?;
    outln!(
        "This is your public key for using git in your workspaces. All clones with SSH will be authenticated automatically."
    );
    outln!("{}\n", key.public_key.trim_end());
    outln!("Add to GitHub and GitLab:");
    outln!("> https://github.com/settings/ssh/new");
    outln!("> https://gitlab.com/-/profile/keys");
    Ok(())
}
