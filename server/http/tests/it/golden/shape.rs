//! Compares shapes: keys, null and absent, types; not values.

use std::collections::BTreeSet;

use serde_json::Value;

/// What depends on the state of the recorded world, on configuration or on the text of a template.
const STATE: &[&str] = &[
    "started_at",
    "completed_at",
    "canceled_at",
    "worker_id",
    "error",
    "error_code",
    "first_connected_at",
    "last_connected_at",
    "disconnected_at",
    "ready_at",
    "latency",
    "reason",
    "detail",
    "ttl_ms",
    "autostart_schedule",
    "matched_provisioners",
    "agents",
    "metadata",
    "icon",
    "directory",
    "expanded_directory",
    "display_name",
    "shared_with",
    "url",
    "command",
    "subdomain_name",
    "validation_min",
    "validation_max",
    "name",
    "has_external_agent",
    "has_ai_task",
    "worker_name",
    "available_workers",
    "workspace_id",
    "workspace_name",
    "workspace_build_transition",
];
/// Maps whose keys are data.
const MAPS: &[&str] = &["tags", "environment_variables"];
/// Members that the recording does not have because its server was older.
const NEWER: &[&str] = &[
    "agents_allowed",
    "time_til_autostop_notify_ms",
    "workspace_owner_avatar_url",
    "has_ai_seat",
    "default_org_member_roles",
    "user_created_at",
    "user_updated_at",
    "is_service_account",
    "theme_dark",
    "theme_light",
    "theme_mode",
    "agent_chat_send_shortcut",
    "code_diff_display_mode",
    "shell_tool_display_mode",
    "thinking_display_mode",
    "count_cap",
];
/// Newer in what is shown of a member of an organization.
const NEWER_OF_MEMBERS: &[&str] = &["last_seen_at", "status", "login_type"];

/// What differs between a recorded value and ours.
pub(crate) fn differences(recorded: &Value, own: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    compare(recorded, own, "", &mut problems);
    let fields = |value: &Value| -> Vec<String> {
        let list = value["validations"].as_array().cloned().unwrap_or_default();
        let mut fields: Vec<String> = list.iter().map(|v| v["field"].as_str().unwrap_or_default().to_owned()).collect();
        fields.sort();
        fields
    };
    if fields(recorded) != fields(own) {
        problems.push(format!("fields {:?} in place of {:?}", fields(own), fields(recorded)));
    }
    problems
}

pub(crate) fn compare(recorded: &Value, own: &Value, at: &str, problems: &mut Vec<String>) {
    match (recorded, own) {
        (Value::Object(recorded), Value::Object(own)) => {
            for key in recorded.keys().filter(|key| !own.contains_key(*key) && !STATE.contains(&key.as_str())) {
                problems.push(format!("{at}.{key} is missing"));
            }
            let member = own.contains_key("user_id") && own.contains_key("global_roles");
            let known = |key: &str| {
                recorded.contains_key(key)
                    || STATE.contains(&key)
                    || NEWER.contains(&key)
                    || (member && NEWER_OF_MEMBERS.contains(&key))
            };
            for key in own.keys().filter(|key| !known(key)) {
                problems.push(format!("{at}.{key} is too much"));
            }
            for (key, value) in recorded.iter().filter(|(key, _)| !MAPS.contains(&key.as_str())) {
                if let Some(own) = own.get(key) {
                    compare(value, own, &format!("{at}.{key}"), problems);
                }
            }
        }
        (Value::Array(recorded), Value::Array(own)) => {
            if let (Some(recorded), Some(own)) = (union(recorded), union(own)) {
                compare(&recorded, &own, &format!("{at}[]"), problems);
            }
        }
        (Value::Null, Value::Array(own)) if own.is_empty() => {}
        // Null for what is about nothing, as the recorded test notification among others that are about somebody.
        (Value::Array(_), Value::Null) if at.ends_with("[].targets") => {}
        (recorded, own) if kind(recorded) == kind(own) => {}
        // What is not set yet in one world may be set in the other.
        (Value::Null, Value::String(_)) | (Value::String(_), Value::Null)
            if at.ends_with("_at") || at.ends_with("deadline") || at.ends_with("preset_id") => {}
        // No targets; and what is not looked for.
        (Value::Array(_), Value::Null) if at.ends_with(".targets") => {}
        (Value::Bool(_), Value::Null) if [".PCP", ".PMP", ".UPnP"].iter().any(|key| at.ends_with(key)) => {}
        (recorded, own) => problems.push(format!("{at} is {} in place of {}", kind(own), kind(recorded))),
    }
}

/// The union of the shapes of a list's elements.
pub(crate) fn union(items: &[Value]) -> Option<Value> {
    items.iter().cloned().reduce(merge)
}

fn merge(a: Value, b: Value) -> Value {
    match (a, b) {
        (Value::Object(mut a), Value::Object(b)) => {
            for (key, value) in b {
                let merged = match a.remove(&key) {
                    Some(old) => merge(old, value),
                    None => value,
                };
                a.insert(key, merged);
            }
            Value::Object(a)
        }
        (Value::Array(mut a), Value::Array(b)) => {
            a.extend(b);
            Value::Array(a)
        }
        (Value::Null, b) => b,
        (a, _) => a,
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

pub(crate) fn uuids(text: &str) -> BTreeSet<String> {
    let places = (0..text.len().saturating_sub(35)).filter_map(|at| text.get(at..at + 36));
    places.filter(|part| part.as_bytes()[8] == b'-' && uuid::Uuid::parse_str(part).is_ok()).map(str::to_owned).collect()
}

/// Every text under this key.
pub(crate) fn texts<'a>(value: &'a Value, key: &str) -> Vec<&'a str> {
    match value {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| match value {
                Value::String(text) if name == key => vec![text.as_str()],
                value => texts(value, key),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(|item| texts(item, key)).collect(),
        _ => Vec::new(),
    }
}
