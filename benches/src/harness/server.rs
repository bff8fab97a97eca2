//! A measured server: its own data directory, port and database; driven through its REST API.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::database::Database;
use super::process::{self, Process};
use super::programs::Side;
use crate::Bench;

const START_LIMIT: Duration = Duration::from_secs(120);
const EMAIL: &str = "admin@example.com";
const PASSWORD: &str = "Benchmark-pass-1!";

/// One server.
pub struct Server {
    pub side: Side,
    pub url: String,
    pub database: Database,
    /// Session of the first user, an owner.
    pub token: String,
    pub organization: String,
    http: reqwest::Client,
    process: Option<Process>,
    program: PathBuf,
    provider: PathBuf,
    port: u16,
    dir: TempDir,
}

/// What a piece of work cost.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    pub wall_s: f64,
    pub server_cpu_s: f64,
    pub database_cpu_s: f64,
    pub statements: i64,
    /// Inside the database.
    pub statements_ms: f64,
}

impl Server {
    /// A database, a directory and a port; nothing runs yet.
    pub async fn prepare(bench: &Bench, side: Side) -> Result<Self> {
        // The database drops to another user when this is root: it must get through.
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        let dir = tempfile::Builder::new().prefix("warren-bench-").permissions(mode).tempdir()?;
        let database = Database::start(dir.path()).await?;
        let port = free_port()?;
        Ok(Self {
            side,
            url: format!("http://127.0.0.1:{port}"),
            database,
            token: String::new(),
            organization: String::new(),
            http: reqwest::Client::builder().timeout(Duration::from_secs(120)).build()?,
            process: None,
            program: bench.programs.server(side)?.to_owned(),
            provider: bench.programs.provider.clone(),
            port,
            dir,
        })
    }

    /// A running server with a first user.
    pub async fn start(bench: &Bench, side: Side) -> Result<Self> {
        let mut server = Self::prepare(bench, side).await?;
        server.launch().await?;
        server.create_first_user().await?;
        Ok(server)
    }

