//! The options that a section remembers, so that the next run can be told of a change.

/// Options of `config-ssh` that shape the section.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoredOptions {
    /// Empty means `auto`.
    pub wait: String,
    /// Absent: what the deployment says. Present and empty: none.
    pub prefix: Option<String>,
    pub suffix: Option<String>,
    pub disable_autostart: bool,
    pub no_wildcard: bool,
    pub ssh_options: Vec<String>,
    pub headers: Vec<String>,
    pub header_command: String,
}

impl StoredOptions {
    /// Key and value of each option that is not at its default, in the fixed order.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let mut lines = Vec::new();
        if !matches!(self.wait.as_str(), "" | "auto") {
            lines.push(("wait", self.wait.clone()));
        }
        if let Some(prefix) = &self.prefix {
            lines.push(("ssh-host-prefix", prefix.clone()));
        }
        if let Some(suffix) = &self.suffix {
            lines.push(("hostname-suffix", suffix.clone()));
        }
        if self.disable_autostart {
            lines.push(("disable-autostart", "true".into()));
        }
        if self.no_wildcard {
            lines.push(("no-wildcard", "true".into()));
        }
        lines.extend(self.ssh_options.iter().map(|option| ("ssh-option", option.clone())));
        lines.extend(self.headers.iter().map(|header| ("header", header.clone())));
        if !self.header_command.is_empty() {
            lines.push(("header-command", self.header_command.clone()));
        }
        lines
    }

    /// Reads the options of a section.
    pub fn of_section(section: &str) -> Self {
        let mut options = Self::default();
        for line in section.lines() {
            let Some((key, value)) = line.strip_prefix("# :").and_then(|rest| rest.split_once('=')) else { continue };
            match key {
                "wait" => options.wait = value.to_owned(),
                "ssh-host-prefix" => options.prefix = Some(value.to_owned()),
                "hostname-suffix" => options.suffix = Some(value.to_owned()),
                "disable-autostart" => options.disable_autostart = value == "true",
                "no-wildcard" => options.no_wildcard = value == "true",
                "ssh-option" => options.ssh_options.push(value.to_owned()),
                "header" => options.headers.push(value.to_owned()),
                "header-command" => options.header_command = value.to_owned(),
                _ => {}
            }
        }
        options
    }

    /// The same for comparisons: the order of repeated options does not matter.
    pub fn same_as(&self, other: &Self) -> bool {
        let sorted = |options: &Self| {
            let mut lines = options.lines();
            lines.sort();
            lines
        };
        sorted(self) == sorted(other)
    }

    /// As a list for people: `none` or one line each.
    pub fn describe(&self, title: &str) -> String {
        let lines = self.lines();
        if lines.is_empty() {
            return format!("  {title}: none\n");
        }
        let mut text = format!("  {title}:\n");
        for (key, value) in lines {
            text.push_str(&format!("    * {key}: {value}\n"));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_survive_the_section() {
        let options = StoredOptions {
            wait: "yes".into(),
            prefix: Some("pre.".into()),
            suffix: Some(String::new()),
            disable_autostart: true,
            no_wildcard: true,
            ssh_options: vec!["ForwardAgent=yes".into(), "LogLevel=".into()],
            headers: vec!["X-A=b c".into()],
            header_command: "echo X-B=c".into(),
        };
        let section = crate::configssh::section::render(&options, "");
        assert_eq!(StoredOptions::of_section(&section), options);
    }
}
