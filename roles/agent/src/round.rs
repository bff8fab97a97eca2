//! One connection to the server: dials, then runs the routines of agent.md §12.2 until the first of them fails.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use http::StatusCode;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use warren_proto::agent::startup::Subsystem;
use warren_proto::agent::{
    GetAnnouncementBannersRequest, GetManifestRequest, GetResourcesMonitoringConfigurationRequest, Manifest,
    ReportConnectionRequest, Startup, UpdateStartupRequest, WorkspaceAgentScriptCompletedRequest, agent_methods,
};
use warren_rpc::{DialError, DialOptions, Session, dial};
use warren_tailnet::{CoordinationEnd, Role};

use crate::agent::Agent;
use crate::environment::Workspace;
use crate::scripts::Scripts;
use crate::{health, metadata, monitoring, network, stats};

/// The newest version of the API that we use, and what older servers get: `major.minor`.
const VERSIONS: &[&str] = &["2.8", "2.4", "2.1", "2.0"];
const BANNERS_EVERY: Duration = Duration::from_secs(120);

/// What the routines of one connection share.
#[derive(Clone)]
struct Round {
    agent: Arc<Agent>,
    session: Session,
    minor: u32,
    manifest: watch::Sender<Option<Arc<Manifest>>>,
}

/// Runs one connection; `Ok` is an ordinary end.
pub async fn run(agent: &Arc<Agent>) -> Result<()> {
    let (session, minor) = connect(agent).await?;
    tracing::info!(api = format!("2.{minor}"), "connected to the server");
    let round = Round { agent: agent.clone(), session: session.clone(), minor, manifest: watch::Sender::new(None) };
    let mut routines = JoinSet::new();

    let stop = &agent.graceful;
    routines.spawn(until(stop, round.clone().banners()));
    routines.spawn(until(stop, round.clone().monitoring()));
    routines.spawn(until(stop, round.clone().handle_manifest()));
    routines.spawn(until(stop, round.clone().metadata()));
    routines.spawn(until(stop, round.clone().health()));
    routines.spawn(until(stop, round.clone().derp_maps()));
    routines.spawn(until(stop, round.clone().stats()));
    // These go on through the shutdown: its states, its output and the goodbye have to arrive.
    routines.spawn(round.clone().coordination());
    routines.spawn(round.clone().logs());
    routines.spawn(round.clone().lifecycle());
    routines.spawn(round.clone().connections());
    routines.spawn(round.clone().timings());

    let ended = async {
        while let Some(joined) = routines.join_next().await {
            joined.map_err(|e| anyhow!("a routine of the agent failed: {e}"))??;
        }
        Ok(())
    };
    let result = tokio::select! {
        result = ended => result,
        _reason = session.closed() => Ok(()),
        () = agent.hard.cancelled() => Ok(()),
    };
    routines.abort_all();
    session.close();
    result
}

/// Dials with the newest version that the server takes.
async fn connect(agent: &Agent) -> Result<(Session, u32)> {
    let mut refused = None;
    for version in VERSIONS {
        let mut url = agent.url.join("/api/v2/workspaceagents/me/rpc").context("the server's URL")?;
        url.query_pairs_mut().append_pair("version", version).append_pair("role", "agent");
        let mut options = DialOptions::new(url);
        options.headers = agent.token.headers(&agent.headers)?;
        let dialled = dial(options).await;
        let status = dialled.as_ref().err().and_then(DialError::status);
        agent.refused.send_replace(status == Some(StatusCode::UNAUTHORIZED));
        match dialled {
            Ok(pipe) => {
                let minor = version.split('.').nth(1).and_then(|m| m.parse().ok()).unwrap_or(0);
                return Ok((Session::client(pipe), minor));
            }
            Err(error) if error.status() == Some(StatusCode::BAD_REQUEST) => refused = Some(error),
            Err(error) => return Err(explain(error)),
        }
    }
    Err(refused.map_or_else(|| anyhow!("no version of the API to offer"), explain))
}

/// The server's own words, where it gave some.
fn explain(error: DialError) -> anyhow::Error {
    if let DialError::Refused { status, body, .. } = &error {
        let answer: warren_api::Response = serde_json::from_slice(body).unwrap_or_default();
        if !answer.message.is_empty() {
            return anyhow!("{} {} ({status})", answer.message, answer.detail);
        }
    }
    anyhow::Error::new(error)
}

/// Runs a routine until the token is cancelled, which is no failure.
fn until(
    token: &CancellationToken,
    routine: impl Future<Output = Result<()>> + Send + 'static,
) -> impl Future<Output = Result<()>> + Send + 'static {
    let token = token.clone();
    async move {
        tokio::select! {
            () = token.cancelled() => Ok(()),
            result = routine => result,
        }
    }
}

