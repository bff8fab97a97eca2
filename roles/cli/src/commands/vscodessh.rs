//! `vscodessh`: what editors before release 2.19 used as their `ProxyCommand`.

use std::path::Path;

use anyhow::{Context, Result, bail};
use url::Url;
use warren_client::Client;

use crate::agent_wait;
use crate::frame::{Args, Command, Cx, Opt, logging};
use crate::resolve;
use crate::signals;
use crate::ssh::target::{self, Autostart};
use crate::ssh::{keepers, netinfo, standard, stdio};
use crate::tunnel::{SSH_PORT, Tunnel};

pub static COMMAND: Command = Command::new("vscodessh", "Proxy command of old editor extensions.")
    .usage("<coder-vscode--<owner>--<workspace>--<agent?>>", Args::Exactly(1))
    .hidden()
    .threads()
    .options(&[&[
        Opt::text("network-info-dir", "Directory for files about the quality of the connection."),
        Opt::text("log-dir", "Directory for log files."),
        Opt::text("session-token-file", "File with the session token."),
        Opt::text("url-file", "File with the URL of the deployment."),
        Opt::duration("network-info-interval", "How often the files are written.").default("5s"),
        Opt::choice("wait", &["yes", "no", "auto"], "Wait for the startup scripts.").default("auto"),
    ]])
    .run(crate::action!(run));

async fn run(cx: &Cx) -> Result<()> {
    cx.keep_stdout_for_data();
    for option in ["network-info-dir", "session-token-file", "url-file"] {
        if cx.opts.filled(option).is_none() {
            bail!("{option} must be specified");
        }
    }
    if let Some(dir) = cx.opts.filled("log-dir") {
        let path = Path::new(dir).join(format!("{}.log", netinfo::parent_pid()));
        logging::to_file(std::fs::File::create(&path).with_context(|| format!("open {}", path.display()))?, true);
    }
    let read = |option: &str| -> Result<String> {
        let path = cx.opts.text(option).unwrap_or_default();
        Ok(std::fs::read_to_string(path).with_context(|| format!("read {path}"))?.trim().to_owned())
    };
    let url = Url::parse(&read("url-file")?).context("parse url")?;
    let client = Client::new(cx.client_options(url, Some(read("session-token-file")?))?)?;
    // The first part is the editor's own.
    let parts: Vec<&str> = cx.arg(0).split("--").skip(1).collect();
    let name = match parts.as_slice() {
        [owner, workspace] => format!("{owner}/{workspace}"),
        [owner, workspace, agent] => format!("{owner}/{workspace}.{agent}"),
        _ => bail!("invalid argument syntax. must be: coder-vscode--<owner>--<name>--<agent?>"),
    };
    let found = target::resolve(cx, &client, &resolve::normalize_ssh_target(&name), Autostart::Disabled).await?;
    let blocks = found.agent.scripts.iter().any(|script| script.start_blocks_login);
    let wait = matches!(cx.opts.text("wait"), Some("yes")) || (cx.opts.text("wait") == Some("auto") && blocks);
    agent_wait::wait(&client, found.agent.id, &agent_wait::Options { wait, docs_url: String::new() }).await?;
    let tunnel = Tunnel::open(cx, &client, found.agent.id).await?;
    let stream = tunnel.dial(SSH_PORT).await?;
    let _claim = signals::claim();
    let app = keepers::usage_app("vscode");
    let outcome = tokio::select! {
        outcome = stdio::copy(stream, standard::input(), standard::output()) => outcome,
        () = keepers::report_usage(client.clone(), found.workspace.id, found.agent.id, app) => Ok(()),
        () = keepers::until_stopped(client.clone(), &found.workspace) => Ok(()),
        () = crate::commands::ssh::network_info(cx, &tunnel) => Ok(()),
        () = signals::shutdown() => Ok(()),
    };
    tunnel.close().await;
    outcome
}
