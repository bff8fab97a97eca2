//! What sessions, scripts and terminals know of the workspace, and the environment made from it (agent.md §20).

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use uuid::Uuid;

use crate::user::{User, expand_variables};

/// The workspace as the newest manifest describes it. Has no `Debug`: it holds the token and the secrets.
#[derive(Clone)]
pub struct Workspace {
    pub agent_id: Uuid,
    pub agent_name: String,
    pub workspace_id: Uuid,
    pub workspace_name: String,
    pub owner_name: String,
    /// Expanded; empty = home.
    pub directory: String,
    /// As the template gives them, unexpanded.
    pub variables: BTreeMap<String, String>,
    /// The owner's secrets that have a variable name.
    pub secrets: Vec<(String, String)>,
    pub motd_path: String,
    pub vscode_proxy_uri: String,
    pub token: String,
}

/// Follows the newest manifest; `None` until the first one.
pub type WorkspaceWatch = tokio::sync::watch::Receiver<Option<Arc<Workspace>>>;

/// Paths of this agent process that end up in the environment.
#[derive(Debug, Clone)]
pub struct Paths {
    pub executable: PathBuf,
    pub script_bin_dir: PathBuf,
}

impl Workspace {
    /// The working directory of a session: the manifest's if it exists, else home.
    pub fn working_dir(&self, user: &User) -> PathBuf {
        let dir = PathBuf::from(&self.directory);
        if !self.directory.is_empty() && dir.is_dir() { dir } else { user.home.clone() }
    }

    /// The complete environment of a new process; `client` holds the variables that the SSH client sent.
    pub fn environment(&self, user: &User, paths: &Paths, client: &[(String, String)]) -> BTreeMap<String, String> {
        let mut env: BTreeMap<String, String> = std::env::vars().collect();
        env.extend(client.iter().cloned());
        env.insert("USER".into(), user.name.clone());
        env.insert("LOGNAME".into(), user.name.clone());
        env.insert("HOME".into(), user.home.display().to_string());
        env.insert("SHELL".into(), user.shell.display().to_string());

        let executable = paths.executable.display().to_string();
        let predefined = [
            ("CODER", "true".to_owned()),
            ("CODER_WORKSPACE_NAME", self.workspace_name.clone()),
            ("CODER_WORKSPACE_AGENT_NAME", self.agent_name.clone()),
            ("CODER_WORKSPACE_OWNER_NAME", self.owner_name.clone()),
            ("CODER_WORKSPACE_ID", self.workspace_id.to_string()),
            ("CODER_AGENT_TOKEN", self.token.clone()),
            ("GIT_SSH_COMMAND", format!("{executable} gitssh --")),
            ("CS_DISABLE_GETTING_STARTED_OVERRIDE", "true".to_owned()),
        ];
        env.extend(predefined.map(|(name, value)| (name.to_owned(), value)));
        if !self.vscode_proxy_uri.is_empty() {
            env.insert("VSCODE_PROXY_URI".into(), self.vscode_proxy_uri.clone());
        }
        for (name, value) in &self.variables {
            env.insert(name.clone(), expand_variables(value));
        }
        env.extend(self.secrets.iter().cloned());
        env.insert("GIT_ASKPASS".into(), executable);

        let path = env.get("PATH").cloned().unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into());
        let mut path = format!("{}:{path}", paths.script_bin_dir.display());
        if let Some(dir) = paths.executable.parent() {
            path.push_str(&format!(":{}", dir.display()));
        }
        env.insert("PATH".into(), path);
        env
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn template_variables_win_over_the_client_and_secrets_win_over_both() {
        let workspace = Workspace {
            agent_id: Uuid::nil(),
            agent_name: "main".into(),
            workspace_id: Uuid::nil(),
            workspace_name: "dev".into(),
            owner_name: "ann".into(),
            directory: String::new(),
            variables: [("A".to_owned(), "template".to_owned()), ("B".to_owned(), "template".to_owned())].into(),
            secrets: vec![("B".into(), "secret".into())],
            motd_path: String::new(),
            vscode_proxy_uri: String::new(),
            token: "token".into(),
        };
        let user = User { name: "ann".into(), home: "/home/ann".into(), shell: "/bin/sh".into() };
        let paths = Paths { executable: "/opt/coder".into(), script_bin_dir: "/tmp/bin".into() };
        let client = [("A".to_owned(), "client".to_owned()), ("CODER".to_owned(), "no".to_owned())];
        let env = workspace.environment(&user, &paths, &client);
        assert_eq!(env["A"], "template");
        assert_eq!(env["B"], "secret");
        assert_eq!(env["CODER"], "true");
        assert_eq!(env["GIT_SSH_COMMAND"], "/opt/coder gitssh --");
        assert!(env["PATH"].starts_with("/tmp/bin:"));
    }
}
