//! A plan or state as Terraform prints it (`show -json`): the way for plan files and states that cannot be read directly.

use serde_json::Value;
use warren_proto::provisioner::ResourceReplacement;

use super::plan_file::Plan;
use crate::extract::{Instance, Mode, member};

/// Reads `terraform show -json PLAN`.
pub(super) fn plan(bytes: &[u8]) -> Result<Plan, String> {
    let plan: Value = serde_json::from_slice(bytes).map_err(|error| format!("read the plan: {error}"))?;
    let mut instances = Vec::new();
    module(plan.pointer("/prior_state/values/root_module"), &mut instances);
    instances.retain(|instance: &Instance| instance.mode == Mode::Data);
    module(plan.pointer("/planned_values/root_module"), &mut instances);
    let changes = plan.get("resource_changes").and_then(Value::as_array);
    Ok(Plan { instances, replacements: changes.into_iter().flatten().filter_map(replacement).collect() })
}

/// Reads `terraform show -json` of a state.
pub(super) fn state(bytes: &[u8]) -> Result<Vec<Instance>, String> {
    let state: Value = serde_json::from_slice(bytes).map_err(|error| format!("read the state: {error}"))?;
    let mut instances = Vec::new();
    module(state.pointer("/values/root_module"), &mut instances);
    Ok(instances)
}

fn module(value: Option<&Value>, found: &mut Vec<Instance>) {
    let Some(value) = value else { return };
    for child in member(value, "child_modules").as_array().into_iter().flatten() {
        module(Some(child), found);
    }
    for resource in member(value, "resources").as_array().into_iter().flatten() {
        if resource.get("deposed_key").is_some() {
            continue;
        }
        let values = member(resource, "values").as_object().cloned().unwrap_or_default();
        found.extend(
            resource.get("address").and_then(Value::as_str).and_then(|address| Instance::parse(address, values)),
        );
    }
}

fn replacement(change: &Value) -> Option<ResourceReplacement> {
    let kind = change.get("type")?.as_str()?;
    let paths = change.pointer("/change/replace_paths")?.as_array()?;
    if kind.starts_with("coder_") || paths.is_empty() {
        return None;
    }
    let step = |step: &Value| step.as_str().map_or_else(|| step.to_string(), str::to_owned);
    let paths = paths.iter().map(|path| path.as_array().into_iter().flatten().map(step).collect::<Vec<_>>().join("."));
    Some(ResourceReplacement { resource: change.get("address")?.as_str()?.to_owned(), paths: paths.collect() })
}
