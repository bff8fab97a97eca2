//! Replays the recorded runs of the official command line (`cli-output.jsonl`) with another program against a server in an
//! equivalent state: user `admin`, a template `local`, a running workspace `dev` with the agent `main`. Exit codes, the stream that
//! carries data, JSON keys and types, table headers and error frames are compared; prose is not.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// The program under test and the deployment that it talks to.
pub struct Replay {
    /// The program; it should be called `coder`, so that texts name it as the recording does.
    pub program: PathBuf,
    pub url: String,
    pub token: String,
    /// Home directory of the runs; made if absent.
    pub home: PathBuf,
}

/// What came out.
#[derive(Debug, Default)]
pub struct Report {
    pub total: usize,
    pub compared: usize,
    pub differences: Vec<String>,
}

/// First words of runs that change what later runs see, or that need what a test server has not.
const LEFT_OUT: &[&str] = &[
    "login",
    "logout",
    "create",
    "delete",
    "stop",
    "restart",
    "update",
    "rename",
    "ssh",
    "reset-password",
    "completion",
    "dotfiles",
    "stat",
    "server",
    "task",
    "licenses",
    "features",
    "groups",
    "wsproxy",
    "vscodessh",
    "gitssh",
    "support",
    "start",
    "state",
    "config-ssh",
    // Not part of the server yet.
    "notifications",
    "ping",
    "speedtest",
    "netcheck",
    "port-forward",
    "connect",
    "exp",
    "sharing",
    "open",
    "version",
    "--version",
    "show",
];

/// Runs whose result differs on purpose: arguments and why.
const BETTER: &[(&[&str], &str)] = &[
    (&["templates", "presets", "list", "local"], "an empty list is a hint on standard error"),
    (&["templates", "presets", "list", "local", "-o", "json"], "an empty list is JSON"),
    (&["provisioner", "jobs", "list", "-s", "canceled", "-o", "json"], "an empty list is JSON"),
    (&["provisioner", "list", "-s", "offline", "-o", "json"], "an empty list is []"),
    (&["list", "-o", "JSON", "-c", "workspace"], "choices are accepted in any case"),
    (
        &["templates", "versions", "promote", "-t", "local", "--template-version", "v2"],
        "the version of an upload that is left out",
    ),
    (&["users", "oidc-claims"], "newer command"),
    (&["organizations", "create", "x", "-y"], "organizations can be created"),
    (&["organizations", "settings", "show", "group-sync"], "the setting exists"),
    (&["organizations", "settings", "show", "workspace-sharing"], "the setting exists"),
    (&["templates", "edit", "local", "--failure-ttl", "1h", "-y"], "every feature is free"),
    (&["schedule", "stop", "dev", "1d"], "days are accepted"),
    (&["schedule", "start", "dev", "9:30AM", "Mon-Fri", "Europe/Dublin"], "no warning when all days are allowed"),
    (&["schedule", "start", "dev", "9:30AM", "EST"], "no warning when all days are allowed"),
];

/// Values of JSON objects that are keyed by data, not by field names.
const MAPS: &[&str] = &["tags", "build_time_stats", "environment_variables", "latency", "roles"];

/// Keys that depend on the template, which is not the recorded one.
const OF_TEMPLATE: &[&str] = &["directory", "expanded_directory", "metadata", "startup_script", "command"];

impl Replay {
    /// Replays every run that fits. `lines` is the recording.
    pub fn run(&self, lines: &str) -> Report {
        let mut report = Report::default();
        for line in lines.lines() {
            report.total += 1;
            let run: Value = serde_json::from_str(line).expect("each line is JSON");
            if self.fits(&run) {
                report.compared += 1;
                self.compare(&run, &mut report.differences);
            }
        }
        report
    }

    fn fits(&self, run: &Value) -> bool {
        let args = words(run);
        let Some(first) = args.first() else { return false };
        let notes = run["notes"].as_str().unwrap_or_default();
        let env = run["env"].as_object();
        let other_server =
            args.iter().any(|word| word.starts_with("http") && !word.starts_with("http://127.0.0.1:3000"));
        !(run["exit"].is_null()
            || LEFT_OUT.contains(&first.as_str())
            || args.iter().any(|word| {
                word == "push"
                    || word == "pull"
                    || word == "init"
                    || word == "--global-config"
                    || word == "--header-command"
            })
            || notes.contains("no session")
            || notes.contains("server announces")
            || notes.contains("server sends")
            || notes.contains("no templates")
            || notes.contains("cut")
            || other_server
            || env.is_some_and(|env| env.contains_key("CODER_SESSION_TOKEN") || env.contains_key("CODER_CONFIG_DIR")))
    }