    /// Starts the process; how long until it is ready.
    pub async fn launch(&mut self) -> Result<Duration> {
        let environment = self.environment()?;
        let log = self.log();
        let started = Instant::now();
        let mut process = Process::start(&self.program, &["server"], environment, &log)?;
        while !self.is_ready().await {
            if let Err(error) = process.ensure_running() {
                bail!("{error:#}\n{}", tail(&log));
            }
            if started.elapsed() > START_LIMIT {
                bail!("the server is not ready after {START_LIMIT:?}\n{}", tail(&log));
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let ready = started.elapsed();
        self.process = Some(process);
        Ok(ready)
    }

    /// Stops the process; the database stays.
    pub fn stop(&mut self) {
        self.process = None;
    }

    fn environment(&self) -> Result<Vec<(String, String)>> {
        let dir = self.dir.path();
        for name in ["data", "cache", "home"] {
            std::fs::create_dir_all(dir.join(name))?;
        }
        let path = |name: &str| dir.join(name).display().to_string();
        let mut environment: Vec<(String, String)> = [
            ("HOME", path("home")),
            ("CODER_CONFIG_DIR", path("data")),
            ("CODER_CACHE_DIRECTORY", path("cache")),
            ("CODER_PG_CONNECTION_URL", self.database.url.clone()),
            ("CODER_HTTP_ADDRESS", format!("127.0.0.1:{}", self.port)),
            ("CODER_ACCESS_URL", self.url.clone()),
            ("CODER_TELEMETRY_ENABLE", "false".into()),
            ("CODER_UPDATE_CHECK", "false".into()),
            ("CODER_DANGEROUS_DISABLE_RATE_LIMITS", "true".into()),
            ("CODER_DERP_SERVER_STUN_ADDRESSES", "disable".into()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        if self.side == Side::Official {
            // Ours installs its provider by itself.
            let config = mirror(&dir.join("terraform"), &self.provider)?;
            environment.push(("TF_CLI_CONFIG_FILE".into(), config.display().to_string()));
        }
        Ok(environment)
    }

    pub fn log(&self) -> PathBuf {
        self.dir.path().join("server.log")
    }

    /// For files of a benchmark; gone with the server.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn pid(&self) -> Result<u32> {
        Ok(self.process.as_ref().context("the server does not run")?.pid())
    }

    async fn is_ready(&self) -> bool {
        let ask = async {
            let mut socket = TcpStream::connect(("127.0.0.1", self.port)).await?;
            socket.write_all(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n").await?;
            let mut answer = [0; 12];
            socket.read_exact(&mut answer).await?;
            Ok::<_, std::io::Error>(answer.ends_with(b" 200"))
        };
        tokio::time::timeout(Duration::from_secs(5), ask).await.is_ok_and(|answer| answer.unwrap_or(false))
    }

    /// Creates the administrator and logs in.
    pub async fn create_first_user(&mut self) -> Result<()> {
        let user = json!({
            "email": EMAIL, "username": "admin", "name": "Admin", "password": PASSWORD, "trial": false,
            "trial_info": {"first_name": "", "last_name": "", "phone_number": "", "job_title": "",
                           "company_name": "", "country": "", "developers": ""},
        });
        self.post("/api/v2/users/first", &user).await?;
        let login = self.post("/api/v2/users/login", &json!({"email": EMAIL, "password": PASSWORD})).await?;
        self.token = text(&login, "session_token")?;
        let me = self.get("/api/v2/users/me").await?;
        let organization = me["organization_ids"][0].as_str().context("the first user has no organization")?;
        self.organization = organization.to_owned();
        Ok(())
    }

    pub async fn get(&self, path: &str) -> Result<Value> {
        self.call(reqwest::Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.call(reqwest::Method::POST, path, Some(body)).await
    }

    async fn call(&self, method: reqwest::Method, path: &str, body: Option<&Value>) -> Result<Value> {
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.url));
        if !self.token.is_empty() {
            request = request.header("Coder-Session-Token", &self.token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        answer(&format!("{method} {path}"), request.send().await?).await
    }

    /// Uploads an archive; its id.
    pub async fn upload(&self, archive: Vec<u8>) -> Result<String> {
        let request = self.http.post(format!("{}/api/v2/files", self.url));
        let request = request.header("Coder-Session-Token", &self.token).header("Content-Type", "application/x-tar");
        let file = answer("POST /api/v2/files", request.body(archive).send().await?).await?;
        text(&file, "hash")
    }

    /// Runs a piece of work and says what it cost server and database.
    pub async fn cost_of<T>(&self, work: impl Future<Output = Result<T>>) -> Result<(T, Cost)> {
        let pid = self.pid()?;
        let (calls, time) = self.database.statistics().await?;
        let (server, database) = (process::cpu_seconds(pid)?, self.database.cpu_seconds()?);
        let started = Instant::now();
        let result = work.await?;
        let wall_s = started.elapsed().as_secs_f64();
        let (server_after, database_after) = (process::cpu_seconds(pid)?, self.database.cpu_seconds()?);
        let (calls_after, time_after) = self.database.statistics().await?;
        let cost = Cost {
            wall_s,
            server_cpu_s: server_after - server,
            database_cpu_s: database_after - database,
            statements: calls_after - calls,
            statements_ms: time_after - time,
        };
        Ok((result, cost))
    }

    /// Waits until the server has nothing left to do: less than 2 % of a core for a second, or the limit.
    pub async fn settle(&self, limit: Duration) -> Result<()> {
        let started = Instant::now();
        loop {
            let before = process::cpu_seconds(self.pid()?)?;
            tokio::time::sleep(Duration::from_secs(1)).await;
            if process::cpu_seconds(self.pid()?)? - before <= 0.02 || started.elapsed() > limit {
                return Ok(());
            }
        }
    }

    /// Memory of the server process. Bytes.
    pub fn pss(&self) -> Result<f64> {
        Ok(process::pss_bytes(self.pid()?)? as f64)
    }
}

async fn answer(call: &str, response: reqwest::Response) -> Result<Value> {
    let status = response.status();
    let body = response.bytes().await?;
    if !status.is_success() {
        bail!("{call}: {status}: {}", String::from_utf8_lossy(&body).chars().take(500).collect::<String>());
    }
    if body.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(&body).with_context(|| format!("{call}: the answer is not JSON"))
}

/// A field that must be there.
pub fn text(value: &Value, field: &str) -> Result<String> {
    Ok(value[field].as_str().with_context(|| format!("no `{field}` in the answer"))?.to_owned())
}

/// A Terraform configuration that finds our provider without network.
pub fn mirror(dir: &Path, provider: &Path) -> Result<PathBuf> {
    const VERSION: &str = "2.13.0";
    let arch = if cfg!(target_arch = "aarch64") { "linux_arm64" } else { "linux_amd64" };
    let place = dir.join(format!("mirror/registry.terraform.io/coder/coder/{VERSION}/{arch}"));
    std::fs::create_dir_all(&place)?;
    let target = place.join(format!("terraform-provider-coder_v{VERSION}"));
    if !target.exists() {
        std::fs::copy(provider, &target)?;
    }
    let config = dir.join("terraform.rc");
    let text = format!(
        "provider_installation {{\n  filesystem_mirror {{\n    path = {:?}\n  }}\n}}\ndisable_checkpoint = true\n",
        dir.join("mirror").display().to_string()
    );
    std::fs::write(&config, text)?;
    Ok(config)
}

fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(15)..].join("\n")
}
