//! `server --help`

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{Kind, OPTIONS, OptionSpec};

/// The help of every option that does something.
pub(crate) fn help() -> String {
    let mut text = String::from("USAGE:\n  warren server [flags]\n\n  Start a server.\n");
    let mut groups: BTreeMap<&str, Vec<&OptionSpec>> = BTreeMap::new();
    for spec in OPTIONS.iter().filter(|spec| !spec.hidden && !spec.is_idle()) {
        groups.entry(spec.group).or_default().push(spec);
    }
    for (group, specs) in groups {
        let title = if group.is_empty() { "OPTIONS:".to_owned() } else { format!("{group} OPTIONS:") };
        let _writing_to_a_string_works = write!(text, "\n{title}\n");
        for spec in specs {
            describe(spec, &mut text);
        }
    }
    text.push_str("\nOther options of existing deployments are accepted and have no effect yet.\n");
    text
}

fn describe(spec: &OptionSpec, text: &mut String) {
    let short = spec.short.map_or_else(|| "    ".to_owned(), |letter| format!("-{letter}, "));
    let kind = match spec.kind {
        Kind::Bool => "bool",
        Kind::Int => "int",
        Kind::Text => "string",
        Kind::Url => "url",
        Kind::Address => "host:port",
        Kind::Duration => "duration",
        Kind::List => "string-array",
        Kind::Json => "json",
    };
    let env = if spec.env.is_empty() { String::new() } else { format!(", ${}", spec.env) };
    let default = if spec.default.is_empty() { String::new() } else { format!(" (default: {})", spec.default) };
    let _writing_to_a_string_works =
        write!(text, "  {short}--{} {kind}{env}{default}\n          {}\n\n", spec.name, spec.help);
}
