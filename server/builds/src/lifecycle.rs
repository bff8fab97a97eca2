//! Starting, stopping, resting and removing workspaces by their schedules.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use uuid::Uuid;
use warren_db::versions::find_version;
use warren_db::workspaces::{LifecycleRow, find_lifecycle_facts, list_due_workspaces, lock_workspace, update_dormancy};
use warren_db::{Tx, daemons, templates};
use warren_schedule::{Autostart, Cron, Weekdays};

use crate::defaults::{DAEMON_STALE, LIFECYCLE_PARALLEL};
use crate::events::WorkspaceEvent;
use crate::orchestrate::BuildRequest;
use crate::{Builds, Error, now};

/// A failed automatic deletion is tried again after this.
const DELETE_RETRY: SignedDuration = SignedDuration::from_hours(24);

/// What is due for a workspace; the first rule that applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Due {
    Build { transition: &'static str, reason: &'static str },
    Dormant { stop: bool },
    Nothing,
}

impl Builds {
    pub(crate) async fn run_lifecycle(self) {
        let interval = self.0.options.lifecycle_interval;
        loop {
            tokio::select! {
                () = self.0.stop.cancelled() => return,
                () = tokio::time::sleep(interval) => {}
            }
            if let Err(error) = self.lifecycle_once(now()).await {
                tracing::warn!(%error, "cannot look for workspaces to start or stop");
            }
        }
    }

    /// Does what is due at `at`; answers the workspaces that changed. Safe to run on every replica at once: each workspace is
    /// checked again under a lock.
    ///
    /// # Errors
    /// The database, when the candidates cannot be listed.
    pub async fn lifecycle_once(&self, at: Timestamp) -> Result<Vec<Uuid>, Error> {
        let candidates = {
            let conn = self.0.db.conn().await?;
            list_due_workspaces(&conn, at).await?
        };
        let permits = Arc::new(Semaphore::new(LIFECYCLE_PARALLEL));
        let mut work = JoinSet::new();
        for id in candidates {
            let (builds, permits) = (self.clone(), permits.clone());
            work.spawn(async move {
                let _permit = permits.acquire_owned().await;
                (id, builds.advance(id, at).await)
            });
        }
        let mut changed = Vec::new();
        while let Some(done) = work.join_next().await {
            match done {
                Ok((id, Ok(true))) => changed.push(id),
                Ok((_, Ok(false) | Err(Error::ActiveBuild))) => {}
                Ok((id, Err(error))) => tracing::warn!(workspace.id = %id, %error, "an automatic transition failed"),
                Err(error) => tracing::error!(%error, "an automatic transition broke off"),
            }
        }
        Ok(changed)
    }

    async fn advance(&self, id: Uuid, at: Timestamp) -> Result<bool, Error> {
        let builds = self.clone();
        self.0.db.tx(|tx| async move { builds.advance_in(&tx, id, at).await }).await
    }

    async fn advance_in(&self, tx: &Tx, id: Uuid, at: Timestamp) -> Result<bool, Error> {
        if !lock_workspace(tx, id).await? {
            return Ok(false);
        }
        let Some(facts) = find_lifecycle_facts(tx, id).await? else { return Ok(false) };
        match due(&facts, at) {
            Due::Nothing => Ok(false),
            Due::Build { transition, reason } => self.build_if_possible(tx, &facts, transition, reason).await,
            Due::Dormant { stop } => {
                update_dormancy(tx, id, Some(at), at).await?;
                if stop {
                    self.build_if_possible(tx, &facts, "stop", "dormancy").await?;
                }
                WorkspaceEvent::state(id).publish_tx(&self.0.bus, tx, facts.owner_id);
                Ok(true)
            }
        }
    }

    async fn build_if_possible(
        &self,
        tx: &Tx,
        facts: &LifecycleRow,
        transition: &'static str,
        reason: &'static str,
    ) -> Result<bool, Error> {
        let active = transition == "start" && (facts.require_active_version || facts.automatic_updates == "always");
        let version_id = if active { facts.active_version_id } else { facts.template_version_id };
        let version = find_version(tx, version_id).await?.ok_or(Error::VersionMissing)?.system("lifecycle");
        let seen_since = now().checked_sub(DAEMON_STALE).unwrap_or(Timestamp::MIN);
        let matching = daemons::count_matching_daemons(
            tx,
            facts.organization_id,
            &version.provisioner,
            &version.job_tags.0,
            seen_since,
        );
        if matching.await?.available == 0 {
            tracing::warn!(workspace.id = %facts.id, reason, "no provisioner daemon could run an automatic transition");
            return Ok(false);
        }
        let template = templates::find_template(tx, facts.template_id).await?.ok_or(Error::VersionMissing)?;
        let request = BuildRequest {
            workspace_id: facts.id,
            owner_id: facts.owner_id,
            organization_id: facts.organization_id,
            template_id: facts.template_id,
            classic_parameters: template.system("lifecycle").use_classic_parameter_flow,
            initiator_id: facts.owner_id,
            transition,
            reason: reason.to_owned(),
            version_id: Some(version_id),
            ..BuildRequest::default()
        };
        self.create_build(tx, request).await?;
        tracing::info!(workspace.id = %facts.id, transition, reason, "an automatic transition");
        Ok(true)
    }
}

fn due(facts: &LifecycleRow, at: Timestamp) -> Due {
    let Some(completed_at) = facts.job_completed_at.filter(|_| !facts.deleted) else { return Due::Nothing };
    let succeeded = facts.job_status == "succeeded";
    let dormant = facts.dormant_at.is_some();
    let passed = |since: Timestamp, ms: i64| ms > 0 && at.duration_since(since) >= SignedDuration::from_millis(ms);
    let stop_due = facts.owner_status == "suspended" || facts.deadline.is_some_and(|deadline| deadline <= at);
    if facts.transition == "start" && succeeded && !dormant && stop_due {
        return Due::Build { transition: "stop", reason: "autostop" };
    }
    if facts.transition == "stop" && succeeded && !dormant && facts.owner_status == "active" && autostart_due(facts, at)
    {
        return Due::Build { transition: "start", reason: "autostart" };
    }
    if facts.job_status == "failed"
        && matches!(facts.transition.as_str(), "start" | "stop")
        && passed(completed_at, facts.failure_ttl_ms)
    {
        return Due::Build { transition: "stop", reason: "autostop" };
    }
    if !dormant && passed(facts.last_used_at, facts.time_til_dormant_ms) {
        return Due::Dormant { stop: facts.transition == "start" };
    }
    let retry = facts.transition != "delete" || at.duration_since(completed_at) >= DELETE_RETRY;
    if dormant
        && facts.time_til_dormant_autodelete_ms > 0
        && facts.deleting_at.is_some_and(|deleting| deleting <= at)
        && retry
    {
        return Due::Build { transition: "delete", reason: "autodelete" };
    }
    Due::Nothing
}

fn autostart_due(facts: &LifecycleRow, at: Timestamp) -> bool {
    let Some(cron) = facts.autostart_schedule.as_deref().and_then(|text| Cron::weekly(text).ok()) else { return false };
    let days = Weekdays::from_bits(u8::try_from(facts.autostart_days & 0x7f).unwrap_or_default());
    let next = Autostart { cron: &cron, days }.next(facts.build_created_at);
    facts.allow_user_autostart && next.is_some_and(|next| next <= at)
}
