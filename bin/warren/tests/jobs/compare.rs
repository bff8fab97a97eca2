//! Compares an answer with a recorded one: same members, same kinds, same values where they mean something.

use std::collections::BTreeSet;

use serde_json::Value;

/// Members whose values are new in every run.
const FREE: &[&str] = &[
    "name",
    "template_version_name",
    "template_name",
    "workspace_name",
    "worker_name",
    "version",
    "api_version",
    "created_by",
    "count",
    "available",
    "most_recently_seen",
    // Texts for people.
    "message",
    "detail",
];
/// Members that may be missing: an error need not have more to say.
const OPTIONAL: &[&str] = &["detail"];
/// Members that newer releases than the recorded one have.
const NEWER: &[&str] = &["workspace_build_transition", "detail"];

/// The differences, each with the way to it.
pub fn differences(recorded: &Value, ours: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare(recorded, ours, "", &mut found);
    found
}

fn compare(recorded: &Value, ours: &Value, path: &str, found: &mut Vec<String>) {
    match (recorded, ours) {
        (Value::Object(recorded), Value::Object(ours)) => {
            for (key, value) in recorded {
                let path = format!("{path}.{key}");
                match ours.get(key) {
                    Some(_) if FREE.contains(&key.as_str()) => {}
                    Some(ours) => compare(value, ours, &path, found),
                    None if OPTIONAL.contains(&key.as_str()) => {}
                    None => found.push(format!("{path} is missing")),
                }
            }
            let extra = ours.keys().filter(|key| !recorded.contains_key(*key) && !NEWER.contains(&key.as_str()));
            found.extend(extra.map(|key| format!("{path}.{key} is new")));
        }
        (Value::Array(recorded), Value::Array(ours)) if path.ends_with(".validations") => {
            let fields = |all: &[Value]| all.iter().map(|one| one["field"].to_string()).collect::<BTreeSet<_>>();
            if fields(recorded) != fields(ours) {
                found.push(format!("{path} {ours:?}, recorded {recorded:?}"));
            }
        }
        (Value::Array(recorded), Value::Array(ours)) if recorded.len() == ours.len() => {
            for (at, (recorded, ours)) in recorded.iter().zip(ours).enumerate() {
                compare(recorded, ours, &format!("{path}[{at}]"), found);
            }
        }
        (Value::String(recorded), Value::String(ours)) if same_kind(recorded, ours) => {}
        (recorded, ours) if recorded == ours => {}
        // An empty list where the recorded program said null.
        (Value::Null, Value::Array(ours)) if ours.is_empty() => {}
        (recorded, ours) => found.push(format!("{path} {ours}, recorded {recorded}")),
    }
}

/// Both ids, or both times.
fn same_kind(recorded: &str, ours: &str) -> bool {
    let id = |text: &str| uuid::Uuid::parse_str(text).is_ok_and(|id| !id.is_nil());
    let time = |text: &str| text.parse::<jiff::Timestamp>().is_ok();
    (id(recorded) && id(ours)) || (time(recorded) && time(ours))
}
