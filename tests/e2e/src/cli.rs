//! A command-line client with a configuration directory of its own.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::{Finished, OpenSsh, Run};

/// A client program, ours or the official one, as one user of one machine.
pub struct Cli {
    program: PathBuf,
    /// Holds the login and everything else that belongs to this user.
    directory: PathBuf,
}

impl Cli {
    /// A client that is not logged in anywhere.
    pub fn new(program: &Path, directory: &Path) -> Cli {
        std::fs::create_dir_all(directory.join("home")).expect("the directory can be made");
        Cli { program: program.to_owned(), directory: directory.to_owned() }
    }

    /// The same login with another program.
    pub fn with_program(&self, program: &Path) -> Cli {
        Cli { program: program.to_owned(), directory: self.directory.clone() }
    }

    fn config(&self) -> PathBuf {
        self.directory.join("config")
    }

    /// The saved session token.
    pub fn token(&self) -> String {
        std::fs::read_to_string(self.config().join("session")).expect("the client is logged in").trim().to_owned()
    }

    /// A command of this user, to be run.
    pub fn run<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Run {
        Run::new(self.command(args))
    }

    /// The bare command, for those that stay.
    pub fn command<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("--global-config").arg(self.config()).args(args);
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with("CODER_") || name.starts_with("WARREN_")) {
                command.env_remove(name);
            }
        }
        command.current_dir(&self.directory).env("HOME", self.directory.join("home")).env("TZ", "UTC");
        command
    }

    /// Runs a command that has to succeed; gives standard output.
    pub async fn ok<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> String {
        self.run(args).ok().await
    }

    /// Runs a command that has to fail with status 1; gives standard error.
    pub async fn fails<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> String {
        let finished: Finished = self.run(args).finish().await;
        assert!(finished.code == Some(1), "a failure was expected: {}", finished.text());
        finished.stderr
    }

    /// Writes an OpenSSH configuration and gives the OpenSSH that uses it.
    pub async fn config_ssh(&self) -> OpenSsh {
        let file = self.directory.join("ssh_config");
        self.ok([OsStr::new("config-ssh"), OsStr::new("--ssh-config-file"), file.as_os_str(), OsStr::new("-y")]).await;
        OpenSsh::new(file)
    }

    /// A file name in this user's directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}
