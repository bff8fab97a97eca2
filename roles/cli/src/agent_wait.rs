//! Waiting for an agent: until it is connected, and if wanted until its start-up scripts have run.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Result, bail};
use jiff::Timestamp;
use uuid::Uuid;
use warren_api::{
    WorkspaceAgent, WorkspaceAgentLifecycle as Lifecycle, WorkspaceAgentLog, WorkspaceAgentStatus as Status,
};
use warren_client::Client;

use crate::output::{CYAN, DIM, GREEN, RED, Stream};

/// How to wait.
pub struct Options {
    /// Wait for the start-up scripts too.
    pub wait: bool,
    /// Documentation of the deployment, for hints.
    pub docs_url: String,
}

/// Waits and shows on standard error what is waited for.
pub async fn wait(client: &Client, agent: Uuid, options: &Options) -> Result<WorkspaceAgent> {
    let mut view = View { since: tokio::time::Instant::now(), waited: false };
    let mut agent = client.agent(agent).await?;
    loop {
        if is_shutting_down(agent.lifecycle_state) {
            bail!("agent is shutting down");
        }
        agent = match agent.status {
            Status::Connecting | Status::Timeout => view.connecting(client, agent, options).await?,
            Status::Disconnected => view.disconnected(client, agent, options).await?,
            _ => return view.connected(client, agent, options).await,
        };
    }
}

fn is_shutting_down(state: Lifecycle) -> bool {
    matches!(state, Lifecycle::ShuttingDown | Lifecycle::ShutdownTimeout | Lifecycle::ShutdownError | Lifecycle::Off)
}

fn is_starting(state: Lifecycle) -> bool {
    matches!(state, Lifecycle::Created | Lifecycle::Starting)
}

struct View {
    since: tokio::time::Instant,
    waited: bool,
}

impl View {
    /// The pause before the next look: longer the longer it takes.
    async fn pause(&self) {
        let factor = match self.since.elapsed().as_secs() {
            0..60 => 1,
            60..120 => 2,
            120..300 => 4,
            300..600 => 8,
            _ => 16,
        };
        tokio::time::sleep(Duration::from_millis(500 * factor)).await;
    }

    async fn next(&self, client: &Client, id: Uuid) -> Result<WorkspaceAgent> {
        self.pause().await;
        Ok(client.agent(id).await?)
    }

    async fn connecting(
        &mut self,
        client: &Client,
        mut agent: WorkspaceAgent,
        options: &Options,
    ) -> Result<WorkspaceAgent> {
        const STAGE: &str = "Waiting for the workspace agent to connect";
        self.waited = true;
        begin(STAGE);
        let mut hinted = false;
        while matches!(agent.status, Status::Connecting | Status::Timeout) && !is_shutting_down(agent.lifecycle_state) {
            if agent.status == Status::Timeout && !hinted {
                hinted = true;
                hint(
                    &agent,
                    options,
                    "The workspace agent is having trouble connecting, wait for it to connect or restart your workspace.",
                );
            }
            agent = self.next(client, agent.id).await?;
        }
        let connected = agent.first_connected_at.unwrap_or_else(Timestamp::now);
        end(STAGE, !is_shutting_down(agent.lifecycle_state), agent.created_at, connected);
        Ok(agent)
    }

    async fn disconnected(
        &mut self,
        client: &Client,
        mut agent: WorkspaceAgent,
        options: &Options,
    ) -> Result<WorkspaceAgent> {
        const STAGE: &str = "The workspace agent lost connection";
        self.waited = true;
        begin(STAGE);
        hint(&agent, options, "Wait for it to reconnect or restart your workspace.");
        let lost = agent.disconnected_at.unwrap_or_else(Timestamp::now);
        while agent.status == Status::Disconnected && !is_shutting_down(agent.lifecycle_state) {
            agent = self.next(client, agent.id).await?;
        }
        end(STAGE, agent.status == Status::Connected, lost, agent.last_connected_at.unwrap_or_else(Timestamp::now));
        Ok(agent)
    }

