//! What a running command knows: its words and options, the deployment, the terminal.

use std::cell::{Cell, OnceCell};
use std::io::IsTerminal;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use base64::Engine;
use url::Url;
use warren_api::Organization;
use warren_client::{AgentClient, Client, ClientOptions, FirstResponse};

use crate::config::Config;
use crate::frame::parse::full_name;
use crate::frame::{Command, Matches};
use crate::version;

/// How the program was called.
#[derive(Debug, Clone)]
pub struct Program {
    /// The name that texts print: `coder` if called so, else `warren`.
    pub name: &'static str,
    /// The first word of the command line.
    pub argv0: String,
    /// True for the build without the server.
    pub slim: bool,
}

/// The context of one command.
pub struct Cx {
    pub program: Program,
    pub path: Vec<&'static Command>,
    pub opts: Matches,
    pub args: Vec<String>,
    client: OnceCell<Client>,
    quiet_stdout: Cell<bool>,
}

impl Cx {
    pub fn new(program: Program, path: Vec<&'static Command>, opts: Matches, args: Vec<String>) -> Self {
        Self { program, path, opts, args, client: OnceCell::new(), quiet_stdout: Cell::new(false) }
    }

    /// The command's full name: `coder templates push`.
    pub fn command_name(&self) -> String {
        full_name(self.program.name, &self.path)
    }

    /// The positional word at a place that the command's rules guarantee, else empty.
    pub fn arg(&self, index: usize) -> &str {
        self.args.get(index).map_or("", String::as_str)
    }

    pub fn verbose(&self) -> bool {
        self.opts.flag("verbose")
    }

    /// `-y`, where the command has it.
    pub fn yes(&self) -> bool {
        self.opts.has("yes") && self.opts.flag("yes")
    }

    fn force_tty(&self) -> bool {
        self.opts.flag("force-tty")
    }

    pub fn stdin_is_tty(&self) -> bool {
        self.force_tty() || std::io::stdin().is_terminal()
    }

    pub fn stdout_is_tty(&self) -> bool {
        self.force_tty() || std::io::stdout().is_terminal()
    }

    pub fn stderr_is_tty(&self) -> bool {
        self.force_tty() || std::io::stderr().is_terminal()
    }

    /// From now on prompts and notices go to standard error: standard output carries data (`ssh --stdio`).
    pub fn keep_stdout_for_data(&self) {
        self.quiet_stdout.set(true);
    }

    pub fn stdout_is_for_data(&self) -> bool {
        self.quiet_stdout.get()
    }

    /// The configuration directory.
    pub fn config(&self) -> Config {
        match self.opts.filled("global-config") {
            Some(dir) if self.opts.given("global-config") => Config::at(crate::config::expand_home(dir)),
            _ => Config::at(crate::config::default_dir()),
        }
    }

    /// The path that others can call this program by.
    pub fn executable(&self) -> Result<String> {
        let path = std::env::current_exe().context("find the path of this program")?;
        path.into_os_string().into_string().map_err(|_| anyhow!("the path of this program is not valid text"))
    }

    /// The deployment's address: option, variable or file.
    pub fn url(&self) -> Result<Url> {
        let text = match self.opts.filled("url") {
            Some(text) => Some(text.to_owned()),
            None => self.config().url()?,
        };
        let Some(text) = text else {
            let path = self.executable().unwrap_or_else(|_| self.program.argv0.clone());
            bail!("You are not logged in. Try logging in using '{path} login <url>'.");
        };
        Url::parse(&text).with_context(|| format!("parse url {text:?}"))
    }

    /// The session token: option, variable or file.
    pub fn token(&self) -> Result<Option<String>> {
        match self.opts.filled("token") {
            Some(token) => Ok(Some(token.to_owned())),
            None => self.config().session(),
        }
    }

    /// The client of the deployment, made at its first use.
    pub fn client(&self) -> Result<Client> {
        if let Some(client) = self.client.get() {
            return Ok(client.clone());
        }
        let url = self.url()?;
        let client = Client::new(self.client_options(url, self.token()?)?)?;
        Ok(self.client.get_or_init(|| client).clone())
    }

    /// Options for any client of this command.
    pub fn client_options(&self, url: Url, token: Option<String>) -> Result<ClientOptions> {
        let (os, arch) = version::platform();
        let mut headers = self.extra_headers(&url)?;
        if let Some(telemetry) = self.telemetry_header() {
            headers.push(("Coder-CLI-Telemetry".into(), telemetry));
        }
        Ok(ClientOptions {
            token,
            headers,
            user_agent: format!("coder-cli/{} ({os}/{arch}; {})", version::COMPATIBILITY_VERSION, self.command_name()),
            tls: self.tls()?,
            first_response: Some(self.first_response_hook(&url)),
            trace: self.opts.flag("debug-http"),
            url,
        })
    }

    /// Headers of `--header` and of the program named by `--header-command`.
    pub fn extra_headers(&self, url: &Url) -> Result<Vec<(String, String)>> {
        let split = |line: &str| -> Result<(String, String)> {
            let (name, value) = line
                .split_once('=')
                .ok_or_else(|| anyhow!("split header {line:?} had less than two parts"))
                .context("create header transport")?;
            Ok((name.trim().to_owned(), value.trim().to_owned()))
        };
        let mut headers = self.opts.list("header").iter().map(|line| split(line)).collect::<Result<Vec<_>>>()?;
        if let Some(command) = self.opts.filled("header-command") {
            let (shell, flag) = if cfg!(windows) { ("cmd.exe", "/c") } else { ("sh", "-c") };
            let output = std::process::Command::new(shell)
                .args([flag, command])
                .env("CODER_URL", url.as_str().trim_end_matches('/'))
                .stderr(std::process::Stdio::null())
                .stdin(std::process::Stdio::null())
                .output()
                .context("run the header command")
                .context("create header transport")?;
            if !output.status.success() {
                let error = anyhow!("failed to run [{shell} {flag} {command}]: {}", output.status);
                return Err(error.context("create header transport"));
            }
            for line in String::from_utf8_lossy(&output.stdout).lines().filter(|line| !line.is_empty()) {
                headers.push(split(line)?);
            }
        }
        Ok(headers)
    }

