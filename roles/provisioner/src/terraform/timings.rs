//! How long the steps of a stage took, from Terraform's events.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::Value;
use warren_proto::provisioner::{Timing, TimingState};

/// Steps that may be open at once.
const OPEN_LIMIT: usize = 10_000;

/// Collects the timings of one stage; [`Timings::finish`] adds the stage itself.
#[derive(Debug)]
pub(super) struct Timings {
    stage: &'static str,
    started: Timestamp,
    open: HashMap<Key, Timestamp>,
    done: Vec<Timing>,
    /// The running step of `init`.
    init_step: Option<(&'static str, Timestamp)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    category: &'static str,
    action: String,
    resource: String,
    provider: String,
}

impl Timings {
    pub fn new(stage: &'static str) -> Self {
        Self { stage, started: Timestamp::now(), open: HashMap::new(), done: Vec::new(), init_step: None }
    }

    /// Takes one event of Terraform.
    pub fn event(&mut self, event: &Value) {
        let text = |path: &str| event.pointer(path).and_then(Value::as_str).unwrap_or_default();
        let at = text("/@timestamp").parse::<Timestamp>().unwrap_or_else(|_| Timestamp::now());
        let kind = text("/type");
        if kind == "init_output" {
            // Its own timestamps have no fraction.
            self.init(text("/message_code"), Timestamp::now());
            return;
        }
        let Some((category, phase)) = kind.rsplit_once('_') else { return };
        let category = match category {
            "apply" => "apply",
            "provision" => "provision",
            "refresh" => "state refresh",
            _ => return,
        };
        let resource = text("/hook/resource/addr").to_owned();
        let action = match (category, text("/hook/action")) {
            (category, "") => category.to_owned(),
            (_, action) => action.to_owned(),
        };
        let key = Key { category, action, resource, provider: text("/hook/resource/implied_provider").to_owned() };
        match phase {
            "start" if self.open.len() < OPEN_LIMIT => drop(self.open.insert(key, at)),
            "complete" => self.close(&key, at, TimingState::Completed),
            "errored" => self.close(&key, at, TimingState::Failed),
            _ => {}
        }
    }

    /// All timings with the stage itself first. Steps that never ended are dropped.
    pub fn finish(mut self, succeeded: bool) -> Vec<Timing> {
        let state = if succeeded { TimingState::Completed } else { TimingState::Failed };
        let stage = timing(
            self.stage,
            (self.started, Timestamp::now()),
            ("terraform", "coder", &format!("coder_stage_{}", self.stage)),
            state,
        );
        self.done.insert(0, stage);
        self.done
    }

    fn close(&mut self, key: &Key, at: Timestamp, state: TimingState) {
        if let Some(start) = self.open.remove(key) {
            self.done.push(timing(self.stage, (start, at), (&key.action, &key.provider, &key.resource), state));
        }
    }

    fn init(&mut self, code: &str, at: Timestamp) {
        let next = match code {
            "initializing_backend_message" => Some("backend"),
            "initializing_modules_message" => Some("modules"),
            "initializing_provider_plugin_message" => Some("provider plugins"),
            "output_init_success_message" | "output_init_success_cloud_message" => None,
            _ => return,
        };
        if let Some((name, start)) = self.init_step.take() {
            self.done.push(timing(self.stage, (start, at), ("load", "", name), TimingState::Completed));
        }
        self.init_step = next.map(|name| (name, at));
    }
}

fn timing(
    stage: &str,
    (start, end): (Timestamp, Timestamp),
    (action, source, resource): (&str, &str, &str),
    state: TimingState,
) -> Timing {
    Timing {
        start: Some(wire_time(start)),
        end: Some(wire_time(end.max(start))),
        action: action.to_owned(),
        source: source.to_owned(),
        resource: resource.to_owned(),
        stage: stage.to_owned(),
        state: state.into(),
    }
}

fn wire_time(time: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: time.as_second(), nanos: time.subsec_nanosecond() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hook(kind: &str, addr: &str, action: &str, at: &str) -> Value {
        serde_json::json!({"type": kind, "@timestamp": at,
            "hook": {"action": action, "resource": {"addr": addr, "implied_provider": "terraform"}}})
    }

    #[test]
    fn steps_are_paired_and_open_ones_dropped() {
        let mut timings = Timings::new("apply");
        timings.event(&hook("apply_start", "a.b", "create", "2026-01-01T00:00:00.000000Z"));
        timings.event(&hook("apply_start", "a.c", "create", "2026-01-01T00:00:00.000000Z"));
        timings.event(&hook("apply_errored", "a.b", "create", "2026-01-01T00:00:01.500000Z"));
        let done = timings.finish(true);
        assert_eq!(done.len(), 2);
        assert_eq!(done[0].resource, "coder_stage_apply");
        assert_eq!((done[1].resource.as_str(), done[1].state()), ("a.b", TimingState::Failed));
        assert_eq!(done[1].end.unwrap().nanos, 500_000_000);
    }

    #[test]
    fn an_end_before_its_start_counts_as_nothing() {
        let mut timings = Timings::new("plan");
        timings.event(&hook("refresh_start", "terraform_data.y", "", "2026-01-01T00:00:02.000000Z"));
        timings.event(&hook("refresh_complete", "terraform_data.y", "", "2026-01-01T00:00:01.000000Z"));
        let done = timings.finish(true);
        assert_eq!(done[1].start, done[1].end);
        assert_eq!(done[1].action, "state refresh");
    }
}
