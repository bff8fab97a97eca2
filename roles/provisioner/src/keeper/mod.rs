//! The keeper: a small process between a daemon and its Terraform, so that nothing of a job outlives its daemon.
//!
//! The daemon talks to it over its standard input: one byte interrupts Terraform, another kills everything, and the
//! end of the stream says that the daemon is gone. Every descendant that loses its parent becomes the keeper's child,
//! so that it can be found. Terraform writes straight to the daemon's pipes; the keeper holds their reading ends too, so
//! that they never break, and empties them once nobody else does.

mod orders;
mod tree;

use std::ffi::{OsStr, OsString};
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::sys::prctl::{set_child_subreaper, set_pdeathsig};
use nix::sys::signal::{SigHandler, Signal, raise, signal};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::Pid;

use orders::Orders;

/// File name under which a program that contains the keeper is started to become it.
pub const NAME: &str = "warren-job-keeper";
/// Interrupts Terraform: it ends its providers and provisioners, and writes its state.
pub(crate) const INTERRUPT: u8 = b'i';
/// Kills Terraform with everything below it.
pub(crate) const KILL: u8 = b'k';
/// Status when the program cannot be started.
const NOT_STARTED: i32 = 127;

/// What the daemon tells the keeper to do.
#[derive(Debug)]
pub(crate) struct Job<'a> {
    /// Time between interrupt and kill after the daemon's death.
    pub grace: Duration,
    /// Reading ends of the pipes that Terraform writes to.
    pub pipes: [RawFd; 2],
    /// Terraform and its arguments.
    pub program: &'a OsStr,
    pub arguments: &'a [OsString],
}

impl Job<'_> {
    /// The keeper's arguments.
    pub fn words(&self) -> Vec<OsString> {
        let [out, err] = self.pipes;
        let mut words: Vec<OsString> =
            vec![self.grace.as_millis().to_string().into(), out.to_string().into(), err.to_string().into()];
        words.push(self.program.to_owned());
        words.extend_from_slice(self.arguments);
        words
    }

    fn read(words: &[OsString]) -> Option<Job<'_>> {
        let [grace, out, err, program, arguments @ ..] = words else { return None };
        let grace = Duration::from_millis(grace.to_str()?.parse().ok()?);
        let fd = |word: &OsString| word.to_str()?.parse::<RawFd>().ok().filter(|fd| *fd > 2);
        Some(Job { grace, pipes: [fd(out)?, fd(err)?], program, arguments })
    }
}

/// Whether this program was started to become a keeper.
pub fn is_wanted() -> bool {
    let name = std::env::args_os().next().unwrap_or_default();
    std::path::Path::new(&name).file_name().is_some_and(|name| name.as_bytes() == NAME.as_bytes())
}

/// Is the keeper: runs what the arguments say and returns the status for the end of this process.
pub fn run() -> i32 {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    let Some(job) = Job::read(&words) else {
        eprintln!("this program is started by a provisioner daemon only");
        return NOT_STARTED;
    };
    match keep(&job) {
        Ok(status) => end_like(status),
        Err(error) => {
            eprintln!("cannot run {}: {error}", job.program.display());
            NOT_STARTED
        }
    }
}

fn keep(job: &Job<'_>) -> std::io::Result<ExitStatus> {
    set_child_subreaper(true)?;
    let pipes = inherited(job.pipes)?;
    let child = spawn(job)?;
    let pid = Pid::from_raw(i32::try_from(child.id()).map_err(std::io::Error::other)?);
    // The pipes end when Terraform and its children have ended, not when this process has.
    let null = std::fs::File::options().write(true).open("/dev/null")?;
    nix::unistd::dup2_stdout(&null)?;
    nix::unistd::dup2_stderr(&null)?;
    let orders = Arc::new(Mutex::new(Orders::new(pid)));
    let listening = orders.clone();
    let grace = job.grace;
    std::thread::Builder::new().name("orders".to_owned()).spawn(move || orders::listen(&listening, grace, pipes))?;
    let status = wait_for(pid, &orders)?;
    let state = orders.lock().unwrap_or_else(PoisonError::into_inner);
    if state.leaves_nothing() {
        tree::end_all();
    } else {
        state.end_interrupted();
    }
    Ok(status)
}

/// The reading ends, which Terraform must not get.
#[allow(unsafe_code)]
fn inherited(pipes: [RawFd; 2]) -> std::io::Result<[OwnedFd; 2]> {
    // SAFETY: the daemon passed these descriptors for this use; nothing else in this process knows them.
    let pipes = pipes.map(|fd| unsafe { OwnedFd::from_raw_fd(fd) });
    for pipe in &pipes {
        fcntl(pipe, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
    }
    Ok(pipes)
}

#[allow(unsafe_code)]
fn spawn(job: &Job<'_>) -> std::io::Result<std::process::Child> {
    let mut command = Command::new(job.program);
    command.args(job.arguments).stdin(Stdio::null()).process_group(0);
    let prepare = || {
        // If even the keeper is killed, Terraform shall write its state and end.
        set_pdeathsig(Signal::SIGTERM)?;
        // A daemon that was started in the background ignores the signal, and so would Terraform's children.
        // SAFETY: no handler is installed, only the default restored.
        unsafe { signal(Signal::SIGINT, SigHandler::SigDfl) }?;
        Ok(())
    };
    // SAFETY: the hook makes two system calls between fork and exec: no allocation, no lock.
    unsafe { command.pre_exec(prepare) };
    command.spawn()
}

/// Collects orphans until Terraform ends. It is taken out of the process table only when nobody signals it any more.
fn wait_for(pid: Pid, orders: &Mutex<Orders>) -> std::io::Result<ExitStatus> {
    loop {
        let ended = match waitid(Id::All, WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT) {
            Ok(status) => status.pid().unwrap_or(pid),
            Err(Errno::EINTR) => continue,
            Err(error) => return Err(error.into()),
        };
        let mut state = orders.lock().unwrap_or_else(PoisonError::into_inner);
        let status = waitpid(ended, None)?;
        if ended == pid {
            state.ended = true;
            return Ok(match status {
                WaitStatus::Exited(_, code) => ExitStatus::from_raw((code & 0xff) << 8),
                WaitStatus::Signaled(_, signal, _) => ExitStatus::from_raw(signal as i32),
                _ => ExitStatus::from_raw(NOT_STARTED << 8),
            });
        }
    }
}

/// The same end as Terraform's: its code, or its signal.
#[allow(unsafe_code)]
fn end_like(status: ExitStatus) -> i32 {
    if let Some(signal) = status.signal().and_then(|number| Signal::try_from(number).ok()) {
        // SAFETY: no handler is installed, only the default restored.
        let _ = unsafe { nix::sys::signal::signal(signal, SigHandler::SigDfl) };
        let _ = raise(signal);
    }
    status.code().unwrap_or(NOT_STARTED)
}
