//! `templates init`: copies a starter template.

use anyhow::{Context, Result, bail};

use crate::config::make_dir;
use crate::frame::{Args, Command, Cx, Opt};

pub static COMMAND: Command = Command::new("init", "Get started with a template.")
    .usage("[directory]", Args::Between(0, 1))
    .options(&[&[Opt::choice("id", IDS, "Which starter template.")]])
    .run(crate::action!(run));

/// A starter template: its files are part of the program.
struct Starter {
    id: &'static str,
    description: &'static str,
    files: &'static [(&'static str, &'static str)],
}

const IDS: &[&str] = &["local", "scratch"];

/// Files of a folder of `examples/templates`.
macro_rules! files {
    ($folder:literal: $($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../../../../examples/templates/", $folder, "/", $name)))),*]
    };
}

const STARTERS: &[Starter] = &[
    Starter {
        id: "local",
        description: "Workspaces as processes on the machine of the provisioner",
        files: files!("local": "main.tf", "README.md", "files.pl", "home.sh", "remove.sh", "shutdown.sh", "start.sh", "startup.sh", "stop.sh"),
    },
    Starter {
        id: "scratch",
        description: "A minimal starter template",
        files: files!("scratch": "main.tf", "README.md"),
    },
];

async fn run(cx: &Cx) -> Result<()> {
    let id = match cx.opts.filled("id") {
        Some(id) => id.to_owned(),
        None => {
            let labels = STARTERS.iter().map(|starter| format!("{} ({})", starter.id, starter.description)).collect();
            let picked = cx.select("Select an example template to get started:", labels, 0, "--id")?;
            STARTERS[picked].id.to_owned()
        }
    };
    let Some(starter) = STARTERS.iter().find(|starter| starter.id == id) else { bail!("template {id:?} not found") };
    let target = if cx.args.is_empty() { starter.id } else { cx.arg(0) };
    let dir = std::path::absolute(target).context("get absolute path")?;
    let shown = match std::env::current_dir()
        .ok()
        .and_then(|here| dir.strip_prefix(here).ok().map(std::path::Path::to_owned))
    {
        Some(relative) => format!("./{}", relative.display()),
        None => dir.display().to_string(),
    };
    outln!("Extracting  {}  to {shown}...", starter.id);
    make_dir(&dir, 0o700).with_context(|| format!("create {}", dir.display()))?;
    for (name, text) in starter.files {
        let path = dir.join(name);
        std::fs::write(&path, text).with_context(|| format!("write {}", path.display()))?;
        #[cfg(unix)]
        if text.starts_with("#!") {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(&path, mode).with_context(|| format!("make {} executable", path.display()))?;
        }
    }
    outln!("Create your template by running:\ncd {shown} && {} templates push\n", cx.program.name);
    outln!("Examples provide a starting point and are expected to be edited!");
    Ok(())
}
