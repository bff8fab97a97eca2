//! Debug logs: to standard error with `-v`, or to a file.

use std::fs::File;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use rand::RngExt;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use warren_agent::logfile::LogFile;

/// Logs to standard error from now on.
pub fn to_stderr() {
    let ansi = std::io::stderr().is_terminal();
    let layer = tracing_subscriber::fmt::layer().with_ansi(ansi).with_writer(std::io::stderr);
    let _ = tracing_subscriber::registry().with(layer).with(filter(true)).try_init();
}

/// Logs to a file from now on.
pub fn to_file(file: File, verbose: bool) {
    let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(Arc::new(file));
    let _ = tracing_subscriber::registry().with(layer).with(filter(verbose)).try_init();
}

/// Logs as the agent does: to its log file and, unless the template sends that elsewhere, to standard error.
pub fn for_agent(dir: &Path, human: bool, verbose: bool) {
    use tracing_subscriber::fmt::writer::{BoxMakeWriter, MakeWriterExt, OptionalWriter};
    let file = LogFile::open(dir);
    let problem = file.as_ref().err().map(ToString::to_string);
    let file = file.ok().map(Arc::new);
    let to_file = move || file.clone().map_or_else(OptionalWriter::none, |file| OptionalWriter::some(SharedLog(file)));
    let writer = if human { BoxMakeWriter::new(to_file.and(std::io::stderr)) } else { BoxMakeWriter::new(to_file) };
    let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(writer);
    let _ = tracing_subscriber::registry().with(layer).with(filter(verbose)).try_init();
    if let Some(problem) = problem {
        tracing::warn!(dir = %dir.display(), error = problem, "no log file");
    }
}

struct SharedLog(Arc<LogFile>);

impl std::io::Write for SharedLog {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        (&*self.0).write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Ours at the wanted level, others' warnings.
fn filter(verbose: bool) -> Targets {
    let level = if verbose { LevelFilter::DEBUG } else { LevelFilter::INFO };
    Targets::new().with_default(LevelFilter::WARN).with_target("warren", level)
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
