//! Forwarding of GnuPG: the local agent's restricted socket appears where GnuPG in the workspace looks for its agent.

use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use tokio::io::AsyncWriteExt;

use crate::ssh::forward::RemoteForward;
use crate::ssh::session;
use crate::tunnel::{SSH_PORT, Tunnel};

/// Prepares the workspace and gives the forward to ask for.
pub async fn prepare(tunnel: &Tunnel) -> Result<RemoteForward> {
    let local =
        output("gpgconf", &["--list-dir", "agent-extra-socket"]).await.context("find the local GnuPG socket")?;
    let keys = output_bytes("gpg", &["--armor", "--export"]).await.context("export the local public keys")?;
    let trust = output_bytes("gpg", &["--export-ownertrust"]).await.context("export the local owner trust")?;
    let script = "set -e\nagent_socket=$(gpgconf --list-dir agent-socket)\ngpgconf --kill gpg-agent\nrm -f \"$agent_socket\"\nprintf %s \"$agent_socket\"";
    let remote = remote_output(tunnel, script, &[]).await.context("prepare GnuPG in the workspace")?;
    let remote = remote.trim().to_owned();
    if !remote.starts_with('/') {
        bail!("GnuPG in the workspace has no socket: is gnupg installed there?");
    }
    remote_output(tunnel, "gpg --import", &keys).await.context("import the public keys")?;
    remote_output(tunnel, "gpg --import-ownertrust", &trust).await.context("import the owner trust")?;
    remote_output(tunnel, "gpgconf --kill gpg-agent", &[]).await.context("end the agent that the import started")?;
    Ok(RemoteForward::Socket { remote, local: PathBuf::from(local.trim()) })
}

async fn output(program: &str, args: &[&str]) -> Result<String> {
    Ok(String::from_utf8_lossy(&output_bytes(program, args).await?).into_owned())
}

async fn output_bytes(program: &str, args: &[&str]) -> Result<Vec<u8>> {
    let run = tokio::process::Command::new(program).args(args).stdin(Stdio::null()).output().await;
    let run = run.with_context(|| format!("run {program}"))?;
    if !run.status.success() {
        bail!("{program}: {}", String::from_utf8_lossy(&run.stderr).trim());
    }
    Ok(run.stdout)
}

async fn remote_output(tunnel: &Tunnel, script: &str, input: &[u8]) -> Result<String> {
    let stream = tunnel.dial(SSH_PORT).await?;
    let mut channel = session::exec(stream, script).await?;
    channel.write_all(input).await?;
    channel.shutdown().await?;
    let mut text = String::new();
    tokio::io::AsyncReadExt::read_to_string(&mut channel, &mut text).await?;
    Ok(text)
}
