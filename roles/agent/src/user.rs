//! The user that the agent runs as: home, login shell, and how a command line becomes a process.

use std::path::{Path, PathBuf};

/// The agent's own user, read once.
#[derive(Debug, Clone)]
pub struct User {
    pub name: String,
    pub home: PathBuf,
    pub shell: PathBuf,
}

impl User {
    /// From `$HOME`, the password database and `$SHELL`; a missing shell becomes `/bin/sh`.
    pub fn current() -> Self {
        let entry = nix::unistd::User::from_uid(nix::unistd::getuid()).ok().flatten();
        let home = std::env::var_os("HOME")
            .filter(|home| !home.is_empty())
            .map(PathBuf::from)
            .or_else(|| entry.as_ref().map(|e| e.dir.clone()))
            .unwrap_or_else(|| PathBuf::from("/"));
        let shell = entry
            .as_ref()
            .map(|e| e.shell.clone())
            .filter(|shell| is_usable(shell))
            .or_else(|| std::env::var_os("SHELL").map(PathBuf::from).filter(|shell| is_usable(shell)))
            .unwrap_or_else(|| PathBuf::from("/bin/sh"));
        let name = entry.map_or_else(|| std::env::var("USER").unwrap_or_default(), |e| e.name);
        Self { name, home, shell }
    }

    /// The program and arguments for a command line; an empty one is a login shell (agent.md §21.2).
    pub fn command(&self, line: &str) -> Vec<String> {
        let shell = self.shell.display().to_string();
        let trimmed = line.trim_start();
        if line.trim().is_empty() {
            return vec![shell, "-l".to_owned()];
        }
        if let Some(rest) = trimmed.strip_prefix("#!") {
            let first = rest.lines().next().unwrap_or_default();
            let mut words: Vec<String> = first.split_whitespace().map(str::to_owned).collect();
            if !words.is_empty() {
                words.extend(["-c".to_owned(), line.to_owned()]);
                return words;
            }
        }
        vec![shell, "-c".to_owned(), line.to_owned()]
    }

    /// The manifest's directory as a path: `~` and variables expanded, relative ones under home.
    /// Empty stays empty.
    pub fn expand(&self, path: &str) -> String {
        if path.is_empty() {
            return String::new();
        }
        let path = match path.strip_prefix('~') {
            Some(rest) => format!("{}{rest}", self.home.display()),
            None => path.to_owned(),
        };
        let path = PathBuf::from(expand_variables(&path));
        if path.is_absolute() { path } else { self.home.join(path) }.display().to_string()
    }
}

fn is_usable(shell: &Path) -> bool {
    let name = shell.file_name().and_then(|n| n.to_str()).unwrap_or_default();
    shell.is_file() && name != "nologin" && name != "false"
}

/// Replaces `$NAME` and `${NAME}` by the values of the agent's own environment (unset: empty).
pub fn expand_variables(text: &str) -> String {
    expand_with(text, |name| std::env::var(name).unwrap_or_default())
}

fn expand_with(text: &str, lookup: impl Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(braced) = rest.strip_prefix('{')
            && let Some(end) = braced.find('}')
        {
            out.push_str(&lookup(&braced[..end]));
            rest = &braced[end + 1..];
            continue;
        }
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        if end == 0 {
            out.push('$');
        } else {
            out.push_str(&lookup(&rest[..end]));
            rest = &rest[end..];
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user() -> User {
        User { name: "dev".into(), home: "/home/dev".into(), shell: "/bin/sh".into() }
    }

    #[test]
    fn empty_command_is_a_login_shell_and_a_line_runs_in_the_shell() {
        assert_eq!(user().command(""), ["/bin/sh", "-l"]);
        assert_eq!(user().command("exit 7"), ["/bin/sh", "-c", "exit 7"]);
    }

    #[test]
    fn shebang_names_the_interpreter() {
        let line = "#!/usr/bin/env bash\necho hi";
        assert_eq!(user().command(line), ["/usr/bin/env", "bash", "-c", line]);
    }

    #[test]
    fn directories_expand_home_and_become_absolute() {
        assert_eq!(user().expand(""), "");
        assert_eq!(user().expand("~/src"), "/home/dev/src");
        assert_eq!(user().expand("src"), "/home/dev/src");
        assert_eq!(user().expand("/srv"), "/srv");
    }

    #[test]
    fn variables_expand_in_both_forms() {
        let lookup = |name: &str| format!("<{name}>");
        assert_eq!(expand_with("a$HOME/${X}b$", lookup), "a<HOME>/<X>b$");
    }
}
