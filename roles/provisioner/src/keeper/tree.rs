//! The processes below this one, from `/proc`.

use std::collections::{HashMap, HashSet};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;

/// A process, told from a later one with the same number by its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Process {
    pid: i32,
    parent: i32,
    /// Clock ticks since the machine started.
    started: u64,
}

impl Process {
    /// Kills it and what is below it, if it still runs.
    pub fn end_with_children(&self) {
        let running = all();
        if !running.iter().any(|one| (one.pid, one.started) == (self.pid, self.started)) {
            return;
        }
        for one in descendants(&running, self.pid).into_iter().chain([*self]) {
            let _ = kill(Pid::from_raw(one.pid), Signal::SIGKILL);
        }
    }
}

/// What runs below a process.
pub(super) fn below(root: Pid) -> Vec<Process> {
    descendants(&all(), root.as_raw())
}

/// Kills what runs below this process.
pub(super) fn kill_all() {
    for process in below(Pid::this()) {
        let _ = kill(Pid::from_raw(process.pid), Signal::SIGKILL);
    }
}

/// Kills everything below this process until nothing is left: whoever loses its parent becomes a child of this one.
pub(super) fn end_all() {
    loop {
        kill_all();
        match waitpid(None, None) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(_) => return,
        }
    }
}

fn descendants(all: &[Process], root: i32) -> Vec<Process> {
    let mut children: HashMap<i32, Vec<Process>> = HashMap::new();
    for process in all {
        children.entry(process.parent).or_default().push(*process);
    }
    let (mut found, mut seen, mut open) = (Vec::new(), HashSet::from([root]), vec![root]);
    while let Some(parent) = open.pop() {
        for child in children.get(&parent).into_iter().flatten() {
            // The list is no snapshot: a number that was given away again must not lead in circles.
            if seen.insert(child.pid) {
                found.push(*child);
                open.push(child.pid);
            }
        }
    }
    found
}

/// Every process that has not ended yet.
fn all() -> Vec<Process> {
    let items = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = items.filter_map(|item| item.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid: i32| parse(pid, &std::fs::read(format!("/proc/{pid}/stat")).ok()?)).collect()
}

/// `pid (name) state ppid …`; the name may contain anything.
fn parse(pid: i32, stat: &[u8]) -> Option<Process> {
    let after_name = stat.iter().rposition(|byte| *byte == b')')?;
    let rest = std::str::from_utf8(stat.get(after_name + 1..)?).ok()?;
    let mut words = rest.split_ascii_whitespace();
    let state = words.next()?;
    let parent = words.next()?.parse().ok()?;
    // The twenty-second word of the line.
    let started = words.nth(17)?.parse().ok()?;
    (!matches!(state, "Z" | "X")).then_some(Process { pid, parent, started })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_line_with_a_strange_name() {
        let line = b"7 (a) b (c)) S 5 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 123456 0 0";
        assert_eq!(parse(7, line), Some(Process { pid: 7, parent: 5, started: 123_456 }));
        assert_eq!(parse(7, b"7 (x) Z 5"), None);
        assert_eq!(parse(7, b""), None);
    }

    #[test]
    fn finds_children_of_children() {
        let process = |pid, parent| Process { pid, parent, started: 0 };
        let all = [process(2, 1), process(3, 2), process(4, 3), process(5, 1), process(6, 6)];
        let mut found: Vec<_> = descendants(&all, 2).iter().map(|one| one.pid).collect();
        found.sort_unstable();
        assert_eq!(found, [3, 4]);
    }
}
