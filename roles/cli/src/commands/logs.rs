//! `logs`: the log of a build and of its agents in one stream.

use std::collections::HashMap;

use anyhow::{Context, Result};
use jiff::Timestamp;
use warren_api::{ProvisionerJobLog, WorkspaceAgent, WorkspaceAgentLog};
use warren_client::{Client, JobRef};

use crate::frame::{Args, Command, Cx, Opt};
use crate::output::human;
use crate::resolve;

pub static COMMAND: Command = Command::new("logs", "View the logs of a workspace.")
    .usage("<workspace>", Args::Exactly(1))
    .options(&[&[
        Opt::int("build-number", "Number of the build; 0 means the latest, negative numbers count from it.")
            .short('n')
            .default("0"),
        Opt::flag("follow", "Go on as the build and the agents write.").short('f').default("false"),
    ]])
    .run(crate::action!(run));

async fn run(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let workspace = resolve::workspace(&client, cx.arg(0)).await.context("failed to get workspace")?;
    let number = cx.opts.int("build-number");
    let build = if number == 0 {
        workspace.latest_build.clone()
    } else {
        let absolute = if number < 0 { workspace.latest_build.build_number + number } else { number };
        client
            .build_by_number(&workspace.owner_name, &workspace.name, absolute)
            .await
            .with_context(|| format!("failed to get build {absolute}"))?
    };
    outln!(
        "--- Logs for workspace build #{} (ID: {} Template Version: {}) ---\r",
        build.build_number,
        build.id,
        build.template_version_name
    );
    let agents: Vec<WorkspaceAgent> = resolve::agents(&build.resources).into_iter().cloned().collect();
    let job = JobRef::Build(build.id);
    let stored = client.job_logs(job, 0).await.context("failed to get provisioner logs")?;
    let last_job = stored.last().map_or(0, |log| log.id);
    let mut lines: Vec<(Timestamp, String)> = stored.iter().map(|log| (log.created_at, job_line(log))).collect();
    let mut last_agent = HashMap::new();
    for agent in &agents {
        let logs = client.agent_logs(agent.id, 0).await.context("failed to get agent logs")?;
        last_agent.insert(agent.id, logs.last().map_or(0, |log| log.id));
        lines.extend(logs.iter().map(|log| (log.created_at, agent_line(agent, log))));
    }
    lines.sort_by_key(|(at, _)| *at);
    for (_, line) in lines {
        outln!("{line}");
    }
    if cx.opts.flag("follow") {
        follow(&client, job, last_job, &agents, &last_agent).await?;
    }
    Ok(())
}

async fn follow(
    client: &Client,
    job: JobRef,
    after: i64,
    agents: &[WorkspaceAgent],
    last: &HashMap<uuid::Uuid, i64>,
) -> Result<()> {
    let build = async {
        let mut stream = client.follow_job_logs(job, after).await?;
        while let Some(log) = stream.next().await {
            outln!("{}", job_line(&log?));
        }
        anyhow::Ok(())
    };
    let agents = futures_util::future::try_join_all(agents.iter().map(|agent| async move {
        let mut stream = client.follow_agent_logs(agent.id, last.get(&agent.id).copied().unwrap_or(0)).await?;
        while let Some(batch) = stream.next().await {
            for log in batch? {
                outln!("{}", agent_line(agent, &log));
            }
        }
        anyhow::Ok(())
    }));
    tokio::try_join!(build, agents).map(drop)
}

fn job_line(log: &ProvisionerJobLog) -> String {
    format!("{} [{}] [provisioner|{}] {}", human::time(log.created_at), log.log_level, log.stage, log.output)
}

fn agent_line(agent: &WorkspaceAgent, log: &WorkspaceAgentLog) -> String {
    let source = agent.log_sources.iter().find(|source| source.id == log.source_id);
    let source = source.map_or("Script", |source| source.display_name.as_str());
    format!("{} [{}] [agent.{}|{source}] {}", human::time(log.created_at), log.level, agent.name, log.output)
}
