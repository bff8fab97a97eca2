//! P10: SSH into a workspace: one command, bulk upload, the echo of a key.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;

use crate::Bench;
use crate::harness::agent;
use crate::harness::numbers::{ms, percentile};
use crate::harness::process::{Process, basics};
use crate::harness::programs::Side;
use crate::harness::server::Server;
use crate::harness::table::{Table, less, more, number};
use crate::harness::template::agent_workspace;
use crate::p15;

const OWN: &str = "`ssh ws true` of the CLI";
const OPENSSH: &str = "OpenSSH through config-ssh, true";
const UPLOAD: &str = "bulk upload through OpenSSH";
const DOWNLOAD: &str = "bulk download through OpenSSH";
const ECHO: &str = "echo of a key, median";
const ECHO_P99: &str = "echo of a key, p99";
const STEP_LIMIT: Duration = Duration::from_secs(120);

pub async fn run(bench: &Bench) -> Result<Table> {
    let mut table = Table::new("P10 SSH");
    for side in bench.programs.sides() {
        measure(bench, side, &mut table).await?;
    }
    match local_sshd(bench).await {
        Ok(figures) => {
            let rows = [OPENSSH, UPLOAD, DOWNLOAD, ECHO, ECHO_P99];
            let units = ["ms", "MB/s", "MB/s", "ms", "ms"];
            for ((row, value), unit) in rows.into_iter().zip(figures).zip(units) {
                table.limit(row, format!("OpenSSH to localhost: {} {unit}", number(value)));
            }
        }
        Err(error) => table.note(format!("no comparison with OpenSSH to localhost: {error:#}")),
    }
    Ok(table)
}

async fn measure(bench: &Bench, side: Side, table: &mut Table) -> Result<()> {
    let server = Server::start(bench, side).await?;
    let workspace = agent_workspace(&server, "seed").await?;
    let _agent = agent::start(bench, side, &server, &workspace).await?;
    let cli = bench.programs.cli(side)?;
    let config = server.dir().join("cli").display().to_string();
    let home = server.dir().join("home").display().to_string();
    let environment = [
        ("CODER_URL", server.url.as_str()),
        ("CODER_SESSION_TOKEN", &server.token),
        ("CODER_CONFIG_DIR", &config),
        ("HOME", &home),
    ];
    let once = p15::time(cli, &["ssh", "--wait", "no", &workspace.name, "true"], &environment, bench.pick(5, 15))?;
    table.set(less(OWN, "ms", "≤ 50"), side, once);

    let ssh_config = server.dir().join("ssh_config");
    std::fs::write(&ssh_config, "")?;
    let ssh_config = ssh_config.display().to_string();
    // The generated configuration calls the CLI, which reads its login from here.
    p15::time(cli, &["login", &server.url, "--token", &server.token], &environment, 0)?;
    p15::time(cli, &["config-ssh", "--ssh-config-file", &ssh_config, "--yes"], &environment, 0)?;
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let ssh = Ssh { options: vec!["-F".into(), ssh_config], host: format!("coder.{}", workspace.name), environment };
    let [once, up, down, echo, echo_p99] = ssh.figures(bench).await?;
    table.set(less(OPENSSH, "ms", "≤ 90"), side, once);
    table.set(more(UPLOAD, "MB/s", "≥ 200"), side, up);
    table.set(more(DOWNLOAD, "MB/s", ""), side, down);
    table.set(less(ECHO, "ms", ""), side, echo);
    table.set(less(ECHO_P99, "ms", "≤ OpenSSH's + 1"), side, echo_p99);
    Ok(())
}

/// OpenSSH with the options that lead it to one host.
struct Ssh {
    options: Vec<String>,
    host: String,
    environment: [(String, String); 4],
}

impl Ssh {
    fn command(&self, extra: &[&str], remote: &str) -> Command {
        let mut command = Command::new("ssh");
        command.args(&self.options).args(["-o", "BatchMode=yes", "-o", "LogLevel=ERROR"]).args(extra);
        command.arg(&self.host).arg(remote).kill_on_drop(true);
        command.env_clear().envs(basics()).envs(self.environment.iter().cloned());
        command
    }

    /// Once, upload, download, echo's median, echo's p99.
    async fn figures(&self, bench: &Bench) -> Result<[f64; 5]> {
        let once = self.once(bench.pick(5, 15)).await.context("ssh true")?;
        let size = bench.pick(32, 256) << 20;
        let up = self.upload(size).await.context("upload")?;
        let down = self.download(size).await.context("download")?;
        let mut times = self.echo(bench.pick(100, 400)).await.context("echo")?;
        Ok([once, up, down, percentile(&mut times, 0.5), percentile(&mut times, 0.99)])
    }

