//! P15: the command line: start-up, and one call.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::Bench;
use crate::harness::numbers::{median, ms};
use crate::harness::process::basics;
use crate::harness::server::Server;
use crate::harness::table::{Table, less, number};
use crate::harness::template::agent_workspace;

const HELP: &str = "--help";
const LIST: &str = "list, 1 workspace";

pub async fn run(bench: &Bench) -> Result<Table> {
    let mut table = Table::new("P15 command line");
    let runs = bench.pick(15, 40);
    for side in bench.programs.sides() {
        let program = bench.programs.cli(side)?;
        table.set(less(HELP, "ms", "≤ 5"), side, time(program, &["--help"], &[], runs)?);
        let server = Server::start(bench, side).await?;
        agent_workspace(&server, "seed").await?;
        let config = server.dir().join("cli").display().to_string();
        let environment =
            [("CODER_URL", server.url.as_str()), ("CODER_SESSION_TOKEN", &server.token), ("CODER_CONFIG_DIR", &config)];
        table.set(less(LIST, "ms", "≤ 15"), side, time(program, &["list"], &environment, runs)?);
    }
    let floor = time(Path::new("/bin/true"), &[], &[], runs)?;
    table.limit(HELP, format!("true: {} ms", number(floor)));
    table.limit(LIST, format!("true: {} ms", number(floor)));
    Ok(table)
}

/// The middle of several runs. Milliseconds.
pub fn time(program: &Path, arguments: &[&str], environment: &[(&str, &str)], runs: usize) -> Result<f64> {
    let mut times = Vec::new();
    // The first run brings the program into memory.
    for run in 0..=runs {
        let mut command = Command::new(program);
        command.args(arguments).env_clear().envs(basics()).envs(environment.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let started = Instant::now();
        let output = command.output().with_context(|| format!("run {}", program.display()))?;
        let elapsed = ms(started.elapsed());
        if !output.status.success() {
            let error = String::from_utf8_lossy(&output.stderr);
            bail!("{} {}: {}: {error}", program.display(), arguments.join(" "), output.status);
        }
        if run > 0 {
            times.push(elapsed);
        }
    }
    Ok(median(&mut times))
}
