//! A cluster in a folder: initialise, start, supervise, stop.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::process::{Process, Program, command};
use crate::user::{self, RunAs};
use crate::{Binaries, Error, IoContext, find_binaries};

/// The role and the database that the server uses.
const NAME: &str = "coder";
/// Longest time that a start may take, crash recovery included.
const START_TIMEOUT: Duration = Duration::from_secs(120);
/// How long a fast shutdown may take before it becomes an immediate one (which means recovery at the next start).
const STOP_TIMEOUT: Duration = Duration::from_secs(30);
/// Pause between looks at the database's own status file while it starts.
const START_POLL: Duration = Duration::from_millis(5);
/// First pause before an ended database is started again; doubles up to [`RESTART_PAUSE_MAX`].
const RESTART_PAUSE: Duration = Duration::from_millis(200);
const RESTART_PAUSE_MAX: Duration = Duration::from_secs(10);
/// A socket's path must fit `sockaddr_un`; the rest of the name is `.s.PGSQL.5432.lock`.
const LONGEST_SOCKET_DIR: usize = 80;

/// Where and how to run a cluster.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder for everything of the cluster; made if absent.
    pub dir: PathBuf,
    /// False for tests: no waiting for disks.
    pub durable: bool,
    /// Largest number of connections.
    pub max_connections: u32,
    /// Further settings, `(name, value)`.
    pub settings: Vec<(String, String)>,
}

impl Options {
    /// A durable cluster in `dir`.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into(), durable: true, max_connections: 100, settings: Vec::new() }
    }
}

/// A running cluster. Dropping it asks the database to stop; [`Cluster::stop`] also waits.
#[derive(Debug)]
pub struct Cluster {
    shared: Arc<Shared>,
    tasks: TaskTracker,
}

#[derive(Debug)]
struct Shared {
    program: Program,
    data_dir: PathBuf,
    socket_dir: PathBuf,
    password: String,
    stopping: CancellationToken,
    process: Mutex<Option<Process>>,
}

/// Starts the cluster of `options.dir`, initialising it first if it is new.
///
/// # Errors
/// Every variant of [`Error`].
pub async fn start(options: Options) -> Result<Cluster, Error> {
    let prepared = tokio::task::spawn_blocking(move || prepare(options)).await;
    let shared = Arc::new(prepared.map_err(|error| Error::Start(error.to_string()))??);
    let process = launch(&shared).await?;
    *shared.process.lock().await = Some(process);
    let tasks = TaskTracker::new();
    tasks.spawn(supervise(shared.clone()));
    tasks.close();
    Ok(Cluster { shared, tasks })
}

impl Cluster {
    /// The connection string, for the server and for `psql`.
    pub fn url(&self) -> String {
        self.url_of(NAME)
    }

    /// The connection string of another database of the cluster.
    pub fn url_of(&self, database: &str) -> String {
        let Shared { socket_dir, password, .. } = &*self.shared;
        let host = socket_dir.display().to_string().replace('%', "%25").replace('/', "%2F").replace(' ', "%20");
        format!("postgres://{NAME}:{password}@{host}/{database}")
    }

    /// Fast shutdown; returns when the process is gone.
    pub async fn stop(&self) {
        self.shared.stopping.cancel();
        self.tasks.wait().await;
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.shared.stopping.cancel();
        if let Ok(process) = self.shared.process.try_lock()
            && let Some(process) = &*process
        {
            process.signal(Signal::SIGINT);
        }
    }
}

