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

const IDS: &[&str] = &["scratch"];

const STARTERS: &[Starter] = &[Starter {
    id: "scratch",
    description: "A minimal starter template",
    files: &[
        ("main.tf", include_str!("../../../starters/scratch/main.tf")),
        ("README.md", include_str!("../../../starters/scratch/README.md")),
    ],
}];

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
    }
    outln!("Create your template by running:\ncd {shown} && {} templates push\n", cx.program.name);
    outln!("Examples provide a starting point and are expected to be edited!");
    Ok(())
}
