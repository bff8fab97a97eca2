//! Debug logs: to standard error with `-v`, or to a file.

use std::fs::File;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use rand::RngExt;
use tracing_subscriber::EnvFilter;

/// Logs to standard error from now on.
pub fn to_stderr() {
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter(true))
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .try_init();
}

/// Logs to a file from now on.
pub fn to_file(file: File, verbose: bool) {
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter(verbose))
        .with_ansi(false)
        .with_writer(Arc::new(file))
        .try_init();
}

fn filter(verbose: bool) -> EnvFilter {
    let level = if verbose { "debug" } else { "info" };
    EnvFilter::try_new(format!(
        "warn,warren={level},warren_cli={level},warren_client={level},warren_rpc={level},warren_tailnet={level}"
    ))
    .unwrap_or_default()
}

/// Creates the log file of an ssh session. Editors look it up by the process id at the end of its name.
pub fn create_ssh_log(dir: &Path, parent_pid: Option<u32>) -> Result<(File, PathBuf)> {
    let now = jiff::Zoned::now().strftime("%Y%m%d-%H%M%S").to_string();
    let mut rng = rand::rng();
    let nonce: String = (0..5).map(|_| char::from(rng.random_range(b'a'..=b'z'))).collect();
    let pid = parent_pid.map(|pid| format!("-{pid}")).unwrap_or_default();
    let path = dir.join(format!("coder-ssh-{now}-{nonce}{pid}.log"));
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&path).with_context(|| format!("error opening {} for logging", path.display()))?;
    Ok((file, path))
}
