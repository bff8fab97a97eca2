//! Weak reading of attributes: null, missing and other types are zero values.

use serde_json::{Map, Value};

/// The attributes of an instance or of a nested block.
pub(super) type Values = Map<String, Value>;

static NULL: Value = Value::Null;

/// A member, or null.
pub(crate) fn member<'a>(value: &'a Value, key: &str) -> &'a Value {
    value.get(key).unwrap_or(&NULL)
}

pub(super) fn text(values: &Values, key: &str) -> String {
    values.get(key).map(as_text).unwrap_or_default()
}

/// Strings as they are, numbers and bools in their usual notation, everything else as "".
pub(super) fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        _ => String::new(),
    }
}

pub(super) fn boolean(values: &Values, key: &str) -> bool {
    match values.get(key) {
        Some(Value::Bool(value)) => *value,
        Some(Value::String(text)) => text == "true",
        Some(Value::Number(number)) => number.as_f64() != Some(0.0),
        _ => false,
    }
}

pub(super) fn int64(values: &Values, key: &str) -> i64 {
    match values.get(key) {
        // A fraction is cut off; the cast saturates.
        Some(Value::Number(number)) => number.as_i64().unwrap_or_else(|| number.as_f64().unwrap_or(0.0) as i64),
        Some(Value::String(text)) => text.parse().unwrap_or(0),
        _ => 0,
    }
}

pub(super) fn int32(values: &Values, key: &str) -> i32 {
    let value = int64(values, key);
    i32::try_from(value).unwrap_or(if value < 0 { i32::MIN } else { i32::MAX })
}

/// The nested blocks of one kind.
pub(super) fn blocks<'a>(values: &'a Values, key: &str) -> impl Iterator<Item = &'a Values> {
    values.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}

pub(super) fn string_map(values: &Values, key: &str) -> Vec<(String, String)> {
    let map = values.get(key).and_then(Value::as_object);
    let mut pairs: Vec<_> = map.into_iter().flatten().map(|(key, value)| (key.clone(), as_text(value))).collect();
    pairs.sort();
    pairs
}
