//! Health checks of the workspace's apps (agent.md §15).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::task::JoinSet;
use uuid::Uuid;
use warren_proto::agent::batch_update_app_health_request::HealthUpdate;
use warren_proto::agent::workspace_app::Health;
use warren_proto::agent::{AppHealth, BatchUpdateAppHealthRequest, WorkspaceApp, agent_methods};

use crate::wire;

/// How often changes are collected.
const REPORT: Duration = Duration::from_secs(1);

struct Check {
    id: Uuid,
    url: String,
    interval: Duration,
    threshold: i32,
}

type States = Arc<Mutex<BTreeMap<Uuid, AppHealth>>>;

/// Checks the manifest's apps and reports changes for as long as the connection lives.
/// Never returns when no app wants to be checked.
pub async fn run(apps: &[WorkspaceApp], session: &warren_rpc::Session) -> Result<(), warren_rpc::Error> {
    let states: States = Arc::default();
    let mut checks = JoinSet::new();
    for app in apps {
        let Ok(id) = Uuid::from_slice(&app.id) else { continue };
        let health = match app.health() {
            Health::Disabled | Health::Unspecified => continue,
            Health::Initializing => AppHealth::Initializing,
            Health::Healthy => AppHealth::Healthy,
            Health::Unhealthy => AppHealth::Unhealthy,
        };
        states.lock().insert(id, health);
        let Some(check) = app.healthcheck.as_ref() else { continue };
        let interval = wire::duration(check.interval.as_ref());
        if !check.url.is_empty() && !interval.is_zero() && check.threshold > 0 {
            let check = Check { id, url: check.url.clone(), interval, threshold: check.threshold };
            checks.spawn(watch(check, states.clone()));
        }
    }
    if states.lock().is_empty() {
        return std::future::pending().await;
    }
    let mut reported = states.lock().clone();
    let mut tick = tokio::time::interval(REPORT);
    loop {
        tick.tick().await;
        let now = states.lock().clone();
        if now == reported {
            continue;
        }
        let updates = now.iter().map(|(id, health)| HealthUpdate { id: wire::id(*id), health: (*health).into() });
        let request = BatchUpdateAppHealthRequest { updates: updates.collect() };
        match session.unary(agent_methods::BATCH_UPDATE_APP_HEALTHS, &request).await {
            Ok(_) => reported = now,
            Err(error) if session.is_closed() => return Err(error),
            Err(error) => tracing::warn!(%error, "report the health of apps"),
        }
    }
}

async fn watch(check: Check, states: States) {
    // One answer before the next check is due.
    let timeout = check.interval.saturating_sub(Duration::from_millis(1));
    let Ok(tls) = warren_tls::shared_client_config() else { return };
    let builder = reqwest::Client::builder().timeout(timeout).no_proxy().tls_backend_preconfigured((*tls).clone());
    let Ok(client) = builder.build() else { return };
    let mut failures = 0;
    let mut tick = tokio::time::interval(check.interval);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    tick.tick().await;
    loop {
        tick.tick().await;
        let well = client.get(&check.url).send().await.is_ok_and(|answer| !answer.status().is_server_error());
        failures = if well { 0 } else { failures + 1 };
        let health = match failures {
            0 => AppHealth::Healthy,
            n if n > check.threshold => AppHealth::Unhealthy,
            _ => continue,
        };
        states.lock().insert(check.id, health);
    }
}
