//! Processes that the agent itself starts (scripts, metadata): in a process group of their own, with the
//! environment of a session.

use std::collections::BTreeMap;
use std::process::Stdio;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::process::{Child, Command};

use crate::environment::{Paths, Workspace};
use crate::user::User;

/// Starts a script with piped output and no input.
pub fn spawn(
    user: &User,
    paths: &Paths,
    workspace: &Workspace,
    (script, extra): (&str, &[(String, String)]),
) -> std::io::Result<Child> {
    let mut env: BTreeMap<String, String> = workspace.environment(user, paths, &[]);
    env.extend(extra.iter().cloned());
    let words = user.command(script);
    let (program, args) = words.split_first().ok_or(std::io::ErrorKind::InvalidInput)?;
    Command::new(program)
        .args(args)
        .env_clear()
        .envs(env)
        .current_dir(workspace.working_dir(user))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
}

/// Ends a whole process group when dropped; what is left of it when its script was given up.
pub struct Group(Option<Pid>);

impl Group {
    /// The group that the child leads.
    pub fn of(child: &Child) -> Self {
        Self(child.id().and_then(|pid| i32::try_from(pid).ok()).map(Pid::from_raw))
    }

    /// Sends a signal to every process of the group.
    pub fn signal(&self, signal: Signal) {
        if let Some(group) = self.0 {
            let _ = killpg(group, signal);
        }
    }

    /// Leaves the processes alone from now on: the script ended by itself and may have started daemons.
    pub fn release(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::SIGKILL);
    }
}