    async fn once(&self, runs: usize) -> Result<f64> {
        let mut times = Vec::new();
        for run in 0..=runs {
            let started = Instant::now();
            let output = tokio::time::timeout(STEP_LIMIT, self.command(&[], "true").output()).await??;
            if !output.status.success() {
                bail!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr));
            }
            if run > 0 {
                times.push(ms(started.elapsed()));
            }
        }
        Ok(percentile(&mut times, 0.5))
    }

    /// MB/s from the first byte that is written until the other side has read all.
    async fn upload(&self, size: usize) -> Result<f64> {
        let work = async {
            let mut child = self.command(&[], "echo ready; wc -c").stdin(piped()).stdout(piped()).spawn()?;
            let (mut input, mut output) =
                (child.stdin.take().context("stdin")?, child.stdout.take().context("stdout")?);
            let mut ready = [0; 6];
            output.read_exact(&mut ready).await?;
            let started = Instant::now();
            let chunk = vec![7_u8; 1 << 16];
            for _ in 0..size / chunk.len() {
                input.write_all(&chunk).await?;
            }
            drop(input);
            let mut counted = String::new();
            output.read_to_string(&mut counted).await?;
            let elapsed = started.elapsed();
            let counted: usize = counted.trim().parse().with_context(|| format!("wc said {counted:?}"))?;
            if counted != size / chunk.len() * chunk.len() {
                bail!("{counted} of {size} bytes arrived");
            }
            Ok(counted as f64 / 1e6 / elapsed.as_secs_f64())
        };
        tokio::time::timeout(STEP_LIMIT, work).await?
    }

    /// MB/s between the first and the last byte that arrives.
    async fn download(&self, size: usize) -> Result<f64> {
        let work = async {
            let remote = format!("head -c {size} /dev/zero");
            let mut child = self.command(&[], &remote).stdin(std::process::Stdio::null()).stdout(piped()).spawn()?;
            let mut output = child.stdout.take().context("stdout")?;
            let mut buffer = vec![0_u8; 1 << 16];
            let mut total = output.read(&mut buffer).await?;
            let started = Instant::now();
            loop {
                match output.read(&mut buffer).await? {
                    0 => break,
                    n => total += n,
                }
            }
            if total != size {
                bail!("{total} of {size} bytes arrived");
            }
            Ok(total as f64 / 1e6 / started.elapsed().as_secs_f64())
        };
        tokio::time::timeout(STEP_LIMIT, work).await?
    }

    /// Milliseconds from each key to its echo by the terminal of the other side.
    async fn echo(&self, keys: usize) -> Result<Vec<f64>> {
        let work = async {
            let mut child = self.command(&["-tt"], "echo ready; cat").stdin(piped()).stdout(piped()).spawn()?;
            let (mut input, mut output) =
                (child.stdin.take().context("stdin")?, child.stdout.take().context("stdout")?);
            let mut seen = Vec::new();
            while !seen.windows(5).any(|window| window == b"ready") {
                if output.read_buf(&mut seen).await? == 0 {
                    bail!("the session ended: {}", String::from_utf8_lossy(&seen));
                }
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
            let mut times = Vec::new();
            for _ in 0..keys {
                let mut byte = [0];
                let started = Instant::now();
                input.write_all(b"x").await?;
                while byte != *b"x" {
                    output.read_exact(&mut byte).await?;
                }
                times.push(ms(started.elapsed()));
                // The pace of fast typing; without a pause the terminal's own buffer is measured.
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            Ok(times)
        };
        tokio::time::timeout(STEP_LIMIT, work).await?
    }
}

fn piped() -> std::process::Stdio {
    std::process::Stdio::piped()
}

/// The same by OpenSSH's server on this machine: what the operating system and the client cost by themselves.
async fn local_sshd(bench: &Bench) -> Result<[f64; 5]> {
    let sshd = PathBuf::from("/usr/sbin/sshd");
    if !sshd.is_file() {
        bail!("there is no {}", sshd.display());
    }
    let dir = tempfile::tempdir()?;
    let path = |name: &str| dir.path().join(name).display().to_string();
    for name in ["host", "client"] {
        p15::time(Path::new("ssh-keygen"), &["-q", "-t", "ed25519", "-N", "", "-f", &path(name)], &[], 0)?;
    }
    std::fs::copy(path("client.pub"), path("authorized"))?;
    if nix::unistd::geteuid().is_root() {
        std::fs::create_dir_all("/run/sshd")?;
    }
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let config = format!(
        "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nStrictModes no\nUsePAM no\nPidFile none\n",
        path("host"),
        path("authorized")
    );
    std::fs::write(path("config"), config)?;
    let mut server =
        Process::start(&sshd, &["-D", "-e", "-f", &path("config")], [("HOME", "/")], &dir.path().join("log"))?;
    let started = Instant::now();
    while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
        server.ensure_running()?;
        if started.elapsed() > Duration::from_secs(10) {
            bail!("sshd does not listen");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let option = |text: String| ["-o".to_owned(), text];
    let options = [
        option(format!("Port={port}")),
        option(format!("IdentityFile={}", path("client"))),
        option("StrictHostKeyChecking=no".into()),
        option("UserKnownHostsFile=/dev/null".into()),
    ];
    let environment = ["HOME", "A", "B", "C"].map(|name| (name.to_owned(), dir.path().display().to_string()));
    let ssh = Ssh {
        options: ["-F".to_owned(), "/dev/null".to_owned()].into_iter().chain(options.into_iter().flatten()).collect(),
        host: "127.0.0.1".into(),
        environment,
    };
    ssh.figures(bench).await
}
