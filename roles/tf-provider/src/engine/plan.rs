//! `PlanResourceChange`: what a resource will be, and what forces a new one.

use super::diff::differences;
use crate::findings::Path;
use crate::schema::{Block, Nested, Schema, Type};
use crate::value::{Object, Value, get};

/// A planned resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// The planned state.
    pub state: Object,
    /// What changed; each of it forces a replacement, as nothing can be updated in place.
    pub replace: Vec<Path>,
}

/// Plans the creation (`prior` is none) or the change of a resource.
///
/// Without a difference the prior state is the plan, computed values included. With one, Terraform
/// asks again without a prior state and takes that answer.
pub fn plan(schema: &Schema, prior: Option<&Object>, proposed: &Object) -> Planned {
    let state = expect(&schema.block, proposed, true);
    let Some(prior) = prior else {
        return Planned { state, replace: Vec::new() };
    };
    let replace = differences(&schema.block, prior, &state);
    if replace.is_empty() {
        return Planned { state: prior.clone(), replace };
    }
    Planned { state, replace }
}

/// The configured values with defaults, and unknown for what the provider will decide.
fn expect(block: &Block, proposed: &Object, top: bool) -> Object {
    let mut out = Object::new();
    for attribute in block.attributes {
        let value = match (get(proposed, attribute.name), attribute.default) {
            (Value::Null, Some(default)) => default.value(),
            // Proposed is what is stored: also at a change the provider is asked anew.
            (_, None) if !attribute.configurable() => Value::Unknown,
            (Value::Null, None) if attribute.is_computed() => Value::Unknown,
            (Value::Object(map), _) if attribute.ty == Type::TextMap && map.is_empty() => Value::Null,
            (value, _) => value.clone(),
        };
        out.insert(attribute.name.to_owned(), value);
    }
    let is_empty = !top && is_empty(block, proposed);
    for nested in block.blocks {
        let value = match get(proposed, nested.name) {
            // Of a block with nothing in it, the blocks inside are stored as null.
            value if is_empty && value.is_zero() => Value::Null,
            value => expect_nested(nested, value),
        };
        out.insert(nested.name.to_owned(), value);
    }
    out
}

fn expect_nested(nested: &Nested, value: &Value) -> Value {
    match value {
        Value::List(elements) if !elements.is_empty() => {
            let element = |value: &Value| match value {
                Value::Object(object) => Value::Object(expect(&nested.block, object, false)),
                other => other.clone(),
            };
            Value::List(elements.iter().map(element).collect())
        }
        Value::Unknown => Value::Unknown,
        _ if nested.computed => Value::Unknown,
        _ => Value::List(Vec::new()),
    }
}

/// Whether a block has nothing in it at all.
fn is_empty(block: &Block, object: &Object) -> bool {
    block.attributes.iter().all(|a| get(object, a.name).is_null())
        && block.blocks.iter().all(|b| get(object, b.name).is_zero())
}
