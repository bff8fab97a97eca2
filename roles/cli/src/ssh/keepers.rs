//! What runs beside a session: reports of use, and a look at the workspace, whose stop ends the session.

use std::time::Duration;

use anyhow::Result;
use uuid::Uuid;
use warren_api::{
    PostWorkspaceUsageRequest, ServerSentEventType, UsageAppName, Workspace, WorkspaceStatus, WorkspaceTransition,
};
use warren_client::Client;

const REPORT_EVERY: Duration = Duration::from_secs(60);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// Which application a session counts as; `None` for `disable`.
pub fn usage_app(text: &str) -> Option<UsageAppName> {
    match text {
        "disable" => None,
        text => match UsageAppName::parse(text) {
            UsageAppName::Unset => Some(UsageAppName::Ssh),
            app => Some(app),
        },
    }
}

/// Reports use now and every minute, for ever.
pub async fn report_usage(client: Client, workspace: Uuid, agent: Uuid, app: Option<UsageAppName>) {
    let Some(app_name) = app else { return std::future::pending().await };
    let request = PostWorkspaceUsageRequest { agent_id: agent, app_name };
    let mut tick = tokio::time::interval(REPORT_EVERY);
    loop {
        tick.tick().await;
        if let Err(error) = client.post_usage(workspace, Some(&request)).await {
            tracing::debug!(%error, "report of use failed");
        }
    }
}

/// Reports use of the workspace alone, every minute, for ever (`port-forward`).
pub async fn report_plain_usage(client: Client, workspace: Uuid) {
    let mut tick = tokio::time::interval(REPORT_EVERY);
    loop {
        tick.tick().await;
        if let Err(error) = client.post_usage(workspace, None).await {
            tracing::debug!(%error, "report of use failed");
        }
    }
}

/// Ends when the workspace stops or is started anew.
pub async fn until_stopped(client: Client, workspace: &Workspace) {
    let (id, build) = (workspace.id, workspace.latest_build.id);
    let mut pause = FIRST_PAUSE;
    // A short command needs no watch; the watch begins with the present state, so that nothing is missed.
    tokio::time::sleep(pause).await;
    loop {
        match watch(&client, id, build, &mut pause).await {
            Ok(true) => return,
            Ok(false) => {}
            Err(error) => tracing::debug!(%error, "watch of the workspace failed"),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn watch(client: &Client, id: Uuid, build: Uuid, pause: &mut Duration) -> Result<bool> {
    let mut events = client.watch_workspace(id).await?;
    while let Some(event) = events.next().await {
        let event = event?;
        *pause = FIRST_PAUSE;
        if event.kind != ServerSentEventType::Data {
            continue;
        }
        let workspace: Workspace = serde_json::from_value(event.data)?;
        let latest = &workspace.latest_build;
        if latest.status == WorkspaceStatus::Stopped {
            return Ok(true);
        }
        if latest.id != build && latest.transition == WorkspaceTransition::Start {
            return Ok(true);
        }
    }
    Ok(false)
}
