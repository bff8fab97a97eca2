//! The option table and its resolution: flag, environment, file, default.

mod duration;
mod help;
mod parse;
mod table;
mod values;
mod yaml;

pub(crate) use help::help;
pub(crate) use parse::{Command, parse};
pub(crate) use table::OPTIONS;
pub(crate) use values::{Source, Values};
pub(crate) use yaml::to_yaml;

/// What an option takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Bool,
    Int,
    Text,
    Url,
    Address,
    Duration,
    List,
    Json,
}

/// One option.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OptionSpec {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) short: Option<char>,
    pub(crate) env: &'static str,
    pub(crate) yaml: &'static str,
    pub(crate) default: &'static str,
    pub(crate) group: &'static str,
    pub(crate) help: &'static str,
    pub(crate) secret: bool,
    pub(crate) hidden: bool,
    /// What to use instead.
    pub(crate) deprecated: Option<&'static str>,
    /// The allowed texts; empty: any.
    pub(crate) values: &'static [&'static str],
}

/// An option without anything but a name and a type; the methods add the rest.
pub(crate) const fn option(name: &'static str, kind: Kind) -> OptionSpec {
    OptionSpec {
        name,
        kind,
        short: None,
        env: "",
        yaml: "",
        default: "",
        group: "",
        help: "",
        secret: false,
        hidden: false,
        deprecated: None,
        values: &[],
    }
}

impl OptionSpec {
    const fn short(mut self, letter: char) -> Self {
        self.short = Some(letter);
        self
    }

    const fn env(mut self, name: &'static str) -> Self {
        self.env = name;
        self
    }

    const fn yaml(mut self, path: &'static str) -> Self {
        self.yaml = path;
        self
    }

    const fn default(mut self, text: &'static str) -> Self {
        self.default = text;
        self
    }

    const fn group(mut self, name: &'static str) -> Self {
        self.group = name;
        self
    }

    const fn help(mut self, text: &'static str) -> Self {
        self.help = text;
        self
    }

    const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    const fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }

    const fn deprecated(mut self, instead: &'static str) -> Self {
        self.deprecated = Some(instead);
        self
    }

    const fn values(mut self, values: &'static [&'static str]) -> Self {
        self.values = values;
        self
    }

    /// True for options that are accepted and do nothing.
    pub(crate) const fn is_idle(&self) -> bool {
        self.help.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::OPTIONS;

    /// What `--help` shows must do something.
    #[test]
    fn every_option_with_a_help_text_is_read_somewhere() {
        // Replaced by others, or true by nature.
        const ELSEWHERE: &[&str] = &["telemetry", "tls-allow-insecure-ciphers"];
        let mut code = String::new();
        let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
        while let Some(folder) = folders.pop() {
            for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                match path.file_name().and_then(|name| name.to_str()) {
                    _ if path.is_dir() => folders.push(path),
                    Some("table.rs" | "shown.rs") => {}
                    _ => code.push_str(&std::fs::read_to_string(path).unwrap()),
                }
            }
        }
        let unread = OPTIONS.iter().filter(|spec| {
            let known = ELSEWHERE.contains(&spec.name) || code.contains(&format!("{:?}", spec.name));
            !spec.is_idle() && !known
        });
        assert_eq!(unread.map(|spec| spec.name).collect::<Vec<_>>(), Vec::<&str>::new());
    }
}
