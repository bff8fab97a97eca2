//! Processes that are measured: started in a group of their own, read through /proc, ended with their owner.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// What a server gets to stop in order.
const STOP_LIMIT: Duration = Duration::from_secs(15);

/// A running program.
#[derive(Debug)]
pub struct Process {
    child: Child,
    name: String,
}

impl Process {
    /// Starts it with a clean environment; its output goes to `log`.
    pub fn start<K: AsRef<OsStr>, V: AsRef<OsStr>>(
        program: &Path,
        arguments: &[&str],
        environment: impl IntoIterator<Item = (K, V)>,
        log: &Path,
    ) -> Result<Self> {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(log)?;
        let mut command = Command::new(program);
        command.args(arguments).env_clear().envs(basics()).envs(environment);
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let child = command.spawn().with_context(|| format!("start {}", program.display()))?;
        Ok(Self { child, name: program.display().to_string() })
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Fails when it has ended.
    pub fn ensure_running(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!("{} ended: {status}", self.name);
        }
        Ok(())
    }

    /// Asks it to stop, waits, and kills it when it does not.
    pub fn stop(&mut self) {
        let pid = Pid::from_raw(self.pid().cast_signed());
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = kill(pid, Signal::SIGTERM);
        }
        let started = std::time::Instant::now();
        while started.elapsed() < STOP_LIMIT && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(20));
        }
        // Its group: whatever it left behind.
        let _ = kill(Pid::from_raw(-pid.as_raw()), Signal::SIGKILL);
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What programs need of our environment.
pub fn basics() -> Vec<(String, String)> {
    std::env::vars().filter(|(name, _)| matches!(name.as_str(), "PATH" | "LANG" | "TZ" | "USER" | "LOGNAME")).collect()
}

/// Proportional set size: the process's own memory and its share of what it has in common with others. Bytes.
pub fn pss_bytes(pid: u32) -> Result<u64> {
    let path = format!("/proc/{pid}/smaps_rollup");
    let text = std::fs::read_to_string(&path).with_context(|| path.clone())?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:")).with_context(|| format!("no Pss in {path}"))?;
    let kb: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kb * 1024)
}

/// The part of a process's memory that is pages of files, mostly the program itself. Bytes.
pub fn file_pages_bytes(pid: u32) -> Result<u64> {
    let path = format!("/proc/{pid}/smaps_rollup");
    let text = std::fs::read_to_string(&path).with_context(|| path.clone())?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("Pss_File:"))
        .with_context(|| format!("no Pss_File in {path}"))?;
    let kb: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kb * 1024)
}

/// User and system time of one process, its children not counted. Resolution: one tick, 10 ms.
pub fn cpu_seconds(pid: u32) -> Result<f64> {
    let stat = procfs::process::Process::new(pid.cast_signed())?.stat()?;
    Ok((stat.utime + stat.stime) as f64 / procfs::ticks_per_second() as f64)
}

/// CPU time of a process, of its living children, and of those that ended.
pub fn cpu_seconds_with_children(pid: u32) -> Result<f64> {
    let pid = pid.cast_signed();
    let stat = procfs::process::Process::new(pid)?.stat()?;
    let ended = u64::try_from(stat.cutime + stat.cstime).unwrap_or(0);
    let mut ticks = stat.utime + stat.stime + ended;
    for child in procfs::process::all_processes()?.flatten().filter_map(|process| process.stat().ok()) {
        if child.ppid == pid {
            ticks += child.utime + child.stime;
        }
    }
    Ok(ticks as f64 / procfs::ticks_per_second() as f64)
}

/// Raises the limit of open files as far as this user may.
pub fn raise_file_limit() {
    const WANTED: u64 = 262_144;
    if setrlimit(Resource::RLIMIT_NOFILE, WANTED, WANTED).is_err()
        && let Ok((_, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
    {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}

/// How many files this process may have open.
pub fn file_limit() -> u64 {
    getrlimit(Resource::RLIMIT_NOFILE).map_or(1024, |(soft, _)| soft)
}

/// Memory of the kernel for TCP sockets of the whole machine. Bytes.
pub fn tcp_memory_bytes() -> Result<u64> {
    let text = std::fs::read_to_string("/proc/net/sockstat")?;
    let line = text.lines().find(|line| line.starts_with("TCP:")).context("no TCP in sockstat")?;
    let pages: u64 = line.split_whitespace().skip_while(|word| *word != "mem").nth(1).context("no mem")?.parse()?;
    Ok(pages * 4096)
}
