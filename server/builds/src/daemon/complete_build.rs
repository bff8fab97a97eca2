//! The result of a workspace build.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use warren_db::builds::{self, BuildResult, CompletionFactsRow};
use warren_db::jobs::{self, JobRow};
use warren_db::resources::{NewAgent, delete_prior_agents, insert_resources};
use warren_db::{Tx, workspaces};
use warren_proto::provisionerd::completed_job::WorkspaceBuild;
use warren_schedule::{Autostart, AutostopRequirement, AutostopRules, Cron, Deadlines, Weekdays};

use super::Connection;
use super::convert::timings;
use super::resources::{Scope, collect, collect_modules};
use crate::events::{WorkspaceEvent, WorkspaceEventKind};
use crate::{Error, now};

impl Connection {
    pub(super) async fn complete_build(&self, tx: &Tx, row: &JobRow, result: WorkspaceBuild) -> Result<(), Error> {
        let at = now();
        let facts = builds::find_completion_facts(tx, row.id)
            .await?
            .ok_or_else(|| Error::Invalid("the build of this job is gone".into()))?;
        let transition = match facts.transition.as_str() {
            "start" => "start",
            "stop" => "stop",
            _ => "delete",
        };
        let workspace = Some((facts.build_id, facts.workspace_id));
        let scope = Scope { job: row.id, transition, workspace, at };
        let mut found = collect(scope, result.resources)?;
        found.modules = collect_modules(scope, result.modules);
        let has_external_agent = found.resources.iter().any(|resource| resource.r#type == "coder_external_agent");
        let schedule = Schedule::of(&facts, &self.builds.0.options.default_quiet_hours);
        let deadlines = if transition == "start" { schedule.deadlines(at) } else { Deadlines::default() };
        jobs::complete_job(tx, row.id, at, "", "").await?;
        let stored = BuildResult {
            state: result.state.to_vec(),
            deadline: deadlines.deadline,
            max_deadline: deadlines.max_deadline,
            has_external_agent,
        };
        builds::complete_build(tx, row.id, at, &stored).await?;
        delete_prior_agents(tx, facts.workspace_id, row.id).await?;
        let stored_apps = insert_resources(tx, &found, Some(facts.workspace_id)).await?;
        if stored_apps < found.apps.len() {
            return Err(Error::Invalid("the id of an app belongs to another workspace".into()));
        }
        jobs::insert_job_timings(tx, row.id, &timings(row.id, result.timings)).await?;
        if transition == "delete" {
            workspaces::delete_workspace(tx, facts.workspace_id, at).await?;
        } else if facts.autostart_schedule.is_some() {
            workspaces::update_next_start(tx, facts.workspace_id, schedule.next_start(at)).await?;
        }
        WorkspaceEvent::state(facts.workspace_id).publish_tx(&self.builds.0.bus, tx, facts.owner_id);
        self.announce_timeouts(tx, &facts, &found.agents);
        Ok(())
    }

    /// Tells watchers when agents should have connected, once for each different timeout.
    fn announce_timeouts(&self, tx: &Tx, facts: &CompletionFactsRow, agents: &[NewAgent]) {
        let seconds: BTreeSet<u64> = agents
            .iter()
            .filter_map(|agent| u64::try_from(agent.connection_timeout_seconds).ok())
            .filter(|s| *s > 0)
            .collect();
        for seconds in seconds {
            let (builds, owner) = (self.builds.clone(), facts.owner_id);
            let event = WorkspaceEvent {
                kind: WorkspaceEventKind::AgentTimeout,
                workspace_id: facts.workspace_id,
                agent_id: None,
            };
            tx.on_commit(move || {
                let tasks = builds.0.tasks.clone();
                tasks.spawn(async move {
                    tokio::select! {
                        () = builds.0.stop.cancelled() => {}
                        () = tokio::time::sleep(Duration::from_secs(seconds)) => event.publish(&builds.0.bus, owner),
                    }
                });
            });
        }
    }
}

/// The schedules around a workspace. What cannot be read counts as not set: it was checked when it was stored.
pub(crate) struct Schedule {
    autostart: Option<Cron>,
    autostart_days: Weekdays,
    quiet_hours: Option<Cron>,
    requirement: AutostopRequirement,
    user_may_set: bool,
    workspace_ttl: Option<SignedDuration>,
    template_ttl: SignedDuration,
}

impl Schedule {
    fn of(facts: &CompletionFactsRow, default_quiet_hours: &str) -> Self {
        let quiet_hours = match facts.quiet_hours_schedule.as_str() {
            "" => default_quiet_hours,
            own => own,
        };
        let bits = |days: i16| Weekdays::from_bits(u8::try_from(days & 0x7f).unwrap_or_default());
        Self {
            autostart: facts
                .autostart_schedule
                .as_deref()
                .filter(|_| facts.allow_user_autostart)
                .and_then(|text| Cron::weekly(text).ok()),
            autostart_days: bits(facts.autostart_days),
            quiet_hours: Cron::daily(quiet_hours).ok(),
            requirement: AutostopRequirement { days: bits(facts.autostop_days), weeks: facts.autostop_weeks },
            user_may_set: facts.allow_user_autostop,
            workspace_ttl: facts.ttl_ms.map(SignedDuration::from_millis),
            template_ttl: SignedDuration::from_millis(facts.default_ttl_ms),
        }
    }

    fn autostart(&self) -> Option<Autostart<'_>> {
        self.autostart.as_ref().map(|cron| Autostart { cron, days: self.autostart_days })
    }

    fn deadlines(&self, now: Timestamp) -> Deadlines {
        let rules = AutostopRules {
            user_may_set: self.user_may_set,
            workspace_ttl: self.workspace_ttl,
            template_ttl: self.template_ttl,
            autostart: self.autostart(),
            requirement: self.quiet_hours.as_ref().map(|quiet| (self.requirement, quiet)),
        };
        rules.deadlines(now)
    }

    fn next_start(&self, now: Timestamp) -> Option<Timestamp> {
        self.autostart()?.next(now)
    }
}
