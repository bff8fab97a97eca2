//! From command line, environment and file to values.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};

use super::values::{Source, Values, split};
use super::{Kind, OPTIONS, OptionSpec, yaml};

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Command {
    /// Run the server.
    Serve(Box<Values>),
    /// Print the help.
    Help,
    /// Print the settings as YAML.
    WriteConfig(Box<Values>),
}

/// Resolves every option.
pub(crate) fn parse(arguments: &[String], environment: &BTreeMap<String, String>) -> Result<Command> {
    let mut flags: Vec<(&OptionSpec, String)> = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument == "--help" || argument == "-h" {
            return Ok(Command::Help);
        }
        let (spec, attached) = find(argument)?;
        let value = match attached {
            Some(value) => value,
            None if spec.kind == Kind::Bool => "true".to_owned(),
            None => rest.next().cloned().with_context(|| format!("--{} needs a value", spec.name))?,
        };
        flags.push((spec, value));
    }
    let mut values = Values::defaults();
    for (spec, value) in flags {
        values.set(spec, split(spec, &value), Source::Flag)?;
    }
    for spec in OPTIONS {
        if let Some(value) = from_environment(spec, environment) {
            values.set(spec, split(spec, value), Source::Env)?;
        }
    }
    let file = values.text("config");
    if !file.is_empty() {
        let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {file}"))?;
        yaml::apply(&text, &mut values).with_context(|| format!("applying {file}"))?;
    }
    let write = values.bool("write-config");
    let values = Box::new(values);
    Ok(if write { Command::WriteConfig(values) } else { Command::Serve(values) })
}

/// `--name`, `--name=value`, `-n`, `-n=value`, `-nvalue`
fn find(argument: &str) -> Result<(&'static OptionSpec, Option<String>)> {
    if let Some(long) = argument.strip_prefix("--") {
        let (name, value) = match long.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (long, None),
        };
        let spec = OPTIONS.iter().find(|spec| spec.name == name);
        return Ok((spec.with_context(|| format!("unknown flag: --{name}"))?, value));
    }
    if let Some(short) = argument.strip_prefix('-').filter(|short| !short.is_empty()) {
        let mut letters = short.chars();
        let letter = letters.next();
        let spec = OPTIONS.iter().find(|spec| spec.short.is_some() && spec.short == letter);
        let value = letters.as_str();
        let value = value.strip_prefix('=').unwrap_or(value);
        let spec = spec.with_context(|| format!("unknown shorthand flag: {argument:?}"))?;
        return Ok((spec, (!value.is_empty()).then(|| value.to_owned())));
    }
    bail!("the server takes no arguments, but got {argument:?}")
}

/// A variable that is empty counts as absent.
fn from_environment<'a>(spec: &OptionSpec, environment: &'a BTreeMap<String, String>) -> Option<&'a str> {
    if spec.env.is_empty() {
        return None;
    }
    let homebrew = format!("HOMEBREW_{}", spec.env);
    let fallback = if spec.name == "cache-dir" { "CACHE_DIRECTORY" } else { &homebrew };
    let found = [spec.env, fallback].into_iter().find_map(|name| environment.get(name).filter(|v| !v.is_empty()));
    found.map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(arguments: &[&str], environment: &[(&str, &str)]) -> Result<Values> {
        let arguments: Vec<String> = arguments.iter().map(|text| (*text).to_owned()).collect();
        let environment = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        match parse(&arguments, &environment)? {
            Command::Serve(values) => Ok(*values),
            other => bail!("{other:?}"),
        }
    }

    #[test]
    fn flag_beats_environment_beats_file_beats_default() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let text = "networking:\n  http:\n    httpAddress: 1.1.1.1:1\n    sessionDuration: 2h0m0s\nprovisioning:\n  daemons: 7\n";
        std::fs::write(file.path(), text).unwrap();
        let config = format!("--config={}", file.path().display());
        let environment =
            [("CODER_HTTP_ADDRESS", "2.2.2.2:2"), ("CODER_SESSION_DURATION", "3h"), ("CODER_DOCS_URL", "")];
        let values = resolve(&[&config, "--http-address", "3.3.3.3:3"], &environment).unwrap();
        assert_eq!(values.text("http-address"), "3.3.3.3:3");
        assert_eq!(values.duration("session-duration"), jiff::SignedDuration::from_hours(3));
        assert_eq!(values.int("provisioner-daemons"), 7);
        assert_eq!(values.source("provisioner-daemons"), Source::Yaml);
        assert_eq!(values.text("docs-url"), "https://coder.com/docs");
    }

    #[test]
    fn unknown_flags_and_wrong_values_are_errors() {
        for arguments in
            [&["--nothing"][..], &["positional"], &["--tls-enable=yes"], &["--session-duration", "x"], &["-x"]]
        {
            resolve(arguments, &[]).unwrap_err();
        }
        resolve(&[], &[("CODER_TLS_ENABLE", "yes")]).unwrap_err();
        resolve(&[], &[("CODER_NOBODY_KNOWS", "yes")]).unwrap();
    }

    #[test]
    fn unknown_keys_of_the_file_are_errors() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "networking:\n  nothing: 1\n").unwrap();
        let error = resolve(&["-c", &file.path().display().to_string()], &[]).unwrap_err();
        assert!(format!("{error:#}").contains("networking.nothing"), "{error:#}");
    }

    #[test]
    fn lists_come_as_repeated_flags_or_commas() {
        let values = resolve(&["--experiments", "a,b", "--experiments=c"], &[]).unwrap();
        assert_eq!(values.list("experiments"), ["a", "b", "c"]);
    }

    #[test]
    fn written_settings_read_back() {
        let values = resolve(&["--provisioner-daemons", "9", "--experiments", "a,b"], &[]).unwrap();
        let mut again = Values::defaults();
        yaml::apply(&yaml::to_yaml(&values), &mut again).unwrap();
        assert_eq!(again.int("provisioner-daemons"), 9);
        assert_eq!(again.list("experiments"), ["a", "b"]);
    }
}
