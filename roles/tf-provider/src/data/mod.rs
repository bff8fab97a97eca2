//! What each data source reads from the environment.

mod external_auth;
mod owner;
pub mod parameter;
mod preset;
mod secret;
pub mod task;
mod workspace;

use crate::findings::Finding;
use crate::session::Session;
use crate::value::{Object, Value, get};

/// A data source that is being read.
pub struct Reading<'a> {
    /// The configuration with defaults; computed values are still to be set.
    pub state: Object,
    /// The configuration, in which what is not set is null.
    pub config: &'a Object,
    /// The process.
    pub session: &'a Session,
    /// What there is to say.
    pub findings: Vec<Finding>,
}

impl Reading<'_> {
    fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.state.insert(name.to_owned(), value.into());
    }

    /// A configured text; empty when not set.
    fn text(&self, name: &str) -> &str {
        get(self.config, name).as_text().unwrap_or("")
    }

    fn fail(&mut self, summary: impl Into<String>) {
        self.findings.push(Finding::error(summary));
    }
}

/// Fills in what the configuration does not say.
pub fn read(name: &str, reading: &mut Reading<'_>) {
    match name {
        "coder_external_auth" => external_auth::read(reading),
        "coder_parameter" => parameter::read(reading),
        "coder_provisioner" => read_provisioner(reading),
        "coder_secret" => secret::read(reading),
        "coder_task" => task::read(reading),
        "coder_workspace" => workspace::read(reading),
        "coder_workspace_owner" => owner::read(reading),
        "coder_workspace_preset" => preset::read(reading),
        // coder_workspace_tags says all in its configuration; the server reads it.
        _ => {}
    }
}

/// The machine on which the provider runs, in the words of agents.
fn read_provisioner(reading: &mut Reading<'_>) {
    let os = match std::env::consts::OS {
        "macos" => "darwin",
        os => os,
    };
    let arch = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "arm" => "armv7",
        "x86" => "386",
        arch => arch,
    };
    reading.set("os", os);
    reading.set("arch", arch);
}