    fn tls(&self) -> Result<warren_tls::ClientTls> {
        let read = |name: &str| -> Result<Option<Vec<u8>>> {
            let Some(path) = self.opts.filled(name) else { return Ok(None) };
            std::fs::read(path).map(Some).with_context(|| format!("read {path}"))
        };
        let identity_pem = match (read("client-tls-cert-file")?, read("client-tls-key-file")?) {
            (Some(chain), Some(key)) => Some((chain, key)),
            (None, None) => None,
            _ => bail!("--client-tls-cert-file and --client-tls-key-file must be given together"),
        };
        Ok(warren_tls::ClientTls {
            roots_pem: read("client-tls-ca-file")?,
            identity_pem,
            ..warren_tls::ClientTls::default()
        })
    }

    /// Which command with which options: names and sources only.
    fn telemetry_header(&self) -> Option<String> {
        let options: Vec<_> = self
            .opts
            .0
            .iter()
            .filter(|setting| self.opts.given(setting.option.long))
            .map(|s| serde_json::json!({"name": s.option.long, "value_source": s.source.as_str()}))
            .collect();
        let document = serde_json::json!({
            "command": self.command_name(), "options": options, "invoked_at": jiff::Timestamp::now(),
        });
        let text = base64::engine::general_purpose::STANDARD.encode(document.to_string());
        (text.len() <= 4096).then_some(text)
    }

    fn first_response_hook(&self, url: &Url) -> warren_client::Hook {
        let check_version = !self.opts.flag("no-version-warning");
        let show_warnings = !self.opts.flag("no-feature-warning");
        let url = url.clone();
        Arc::new(move |first: FirstResponse| {
            let url = url.clone();
            Box::pin(async move {
                if check_version && let Some(server) = &first.build_version {
                    warn_about_version(&url, server).await;
                }
                if show_warnings {
                    for warning in &first.warnings {
                        eprintln!("{warning}");
                    }
                }
            })
        })
    }

    /// A client that speaks as the workspace's agent.
    pub fn agent_client(&self) -> Result<AgentClient> {
        let url = self
            .opts
            .filled("agent-url")
            .ok_or_else(|| anyhow!("CODER_AGENT_URL must be set").context("create agent client"))?;
        let url = Url::parse(url).context("parse the agent url")?;
        let token = match (self.opts.filled("agent-token"), self.opts.filled("agent-token-file")) {
            (Some(token), _) => token.to_owned(),
            (None, Some(path)) => {
                std::fs::read_to_string(path).with_context(|| format!("read {path}"))?.trim().to_owned()
            }
            (None, None) => return Err(anyhow!("CODER_AGENT_TOKEN must be set").context("create agent client")),
        };
        Ok(AgentClient::new(self.client_options(url, Some(token))?)?)
    }

    /// The organization that `-O` names, or the only one of the caller.
    pub async fn organization(&self) -> Result<Organization> {
        let client = self.client()?;
        let wanted = self.opts.filled("org").unwrap_or("");
        let mine = client.user_organizations("me").await.context("get current organization")?;
        let names = mine.iter().map(|org| org.name.as_str()).collect::<Vec<_>>().join(", ");
        if wanted.is_empty() {
            return match <[Organization; 1]>::try_from(mine.clone()) {
                Ok([only]) => Ok(only),
                Err(_) => Err(anyhow!(
                    "unable to determine current organization. Use '--org=<organization>' to choose one of [{names}]"
                )),
            };
        }
        if let Some(found) = mine.iter().find(|org| org.name == wanted || org.id.to_string() == wanted) {
            return Ok(found.clone());
        }
        match client.organization(wanted).await {
            Ok(found) => Ok(found),
            Err(error) if error.is_not_found() => Err(anyhow!(
                "organization {wanted:?} not found, are you sure you are a member of this organization? \
                 Valid options for '--org=' are [{names}]."
            )
            .context("get current organization")),
            Err(error) => Err(anyhow::Error::new(error).context("get current organization")),
        }
    }
}

/// Says so if the server speaks another contract; a server that does not answer in time is not waited for.
async fn warn_about_version(url: &Url, server: &str) {
    let client = version::COMPATIBILITY_VERSION;
    if server.contains("-rc.") {
        eprintln!("this deployment runs the release candidate {server}");
    } else if server.contains("-devel") && !server.contains("v0.0.0") {
        eprintln!("this deployment runs the development build {server}");
    }
    if version::matches_server(client, server) {
        return;
    }
    let limit = std::time::Duration::from_secs(2);
    let info = async {
        let plain = Client::new(ClientOptions::new(url.clone())).ok()?;
        plain.build_info().await.ok()
    };
    let info = tokio::time::timeout(limit, info).await.ok().flatten();
    eprintln!("version mismatch: client {client}, server {server}");
    match info {
        Some(info) if !info.upgrade_message.is_empty() => eprintln!("{}", info.upgrade_message),
        Some(info) if !info.dashboard_url.is_empty() => {
            let base = info.dashboard_url.trim_end_matches('/');
            eprintln!("download {server} with: 'curl -fsSL {base}/install.sh | sh'");
        }
        _ => eprintln!("download {server} from {}", url.join("/bin/").map(String::from).unwrap_or_default()),
    }
}
