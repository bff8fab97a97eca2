//! What is particular to single resource types: checks at plan, creation, refresh.

mod agent;
mod ai_task;
mod app;
mod metadata;
mod script;

use crate::engine::new_id;
use crate::findings::Finding;
use crate::session::Session;
use crate::value::{Object, Value, get};

/// A resource that comes into being.
pub struct Creation<'a> {
    /// The planned values; unknown ones are still to be decided.
    pub state: Object,
    /// The configuration, in which what is not set is null.
    pub config: &'a Object,
    /// The process.
    pub session: &'a Session,
    /// What there is to say.
    pub findings: Vec<Finding>,
}

/// Checks across several attributes that need the planned values.
pub fn check_plan(name: &str, planned: &Object) -> Option<Finding> {
    match name {
        "coder_agent" => agent::check_plan(planned),
        "coder_metadata" => metadata::check_plan(planned),
        _ => None,
    }
}

/// Decides what the plan left open.
pub fn create(name: &str, creation: &mut Creation<'_>) {
    match name {
        "coder_agent" => agent::create(creation),
        "coder_ai_task" => ai_task::create(creation),
        "coder_app" => app::create(creation),
        "coder_devcontainer" => {
            creation.state.insert("subagent_id".to_owned(), new_id());
        }
        "coder_metadata" => metadata::create(creation),
        "coder_script" => script::create(creation),
        _ => {}
    }
}

/// Refreshes a stored resource. Only an agent changes by itself.
pub fn refresh(name: &str, session: &Session, state: Object) -> Object {
    match name {
        "coder_agent" => agent::refresh(session, state),
        _ => state,
    }
}

/// The first key that occurs twice among blocks.
fn duplicate<'a>(blocks: &'a Value, key: &str) -> Option<&'a str> {
    let mut seen = std::collections::BTreeSet::new();
    blocks.elements().iter().filter_map(|b| b.get(key).as_text()).find(|key| !seen.insert(*key))
}

/// Whether a text is set and not empty.
fn is_filled(object: &Object, name: &str) -> bool {
    get(object, name).as_text().is_some_and(|text| !text.is_empty())
}
