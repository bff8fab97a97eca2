//! P3: the agent: memory idle and after a speed test, and the size of the program that workspaces download.

use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::harness::agent;
use crate::harness::process::{self, Process};
use crate::harness::programs::Side;
use crate::harness::server::Server;
use crate::harness::table::{Table, less, number};
use crate::harness::template::agent_workspace;
use crate::{Bench, p15};

const IDLE: &str = "memory (PSS), idle";
const USED: &str = "memory (PSS), after a speed test";
const SIZE: &str = "file size";

pub async fn run(bench: &Bench) -> Result<Table> {
    let mut table = Table::new("P3 agent");
    for side in [Side::Ours, Side::Official] {
        let Some(program) = bench.programs.set(side).cli.clone() else { continue };
        table.set(less(SIZE, "MB", "≤ 15"), side, std::fs::metadata(&program)?.len() as f64 / 1e6);
        // Each with its own server; without one, the official agent with ours.
        let host = if bench.programs.set(side).server.is_some() { side } else { Side::Ours };
        let server = Server::start(bench, host).await?;
        let workspace = agent_workspace(&server, "seed").await.context("workspace")?;
        let agent = agent::start(bench, side, &server, &workspace).await?;
        tokio::time::sleep(Duration::from_secs(bench.pick(5, 15))).await;
        table.set(less(IDLE, "MB", "≤ 8"), side, process::pss_bytes(agent.pid())? as f64 / 1e6);
        let config = server.dir().join("cli").display().to_string();
        let environment =
            [("CODER_URL", server.url.as_str()), ("CODER_SESSION_TOKEN", &server.token), ("CODER_CONFIG_DIR", &config)];
        for direction in ["down", "up"] {
            let arguments = ["speedtest", &workspace.name, "--time", "3s", "--direction", direction];
            p15::time(&program, &arguments, &environment, 0)?;
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
        table.set(less(USED, "MB", "≤ 16"), side, process::pss_bytes(agent.pid())? as f64 / 1e6);
    }
    table.limit(IDLE, format!("hello world on tokio: {} MB", number(hello(bench).await?)));
    Ok(table)
}

/// Megabytes of a program that does nothing.
async fn hello(bench: &Bench) -> Result<f64> {
    let dir = tempfile::tempdir()?;
    let mut hello = Process::start(&bench.programs.hello, &[], [("HOME", "/")], &dir.path().join("log"))?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    hello.ensure_running()?;
    Ok(process::pss_bytes(hello.pid())? as f64 / 1e6)
}
