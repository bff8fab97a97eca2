//! `gitssh`: ssh for git inside a workspace, with the key of its owner.

use std::io::Write;
use std::process::Command as Process;

use anyhow::{Context, Result};
use tempfile::NamedTempFile;

use crate::commands::external_auth::AGENT_OPTIONS;
use crate::frame::error::Exit;
use crate::frame::{Args, Command, Cx};

pub static COMMAND: Command = Command::new("gitssh", "Wrapper of ssh for git that uses your key.")
    .usage("", Args::Any)
    .hidden()
    .options(&[AGENT_OPTIONS])
    .run(crate::action!(run));

async fn run(cx: &Cx) -> Result<()> {
    let client = cx.agent_client()?;
    let key = client.git_ssh_key().await.context("get agent git ssh token")?;
    // The file is private from its first byte and goes with the command.
    let mut file =
        tempfile::Builder::new().prefix("coder-gitsshkey-").tempfile().context("create temp gitsshkey file")?;
    file.write_all(key.private_key.as_bytes()).and_then(|()| file.flush()).context("write to temp gitsshkey file")?;
    let mut ssh = Process::new("ssh");
    for identity in identities(&cx.args) {
        ssh.args(["-i", &identity]);
    }
    ssh.arg("-i").arg(file.path()).args(&cx.args);
    let mut child = ssh.spawn().context("run ssh command")?;
    let status = loop {
        tokio::select! {
            () = crate::signals::shutdown() => {
                let _ = child.kill();
            }
            () = tokio::time::sleep(std::time::Duration::from_millis(20)) => {}
        }
        if let Some(status) = child.try_wait().context("wait for ssh")? {
            break status;
        }
    };
    close(file);
    match status.code() {
        Some(0) => Ok(()),
        Some(255) => {
            eprintln!("\nWarren authenticates git with this public key:\n\n{}\n", key.public_key.trim());
            eprintln!("Add it to your git provider if it is not there yet:");
            eprintln!("> https://github.com/settings/ssh/new\n> https://gitlab.com/-/profile/keys");
            Err(Exit(255).into())
        }
        Some(code) => Err(Exit(u8::try_from(code).unwrap_or(1)).into()),
        None => Err(Exit(1).into()),
    }
}

fn close(file: NamedTempFile) {
    // A failure to remove it leaves a private file in the temporary directory: nothing to stop for.
    let _ = file.close();
}

/// Identity files that the user's configuration names for this call and that exist.
fn identities(args: &[String]) -> Vec<String> {
    let Ok(output) = Process::new("ssh").arg("-G").args(args).output() else { return Vec::new() };
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| line.strip_prefix("identityfile "))
        .map(|path| crate::config::expand_home(path.trim()))
        .filter(|path| path.is_file())
        .map(|path| path.to_string_lossy().into_owned())
        .collect()
}
