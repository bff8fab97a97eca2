//! `coder_agent`: the token that is new at every refresh, the bootstrap script, the built-in apps.

use super::{Creation, duplicate};
use crate::engine::new_id;
use crate::findings::Finding;
use crate::schema::find_resource;
use crate::session::Session;
use crate::value::{Object, Value, get, set};

pub fn check_plan(planned: &Object) -> Option<Finding> {
    if let Some(key) = duplicate(get(planned, "metadata"), "key") {
        return Some(Finding::error(format!("duplicate agent metadata key {key:?}")));
    }
    let monitoring = get(planned, "resources_monitoring").elements().first()?;
    let path = duplicate(monitoring.get("volume"), "path")?;
    Some(Finding::error(format!("duplicate volume path {path:?}")))
}

pub fn create(creation: &mut Creation<'_>) {
    let Creation { state, session, findings, .. } = creation;
    set(state, "id", new_id());
    fill(session, state);
    let monitoring = get(state, "resources_monitoring").elements().first();
    let watches = |block: &Value| [block.get("memory"), block.get("volume")].iter().any(|b| !b.elements().is_empty());
    if monitoring.is_some_and(|block| !watches(block)) {
        findings.push(Finding::error("resources_monitoring must define at least one monitor"));
    }
}

/// The identity stays, the token does not: a build gets a new one without replacing the agent, and
/// whatever refers to it changes.
pub fn refresh(session: &Session, mut state: Object) -> Object {
    fill(session, &mut state);
    state
}

fn fill(session: &Session, state: &mut Object) {
    let token = session.env.running_agent_token().map_or_else(new_id, Value::text);
    set(state, "token", token);
    let script = init_script(session, state);
    set(state, "init_script", script);
    if get(state, "display_apps").elements().is_empty() {
        set(state, "display_apps", default_apps());
    }
}

fn init_script(session: &Session, state: &Object) -> String {
    let text = |name| get(state, name).as_text().unwrap_or("");
    session
        .env
        .agent_script(text("os"), text("arch"))
        .replace("${ACCESS_URL}", &session.access_url().url.root())
        .replace("${AUTH_TYPE}", text("auth"))
}

/// One block with every default.
fn default_apps() -> Value {
    let blocks = find_resource("coder_agent").map_or(&[][..], |schema| schema.block.blocks);
    let apps = blocks.iter().find(|block| block.name == "display_apps");
    let attributes = apps.map_or(&[][..], |apps| apps.block.attributes);
    let defaults = attributes.iter().filter_map(|a| Some((a.name.to_owned(), a.default?.value())));
    Value::List(vec![Value::Object(defaults.collect())])
}
