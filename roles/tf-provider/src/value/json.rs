//! Values from JSON: the form in which Terraform stores resources.

use serde_json::Value as Json;

use super::{CodecError, Number, Value};

impl Value {
    /// Reads a JSON text.
    pub fn from_json(bytes: &[u8]) -> Result<Self, CodecError> {
        serde_json::from_slice(bytes).map(from_json).map_err(CodecError::Json)
    }
}

fn from_json(json: Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(bool) => Value::Bool(bool),
        Json::Number(number) => {
            let text = number.to_string();
            Value::Number(Number::parse(&text).unwrap_or(Number::Decimal(text)))
        }
        Json::String(text) => Value::Text(text),
        Json::Array(elements) => Value::List(elements.into_iter().map(from_json).collect()),
        Json::Object(members) => {
            Value::Object(members.into_iter().map(|(key, value)| (key, from_json(value))).collect())
        }
    }
}
