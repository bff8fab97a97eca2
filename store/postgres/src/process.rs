//! The database's process, owned by a thread of its own.
//!
//! The kernel's "signal me when my parent dies" is bound to the *thread* that started the process, so the thread that
//! starts it waits for it too and ends no earlier.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::sync::{oneshot, watch};

use crate::user::RunAs;
use crate::{Error, IoContext};

/// How to start the database.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub(crate) postgres: PathBuf,
    pub(crate) arguments: Vec<String>,
    pub(crate) user: Option<RunAs>,
    /// The folder to run in: one that the user may enter.
    pub(crate) work_dir: PathBuf,
}

/// A running database process.
#[derive(Debug)]
pub(crate) struct Process {
    pid: Pid,
    ended: watch::Receiver<Option<String>>,
}

/// A command that runs as the database's user.
pub(crate) fn command(program: &PathBuf, user: Option<&RunAs>) -> Command {
    let mut command = Command::new(program);
    // Nothing of the server's environment (secrets among it) reaches the database.
    command.env_clear().env("LC_ALL", "C").env("TZ", "UTC").env("PATH", "/usr/bin:/bin");
    if let Some(user) = user {
        command.uid(user.uid).gid(user.gid);
    }
    command
}

impl Process {
    /// Starts the database; its log goes to ours.
    pub(crate) async fn spawn(program: Program) -> Result<Self, Error> {
        let (started, wait_started) = oneshot::channel();
        let (report_end, ended) = watch::channel(None);
        let path = program.postgres.clone();
        thread::Builder::new()
            .name("postgres".into())
            .spawn(move || run(program, started, &report_end))
            .context("cannot start a thread for", &path)?;
        let pid = wait_started.await.map_err(|_| Error::Start("its thread ended".into()))?;
        Ok(Self { pid: pid.context("cannot start", path)?, ended })
    }

    pub(crate) fn pid(&self) -> i32 {
        self.pid.as_raw()
    }

    /// Sends a signal, unless the process is already gone.
    pub(crate) fn signal(&self, signal: Signal) {
        if self.ended.borrow().is_none() {
            let _gone_already = kill(self.pid, signal);
        }
    }

    /// Why it ended, if it did.
    pub(crate) fn end(&self) -> Option<String> {
        self.ended.borrow().clone()
    }

    /// Waits for its end.
    pub(crate) async fn ended(&self) -> String {
        let mut ended = self.ended.clone();
        let reason = ended.wait_for(Option::is_some).await.map(|reason| reason.clone());
        reason.ok().flatten().unwrap_or_else(|| "its thread ended".into())
    }
}

fn run(program: Program, started: oneshot::Sender<std::io::Result<Pid>>, report_end: &watch::Sender<Option<String>>) {
    let mut command = command(&program.postgres, program.user.as_ref());
    command.args(&program.arguments).current_dir(&program.work_dir);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    // A group of its own: Ctrl-C in a terminal is for the server, which then stops the database in its turn.
    command.process_group(0);
    die_with_parent(&mut command);
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            let _caller_gone = started.send(Err(error));
            return;
        }
    };
    let pid = Pid::from_raw(child.id().cast_signed());
    let _caller_gone = started.send(Ok(pid));
    let mut last = String::new();
    if let Some(log) = child.stderr.take() {
        forward_log(BufReader::new(log), &mut last);
    }
    let reason = describe(child.wait(), &last);
    let _nobody_waits = report_end.send_replace(Some(reason));
}

#[allow(unsafe_code, reason = "prctl between fork and exec is the only way to be told of the parent's death")]
fn die_with_parent(command: &mut Command) {
    #[cfg(target_os = "linux")]
    {
        let parent = std::process::id();
        // SAFETY: prctl and getppid are async-signal-safe and allocate nothing. The standard library changes the user
        // before it runs this, which matters because a change of user clears the setting.
        unsafe {
            command.pre_exec(move || {
                if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGINT) != 0 {
                    return Err(std::io::Error::last_os_error());
                }
                if libc::getppid().cast_unsigned() != parent {
                    return Err(std::io::Error::other("the server ended meanwhile"));
                }
                Ok(())
            });
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = command;
}

fn forward_log(log: impl BufRead, last: &mut String) {
    for line in log.split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line).into_owned();
        let line = line.trim_end();
        // A stop ends the sessions that are still there; each says so.
        let ended_on_purpose = line.contains("terminating connection due to administrator command");
        if (line.contains("FATAL:") || line.contains("PANIC:")) && !ended_on_purpose {
            tracing::warn!(target: "postgres", "{line}");
        } else {
            tracing::debug!(target: "postgres", "{line}");
        }
        if !line.is_empty() {
            line.clone_into(last);
        }
    }
}

fn describe(status: std::io::Result<ExitStatus>, last: &str) -> String {
    match status {
        Ok(status) => format!("{status}; last log line: {last}"),
        Err(error) => format!("cannot wait for it: {error}"),
    }
}
