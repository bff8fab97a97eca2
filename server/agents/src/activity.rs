//! Use of workspaces, and agents' traffic: collected here, written once a minute for all together.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use uuid::Uuid;
use warren_builds::WorkspaceEvent;
use warren_db::DbError;
use warren_db::agent_reports::{BumpFactsRow, list_bump_facts, update_deadlines};
use warren_db::workspaces::touch_workspaces;
use warren_proto::agent::Stats;
use warren_schedule::{Autostart, Bump, Cron, Deadlines, Weekdays};

use crate::Agents;
use crate::defaults::ACTIVITY_INTERVAL;
use crate::service::now;

/// What was used since the last write.
#[derive(Default)]
pub(crate) struct Activity {
    used: Mutex<HashSet<Uuid>>,
    traffic: Mutex<HashMap<Uuid, Traffic>>,
}

/// What an agent's connections moved, as it reported last.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Traffic {
    /// Bytes from clients since the report before.
    pub rx_bytes: i64,
    /// Bytes to clients since the report before.
    pub tx_bytes: i64,
    /// Connections at the last report.
    pub connections: i64,
    /// Sessions at the last report.
    pub sessions_vscode: i64,
    #[allow(missing_docs)]
    pub sessions_jetbrains: i64,
    #[allow(missing_docs)]
    pub sessions_ssh: i64,
    #[allow(missing_docs)]
    pub sessions_terminal: i64,
    /// Median latency in milliseconds, if one was measured.
    pub latency_ms: Option<f64>,
}

impl Activity {
    pub(crate) fn note(&self, workspace: Uuid) {
        self.used.lock().insert(workspace);
    }

    pub(crate) fn note_traffic(&self, agent: Uuid, stats: &Stats) {
        let mut traffic = self.traffic.lock();
        // Who was never used costs nothing.
        if stats.connection_count == 0 && !traffic.contains_key(&agent) {
            return;
        }
        let entry = traffic.entry(agent).or_default();
        *entry = Traffic {
            rx_bytes: stats.rx_bytes.max(0),
            tx_bytes: stats.tx_bytes.max(0),
            connections: stats.connection_count,
            sessions_vscode: stats.session_count_vscode,
            sessions_jetbrains: stats.session_count_jetbrains,
            sessions_ssh: stats.session_count_ssh,
            sessions_terminal: stats.session_count_reconnecting_pty,
            latency_ms: Some(stats.connection_median_latency_ms).filter(|ms| *ms >= 0.0),
        };
    }

    pub(crate) fn forget(&self, agent: Uuid) {
        self.traffic.lock().remove(&agent);
    }
}

impl Agents {
    /// What agents reported last.
    pub fn traffic(&self) -> Vec<(Uuid, Traffic)> {
        self.0.activity.traffic.lock().iter().map(|(agent, traffic)| (*agent, *traffic)).collect()
    }

    /// Writes what was used at once, for the end of a server and for tests.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn flush_activity(&self) -> Result<(), DbError> {
        self.write_activity_once(now()).await
    }

    pub(crate) async fn write_activity(self) {
        loop {
            let stop = tokio::select! {
                () = self.0.shutdown.cancelled() => true,
                () = tokio::time::sleep(ACTIVITY_INTERVAL) => false,
            };
            if let Err(error) = self.write_activity_once(now()).await {
                tracing::warn!(%error, "cannot note which workspaces are used");
            }
            if stop {
                return;
            }
        }
    }

    /// Writes what was used; what cannot be written stays for the next time.
    pub(crate) async fn write_activity_once(&self, now: Timestamp) -> Result<(), DbError> {
        let used: Vec<Uuid> = std::mem::take(&mut *self.0.activity.used.lock()).into_iter().collect();
        if used.is_empty() {
            return Ok(());
        }
        let written = self.write_used(&used, now).await;
        if written.is_err() {
            self.0.activity.used.lock().extend(used);
        }
        written
    }

    async fn write_used(&self, used: &[Uuid], now: Timestamp) -> Result<(), DbError> {
        let conn = self.0.db.conn().await?;
        touch_workspaces(&conn, used, now).await?;
        let mut bumped = Vec::new();
        for facts in list_bump_facts(&conn, used).await? {
            bumped.extend(next_deadline(&facts, now).map(|deadline| (facts, deadline)));
        }
        if bumped.is_empty() {
            return Ok(());
        }
        let builds: Vec<Uuid> = bumped.iter().map(|(facts, _)| facts.build_id).collect();
        let deadlines: Vec<Timestamp> = bumped.iter().map(|(_, deadline)| *deadline).collect();
        update_deadlines(&conn, &builds, &deadlines).await?;
        drop(conn);
        for (facts, _) in bumped {
            WorkspaceEvent::state(facts.workspace_id).publish(&self.0.bus, facts.owner_id);
        }
        Ok(())
    }
}

fn next_deadline(facts: &BumpFactsRow, now: Timestamp) -> Option<Timestamp> {
    let schedule = facts.autostart_schedule.as_deref().filter(|text| facts.allow_user_autostart && !text.is_empty());
    let cron = schedule.and_then(|text| Cron::weekly(text).ok());
    let ttl = facts.ttl_ms.filter(|_| facts.allow_user_autostop).unwrap_or(facts.default_ttl_ms);
    let bump = Bump {
        deadlines: Deadlines { deadline: facts.deadline, max_deadline: facts.max_deadline },
        interval: SignedDuration::from_millis(facts.activity_bump_ms),
        ttl: SignedDuration::from_millis(ttl),
        autostart: cron.as_ref().map(|cron| Autostart { cron, days: weekdays(facts.autostart_days) }),
    };
    bump.next_deadline(now)
}

fn weekdays(bits: i16) -> Weekdays {
    Weekdays::from_bits(u8::try_from(bits).unwrap_or(0))
}
