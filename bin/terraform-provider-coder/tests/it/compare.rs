//! Compares what came out with what was recorded.

use serde_json::Value as Json;

/// Stands for an identity that is new in each run.
const ANY_ID: &str = "<uuid>";
const ID_LENGTH: usize = 36;

/// The first difference between two JSON values, with the way to it; none if they agree.
pub fn difference(expected: &Json, actual: &Json) -> Option<String> {
    match (expected, actual) {
        (Json::Object(expected), Json::Object(actual)) => {
            let names: std::collections::BTreeSet<_> = expected.keys().chain(actual.keys()).collect();
            names.into_iter().find_map(|name| {
                let found = match (expected.get(name), actual.get(name)) {
                    (Some(expected), Some(actual)) => difference(expected, actual)?,
                    (Some(expected), None) => format!(": missing, expected {expected}"),
                    (None, actual) => format!(": unexpected {}", actual.unwrap_or(&Json::Null)),
                };
                Some(format!(".{name}{found}"))
            })
        }
        (Json::Array(expected), Json::Array(actual)) if expected.len() == actual.len() => {
            let mut pairs = expected.iter().zip(actual).enumerate();
            pairs.find_map(|(index, (expected, actual))| {
                difference(expected, actual).map(|found| format!("[{index}]{found}"))
            })
        }
        (Json::String(expected), Json::String(actual)) if matches(expected, actual) => None,
        (expected, actual) if expected == actual => None,
        (expected, actual) => Some(format!(": expected {expected}, got {actual}")),
    }
}

/// Whether a text agrees, identities aside.
fn matches(expected: &str, actual: &str) -> bool {
    let Some((head, tail)) = expected.split_once(ANY_ID) else { return expected == actual };
    let Some(rest) = actual.strip_prefix(head) else { return false };
    match (rest.get(..ID_LENGTH), rest.get(ID_LENGTH..)) {
        (Some(id), Some(rest)) => uuid::Uuid::try_parse(id).is_ok() && matches(tail, rest),
        _ => false,
    }
}

/// The start of a text, as much of it as was recorded.
pub fn start(text: &str) -> String {
    text.chars().take(60).collect()
}

#[test]
fn identities_match_any_other() {
    let id = uuid::Uuid::new_v4();
    assert!(matches("http://x/<uuid>/y", &format!("http://x/{id}/y")));
    assert!(!matches("http://x/<uuid>/y", "http://x/none/y"));
    assert!(!matches("a", "b"));
}