    async fn connected(
        &mut self,
        client: &Client,
        mut agent: WorkspaceAgent,
        options: &Options,
    ) -> Result<WorkspaceAgent> {
        if agent.lifecycle_state == Lifecycle::Ready && !self.waited {
            return Ok(agent);
        }
        if !is_starting(agent.lifecycle_state) && !self.waited && !options.wait {
            warn_of_start(&agent, options);
            return Ok(agent);
        }
        let follow = options.wait && is_starting(agent.lifecycle_state);
        let stage = if follow {
            "Running workspace agent startup scripts"
        } else {
            "Running workspace agent startup scripts (non-blocking)"
        };
        begin(stage);
        if options.wait {
            let mut printer = LogPrinter::new(&agent);
            if follow {
                eprintln!("Use --wait=no to skip the startup scripts and get a shell at once.");
                agent = self.follow(client, agent, &mut printer).await?;
            }
            for log in client.agent_logs(agent.id, printer.last).await? {
                printer.print(&log);
            }
        }
        let started = agent.started_at.unwrap_or(agent.created_at);
        match agent.lifecycle_state {
            Lifecycle::Ready => end(stage, true, started, agent.ready_at.unwrap_or_else(Timestamp::now)),
            Lifecycle::StartTimeout | Lifecycle::StartError => {
                end(stage, false, started, agent.ready_at.unwrap_or_else(Timestamp::now));
                warn_of_start(&agent, options);
            }
            state if is_shutting_down(state) => bail!("agent is shutting down"),
            _ => eprintln!("Notice: the startup scripts are still running and your workspace may be incomplete."),
        }
        Ok(agent)
    }

    /// Shows logs while the scripts run.
    async fn follow(
        &self,
        client: &Client,
        mut agent: WorkspaceAgent,
        printer: &mut LogPrinter,
    ) -> Result<WorkspaceAgent> {
        let id = agent.id;
        let mut logs = client.follow_agent_logs(id, 0).await?;
        while is_starting(agent.lifecycle_state) && agent.status == Status::Connected {
            tokio::select! {
                batch = logs.next() => match batch {
                    Some(batch) => batch?.iter().for_each(|log| printer.print(log)),
                    None => agent = self.next(client, id).await?,
                },
                next = self.next(client, id) => agent = next?,
            }
        }
        Ok(agent)
    }
}

struct LogPrinter {
    sources: HashMap<Uuid, String>,
    last: i64,
}

impl LogPrinter {
    fn new(agent: &WorkspaceAgent) -> Self {
        Self { sources: agent.log_sources.iter().map(|s| (s.id, s.display_name.clone())).collect(), last: 0 }
    }

    fn print(&mut self, log: &WorkspaceAgentLog) {
        if log.id <= self.last {
            return;
        }
        self.last = log.id;
        let time = Stream::Stderr.paint(DIM, &crate::output::human::log_time(log.created_at));
        match self.sources.get(&log.source_id).filter(|name| !name.is_empty()) {
            Some(name) => eprintln!("{time} {name}: {}", log.output),
            None => eprintln!("{time} {}", log.output),
        }
    }
}

fn begin(stage: &str) {
    eprintln!("{}", Stream::Stderr.paint(CYAN, &format!("==> ⧗ {stage}")));
}

fn end(stage: &str, ok: bool, from: Timestamp, to: Timestamp) {
    let (mark, style) = if ok { ("✔", GREEN) } else { ("✘", RED) };
    let ms = to.duration_since(from).as_millis().max(0);
    eprintln!("{} [{ms}ms]", Stream::Stderr.paint(style, &format!("=== {mark} {stage}")));
}

fn hint(agent: &WorkspaceAgent, options: &Options, text: &str) {
    eprintln!("{text}");
    if !options.docs_url.is_empty() {
        eprintln!("For more information and troubleshooting, see {}", options.docs_url);
    }
    if !agent.troubleshooting_url.is_empty() {
        eprintln!("Troubleshooting of this template: {}", agent.troubleshooting_url);
    }
}

fn warn_of_start(agent: &WorkspaceAgent, options: &Options) {
    match agent.lifecycle_state {
        Lifecycle::StartError => {
            hint(agent, options, "Warning: A startup script exited with an error and your workspace may be incomplete.")
        }
        Lifecycle::StartTimeout => {
            hint(agent, options, "Warning: A startup script timed out and your workspace may be incomplete.")
        }
        _ => {}
    }
}
