//! `dotfiles`: clones a repository of settings and applies it.

use std::path::{Path, PathBuf};
use std::process::Command as Process;

use anyhow::{Context, Result, bail};

use crate::commands::YES;
use crate::frame::{Args, Command, Cx, Opt};

pub static COMMAND: Command = Command::new("dotfiles", "Personalize a workspace with your own settings.")
    .usage("<git_repo_url>", Args::Exactly(1))
    .options(&[&[
        Opt::text("symlink-dir", "Where links are made; the home directory by default.").env("CODER_SYMLINK_DIR"),
        Opt::text("branch", "Branch of the repository.").short('b'),
        Opt::text("repo-dir", "Directory of the clone, below the configuration directory.")
            .env("CODER_DOTFILES_REPO_DIR")
            .default("dotfiles"),
        YES,
    ]])
    .run(crate::action!(run));

const SCRIPTS: [&str; 6] = ["install.sh", "install", "bootstrap.sh", "bootstrap", "setup.sh", "setup"];

async fn run(cx: &Cx) -> Result<()> {
    let url = cx.arg(0);
    let config = cx.config();
    let dir = config.dir().join(cx.opts.text("repo-dir").unwrap_or("dotfiles"));
    let known = config.read("dotfilesurl")?;
    outln!("Checking if dotfiles repository already exists...");
    if dir.exists() && known.as_deref().is_some_and(|known| known != url) {
        cx.confirm("The dotfiles URL has changed. Move the old clone away and clone the new one?", true).await?;
        let stamp = crate::output::human::time_utc(jiff::Timestamp::now());
        let backup = PathBuf::from(format!("{}_backup_{stamp}", dir.display()));
        std::fs::rename(&dir, &backup).with_context(|| format!("move {}", dir.display()))?;
    }
    fetch(cx, url, &dir).await?;
    config.write("dotfilesurl", url)?;
    if let Some(script) = script(&dir) {
        return run_script(cx, &dir, &script).await;
    }
    link(cx, &dir).await
}

fn git(dir: Option<&Path>) -> Process {
    let mut git = Process::new("git");
    let ssh = std::env::var("GIT_SSH_COMMAND").ok().filter(|text| !text.is_empty()).unwrap_or_else(|| "ssh".into());
    git.env("GIT_SSH_COMMAND", format!("{ssh} -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no"));
    if let Some(dir) = dir {
        git.current_dir(dir);
    }
    git
}

async fn fetch(cx: &Cx, url: &str, dir: &Path) -> Result<()> {
    let branch = cx.opts.filled("branch");
    if dir.exists() {
        outln!("Found dotfiles repository at {}", dir.display());
        cx.confirm(&format!("Pull the latest changes of {url}?"), true).await?;
        if !git(Some(dir)).args(["pull", "--ff-only"]).status().context("run git")?.success() {
            eprintln!("Failed to update the repository, continuing with what is there.");
        }
        if let Some(branch) = branch
            && !git(Some(dir)).args(["checkout", branch]).status().context("run git")?.success()
        {
            eprintln!("Failed to check out the branch {branch:?}, continuing with the current one.");
        }
        return Ok(());
    }
    outln!("Did not find dotfiles repository, cloning...");
    cx.confirm(&format!("Clone {url} into {}?", dir.display()), true).await?;
    let parent = dir.parent().context("the directory of the clone has no parent")?;
    crate::config::make_dir(parent, 0o750).with_context(|| format!("create {}", parent.display()))?;
    let mut command = git(Some(parent));
    command.arg("clone");
    if let Some(branch) = branch {
        command.args(["--branch", branch]);
    }
    if !command.arg("--").arg(url).arg(dir).status().context("run git")?.success() {
        bail!("clone {url} failed");
    }
    Ok(())
}

fn script(dir: &Path) -> Option<PathBuf> {
    ["", "script"]
        .iter()
        .flat_map(|sub| SCRIPTS.iter().map(move |name| Path::new(sub).join(name)))
        .find(|path| dir.join(path).is_file())
}

async fn run_script(cx: &Cx, dir: &Path, script: &Path) -> Result<()> {
    let full = dir.join(script);
    cx.confirm(&format!("Found install script {}. Run it?", script.display()), true).await?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&full).with_context(|| format!("read {}", full.display()))?.permissions().mode();
        if mode & 0o111 == 0 {
            bail!(
                "script {:?} is not executable. See https://git-scm.com/docs/git-update-index#Documentation/git-update-index.txt---chmod-x",
                script.display()
            );
        }
    }
    outln!("Running {}...\n", script.display());
    let status = Process::new(&full).current_dir(dir).status().with_context(|| format!("run {}", script.display()))?;
    if !status.success() {
        bail!("running {}: {status}", script.display());
    }
    outln!("Dotfiles installation complete.");
    Ok(())
}

async fn link(cx: &Cx, dir: &Path) -> Result<()> {
    let target = match cx.opts.filled("symlink-dir") {
        Some(path) => crate::config::expand_home(path),
        None => crate::config::expand_home("~"),
    };
    let mut names: Vec<String> = std::fs::read_dir(dir)
        .with_context(|| format!("read {}", dir.display()))?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.starts_with('.') && (name == ".gitconfig" || !name.starts_with(".git")))
        .collect();
    names.sort();
    if names.is_empty() {
        outln!("Found no dotfiles and no install script in the repository.");
        return Ok(());
    }
    cx.confirm(&format!("No install scripts found, symlinking dotfiles to {}. Continue?", target.display()), true)
        .await?;
    for name in names {
        let (from, to) = (dir.join(&name), target.join(&name));
        match std::fs::symlink_metadata(&to) {
            Ok(meta) if meta.file_type().is_symlink() => {
                std::fs::remove_file(&to).with_context(|| format!("remove {}", to.display()))?;
            }
            Ok(_) => {
                let backup = target.join(format!("{name}.bak"));
                outln!("Moving {} to {}...", to.display(), backup.display());
                std::fs::rename(&to, &backup).with_context(|| format!("move {}", to.display()))?;
            }
            Err(_) => {}
        }
        outln!("Symlinking {} to {}...", from.display(), to.display());
        #[cfg(unix)]
        std::os::unix::fs::symlink(&from, &to).with_context(|| format!("link {}", to.display()))?;
    }
    outln!("Dotfiles installation complete.");
    Ok(())
}
