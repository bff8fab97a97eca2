//! `config-ssh`: writes the managed section of the ssh configuration.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use warren_api::SshConfigResponse;
use warren_client::Client;

use crate::commands::YES;
use crate::config::{expand_home, make_dir};
use crate::configssh::blocks::{self, Blocks};
use crate::configssh::options::StoredOptions;
use crate::configssh::{diff, section};
use crate::frame::spec::Kind;
use crate::frame::{Command, Cx, Opt};
use crate::output::{GREEN, RED, Stream, warn};

pub static COMMAND: Command = Command::new("config-ssh", "Add a host entry for your workspaces to the ssh configuration.")
    .long("  - Use -o to set other ssh options, which override the deployment's:\n      $ {name} config-ssh -o ForwardAgent=yes\n\n  - Look at the changes first:\n      $ {name} config-ssh --dry-run")
    .options(&[&[
        Opt::text("ssh-config-file", "File of the ssh configuration.").env("CODER_SSH_CONFIG_FILE").default("~/.ssh/config"),
        Opt::of("coder-binary-path", Kind::AbsolutePath, "Path of this program in the section; the running one by default.")
            .env("CODER_SSH_CONFIG_BINARY_PATH"),
        Opt::list("ssh-option", "Additional ssh option. May be repeated.").short('o').env("CODER_SSH_CONFIG_OPTS"),
        Opt::flag("dry-run", "Show what would change.").short('n').env("CODER_SSH_DRY_RUN"),
        Opt::flag("use-previous-options", "Use the options of the last run.").env("CODER_SSH_USE_PREVIOUS_OPTIONS"),
        Opt::text("ssh-host-prefix", "Prefix of host names, instead of the deployment's.").env("CODER_CONFIGSSH_SSH_HOST_PREFIX"),
        Opt::text("hostname-suffix", "Suffix of host names, instead of the deployment's.").env("CODER_CONFIGSSH_HOSTNAME_SUFFIX"),
        Opt::choice("wait", &["yes", "no", "auto"], "Whether connections wait for startup scripts.")
            .env("CODER_CONFIGSSH_WAIT")
            .default("auto"),
        Opt::flag("disable-autostart", "Do not start stopped workspaces on connection.")
            .env("CODER_CONFIGSSH_DISABLE_AUTOSTART")
            .default("false"),
        Opt::flag("no-wildcard", "One host block for each workspace instead of patterns.").env("CODER_CONFIGSSH_NO_WILDCARD"),
        Opt::flag("force-unix-filepaths", "Write paths with slashes.").env("CODER_CONFIGSSH_UNIX_FILEPATHS").hidden(),
        Opt::flag("skip-proxy-command", "Leave ProxyCommand out.").env("CODER_SSH_SKIP_PROXY_COMMAND").hidden(),
        YES,
    ]])
    .run(crate::action!(run));

async fn run(cx: &Cx) -> Result<()> {
    let opts = &cx.opts;
    let dry_run = opts.flag("dry-run");
    let stream = if dry_run { Stream::Stderr } else { Stream::Stdout };
    if opts.flag("skip-proxy-command") && opts.text("wait") != Some("auto") {
        anyhow::bail!("cannot specify both --skip-proxy-command and --wait");
    }
    let client = cx.client()?;
    let server = deployment_settings(&client).await?;
    let binary = binary(cx, stream)?;
    let path = expand_home(opts.text("ssh-config-file").unwrap_or("~/.ssh/config"));
    let old = read(&path)?;
    let parts = section::split(&old)?;
    let mut options = given_options(cx);
    if let Some(previous) = parts.section.map(StoredOptions::of_section) {
        let keep = opts.flag("use-previous-options")
            || (!previous.same_as(&options) && !cx.yes() && !use_new(cx, &options, &previous).await?);
        if keep {
            options = previous;
        }
    }
    let suffix = options.suffix.clone().unwrap_or(server.hostname_suffix);
    let suffix = suffix.trim_start_matches('.').to_owned();
    let prefix = options.prefix.clone().unwrap_or(server.hostname_prefix);
    blocks::check_host_part("the host name prefix", &prefix)?;
    blocks::check_host_part("the host name suffix", &suffix)?;
    let (host_options, refused) = blocks::host_options(&options.ssh_options, &server.ssh_config_options)?;
    if !refused.is_empty() {
        let text = format!(
            "Options of the deployment that could run programs on this computer are left out: {}",
            refused.join(", ")
        );
        warn(stream, &text, &["Pass them with -o if you want them."]);
    }
    let config_dir = cx.config().dir().to_string_lossy().into_owned();
    let blocks = Blocks {
        binary: &binary,
        config_dir: &config_dir,
        options: &options,
        prefix: &prefix,
        suffix: &suffix,
        host_options,
        skip_proxy_command: opts.flag("skip-proxy-command"),
        workspaces: if options.no_wildcard { Some(workspace_names(&client).await?) } else { None },
        unix_paths: opts.flag("force-unix-filepaths"),
    };
    let new = section::replace(&parts, &section::render(&options, &blocks::render(&blocks)?));
    if new == old {
        stream.line(&format!("{}No changes to make.", if dry_run { "\n" } else { "" }));
        return Ok(());
    }
    let change = format!("  * Update the coder section in {}", path.display());
    if dry_run {
        stream.line(&format!("Dry run, the following changes would be made to your SSH configuration:\n\n{change}\n"));
        print_diff(&diff::unified(&path.to_string_lossy(), &old, &new));
        return Ok(());
    }
    if !cx.yes() {
        stream.line(&format!("The following changes will be made to your SSH configuration:\n\n{change}\n"));
        if !cx.ask("Continue?", true).await.unwrap_or(false) {
            return Ok(());
        }
        stream.line("");
    }
    write(&path, &new)?;
    outln!("Updated {:?}", path.display().to_string());
    print_example(&client, &prefix, &suffix).await;
    Ok(())
}