/// Starts the database again when it ends by itself; stops it when asked.
async fn supervise(shared: Arc<Shared>) {
    let mut pause = RESTART_PAUSE;
    loop {
        let Some(process) = shared.process.lock().await.take() else { return };
        let reason = tokio::select! {
            () = shared.stopping.cancelled() => {
                shutdown(&process).await;
                return;
            }
            reason = process.ended() => reason,
        };
        tracing::error!(target: "postgres", %reason, "the private database ended, starting it again");
        loop {
            tokio::select! {
                () = shared.stopping.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
            pause = (pause * 2).min(RESTART_PAUSE_MAX);
            match launch(&shared).await {
                Ok(process) => {
                    *shared.process.lock().await = Some(process);
                    pause = RESTART_PAUSE;
                    break;
                }
                Err(error) => tracing::error!(target: "postgres", %error, "the private database does not start"),
            }
        }
    }
}

async fn shutdown(process: &Process) {
    process.signal(Signal::SIGINT);
    if tokio::time::timeout(STOP_TIMEOUT, process.ended()).await.is_err() {
        tracing::warn!(target: "postgres", "fast shutdown takes too long, stopping at once");
        process.signal(Signal::SIGQUIT);
        process.ended().await;
    }
}

async fn launch(shared: &Shared) -> Result<Process, Error> {
    let process = Process::spawn(shared.program.clone()).await?;
    let started = Instant::now();
    loop {
        if let Some(reason) = process.end() {
            return Err(Error::Start(reason));
        }
        if is_ready(&shared.data_dir, process.pid()) {
            return Ok(process);
        }
        if started.elapsed() > START_TIMEOUT {
            process.signal(Signal::SIGQUIT);
            return Err(Error::Start(format!("not ready after {START_TIMEOUT:?}")));
        }
        tokio::time::sleep(START_POLL).await;
    }
}

/// The database writes its state into its pid file: the process on the first line, the status on the eighth.
fn is_ready(data_dir: &Path, pid: i32) -> bool {
    let Ok(text) = std::fs::read_to_string(data_dir.join("postmaster.pid")) else { return false };
    let mut lines = text.lines();
    lines.next().and_then(|line| line.trim().parse::<i32>().ok()) == Some(pid)
        && lines.nth(6).is_some_and(|status| status.trim() == "ready")
}

fn prepare(options: Options) -> Result<Shared, Error> {
    let user = user::unprivileged()?;
    std::fs::create_dir_all(&options.dir).context("cannot create", &options.dir)?;
    let dir = options.dir.canonicalize().context("cannot find", &options.dir)?;
    user::ensure_traversable(&dir, user.as_ref())?;
    let data_dir = dir.join("data");
    let binaries = find_binaries(major_of(&data_dir), &data_dir)?;
    let password = ensure_password(&dir)?;
    if data_dir.join("PG_VERSION").exists() {
        clear_stale_pid(&data_dir)?;
    } else {
        initialise(&binaries, &dir, &password, user.as_ref())?;
    }
    let socket_dir = socket_dir(&dir, user.as_ref())?;
    let program = program(&options, &binaries, &data_dir, &socket_dir, user);
    Ok(Shared {
        program,
        data_dir,
        socket_dir,
        password,
        stopping: CancellationToken::new(),
        process: Mutex::new(None),
    })
}

fn program(options: &Options, binaries: &Binaries, data_dir: &Path, socket_dir: &Path, user: Option<RunAs>) -> Program {
    let mut settings: Vec<(String, String)> = vec![
        ("listen_addresses".into(), String::new()),
        ("unix_socket_directories".into(), socket_dir.display().to_string()),
        ("unix_socket_permissions".into(), "0700".into()),
        ("max_connections".into(), options.max_connections.to_string()),
        // The queries are short; compiling them costs more than it gives.
        ("jit".into(), "off".into()),
        // Solid-state disks: a row by its key costs little more than the next row of a table.
        ("random_page_cost".into(), "1.1".into()),
        ("timezone".into(), "UTC".into()),
        ("log_timezone".into(), "UTC".into()),
        ("logging_collector".into(), "off".into()),
        ("log_destination".into(), "stderr".into()),
    ];
    if !options.durable {
        for name in ["fsync", "synchronous_commit", "full_page_writes"] {
            settings.push((name.into(), "off".into()));
        }
    }
    settings.extend(options.settings.iter().cloned());
    let mut arguments = vec!["-D".into(), data_dir.display().to_string()];
    for (name, value) in settings {
        arguments.extend(["-c".into(), format!("{name}={value}")]);
    }
    Program { postgres: binaries.dir.join("postgres"), arguments, user, work_dir: data_dir.to_owned() }
}

fn major_of(data_dir: &Path) -> Option<u32> {
    std::fs::read_to_string(data_dir.join("PG_VERSION")).ok()?.trim().parse().ok()
}

fn ensure_password(dir: &Path) -> Result<String, Error> {
    let path = dir.join("password");
    match std::fs::read_to_string(&path) {
        Ok(text) if !text.trim().is_empty() => return Ok(text.trim().to_owned()),
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error).context("cannot read", path),
    }
    let password = hex::encode(rand::random::<[u8; 24]>());
    write_secret(&path, &password)?;
    Ok(password)
}

