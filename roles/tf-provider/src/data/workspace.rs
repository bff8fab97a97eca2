//! `coder_workspace`: the workspace that is being built.

use super::Reading;
use crate::engine::new_id;
use crate::env::{BUILD_ID, TRANSITION};
use crate::value::Value;

pub fn read(reading: &mut Reading<'_>) {
    let env = &reading.session.env;
    let access = reading.session.access_url();
    let port = match (access.url.port().and_then(|p| p.parse().ok()), access.url.scheme.as_str()) {
        (Some(port), _) => port,
        (None, "https") => 443,
        (None, _) => 80,
    };
    reading.set("access_url", access.text);
    reading.set("access_port", Value::int(port));

    let transition = env.get_or(TRANSITION, "start");
    reading.set("transition", transition);
    reading.set("start_count", Value::int(i64::from(transition == "start")));

    let claim = env.is_true("CODER_WORKSPACE_IS_PREBUILD_CLAIM");
    let prebuild = !claim && env.is_true("CODER_WORKSPACE_IS_PREBUILD");
    reading.set("is_prebuild", prebuild);
    reading.set("is_prebuild_claim", claim);
    reading.set("prebuild_count", Value::int(i64::from(prebuild)));

    reading.set("name", env.get_or("CODER_WORKSPACE_NAME", "default"));
    reading.set("id", env.find_filled("CODER_WORKSPACE_ID").map_or_else(new_id, Value::text));

    let is_build = env.find_filled(BUILD_ID).is_some();
    for (name, variable, what) in [
        ("template_id", "CODER_WORKSPACE_TEMPLATE_ID", "template ID"),
        ("template_name", "CODER_WORKSPACE_TEMPLATE_NAME", "template name"),
        ("template_version", "CODER_WORKSPACE_TEMPLATE_VERSION", "template version"),
    ] {
        let value = env.get(variable);
        if is_build && value.is_empty() {
            return reading.fail(format!("{what} is missing: {variable} is required in a workspace build"));
        }
        reading.set(name, value);
    }
}
