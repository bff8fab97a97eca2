//! The programs that are measured: ours beside this one, the official ones by environment variables.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

/// Whose programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Side {
    Ours,
    Official,
}

/// One side's programs.
#[derive(Debug, Clone, Default)]
pub struct Set {
    /// Runs `server`.
    pub server: Option<PathBuf>,
    /// The command line; also runs `agent`.
    pub cli: Option<PathBuf>,
}

/// Both sides.
#[derive(Debug)]
pub struct Programs {
    ours: Set,
    official: Set,
    only: Option<Side>,
    /// Ours; serves both sides, so that both run the same Terraform provider.
    pub provider: PathBuf,
    /// The floor for memory.
    pub hello: PathBuf,
}

impl Programs {
    /// Ours lie in the target directory of this program.
    pub fn find(only: Option<Side>) -> Result<Self> {
        let here = std::env::current_exe()?;
        let dir = here.parent().context("this program has no directory")?;
        let profile = dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let flag = if profile == "debug" { String::new() } else { format!(" --profile {profile}") };
        let built = |name: &str| -> Result<PathBuf> {
            let path = dir.join(name);
            if !path.is_file() {
                bail!(
                    "{name} is not built: cargo build{flag} -p warren -p warren-slim -p terraform-provider-coder -p warren-benches"
                );
            }
            Ok(path)
        };
        let ours = match only {
            Some(Side::Official) => Set::default(),
            _ => Set {
                server: Some(built("warren")?),
                cli: Some(smallest(dir).map_or_else(|| built("warren-slim"), Ok)?),
            },
        };
        let official = match only {
            Some(Side::Ours) => Set::default(),
            _ => Set { server: given("WARREN_OFFICIAL_SERVER")?, cli: given("WARREN_OFFICIAL_CLI")? },
        };
        if profile == "debug" {
            eprintln!("warning: not a release build; the figures say little");
        }
        Ok(Self { ours, official, only, provider: built("terraform-provider-coder")?, hello: built("hello")? })
    }

    /// The sides that have a server.
    pub fn sides(&self) -> Vec<Side> {
        [Side::Ours, Side::Official].into_iter().filter(|side| self.set(*side).server.is_some()).collect()
    }

    /// One side's programs.
    pub fn set(&self, side: Side) -> &Set {
        match side {
            Side::Ours => &self.ours,
            Side::Official => &self.official,
        }
    }

    /// The server of a side that has one.
    pub fn server(&self, side: Side) -> Result<&Path> {
        self.set(side).server.as_deref().with_context(|| format!("no server ({side:?})"))
    }

    /// The command line of a side: the server program has it too.
    pub fn cli(&self, side: Side) -> Result<&Path> {
        let set = self.set(side);
        set.cli.as_deref().or(set.server.as_deref()).with_context(|| format!("no command line ({side:?})"))
    }

    /// What is measured, for the head of the output.
    pub fn describe(&self) -> String {
        let show = |path: &Option<PathBuf>| path.as_ref().map_or("-".into(), |path| path.display().to_string());
        let only = self.only.map(|side| format!(" (only {side:?})")).unwrap_or_default();
        format!(
            "ours: {}, {}\nofficial: {}, {}{only}",
            show(&self.ours.server),
            show(&self.ours.cli),
            show(&self.official.server),
            show(&self.official.cli)
        )
    }
}

/// The slim program as it is shipped: built by the profile `slim`, if it was.
fn smallest(dir: &Path) -> Option<PathBuf> {
    let path = dir.parent()?.join("slim/warren-slim");
    path.is_file().then_some(path)
}

fn given(variable: &str) -> Result<Option<PathBuf>> {
    let Some(path) = std::env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from) else {
        return Ok(None);
    };
    if !path.is_file() {
        bail!("{variable}: there is no file {}", path.display());
    }
    Ok(Some(path))
}