    fn compare(&self, run: &Value, differences: &mut Vec<String>) {
        let args = words(run);
        if BETTER.iter().any(|(known, _)| args == *known) {
            return;
        }
        let ours = match self.execute(run) {
            Ok(ours) => ours,
            Err(reason) => {
                differences.push(format!("{args:?}: {reason}"));
                return;
            }
        };
        let text = |key: &str| run[key].as_str().unwrap_or_default();
        let mut differ = |what: &str, ours: &str, theirs: &str| {
            if ours != theirs {
                differences.push(format!("{args:?}: {what}: ours {ours:?}, theirs {theirs:?}"));
            }
        };
        differ("exit code", &ours.code.to_string(), &run["exit"].to_string());
        let theirs = text("stdout");
        differ("standard output is empty", &ours.stdout.is_empty().to_string(), &theirs.is_empty().to_string());
        if run["exit"] != 0 {
            let frame = |text: &str| {
                text.lines()
                    .find(|line| line.starts_with("Encountered") || line.starts_with("parsing"))
                    .unwrap_or_default()
                    .to_owned()
            };
            differ("error frame", &frame(&ours.stderr), &frame(text("stderr")));
            return;
        }
        if let Ok(theirs) = serde_json::from_str::<Value>(theirs)
            && (theirs.is_array() || theirs.is_object())
        {
            match serde_json::from_str::<Value>(&ours.stdout) {
                Ok(ours) => shapes("", &ours, &theirs, &mut |what| differences.push(format!("{args:?}: {what}"))),
                Err(error) => differ("JSON", &error.to_string(), "valid"),
            }
            return;
        }
        if let (Some(ours), Some(theirs)) = (header(&ours.stdout), header(theirs)) {
            differ("table header", &ours, &theirs);
        }
    }

    fn execute(&self, run: &Value) -> Result<Outcome, String> {
        let config = self.home.join(".config/coderv2");
        std::fs::create_dir_all(&config).map_err(|e| e.to_string())?;
        for (name, text) in [("url", &self.url), ("session", &self.token)] {
            std::fs::write(config.join(name), text).map_err(|e| e.to_string())?;
        }
        let words: Vec<String> = words(run).iter().map(|word| self.translate(word)).collect();
        let mut command = Command::new(&self.program);
        command.args(words).env_clear().env("HOME", &self.home).env("TZ", "UTC").env("PATH", "/usr/bin:/bin");
        for (name, value) in run["env"].as_object().into_iter().flatten() {
            command.env(name, self.translate(value.as_str().unwrap_or_default()));
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|e| e.to_string())?;
        if let Some(mut stdin) = child.stdin.take() {
            let _ = stdin.write_all(run["stdin"].as_str().unwrap_or_default().as_bytes());
        }
        let started = Instant::now();
        while child.try_wait().map_err(|e| e.to_string())?.is_none() {
            if started.elapsed() > Duration::from_secs(60) {
                let _ = child.kill();
                return Err("does not end".into());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let output = child.wait_with_output().map_err(|e| e.to_string())?;
        Ok(Outcome {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    fn translate(&self, word: &str) -> String {
        word.replace("http://127.0.0.1:3000", &self.url)
            .replace("AAAAAAAAAA-BBBBBBBBBBBBBBBBBBBBBB", &self.token)
            .replace("/home/user", &self.home.to_string_lossy())
    }
}

struct Outcome {
    code: i32,
    stdout: String,
    stderr: String,
}

fn words(run: &Value) -> Vec<String> {
    run["args"].as_array().into_iter().flatten().filter_map(|word| word.as_str().map(str::to_owned)).collect()
}

/// The first line of a table, its columns joined by `|`; `None` for other text.
fn header(text: &str) -> Option<String> {
    let line = text.lines().next()?;
    let looks = !line.trim().is_empty() && line.ends_with("  ") && line.chars().all(|c| c.is_uppercase() || c == ' ');
    looks.then(|| line.split("  ").map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("|"))
}

/// Every key of theirs is in ours, with the same type; null stands for any.
fn shapes(path: &str, ours: &Value, theirs: &Value, complain: &mut impl FnMut(String)) {
    match (ours, theirs) {
        (_, Value::Null) | (Value::Null, _) => {}
        (Value::Object(ours), Value::Object(theirs)) => {
            if MAPS.iter().any(|name| path.ends_with(name)) {
                return;
            }
            for (key, theirs) in theirs {
                match ours.get(key) {
                    Some(ours) => shapes(&format!("{path}.{key}"), ours, theirs, complain),
                    None if OF_TEMPLATE.contains(&key.as_str()) => {}
                    None => complain(format!("no key {path}.{key}")),
                }
            }
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            if let (Some(ours), Some(theirs)) = (ours.first(), theirs.first()) {
                shapes(&format!("{path}[]"), ours, theirs, complain);
            }
        }
        (ours, theirs) => {
            let kind = |value: &Value| match value {
                Value::Null => "null",
                Value::Bool(_) => "boolean",
                Value::Number(_) => "number",
                Value::String(_) => "string",
                Value::Array(_) => "array",
                Value::Object(_) => "object",
            };
            if kind(ours) != kind(theirs) {
                complain(format!("{path} is a {}, not a {}", kind(ours), kind(theirs)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn missing_keys_and_other_types_are_told_and_additions_are_not() {
        let mut told = Vec::new();
        let theirs = json!([{"a": 1, "b": {"c": "x"}, "n": null, "tags": {"owner": ""}}]);
        shapes("", &json!([{"a": "1", "b": {"d": 1}, "n": 2, "new": 1, "tags": {}}]), &theirs, &mut |what| {
            told.push(what)
        });
        assert_eq!(told, ["[].a is a string, not a number", "no key [].b.c"]);
    }

    #[test]
    fn a_table_is_known_by_its_header() {
        assert_eq!(
            header("NAME   ORGANIZATION NAME  \nx      y                  \n"),
            Some("NAME|ORGANIZATION NAME".into())
        );
        assert_eq!(header("Workspace is up-to-date.\n"), None);
    }
}
