//! `coder_task`: accepted so that templates which use it stay valid.

use super::Reading;
use crate::env::Environment;
use crate::findings::Finding;

/// The task that a workspace works on.
pub struct Task {
    /// From the environment, else new.
    pub id: String,
    /// From the environment.
    pub prompt: String,
    /// Whether there is one.
    pub enabled: bool,
}

/// Reads the task variables.
pub fn read_task(env: &Environment) -> Result<Task, Finding> {
    let prompt = env.get("CODER_TASK_PROMPT").to_owned();
    let id = match env.find_filled("CODER_TASK_ID") {
        Some(text) => uuid::Uuid::try_parse(text).map_err(|_| {
            let valid_lengths = [32, 36, 38, 45];
            Finding::error(if valid_lengths.contains(&text.len()) {
                "invalid UUID format".to_owned()
            } else {
                format!("invalid UUID length: {}", text.len())
            })
        })?,
        None => uuid::Uuid::nil(),
    };
    let enabled = !id.is_nil();
    let id = if enabled { id } else { uuid::Uuid::new_v4() };
    Ok(Task { id: id.to_string(), prompt, enabled })
}

pub fn read(reading: &mut Reading<'_>) {
    match read_task(&reading.session.env) {
        Ok(task) => {
            reading.set("id", task.id);
            reading.set("prompt", task.prompt);
            reading.set("enabled", task.enabled);
        }
        Err(finding) => reading.findings.push(finding),
    }
}