async fn deployment_settings(client: &Client) -> Result<SshConfigResponse> {
    match client.ssh_config().await {
        Ok(found) => Ok(found),
        Err(error) if error.is_not_found() => {
            Ok(SshConfigResponse { hostname_prefix: "coder.".into(), ..Default::default() })
        }
        Err(error) => Err(anyhow::Error::new(error).context("fetch coderd config")),
    }
}

fn given_options(cx: &Cx) -> StoredOptions {
    let opts = &cx.opts;
    // Only a flag can say "none": an empty variable counts as unset.
    let text = |name: &str| opts.given(name).then(|| opts.text(name).unwrap_or_default().to_owned());
    StoredOptions {
        wait: opts.text("wait").unwrap_or("auto").to_owned(),
        prefix: text("ssh-host-prefix"),
        suffix: text("hostname-suffix"),
        disable_autostart: opts.flag("disable-autostart"),
        no_wildcard: opts.flag("no-wildcard"),
        ssh_options: opts.list("ssh-option").to_vec(),
        headers: opts.list("header").to_vec(),
        header_command: opts.filled("header-command").unwrap_or_default().to_owned(),
    }
}

/// Asks whether the new options hold; no answer means the previous ones.
async fn use_new(cx: &Cx, new: &StoredOptions, previous: &StoredOptions) -> Result<bool> {
    let text = format!(
        "New options differ from previous options:\n\n{}\n{}\n  Use new options?",
        new.describe("New options"),
        previous.describe("Previous options")
    );
    match cx.ask(&text, true).await {
        Ok(yes) => Ok(yes),
        Err(error) if error.to_string() == "EOF" => {
            outln!();
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// The program in the section, and a warning if the shell would find another.
fn binary(cx: &Cx, stream: Stream) -> Result<String> {
    if let Some(path) = cx.opts.filled("coder-binary-path") {
        return Ok(path.to_owned());
    }
    let current = cx.executable()?;
    let name = Path::new(&current).file_name().map(|name| name.to_owned()).unwrap_or_default();
    let found = std::env::var_os("PATH")
        .and_then(|list| std::env::split_paths(&list).map(|dir| dir.join(&name)).find(|path| path.is_file()))
        .map(|path| path.canonicalize().unwrap_or(path));
    let same = found.as_ref().is_some_and(|path| path == Path::new(&current));
    if !same {
        let shown = found.map(|path| path.display().to_string()).unwrap_or_default();
        warn(
            stream,
            "The current executable path does not match the executable path found in $PATH.",
            &[
                "This may cause issues connecting to your workspace via SSH.",
                &format!("\tCurrent executable path: {current:?}"),
                &format!("\tExecutable path in $PATH: {shown:?}"),
            ],
        );
        stream.line("");
    }
    Ok(current)
}

fn read(path: &Path) -> Result<String> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(error).with_context(|| format!("read {}", path.display())),
    }
}

/// Replaces the file in one step; a link is followed, the mode is kept.
fn write(path: &Path, text: &str) -> Result<()> {
    let path: PathBuf = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let parent = path.parent().context("the file of the ssh configuration has no directory")?;
    make_dir(parent, 0o700).with_context(|| format!("create {}", parent.display()))?;
    let mut file = tempfile::NamedTempFile::new_in(parent).context("write temp ssh config")?;
    file.write_all(text.as_bytes()).context("write temp ssh config")?;
    if let Ok(meta) = std::fs::metadata(&path) {
        std::fs::set_permissions(file.path(), meta.permissions()).context("set the mode of the ssh config")?;
    }
    file.persist(&path).with_context(|| format!("write {}", path.display()))?;
    Ok(())
}

fn print_diff(text: &str) {
    for line in text.split_inclusive('\n') {
        let plain = line.trim_end_matches('\n');
        let painted = match plain.chars().next() {
            Some('+') if !plain.starts_with("+++") => Stream::Stdout.paint(GREEN, plain),
            Some('-') if !plain.starts_with("---") => Stream::Stdout.paint(RED, plain),
            _ => plain.to_owned(),
        };
        outln!("{painted}");
    }
}

async fn workspace_names(client: &Client) -> Result<Vec<String>> {
    const PAGE: usize = 100;
    let mut names = Vec::new();
    loop {
        let page = client.workspaces_page("owner:me", PAGE, names.len()).await.context("fetch workspaces")?.workspaces;
        let last = page.len() < PAGE;
        names.extend(page.into_iter().map(|workspace| workspace.name));
        if last {
            names.sort();
            return Ok(names);
        }
    }
}

async fn print_example(client: &Client, prefix: &str, suffix: &str) {
    let Ok(page) = client.workspaces_page("owner:me", 1, 0).await else { return };
    match page.workspaces.first() {
        Some(workspace) => {
            let host = if suffix.is_empty() {
                format!("{prefix}{}", workspace.name)
            } else {
                format!("{}.{suffix}", workspace.name)
            };
            outln!("You should now be able to ssh into your workspace.\nFor example, try running:\n\n\t$ ssh {host}");
        }
        None => outln!("You don't have any workspaces yet, try creating one."),
    }
}
