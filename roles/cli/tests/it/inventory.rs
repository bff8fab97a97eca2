//! Every command, alias, flag, variable, type and default of the official command line exists here too.

use serde_json::Value;
use warren_cli::commands::ROOT;
use warren_cli::frame::spec::{Command, Kind, Opt};

/// A recording, if it lies beside the repository.
fn golden(name: &str) -> Option<String> {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = std::env::var_os("WARREN_SPEC")
        .map(std::path::PathBuf::from)
        .or_else(|| here.ancestors().map(|dir| dir.join("shared/spec")).find(|dir| dir.is_dir()));
    let file = root.map(|dir| dir.join("golden").join(name)).filter(|file| file.is_file());
    if file.is_none() {
        eprintln!("SKIPPED: no recording {name} beside the repository");
    }
    file.map(|file| std::fs::read_to_string(file).expect("the recording is readable"))
}

/// Commands that are out of scope, or that another program runs and parses (`server`, `provisioner start`, …).
const ELSEWHERE: &[&str] = &[
    "server",
    "reset-password",
    "task",
    "exp mcp",
    "exp scaletest",
    "exp sync",
    "exp prompt-example multi-select",
    "exp prompt-example multiple",
    "exp prompt-example rich-multi-select",
    "exp prompt-example rich-parameter",
    "vpn-daemon",
];

/// Values that differ on purpose: (command, flag, why).
const DIFFERENT: &[(&str, &str, &str)] = &[
    ("templates init", "id", "the starter templates are our own"),
    ("organizations members list", "column", "newer columns"),
    ("organizations list", "column", "newer columns"),
    ("organizations show", "column", "newer columns"),
    ("provisioner jobs list", "column", "newer columns"),
    // The contract's text gives `-c`, the recorded inventory does not.
    ("ssh", "container", "short name"),
];

#[test]
fn every_command_and_flag_of_the_official_program_exists() {
    let Some(text) = golden("cli.json") else { return };
    let inventory: Value = serde_json::from_str(&text).expect("the inventory is JSON");
    let mut wrong = Vec::new();
    for option in list(&inventory["global_options"]) {
        check_option(&ROOT, "", option, &mut wrong);
    }
    let commands = list(&inventory["commands"]);
    let mut compared = 0;
    for command in commands {
        let path = command["path"].as_str().unwrap_or_default();
        if ELSEWHERE.iter().any(|prefix| {
            path == *prefix
                || path.starts_with(&format!("{prefix} "))
                || (prefix.starts_with("exp prompt") && path.starts_with(prefix))
        }) {
            continue;
        }
        compared += 1;
        let Some(found) = find(path) else {
            wrong.push(format!("no command {path:?}"));
            continue;
        };
        for alias in list(&command["aliases"]).iter().filter_map(Value::as_str) {
            if find_alias(path, alias).is_none() {
                wrong.push(format!("{path}: no alias {alias:?}"));
            }
        }
        if found.hidden != command["hidden"].as_bool().unwrap_or(false) && !path.contains(' ') {
            wrong.push(format!("{path}: hidden is {}", found.hidden));
        }
        for option in list(&command["options"]) {
            check_option(found, path, option, &mut wrong);
        }
    }
    eprintln!("replayed {compared} of {} commands of cli.json", commands.len());
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn find(path: &str) -> Option<&'static Command> {
    path.split_whitespace().try_fold(&ROOT, |command, word| command.child(word))
}

fn find_alias(path: &str, alias: &str) -> Option<&'static Command> {
    let parent = path.rsplit_once(' ').map_or("", |(parent, _)| parent);
    find(parent)?.child(alias)
}

fn check_option(command: &'static Command, path: &str, wanted: &Value, wrong: &mut Vec<String>) {
    let long = wanted["long"].as_str().unwrap_or_default();
    let Some(option) = command.own_options().find(|option| option.long == long) else {
        wrong.push(format!("{path}: no option --{long}"));
        return;
    };
    let mut differ = |what: &str, ours: String, theirs: String| {
        if ours != theirs {
            wrong.push(format!("{path} --{long}: {what} is {ours:?}, not {theirs:?}"));
        }
    };
    let text = |key: &str| wanted[key].as_str().unwrap_or_default().to_owned();
    let different = DIFFERENT.iter().any(|(c, o, _)| *c == path && *o == long);
    if !different {
        differ("short", option.short.map(String::from).unwrap_or_default(), text("short"));
    }
    differ("env", option.env.unwrap_or_default().to_owned(), text("env"));
    differ("type", type_of(option).to_owned(), text("type"));
    differ("hidden", option.hidden.to_string(), wanted["hidden"].as_bool().unwrap_or(false).to_string());
    if different {
        return;
    }
    let columns = list(&wanted["columns"]);
    if columns.is_empty() {
        // What counts as false or empty needs no default.
        let shown =
            |value: &str| if value == "false" && option.kind == Kind::Bool { String::new() } else { value.to_owned() };
        differ("default", shown(option.default.unwrap_or_default()), shown(&text("default")));
    } else {
        let joined = |values: &[Value]| values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",");
        let Kind::Choices(ours) = option.kind else { return };
        differ("columns", ours.join(","), joined(columns));
        differ(
            "default columns",
            option.default.unwrap_or_default().to_owned(),
            joined(list(&wanted["default_columns"])).to_lowercase(),
        );
    }
    let values: Vec<_> = list(&wanted["values"]).iter().filter_map(Value::as_str).collect();
    if let Kind::Choice(ours) | Kind::Choices(ours) = option.kind
        && !values.is_empty()
    {
        differ("values", ours.join(" "), values.join(" "));
    }
}

fn type_of(option: &Opt) -> &'static str {
    match option.kind {
        Kind::Bool => "bool",
        Kind::Text | Kind::AbsolutePath => "string",
        Kind::Int => "int",
        Kind::Duration => "duration",
        Kind::Url => "url",
        Kind::List => "string-array",
        Kind::Choice(_) => "enum",
        Kind::Choices(_) => "enum-array",
        Kind::AllowList => "allow-list",
    }
}
