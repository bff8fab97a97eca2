//! `ApplyResourceChange`: turns a planned resource into a stored one.

use super::new_id;
use crate::findings::Finding;
use crate::resource::{self, Creation};
use crate::schema::{Block, Schema};
use crate::session::Session;
use crate::value::{Object, Value, get};

/// Creates a resource from its plan. With an error among the findings the object is stored all the
/// same: Terraform marks it as tainted and replaces it next time.
pub fn apply(schema: &Schema, session: &Session, config: &Object, planned: Object) -> (Object, Vec<Finding>) {
    let mut creation = Creation { state: planned, config, session, findings: Vec::new() };
    resource::create(schema.name, &mut creation);
    let Creation { mut state, findings, .. } = creation;
    if matches!(get(&state, "id"), Value::Null | Value::Unknown) {
        state.insert("id".to_owned(), new_id());
    }
    settle(&schema.block, &mut state, true);
    (state, findings)
}

/// Leaves nothing unknown, and inside blocks nothing null: there unset is stored as zero.
fn settle(block: &Block, object: &mut Object, top: bool) {
    for attribute in block.attributes {
        if let Some(value) = object.get_mut(attribute.name) {
            match value {
                Value::Unknown if top => *value = Value::Null,
                Value::Unknown | Value::Null if !top => *value = attribute.ty.zero(),
                _ => {}
            }
        }
    }
    for nested in block.blocks {
        match object.get_mut(nested.name) {
            Some(Value::List(elements)) => {
                for element in elements {
                    if let Value::Object(element) = element {
                        settle(&nested.block, element, false);
                    }
                }
            }
            Some(value) if *value == Value::Unknown => *value = Value::List(Vec::new()),
            _ => {}
        }
    }
}
