//! A running Terraform: started under its keeper, interrupted or killed through it.

use std::ffi::OsStr;
use std::io::{PipeReader, PipeWriter, Write};
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use tokio::net::unix::pipe;
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

use super::command::{CommandError, Run};
use crate::keeper;

/// Ends the process and what it started when it is dropped before the process has ended.
pub(super) struct Guard {
    child: Child,
    /// The keeper's standard input. Its end tells the keeper that this process is gone.
    keeper: Option<PipeWriter>,
    done: bool,
}

impl Guard {
    /// Starts the process; its standard output and error come back.
    pub fn spawn(run: &Run<'_>) -> std::io::Result<(Self, [pipe::Receiver; 2])> {
        let (stdout, out) = std::io::pipe()?;
        let (stderr, err) = std::io::pipe()?;
        let mut command;
        let keeper = match run.keeper {
            None => {
                command = Command::new(run.binary);
                command.args(&run.arguments).stdin(Stdio::null());
                None
            }
            Some(program) => {
                let pipes = [stdout.as_raw_fd(), stderr.as_raw_fd()];
                let (input, orders) = std::io::pipe()?;
                let grace = run.exit_timeout;
                let job = keeper::Job { grace, pipes, program: run.binary.as_ref(), arguments: &run.arguments };
                command = Command::new(program);
                command.arg0(OsStr::new(keeper::NAME)).args(job.words()).stdin(input);
                pass(&mut command, pipes);
                Some(orders)
            }
        };
        command
            .env_clear()
            .envs(run.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(run.dir)
            .stdout(out)
            .stderr(err)
            .process_group(0);
        let child = command.spawn()?;
        // With the writing ends that it holds the pipes would not end.
        drop(command);
        let receiver = |pipe: PipeReader| pipe::Receiver::from_owned_fd(OwnedFd::from(pipe));
        let guard = Self { child, keeper, done: false };
        Ok((guard, [receiver(stdout)?, receiver(stderr)?]))
    }

    /// Waits for the end. On cancellation the process is interrupted, and killed after the exit timeout.
    pub async fn wait(
        &mut self,
        cancel: &CancellationToken,
        exit_timeout: Duration,
    ) -> Result<ExitStatus, CommandError> {
        let status = tokio::select! {
            status = self.child.wait() => status,
            () = cancel.cancelled() => {
                self.interrupt();
                match tokio::time::timeout(exit_timeout, self.child.wait()).await {
                    Ok(status) => status,
                    Err(_) => {
                        self.kill();
                        self.child.wait().await
                    }
                }
            }
        };
        self.done = true;
        status.map_err(CommandError::Io)
    }

    fn interrupt(&mut self) {
        match (&mut self.keeper, pid(&self.child)) {
            (Some(keeper), _) => order(keeper, keeper::INTERRUPT),
            // Only Terraform itself: it stops its providers and provisioners.
            (None, Some(pid)) => drop(kill(pid, Signal::SIGINT)),
            (None, None) => {}
        }
    }

    fn kill(&mut self) {
        match (&mut self.keeper, pid(&self.child)) {
            (Some(keeper), _) => order(keeper, keeper::KILL),
            (None, Some(pid)) => drop(killpg(pid, Signal::SIGKILL)),
            (None, None) => {}
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if !self.done {
            self.kill();
        }
    }
}

/// A keeper that has just ended needs no orders.
fn order(keeper: &mut PipeWriter, byte: u8) {
    let _ = keeper.write_all(&[byte]);
}

fn pid(child: &Child) -> Option<Pid> {
    child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw)
}

/// Lets the child have these descriptors under their numbers.
#[allow(unsafe_code)]
fn pass(command: &mut Command, pipes: [RawFd; 2]) {
    let inherit = move || {
        for fd in pipes {
            // SAFETY: the descriptors are open in the parent until the child runs.
            fcntl(unsafe { BorrowedFd::borrow_raw(fd) }, FcntlArg::F_SETFD(FdFlag::empty()))?;
        }
        Ok(())
    };
    // SAFETY: the hook makes two system calls between fork and exec: no allocation, no lock.
    unsafe { command.pre_exec(inherit) };
}
