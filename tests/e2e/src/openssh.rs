//! The machine's own `ssh` and `sftp`.

use std::path::PathBuf;
use std::time::Duration;

use tokio::process::Command;

use crate::Run;

/// OpenSSH with one configuration file.
pub struct OpenSsh {
    config: PathBuf,
}

impl OpenSsh {
    pub fn new(config: PathBuf) -> OpenSsh {
        OpenSsh { config }
    }

    pub fn config(&self) -> String {
        std::fs::read_to_string(&self.config).expect("the configuration was written")
    }

    /// The bare command, for sessions that stay open.
    pub fn command(&self, host: &str, remote: &[&str]) -> Command {
        let mut command = self.program("ssh");
        command.arg("-T").arg(host).args(remote);
        command
    }

    /// `ssh host remote…`, without a terminal.
    pub fn ssh(&self, host: &str, remote: &[&str]) -> Run {
        Run::new(self.command(host, remote))
    }

    /// `sftp host` with the lines as batch.
    pub fn sftp(&self, host: &str, batch: &str) -> Run {
        let mut command = self.program("sftp");
        command.arg("-q").arg("-b").arg("-").arg(host);
        Run::new(command).input(batch).limit(Duration::from_secs(180))
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with("CODER_") || name.starts_with("WARREN_")) {
                command.env_remove(name);
            }
        }
        command.env_remove("SSH_AUTH_SOCK").arg("-F").arg(&self.config).args(["-o", "BatchMode=yes"]);
        command
    }
}