fn write_secret(path: &Path, text: &str) -> Result<(), Error> {
    let mut options = std::fs::OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).context("cannot write", path)
}

/// Makes the cluster beside its final place and renames it, so that a half-made one is never taken for a cluster.
fn initialise(binaries: &Binaries, dir: &Path, password: &str, user: Option<&RunAs>) -> Result<(), Error> {
    let fresh = dir.join("data.new");
    let password_file = dir.join("password.initdb");
    let mut failure = String::new();
    for locale in ["C.UTF-8", "C"] {
        if fresh.exists() {
            std::fs::remove_dir_all(&fresh).context("cannot remove", &fresh)?;
        }
        user::private_dir(&fresh, user)?;
        write_secret(&password_file, password)?;
        user::give(&password_file, user)?;
        let output = command(&binaries.dir.join("initdb"), user)
            .arg("-D")
            .arg(&fresh)
            .args(["-U", NAME, "--auth=scram-sha-256", "--encoding=UTF8", "--no-instructions"])
            .arg(format!("--locale={locale}"))
            .arg("--pwfile")
            .arg(&password_file)
            .current_dir(&fresh)
            .output();
        let removed = std::fs::remove_file(&password_file);
        let output = output.context("cannot run", binaries.dir.join("initdb"))?;
        removed.context("cannot remove", &password_file)?;
        if output.status.success() {
            let data_dir = dir.join("data");
            return std::fs::rename(&fresh, &data_dir).context("cannot create", data_dir);
        }
        failure = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    }
    Err(Error::Initdb(failure))
}

fn socket_dir(dir: &Path, user: Option<&RunAs>) -> Result<PathBuf, Error> {
    let mut socket_dir = dir.join("run");
    if socket_dir.as_os_str().len() > LONGEST_SOCKET_DIR {
        socket_dir = std::env::temp_dir().join(format!("warren-pg-{}", hex::encode(rand::random::<[u8; 6]>())));
    }
    user::private_dir(&socket_dir, user)?;
    Ok(socket_dir)
}

/// After a crash of the server: a database that still runs is stopped, a pid file of a process that is gone (or whose
/// number now belongs to something else) is removed.
fn clear_stale_pid(data_dir: &Path) -> Result<(), Error> {
    let path = data_dir.join("postmaster.pid");
    let Ok(text) = std::fs::read_to_string(&path) else { return Ok(()) };
    let pid = text.lines().next().and_then(|line| line.trim().parse::<i32>().ok()).filter(|pid| *pid > 1);
    if let Some(pid) = pid.filter(|pid| is_database(*pid, data_dir)) {
        tracing::warn!(target: "postgres", pid, "stopping the database that an earlier server left behind");
        let started = Instant::now();
        let _gone_already = kill(Pid::from_raw(pid), Signal::SIGINT);
        while is_database(pid, data_dir) {
            if started.elapsed() > STOP_TIMEOUT {
                return Err(Error::InUse { dir: data_dir.to_owned(), pid });
            }
            std::thread::sleep(START_POLL);
        }
    }
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).context("cannot remove", path),
        _ => Ok(()),
    }
}

/// True when the process exists and its command line names the data directory.
fn is_database(pid: i32, data_dir: &Path) -> bool {
    let Ok(command_line) = std::fs::read(format!("/proc/{pid}/cmdline")) else {
        // No /proc: believe the number.
        return !Path::new("/proc/self").exists() && kill(Pid::from_raw(pid), None).is_ok();
    };
    let wanted = data_dir.as_os_str().as_encoded_bytes();
    command_line.split(|byte| *byte == 0).any(|argument| argument == wanted)
}

#[cfg(test)]
#[path = "cluster/tests.rs"]
mod tests;
