//! `coder_metadata`: which items have no value.

use super::{Creation, duplicate};
use crate::findings::Finding;
use crate::value::{Object, Value, get};

pub fn check_plan(planned: &Object) -> Option<Finding> {
    let key = duplicate(get(planned, "item"), "key")?;
    Some(Finding::error(format!("duplicate resource metadata key {key:?}")))
}

/// A missing value is stored as an empty text; the mark tells it from one that was written.
pub fn create(creation: &mut Creation<'_>) {
    let configured = get(creation.config, "item").elements();
    let Some(Value::List(items)) = creation.state.get_mut("item") else { return };
    for (index, item) in items.iter_mut().enumerate() {
        let is_null = configured.get(index).is_none_or(|item| item.get("value").is_null());
        if let Value::Object(item) = item {
            item.insert("is_null".to_owned(), Value::Bool(is_null));
        }
    }
}
