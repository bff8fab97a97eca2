//! Terraform's state file (version 4) as resource instances, so that no process has to print it.

use serde_json::Value;

use crate::extract::{Instance, Mode, member};

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
