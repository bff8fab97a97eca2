//! Chores of the project: `cargo xtask gen`, `cargo xtask tidy`.

mod generate;
mod tidy;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about = "Chores of the project")]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Generate the checked-in protobuf code.
    Gen {
        /// Only check that it is up to date.
        #[arg(long)]
        check: bool,
    },
    /// Check layer arrows, file sizes and forbidden words.
    Tidy,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
    match Args::parse().command {
        Command::Gen { check } => generate::run(&root, check),
        Command::Tidy => tidy::run(&root),
    }
}
