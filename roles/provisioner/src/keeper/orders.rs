//! What the daemon orders, and what its silence means.

use std::io::Read;
use std::os::fd::OwnedFd;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::tree::{self, Process};
use super::{INTERRUPT, KILL};

/// How far things have come.
pub(super) struct Orders {
    terraform: Pid,
    /// Terraform is out of the process table: its number may belong to somebody else.
    pub ended: bool,
    /// What ran below Terraform when it was interrupted.
    interrupted: Option<Vec<Process>>,
    /// The daemon is gone, or wants everything gone.
    nothing_stays: bool,
}

impl Orders {
    pub fn new(terraform: Pid) -> Self {
        Self { terraform, ended: false, interrupted: None, nothing_stays: false }
    }

    /// Whether every descendant must end with Terraform. Else what a finished resource left in the background stays.
    pub fn leaves_nothing(&self) -> bool {
        self.nothing_stays
    }

    /// Ends what an interrupted provisioner left: Terraform kills only its shell.
    pub fn end_interrupted(&self) {
        self.interrupted.iter().flatten().for_each(Process::end_with_children);
    }

    fn interrupt(&mut self) {
        if self.ended || self.interrupted.is_some() {
            return;
        }
        self.interrupted = Some(tree::below(self.terraform));
        // Only Terraform itself: it stops its providers and provisioners.
        let _ = kill(self.terraform, Signal::SIGINT);
    }

    fn kill(&mut self) {
        self.nothing_stays = true;
        if !self.ended {
            tree::kill_all();
        }
    }

    fn orphaned(&mut self) {
        self.nothing_stays = true;
        self.interrupt();
    }
}

/// Does what arrives on standard input; at its end the daemon is gone, and Terraform gets `grace` to end.
pub(super) fn listen(orders: &Mutex<Orders>, grace: Duration, pipes: [OwnedFd; 2]) {
    let change = |change: fn(&mut Orders)| change(&mut orders.lock().unwrap_or_else(PoisonError::into_inner));
    let mut input = std::io::stdin().lock();
    let mut order = [0];
    loop {
        match input.read(&mut order) {
            Ok(0) => break,
            Ok(_) if order == [INTERRUPT] => change(Orders::interrupt),
            Ok(_) if order == [KILL] => change(Orders::kill),
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    for pipe in pipes {
        // Without a thread for it the pipe may fill up; the grace time ends that too.
        let _ = std::thread::Builder::new().name("drain".to_owned()).spawn(move || drain(pipe));
    }
    change(Orders::orphaned);
    std::thread::sleep(grace);
    change(Orders::kill);
}

/// Reads what nobody wants any more, so that the writer is not held up.
fn drain(pipe: OwnedFd) {
    // The daemon read it without blocking, and the mode belongs to both ends' owners.
    if fcntl(&pipe, FcntlArg::F_SETFL(OFlag::empty())).is_ok() {
        let _ = std::io::copy(&mut std::fs::File::from(pipe), &mut std::io::sink());
    }
}
