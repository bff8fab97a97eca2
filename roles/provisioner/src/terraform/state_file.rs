//! Terraform's state file (version 4) as resource instances, so that no process has to print it.

use std::convert::Infallible;
use std::path::Path;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use serde::de::IgnoredAny;
use serde_json::Value;
use tokio::sync::watch;

use crate::extract::{Instance, Mode, member};

/// How often a running apply's state file is looked at. Terraform writes it after each resource.
const LOOK: Duration = Duration::from_millis(100);
/// Bytes of a state that travels in an update, which has room for log lines too.
const FOLLOW_LIMIT: usize = 3 * 1024 * 1024;

/// Puts every state that Terraform writes to the file into `states`, until it is dropped.
pub(super) async fn follow(path: &Path, states: &watch::Sender<Bytes>) -> Infallible {
    let stamp = || path.metadata().ok().and_then(|meta| Some((meta.modified().ok()?, meta.len())));
    let mut seen: Option<(SystemTime, u64)> = stamp();
    loop {
        tokio::time::sleep(LOOK).await;
        let now = stamp();
        if now == seen {
            continue;
        }
        // Terraform overwrites the file in place: what is not whole yet is read again.
        let state = std::fs::read(path).unwrap_or_default();
        if state.len() <= FOLLOW_LIMIT && serde_json::from_slice::<IgnoredAny>(&state).is_ok() {
            seen = now;
            states.send_replace(state.into());
        }
    }
}

/// Reads all instances. `None` if this is not a state of the known version (an encrypted one, for instance).
pub(super) fn instances(state: &[u8]) -> Option<Vec<Instance>> {
    let state: Value = serde_json::from_slice(state).ok()?;
    if state.get("version").and_then(Value::as_u64) != Some(4) {
        return None;
    }
    let mut found = Vec::new();
    for resource in state.get("resources")?.as_array()? {
        let text = |key: &str| resource.get(key).and_then(Value::as_str).unwrap_or_default();
        let mode = match text("mode") {
            "managed" => Mode::Managed,
            "data" => Mode::Data,
            _ => continue,
        };
        for instance in resource.get("instances").and_then(Value::as_array).into_iter().flatten() {
            // What waits to be destroyed after its replacement is no longer the resource.
            if instance.get("deposed").is_some_and(|deposed| !deposed.is_null()) {
                continue;
            }
            let values = instance.get("attributes").and_then(Value::as_object).cloned().unwrap_or_default();
            let index = instance.get("index_key").filter(|index| !index.is_null());
            found.push(Instance::new(text("module"), mode, text("type"), text("name"), index, values));
        }
    }
    Some(found)
}

/// Whether a state holds no managed resource: nothing to destroy.
pub(super) fn is_empty(state: &[u8]) -> bool {
    if state.is_empty() {
        return true;
    }
    match serde_json::from_slice::<Value>(state) {
        Ok(state) => {
            state.get("version").and_then(Value::as_u64) == Some(4)
                && member(&state, "resources")
                    .as_array()
                    .is_some_and(|all| all.iter().all(|one| member(one, "mode") != "managed"))
        }
        Err(_) => false,
    }
}
