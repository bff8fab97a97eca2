//! P11: builds of the `local` starter template, over the bare Terraform run of the same files with the same provider.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use serde_json::json;
use uuid::Uuid;

use crate::Bench;
use crate::harness::numbers::{median, ms};
use crate::harness::process::basics;
use crate::harness::server::{Server, mirror};
use crate::harness::table::{Table, less, number};
use crate::harness::template;

const TEMPLATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/templates/local");
const CREATE: &str = "first build, start";
const START: &str = "start after a stop";
const STOP: &str = "stop";
const OVER: &str = "first build over bare terraform";

pub async fn run(bench: &Bench) -> Result<Table> {
    let mut table = Table::new("P11 build of the template `local`: the job's time");
    let rounds = bench.pick(3, 7);
    let bare = bare(bench, rounds)?;
    for side in bench.programs.sides() {
        let server = Server::start(bench, side).await?;
        let variables = json!([
            {"name": "data_dir", "value": server.dir().join("workspaces").display().to_string()},
            {"name": "run_as", "value": run_as()},
        ]);
        let archive = template::archive_of(Path::new(TEMPLATE))?;
        let template = template::push(&server, "local", archive, variables).await?;
        let (mut creates, mut stops, mut starts) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..rounds {
            let (workspace, created) = template::create(&server, &template, &format!("ws{round}")).await?;
            creates.push(ms(created));
            stops.push(ms(template::build(&server, &workspace, "stop").await?));
            starts.push(ms(template::build(&server, &workspace, "start").await?));
            template::build(&server, &workspace, "delete").await?;
        }
        let create = median(&mut creates);
        table.set(less(CREATE, "ms", "≤ bare + 150"), side, create);
        table.set(less(OVER, "ms", "≤ 150"), side, create - bare.create);
        table.set(less(STOP, "ms", ""), side, median(&mut stops));
        table.set(less(START, "ms", ""), side, median(&mut starts));
    }
    let note = |time: f64| format!("bare init + plan + apply: {} ms", number(time));
    table.limit(CREATE, note(bare.create));
    table.limit(STOP, note(bare.stop));
    table.note(
        "stop waits for what the template started: the agent with its shutdown script where it could be downloaded",
    );
    Ok(table)
}

struct Bare {
    create: f64,
    stop: f64,
}

/// Terraform alone, with our provider from a directory. Milliseconds.
fn bare(bench: &Bench, rounds: usize) -> Result<Bare> {
    let dir = tempfile::tempdir()?;
    let config = mirror(&dir.path().join("terraform"), &bench.programs.provider)?;
    let (mut creates, mut stops) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        let work = dir.path().join(format!("work{round}"));
        std::fs::create_dir_all(&work)?;
        for entry in std::fs::read_dir(TEMPLATE)? {
            let entry = entry?;
            std::fs::copy(entry.path(), work.join(entry.file_name()))?;
        }
        let workspace = Uuid::new_v4().to_string();
        let data = dir.path().join("data").display().to_string();
        let run = |arguments: &[&str], transition: &str| -> Result<()> {
            let mut command = Command::new("terraform");
            command.args(arguments).current_dir(&work).env_clear().envs(basics()).stdin(Stdio::null());
            command.envs([
                ("HOME", dir.path().as_os_str()),
                ("TF_CLI_CONFIG_FILE", config.as_os_str()),
                ("TF_VAR_data_dir", data.as_ref()),
                ("TF_VAR_run_as", run_as().as_ref()),
                ("CODER_WORKSPACE_TRANSITION", transition.as_ref()),
                ("CODER_WORKSPACE_ID", workspace.as_ref()),
                ("CODER_WORKSPACE_NAME", "bare".as_ref()),
                ("CODER_WORKSPACE_OWNER", "bench".as_ref()),
                ("CODER_WORKSPACE_OWNER_EMAIL", "bench@example.com".as_ref()),
                ("CODER_AGENT_URL", "http://127.0.0.1:9".as_ref()),
            ]);
            let output = command.output().context("run terraform")?;
            if !output.status.success() {
                bail!("terraform {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
            }
            Ok(())
        };
        let all = |transition: &str| -> Result<f64> {
            let started = Instant::now();
            run(&["init", "-no-color", "-input=false"], transition)?;
            run(&["plan", "-no-color", "-input=false", "-out=plan"], transition)?;
            run(&["apply", "-no-color", "-input=false", "-auto-approve", "plan"], transition)?;
            Ok(ms(started.elapsed()))
        };
        let created = all("start");
        let stopped = all("stop");
        run(&["destroy", "-no-color", "-input=false", "-auto-approve"], "stop")?;
        creates.push(created?);
        stops.push(stopped?);
    }
    Ok(Bare { create: median(&mut creates), stop: median(&mut stops) })
}

/// As root the workspace stays root: a benchmark makes no users.
fn run_as() -> &'static str {
    if nix::unistd::geteuid().is_root() { "root" } else { "" }
}
