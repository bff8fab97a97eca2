//! A server of its own, from nothing to nothing.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::Signal;
use tempfile::TempDir;
use tokio::process::Command;
use url::Url;
use warren_client::{Client, ClientOptions};

use crate::process::kill_all_of;
use crate::{Cli, Group, Link, processes_of, programs, unexpected_lines, until};

/// The password of every user of a test.
pub const PASSWORD: &str = "Correct-Horse-7-Battery";

/// How a server is started.
#[derive(Default)]
pub struct Options {
    /// More environment, after the usual.
    pub environment: Vec<(String, String)>,
    /// Names of the usual environment that are left out.
    pub without: Vec<String>,
    /// The access URL leads through a link that the test can cut.
    pub through_link: bool,
    /// Files put under `<data directory>/bin` before the start: (program, name).
    pub served: Vec<(PathBuf, String)>,
}

/// A running server with its data.
pub struct Deployment {
    // Dropped in this order: processes before the directory.
    server: Group,
    pub link: Option<Link>,
    url: Url,
    directory: Option<TempDir>,
}

/// A port of the loopback interface that was free a moment ago.
pub fn free_port() -> u16 {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    socket.local_addr().expect("a bound socket has an address").port()
}

impl Deployment {
    /// Starts a server and waits until it is healthy.
    pub async fn start(options: Options) -> Deployment {
        let directory = tempfile::Builder::new().prefix("warren-e2e-").tempdir().expect("a temporary directory");
        open_for_all(directory.path());
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let link = if options.through_link { Some(Link::open(address).await) } else { None };
        let access = link.as_ref().map_or(address, Link::address);
        let url: Url = format!("http://{access}").parse().expect("an address is a URL");

        for (program, name) in &options.served {
            let bin = directory.path().join("data/bin");
            std::fs::create_dir_all(&bin).expect("the directory can be made");
            std::fs::copy(program, bin.join(name)).expect("the program can be copied");
        }
        let mut command = Self::command(directory.path(), address, &url);
        for (name, value) in &options.environment {
            command.env(name, value);
        }
        for name in &options.without {
            command.env_remove(name);
        }
        let mut deployment = Deployment { server: Group::spawn(&mut command), link, url, directory: Some(directory) };
        deployment.until_healthy(address).await;
        deployment
    }

    /// The command of a server in a directory.
    pub fn command(directory: &Path, address: SocketAddr, access_url: &Url) -> Command {
        let log = std::fs::File::create(directory.join("server.log")).expect("the log can be made");
        std::fs::create_dir_all(directory.join("home")).expect("the directory can be made");
        let mut command = Command::new(&programs().warren);
        command.arg("server");
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with("CODER_")) {
                command.env_remove(name);
            }
        }
        command
            .env("HOME", directory.join("home"))
            .env("CODER_CONFIG_DIR", directory.join("data"))
            .env("CODER_HTTP_ADDRESS", address.to_string())
            .env("CODER_ACCESS_URL", access_url.as_str().trim_end_matches('/'))
            .env("CODER_TELEMETRY_ENABLE", "false")
            // Nothing outside this machine: a client that cannot resolve STUN servers starts its relay connection anew.
            .env("CODER_DERP_SERVER_STUN_ADDRESSES", "disable")
            // A story makes more calls in a minute than a person.
            .env("CODER_DANGEROUS_DISABLE_RATE_LIMITS", "true")
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file handle"))
            .stderr(log);
        command
    }

    async fn until_healthy(&mut self, address: SocketAddr) {
        let http = http_client();
        let url = format!("http://{address}/healthz");
        let (server, log) =
            (&mut self.server, self.directory.as_ref().expect("kept until the end").path().join("server.log"));
        until("the server is healthy", Duration::from_secs(90), || {
            if let Ok(Some(status)) = server.child.try_wait() {
                panic!("the server ended with {status}:\n{}", tail(&log));
            }
            let request = http.get(&url).send();
            async { request.await.ok().filter(|response| response.status().is_success()).map(drop) }
        })
        .await;
    }

    pub fn url(&self) -> &Url {
        &self.url
    }

    /// A directory of this deployment: data, logs, users.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.as_ref().expect("kept until the end").path().join(name)
    }

    /// Where the workspaces of the starter template keep their homes.
    pub fn workspaces(&self) -> PathBuf {
        self.path("workspaces")
    }

    /// A client program of a new user.
    pub fn cli(&self, program: &Path, user: &str) -> Cli {
        Cli::new(program, &self.path(&format!("users/{user}")))
    }

    /// A REST client, as nobody or with a token.
    pub fn client(&self, token: Option<String>) -> Client {
        Client::new(ClientOptions { token, ..ClientOptions::new(self.url.clone()) }).expect("a client can be made")
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.path("server.log")).unwrap_or_default()
    }

    /// Ends the server as an administrator does. It has to end by itself with success, leave no process, and have
    /// logged nothing above information but what is allowed.
    pub async fn stop(mut self, allowed_log_lines: &[&str]) {
        self.server.signal(Signal::SIGTERM);
        let code = self.server.wait(Duration::from_secs(60)).await;
        assert!(code == Some(0), "the server ended with {code:?}:\n{}", tail(&self.path("server.log")));
        let left = processes_of(&self.path("").display().to_string());
        assert!(left.is_empty(), "processes are left: {left:#?}");
        let unexpected = unexpected_lines(&self.log(), allowed_log_lines);
        assert!(unexpected.is_empty(), "unexpected lines in the log:\n{}", unexpected.join("\n"));
    }
}

impl Drop for Deployment {
    fn drop(&mut self) {
        let Some(directory) = self.directory.take() else { return };
        self.server.signal(Signal::SIGKILL);
        kill_all_of(directory.path());
        if std::thread::panicking() {
            let path = directory.keep();
            eprintln!("kept {}; the log ends with:\n{}", path.display(), tail(&path.join("server.log")));
        }
    }
}

/// A plain HTTP client that follows no redirects.
fn http_client() -> reqwest::Client {
    warren_tls::install_default_provider();
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(10))
        .build()
        .expect("a client can be made")
}

/// Temporary directories are private; the users without rights that run PostgreSQL and workspaces must pass.
fn open_for_all(directory: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o755)).expect("own directory");
}

/// The last lines of a log.
fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}
