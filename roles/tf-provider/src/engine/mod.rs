//! The generic part: what Terraform asks of any resource or data source, driven by its schema.
//! What is particular to one type is in [`crate::resource`] and [`crate::data`].

mod apply;
mod conform;
mod diff;
mod plan;
mod read;

pub use apply::apply;
pub use conform::conform;
pub use plan::plan;
pub use read::read_data_source;

use crate::value::Value;

/// A new random identity.
pub fn new_id() -> Value {
    Value::Text(uuid::Uuid::new_v4().to_string())
}

#[cfg(test)]
mod tests;
