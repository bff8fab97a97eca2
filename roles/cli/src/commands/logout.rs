//! `logout`: ends the session at the server and forgets it here.

use anyhow::{Context, Result};

use crate::commands::YES;
use crate::frame::error::Several;
use crate::frame::{Command, Cx};

pub static COMMAND: Command =
    Command::new("logout", "Unauthenticate your local session.").options(&[&[YES]]).run(crate::action!(run));

async fn run(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    cx.confirm("Are you sure you want to log out?", true).await?;
    let mut errors = Vec::new();
    if let Err(error) = client.logout().await {
        errors.push(anyhow::Error::new(error).context("logout api"));
    }
    let config = cx.config();
    for file in ["url", "session", "organization"] {
        if let Err(error) = config.remove(file).context("remove the stored login") {
            errors.push(error);
        }
    }
    if errors.is_empty() {
        outln!("  You are no longer logged in. You can log in using '{} login <url>'.", cx.program.name);
        return Ok(());
    }
    Err(Several { context: "Failed to log out".into(), errors }.into())
}
