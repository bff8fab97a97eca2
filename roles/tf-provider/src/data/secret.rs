//! `coder_secret`: a secret of the owner. Servers no longer send any, so it is empty or an error.

use super::Reading;
use crate::env::{BUILD_ID, TRANSITION, hex};
use crate::findings::Finding;

pub fn read(reading: &mut Reading<'_>) {
    let (env_name, file) = (reading.text("env").to_owned(), reading.text("file").to_owned());
    let (id, variable, what) = match (env_name.as_str(), file.as_str()) {
        (name, "") if !name.is_empty() => {
            (format!("env:{name}"), format!("CODER_SECRET_ENV_{name}"), format!("environment variable {name:?}"))
        }
        ("", path) if !path.is_empty() => {
            (format!("file:{path}"), format!("CODER_SECRET_FILE_{}", hex(path.as_bytes())), format!("file {path:?}"))
        }
        _ => return reading.fail("exactly one of `env` or `file` must be set"),
    };
    let env = &reading.session.env;
    let found = env.find(&variable);
    // Only a workspace that starts needs it; one that stops must be able to stop without.
    let needed = env.find_filled(BUILD_ID).is_some() && env.get(TRANSITION) == "start";
    if found.is_none() && needed {
        let help = reading.text("help_message");
        let detail = format!("Required: {what}\n\nHelp message: {help}\n\n");
        let error = Finding::error(format!("Missing required secret: {what}")).detail(detail);
        reading.findings.push(error);
        return;
    }
    reading.set("value", found.unwrap_or(""));
    reading.set("id", id);
}
