//! `ReadDataSource`: a data source's values from its configuration and the environment.

use super::new_id;
use crate::data::{self, Reading};
use crate::findings::Finding;
use crate::schema::{Block, Schema};
use crate::session::Session;
use crate::value::{Object, Value, get};

/// Reads a data source. The configuration is wholly known. With an error among the findings there
/// is no result.
pub fn read_data_source(schema: &Schema, session: &Session, config: &Object) -> (Option<Object>, Vec<Finding>) {
    let mut reading = Reading { state: start(&schema.block, config), config, session, findings: Vec::new() };
    data::read(schema.name, &mut reading);
    let Reading { mut state, findings, .. } = reading;
    if findings.iter().any(Finding::is_error) {
        return (None, findings);
    }
    if get(&state, "id").is_null() {
        state.insert("id".to_owned(), new_id());
    }
    (Some(state), findings)
}

/// The configuration with defaults. At the top, an empty text or map or a missing block is null;
/// inside blocks everything is filled with zeros.
fn start(block: &Block, config: &Object) -> Object {
    let mut out = Object::new();
    for attribute in block.attributes {
        let value = match (get(config, attribute.name), attribute.default) {
            (Value::Null, Some(default)) => default.value(),
            (Value::Text(text), _) if text.is_empty() => Value::Null,
            (Value::Object(map), _) if map.is_empty() => Value::Null,
            (value, _) => value.clone(),
        };
        out.insert(attribute.name.to_owned(), value);
    }
    for nested in block.blocks {
        let value = match get(config, nested.name).elements() {
            [] => Value::Null,
            elements => fill_all(&nested.block, elements),
        };
        out.insert(nested.name.to_owned(), value);
    }
    out
}

fn fill_all(block: &Block, elements: &[Value]) -> Value {
    let element = |value: &Value| match value {
        Value::Object(object) => Value::Object(fill(block, object)),
        other => other.clone(),
    };
    Value::List(elements.iter().map(element).collect())
}

fn fill(block: &Block, object: &Object) -> Object {
    let mut out = Object::new();
    for attribute in block.attributes {
        let value = match get(object, attribute.name) {
            Value::Null => attribute.default.map_or_else(|| attribute.ty.zero(), |d| d.value()),
            value => value.clone(),
        };
        out.insert(attribute.name.to_owned(), value);
    }
    for nested in block.blocks {
        let value = fill_all(&nested.block, get(object, nested.name).elements());
        out.insert(nested.name.to_owned(), value);
    }
    out
}
