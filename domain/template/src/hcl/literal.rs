//! Literal expressions as JSON.

use hcl::eval::{Context, Evaluate};
use serde_json::Value;

/// The value of an expression that refers to nothing, else `None`.
pub(crate) fn evaluate(expression: &hcl_edit::expr::Expression) -> Option<Value> {
    let expression = hcl::Expression::from(expression.clone());
    let value = expression.evaluate(&Context::new()).ok()?;
    serde_json::to_value(value).ok()
}

/// Text of a default: a string as it is, null as "", anything else as JSON with sorted keys.
pub(crate) fn default_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        value => sorted(value).to_string(),
    }
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(sorted).collect(),
        Value::Object(map) => {
            let mut pairs: Vec<_> = map.iter().collect();
            pairs.sort_by_key(|(key, _)| *key);
            Value::Object(pairs.into_iter().map(|(key, value)| (key.clone(), sorted(value))).collect())
        }
        value => value.clone(),
    }
}
