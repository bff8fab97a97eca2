//! Brings a value that came from outside into the form of a schema.

use crate::schema::{Attribute, Block, Type};
use crate::value::{Number, Object, Value};

/// The object with exactly the names of the schema: unknown names are dropped, missing attributes
/// become null, missing blocks an empty list. Stored objects of other versions are read the same way.
pub fn conform(block: &Block, mut object: Object) -> Object {
    let mut out = Object::new();
    for attribute in block.attributes {
        let value = object.remove(attribute.name).unwrap_or_default();
        out.insert(attribute.name.to_owned(), conform_attribute(attribute, value));
    }
    for nested in block.blocks {
        let value = match object.remove(nested.name) {
            None => Value::List(Vec::new()),
            Some(Value::List(elements)) => {
                let element = |value| match value {
                    Value::Object(object) => Value::Object(conform(&nested.block, object)),
                    other => other,
                };
                Value::List(elements.into_iter().map(element).collect())
            }
            Some(other) => other,
        };
        out.insert(nested.name.to_owned(), value);
    }
    out
}

fn conform_attribute(attribute: &Attribute, value: Value) -> Value {
    match (attribute.ty, value) {
        // Numbers beyond a double travel as text.
        (Type::Number, Value::Text(text)) => Value::Number(Number::parse(&text).unwrap_or(Number::Decimal(text))),
        (_, value) => value,
    }
}