impl Round {
    async fn manifest(&self) -> Arc<Manifest> {
        let mut watch = self.manifest.subscribe();
        loop {
            if let Some(manifest) = watch.borrow_and_update().clone() {
                return manifest;
            }
            if watch.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    async fn banners(self) -> Result<()> {
        if self.minor < 1 {
            return Ok(());
        }
        loop {
            let request = GetAnnouncementBannersRequest {};
            let answer = self.session.unary(agent_methods::GET_ANNOUNCEMENT_BANNERS, &request).await?;
            let shown = answer.announcement_banners.into_iter().filter(|b| b.enabled).map(|b| b.message);
            *self.agent.banners.lock() = shown.collect();
            if let Some(services) = self.agent.services.get() {
                services.ssh.banners.lock().clone_from(&self.agent.banners.lock());
            }
            tokio::time::sleep(BANNERS_EVERY).await;
        }
    }

    async fn monitoring(self) -> Result<()> {
        if self.minor < 4 {
            return Ok(());
        }
        let request = GetResourcesMonitoringConfigurationRequest {};
        let configuration = self.session.unary(agent_methods::GET_RESOURCES_MONITORING_CONFIGURATION, &request).await?;
        monitoring::run(configuration, &self.session).await?;
        Ok(())
    }

    async fn handle_manifest(self) -> Result<()> {
        let agent = &self.agent;
        let mut manifest = self.session.unary(agent_methods::GET_MANIFEST, &GetManifestRequest {}).await?;
        // Out of the message at once, so that nothing can show or log them with it.
        let secrets = std::mem::take(&mut manifest.secrets);
        let agent_id = Uuid::from_slice(&manifest.agent_id).ok().filter(|id| !id.is_nil());
        let agent_id = agent_id.context("the server's manifest names no agent")?;
        let directory = agent.user.expand(&manifest.directory);
        let workspace = Workspace {
            agent_id,
            agent_name: manifest.agent_name.clone(),
            workspace_id: Uuid::from_slice(&manifest.workspace_id).unwrap_or_default(),
            workspace_name: manifest.workspace_name.clone(),
            owner_name: manifest.owner_username.clone(),
            directory: directory.clone(),
            variables: manifest.environment_variables.clone(),
            secrets: crate::secrets::variables(&secrets),
            motd_path: manifest.motd_path.clone(),
            vscode_proxy_uri: manifest.vs_code_port_proxy_uri.clone(),
            token: agent.token.expose().to_owned(),
        };
        let startup = Startup {
            version: warren_types::COMPATIBILITY_VERSION.to_owned(),
            expanded_directory: directory,
            subsystems: subsystems(&agent.subsystems),
        };
        self.session.unary(agent_methods::UPDATE_STARTUP, &UpdateStartupRequest { startup: Some(startup) }).await?;
        let workspace = Arc::new(workspace);
        agent.workspace.send_replace(Some(workspace.clone()));
        crate::secrets::write_files(&secrets, &agent.user);
        network::ensure(agent, &manifest, &workspace).await?;
        if agent.scripts.get().is_none() {
            let scripts = Arc::new(Scripts::new(&manifest.scripts, agent.scripts_shared())?);
            if agent.scripts.set(scripts.clone()).is_ok() {
                agent.begin(scripts);
            }
        }
        let manifest = Arc::new(manifest);
        agent.manifest.send_replace(Some(manifest.clone()));
        self.manifest.send_replace(Some(manifest));
        Ok(())
    }

    async fn metadata(self) -> Result<()> {
        let manifest = self.manifest().await;
        let agent = &self.agent;
        let Some(workspace) = agent.workspace.borrow().clone() else { return Ok(()) };
        if manifest.metadata.is_empty() {
            return Ok(());
        }
        metadata::run(&manifest.metadata, (&agent.user, &agent.paths, workspace), &self.session).await?;
        Ok(())
    }

    async fn health(self) -> Result<()> {
        let manifest = self.manifest().await;
        health::run(&manifest.apps, &self.session).await?;
        Ok(())
    }

    async fn derp_maps(self) -> Result<()> {
        self.manifest().await;
        let Some(services) = self.agent.services.get() else { return Ok(()) };
        services.node.follow_derp_maps(&self.session, self.agent.graceful.clone()).await?;
        // The server never ends this stream while the connection lives.
        Err(anyhow!("the stream of relay maps ended")).context("disconnected")
    }

    async fn coordination(self) -> Result<()> {
        tokio::select! {
            _ = self.manifest() => {}
            () = self.agent.graceful.cancelled() => return Ok(()),
        }
        let Some(services) = self.agent.services.get() else { return Ok(()) };
        match services.node.coordinate(&self.session, Role::Agent, self.agent.graceful.clone()).await? {
            CoordinationEnd::Disconnected => Ok(()),
            CoordinationEnd::Lost => Err(anyhow!("the coordination stream ended")),
        }
    }

    async fn stats(self) -> Result<()> {
        self.manifest().await;
        stats::run(&self.agent, &self.session).await?;
        Ok(())
    }

    async fn logs(self) -> Result<()> {
        self.agent.logs.send(&self.session).await?;
        Ok(())
    }

    async fn lifecycle(self) -> Result<()> {
        self.agent.lifecycle.report(&self.session).await?;
        Ok(())
    }

    /// Reports are advice: an error of the server loses one report and nothing else.
    async fn connections(self) -> Result<()> {
        let mut queue = self.agent.connections.lock().await;
        while let Some(connection) = queue.recv().await {
            if self.minor < 4 {
                continue;
            }
            let request = ReportConnectionRequest { connection: Some(connection) };
            if let Err(error) = self.session.unary(agent_methods::REPORT_CONNECTION, &request).await {
                tracing::debug!(%error, "report a connection");
            }
        }
        Ok(())
    }

    async fn timings(self) -> Result<()> {
        let mut queue = self.agent.timings.lock().await;
        while let Some(timing) = queue.recv().await {
            if self.minor < 4 {
                continue;
            }
            let request = WorkspaceAgentScriptCompletedRequest { timing: Some(timing) };
            if let Err(error) = self.session.unary(agent_methods::SCRIPT_COMPLETED, &request).await {
                tracing::debug!(%error, "report a script's run");
            }
        }
        Ok(())
    }
}

fn subsystems(names: &[String]) -> Vec<i32> {
    let known = |name: &String| match name.trim() {
        "envbox" => Some(Subsystem::Envbox.into()),
        "envbuilder" => Some(Subsystem::Envbuilder.into()),
        "exectrace" => Some(Subsystem::Exectrace.into()),
        _ => None,
    };
    names.iter().filter_map(known).collect()
}
