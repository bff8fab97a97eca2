//! Processes in groups of their own, which end with the value that owns them.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

/// A process group: killed when dropped.
pub struct Group {
    pub child: Child,
    id: Pid,
}

impl Group {
    /// Starts a command as the leader of a new group.
    pub fn spawn(command: &mut Command) -> Group {
        let child = command
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("start {:?}: {error}", command.as_std().get_program()));
        let id = child.id().and_then(|id| i32::try_from(id).ok()).expect("a started process has an id");
        Group { child, id: Pid::from_raw(id) }
    }

    /// Sends a signal to the leader alone.
    pub fn signal(&self, signal: Signal) {
        let _ = nix::sys::signal::kill(self.id, signal);
    }

    /// Waits for the leader's exit code; `None` when it was ended by a signal.
    pub async fn wait(&mut self, limit: Duration) -> Option<i32> {
        tokio::time::timeout(limit, self.child.wait())
            .await
            .unwrap_or_else(|_| panic!("process {} did not end within {limit:?}", self.id))
            .expect("the process can be waited for")
            .code()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _ = killpg(self.id, Signal::SIGKILL);
    }
}

/// What a finished command said.
#[derive(Debug)]
pub struct Finished {
    /// `None` when it was ended by a signal.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    pub took: Duration,
}

impl Finished {
    /// Both outputs, for messages.
    pub fn text(&self) -> String {
        format!("exit {:?}\n--- stdout\n{}\n--- stderr\n{}", self.code, self.stdout, self.stderr)
    }
}

/// A command that is run to its end.
pub struct Run {
    command: Command,
    stdin: Vec<u8>,
    limit: Duration,
}

impl Run {
    pub fn new(command: Command) -> Run {
        let mut run = Run { command, stdin: Vec::new(), limit: Duration::from_secs(120) };
        run.command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        run
    }

    /// Text for standard input.
    pub fn input(mut self, text: &str) -> Run {
        self.stdin = text.as_bytes().to_vec();
        self.command.stdin(Stdio::piped());
        self
    }

    /// A file as standard input.
    pub fn input_file(mut self, path: &Path) -> Run {
        self.command.stdin(std::fs::File::open(path).expect("the input file exists"));
        self
    }

    /// A file for standard output.
    pub fn output_file(mut self, path: &Path) -> Run {
        self.command.stdout(std::fs::File::create(path).expect("the output file can be made"));
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Run {
        self.command.env(name, value);
        self
    }

    pub fn env_remove(mut self, name: &str) -> Run {
        self.command.env_remove(name);
        self
    }

    /// The longest time that the command may take.
    pub fn limit(mut self, limit: Duration) -> Run {
        self.limit = limit;
        self
    }

    /// Runs it; panics with what it said so far when it takes too long.
    pub async fn finish(mut self) -> Finished {
        let started = Instant::now();
        let shown = format!("{:?}", self.command.as_std());
        let mut group = Group::spawn(&mut self.command);
        let stdin = group.child.stdin.take();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let (mut stdout, mut stderr) = (group.child.stdout.take(), group.child.stderr.take());
        let done = tokio::time::timeout(self.limit, async {
            let write = async {
                if let Some(mut stdin) = stdin {
                    let _ = stdin.write_all(&self.stdin).await;
                }
            };
            let read_out = async {
                if let Some(stdout) = &mut stdout {
                    let _ = stdout.read_to_end(&mut out).await;
                }
            };
            let read_err = async {
                if let Some(stderr) = &mut stderr {
                    let _ = stderr.read_to_end(&mut err).await;
                }
            };
            let (status, ..) = tokio::join!(group.child.wait(), write, read_out, read_err);
            status.expect("the process can be waited for").code()
        })
        .await;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let Ok(code) = done else {
            panic!(
                "{shown} did not end within {:?}\n--- stdout\n{}\n--- stderr\n{}",
                self.limit,
                text(&out),
                text(&err)
            );
        };
        Finished { code, stdout: text(&out), stderr: text(&err), took: started.elapsed() }
    }

    /// Runs it and expects success; gives standard output.
    pub async fn ok(self) -> String {
        let shown = format!("{:?}", self.command.as_std());
        let finished = self.finish().await;
        assert!(finished.code == Some(0), "{shown}: {}", finished.text());
        finished.stdout
    }
}

/// Processes (zombies aside) whose command line or environment contains `text`, as `pid command line`.
/// Sees what this user may see: everything as root.
pub fn processes_of(text: &str) -> Vec<(i32, String)> {
    let own = std::process::id();
    let contains = |bytes: &[u8]| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    let entries = std::fs::read_dir("/proc").expect("/proc is mounted");
    let mut found = Vec::new();
    for path in entries.filter_map(|entry| entry.ok().map(|entry| entry.path())) {
        let Some(id) = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse::<i32>().ok()) else {
            continue;
        };
        let read = |name: &str| std::fs::read(PathBuf::from(&path).join(name)).unwrap_or_default();
        let command = read("cmdline");
        if i64::from(id) != i64::from(own) && !command.is_empty() && (contains(&command) || contains(&read("environ")))
        {
            found.push((id, String::from_utf8_lossy(&command).replace('\0', " ")));
        }
    }
    found
}

/// Kills whatever was started for a directory, but not who merely looks at it.
pub(crate) fn kill_all_of(directory: &Path) {
    let name = directory.display().to_string();
    let started = |(id, command): &(i32, String)| {
        let environment = std::fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
        command.contains("postgres") || String::from_utf8_lossy(&environment).contains(&name)
    };
    for _ in 0..20 {
        let left: Vec<_> = processes_of(&name).into_iter().filter(started).collect();
        if left.is_empty() {
            return;
        }
        for (id, _) in left {
            let _ = nix::sys::signal::kill(Pid::from_raw(id), Signal::SIGKILL);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
