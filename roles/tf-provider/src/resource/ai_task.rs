//! `coder_ai_task`: accepted so that templates which use it stay valid.

use super::{Creation, is_filled};
use crate::data::task::{Task, read_task};
use crate::findings::Finding;
use crate::value::{Value, get, set};

pub fn create(creation: &mut Creation<'_>) {
    let Creation { state, session, findings, .. } = creation;
    let sidebar = get(state, "sidebar_app").elements().first().map(|b| b.get("id").clone());
    match sidebar {
        Some(id) => set(state, "app_id", id),
        // Decided by the provider only when the configuration has neither.
        None if *get(state, "app_id") == Value::Unknown => set(state, "app_id", Value::Null),
        None => {}
    }
    match read_task(&session.env) {
        Ok(Task { id, prompt, enabled }) => {
            set(state, "id", id);
            set(state, "enabled", enabled);
            set(state, "prompt", if prompt.is_empty() { Value::Null } else { prompt.into() });
        }
        Err(finding) => findings.push(finding),
    }
    if !is_filled(state, "app_id") {
        findings.push(Finding::error("'app_id' must be set"));
    }
}
