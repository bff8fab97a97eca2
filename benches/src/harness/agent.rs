//! The real agent program, started by the benchmark in the place of a template's init script.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use super::clone;
use super::process::Process;
use super::programs::Side;
use super::server::Server;
use super::template::Workspace;
use crate::Bench;

const READY_LIMIT: Duration = Duration::from_secs(60);

/// Starts the agent of a workspace and waits until it is connected and ready. `program`: whose agent.
pub async fn start(bench: &Bench, program: Side, server: &Server, workspace: &Workspace) -> Result<Process> {
    let token = clone::seed_agent(server, workspace).await?.token.to_string();
    let home = server.dir().join(format!("agent-home-{}", workspace.name));
    std::fs::create_dir_all(&home)?;
    let home = home.display().to_string();
    let log = server.dir().join("agent.log");
    let environment = [
        ("HOME", home.as_str()),
        ("SHELL", "/bin/bash"),
        ("TMPDIR", home.as_str()),
        ("CODER_AGENT_URL", server.url.as_str()),
        ("CODER_AGENT_TOKEN", token.as_str()),
        ("CODER_AGENT_AUTH", "token"),
        ("CODER_AGENT_LOG_DIR", home.as_str()),
        // The official agent opens ports for its own figures; several would collide.
        ("CODER_AGENT_PPROF_ADDRESS", "127.0.0.1:0"),
        ("CODER_AGENT_PROMETHEUS_ADDRESS", "127.0.0.1:0"),
        ("CODER_AGENT_DEBUG_ADDRESS", "127.0.0.1:0"),
    ];
    let mut process = Process::start(bench.programs.cli(program)?, &["agent"], environment, &log)?;
    let started = Instant::now();
    loop {
        process.ensure_running().with_context(|| std::fs::read_to_string(&log).unwrap_or_default())?;
        let answer = server.get(&format!("/api/v2/workspaces/{}", workspace.id)).await?;
        let agent = &answer["latest_build"]["resources"]
            .as_array()
            .and_then(|all| all.iter().find_map(|resource| resource["agents"].get(0)))
            .cloned()
            .unwrap_or_default();
        if agent["status"] == "connected" && agent["lifecycle_state"] == "ready" {
            return Ok(process);
        }
        if started.elapsed() > READY_LIMIT {
            let log = std::fs::read_to_string(&log).unwrap_or_default();
            bail!("the agent is {} and {} after {READY_LIMIT:?}\n{log}", agent["status"], agent["lifecycle_state"]);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
