//! From what the user types to a workspace and one of its agents.

use anyhow::{Context, Result, anyhow, bail};
use uuid::Uuid;
use warren_api::{Workspace, WorkspaceAgent, WorkspaceResource};
use warren_client::Client;

/// Splits `owner/name`; without an owner it is `me`.
pub fn split_owner(text: &str) -> Result<(&str, &str)> {
    match text.split_once('/') {
        None => Ok(("me", text)),
        Some((owner, name)) if !owner.is_empty() && !name.is_empty() && !name.contains('/') => Ok((owner, name)),
        Some(_) => Err(anyhow!("invalid workspace name: {text:?}")),
    }
}

/// A workspace by id, `name` or `owner/name`.
pub async fn workspace(client: &Client, text: &str) -> Result<Workspace> {
    if let Ok(id) = text.parse::<Uuid>() {
        match client.workspace(id).await {
            Ok(found) => return Ok(found),
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error.into()),
        }
    }
    let (owner, name) = split_owner(text)?;
    Ok(client.workspace_by_name(owner, name).await?)
}

/// As [`workspace`], with the context that several commands put around it.
pub async fn workspace_named(client: &Client, text: &str) -> Result<Workspace> {
    workspace(client, text).await.context("get workspace")
}

/// `[owner/]workspace[.agent]`.
pub fn split_agent(text: &str) -> (&str, &str) {
    match text.rsplit_once('.') {
        Some((workspace, agent)) => (workspace, agent),
        None => (text, ""),
    }
}

/// What `ssh` accepts: parts separated by runs of `/` or `.`, or by `--`.
pub fn normalize_ssh_target(text: &str) -> String {
    let parts: Vec<&str> =
        text.split(['/', '.']).filter(|part| !part.is_empty()).flat_map(|part| part.split("--")).collect();
    let dots_only = text.contains('.') && !text.contains('/') && !text.contains("--");
    match parts.as_slice() {
        [first, second] if text.contains('.') => format!("{first}.{second}"),
        [first, second] => format!("{first}/{second}"),
        [agent, workspace, owner] if dots_only => format!("{owner}/{workspace}.{agent}"),
        [owner, workspace, agent] => format!("{owner}/{workspace}.{agent}"),
        _ => text.to_owned(),
    }
}

/// Removes the prefix, or else the suffix, that a host name of the ssh configuration carries.
pub fn strip_host<'a>(text: &'a str, prefix: &str, suffix: &str) -> &'a str {
    if !prefix.is_empty()
        && let Some(rest) = text.strip_prefix(prefix)
    {
        return rest;
    }
    if suffix.is_empty() {
        return text;
    }
    text.strip_suffix(suffix).and_then(|rest| rest.strip_suffix('.')).unwrap_or(text)
}

/// All agents of the resources.
pub fn agents(resources: &[WorkspaceResource]) -> Vec<&WorkspaceAgent> {
    resources.iter().flat_map(|resource| resource.agents.iter()).collect()
}

/// Why no agent was chosen: `ssh` adds ready-made command lines to the last kind.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    #[error("workspace {0:?} has no agents")]
    None(String),
    #[error("agent not found by name {0:?}, available agents: [{1}]")]
    Unknown(String, String),
    #[error("multiple agents found in the workspace, please specify one of: [{0}]")]
    Several(String),
}

/// Chooses an agent by name, or the only one.
pub fn choose_agent(workspace: &Workspace, name: &str) -> Result<WorkspaceAgent, AgentError> {
    let all = agents(&workspace.latest_build.resources);
    let names = || all.iter().map(|agent| agent.name.as_str()).collect::<Vec<_>>().join(" ");
    if all.is_empty() {
        return Err(AgentError::None(workspace.name.clone()));
    }
    if !name.is_empty() {
        let found = all.iter().find(|agent| agent.name == name);
        return found.map(|agent| (*agent).clone()).ok_or_else(|| AgentError::Unknown(name.to_owned(), names()));
    }
    match all.as_slice() {
        [only] => Ok((*only).clone()),
        _ => Err(AgentError::Several(names())),
    }
}

/// Checks a name of a user, workspace or template.
pub fn check_name(kind: &str, name: &str) -> Result<()> {
    if name.is_empty() || name.len() > 32 {
        bail!("{kind} name {name:?} is invalid: must have 1 to 32 characters");
    }
    let parts_ok = name.split('-').all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric()));
    if !parts_ok {
        bail!("{kind} name {name:?} is invalid: must be alphanumeric with hyphens");
    }
    if matches!(name, "new" | "create") {
        bail!("{kind} name {name:?} is reserved");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ssh_targets_have_many_spellings() {
        for (typed, meant) in [
            ("dev", "dev"),
            ("dev.main", "dev.main"),
            ("alice/dev", "alice/dev"),
            ("alice--dev", "alice/dev"),
            ("main.dev.alice", "alice/dev.main"),
            ("alice/dev.main", "alice/dev.main"),
            ("alice--dev--main", "alice/dev.main"),
            ("alice--dev.main", "alice/dev.main"),
            ("a.b.c.d", "a.b.c.d"),
        ] {
            assert_eq!(normalize_ssh_target(typed), meant, "{typed}");
        }
    }

    #[test]
    fn prefix_wins_over_suffix() {
        assert_eq!(strip_host("coder.dev", "coder.", "coder"), "dev");
        assert_eq!(strip_host("main.dev.alice.coder", "", "coder"), "main.dev.alice");
        assert_eq!(
            strip_host("coder-vscode.example.com--alice--dev.main", "coder-vscode.example.com--", ""),
            "alice--dev.main"
        );
        assert_eq!(strip_host("xcoder", "", "coder"), "xcoder");
    }

    #[test]
    fn names_follow_the_rule() {
        assert!(check_name("workspace", "a-b1").is_ok());
        for bad in ["", "-a", "a--b", "a_b", "new", "bad_name!"] {
            assert!(check_name("workspace", bad).is_err(), "{bad}");
        }
    }
}
