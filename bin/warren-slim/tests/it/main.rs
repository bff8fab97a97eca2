//! Runs of the official program that need no server: bad words, no login, examples of errors and questions.

mod announced;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// A recording, if it lies beside the repository.
fn golden(name: &str) -> Option<String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = std::env::var_os("WARREN_SPEC")
        .map(PathBuf::from)
        .or_else(|| here.ancestors().map(|dir| dir.join("shared/spec")).find(|dir| dir.is_dir()));
    let file = root.map(|dir| dir.join("golden").join(name)).filter(|file| file.is_file());
    match file {
        Some(file) => Some(std::fs::read_to_string(file).expect("the recording is readable")),
        None => {
            eprintln!("SKIPPED: no recording {name} beside the repository");
            None
        }
    }
}

/// Lines whose texts are ours on purpose; their exit code and streams are still compared.
const OWN_WORDS: &[&str] = &["version", "--version", "server", "login"];

#[test]
fn runs_without_a_server_end_like_those_of_the_official_program() {
    let Some(text) = golden("cli-output.jsonl") else { return };
    let program = program();
    let mut wrong = Vec::new();
    let (mut compared, mut total) = (0, 0);
    for line in text.lines() {
        let run: Value = serde_json::from_str(line).expect("each line is JSON");
        total += 1;
        if !needs_no_server(&run) || run["exit"].is_null() {
            continue;
        }
        compared += 1;
        compare(&program, &run, &mut wrong);
    }
    eprintln!("replayed {compared} of {total} lines of cli-output.jsonl");
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

fn args(run: &Value) -> Vec<String> {
    run["args"].as_array().into_iter().flatten().filter_map(|word| word.as_str().map(str::to_owned)).collect()
}

fn needs_no_server(run: &Value) -> bool {
    if run["args"].is_null() {
        return false;
    }
    let args = args(run);
    let notes = run["notes"].as_str().unwrap_or_default();
    let stderr = run["stderr"].as_str().unwrap_or_default();
    let first = args.first().map(String::as_str).unwrap_or_default();
    if ["licenses", "features", "groups", "wsproxy"].contains(&first) || notes.contains("full build") {
        return false;
    }
    notes.contains("no session: empty home")
        || notes.contains("prints help")
        || stderr.starts_with("parsing flags")
            && !stderr.contains("--tty")
            && !stderr.contains("--no-wait")
            && !stderr.contains("--no-wildcard")
            && !stderr.contains("templates init")
        || stderr.starts_with("parsing env")
        || stderr.starts_with("Missing values")
        || stderr.contains("error: wanted ")
        || first == "exp" && args.get(1).is_some_and(|word| word.starts_with("example-") || word.starts_with("prompt-"))
        || ["version", "--version", "nosuch", "gitaskpass"].contains(&first)
        || args == ["templates", "nosuch"]
}

fn compare(program: &Path, run: &Value, wrong: &mut Vec<String>) {
    let args = args(run);
    let home = tempfile::tempdir().expect("temp dir");
    let mut command = Command::new(program);
    command.args(&args).env_clear().env("HOME", home.path()).env("TZ", "UTC").env("PATH", "/usr/bin:/bin");
    for (name, value) in run["env"].as_object().into_iter().flatten() {
        command.env(name, value.as_str().unwrap_or_default());
    }
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("piped");
    // A program that does not read its input may be gone already.
    let _ = stdin.write_all(run["stdin"].as_str().unwrap_or_default().as_bytes());
    drop(stdin);
    let output = child.wait_with_output().expect("the program ends");
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let text = |key: &str| run[key].as_str().unwrap_or_default().to_owned();
    let mut differ = |what: &str, ours: &str, theirs: &str| {
        if ours != theirs {
            wrong.push(format!("{args:?}: {what}\n  ours   {ours:?}\n  theirs {theirs:?}"));
        }
    };
    differ("exit", &output.status.code().unwrap_or(-1).to_string(), &run["exit"].to_string());
    let own = args.first().is_some_and(|word| OWN_WORDS.contains(&word.as_str()));
    if text("stdout").starts_with("(help text") {
        differ("help on stdout", &(!stdout.is_empty() && stderr.is_empty()).to_string(), "true");
    } else if text("stderr").starts_with("---\n") {
        // The official program says it twice; once is enough.
        differ("stderr", &stderr, text("stderr").splitn(3, '\n').nth(2).unwrap_or_default());
    } else if text("stderr").contains("You are not logged in") {
        differ("frame", stderr.lines().next().unwrap_or_default(), text("stderr").lines().next().unwrap_or_default());
        differ("stream", &stdout, "");
    } else if own {
        differ(
            "stream",
            &(stdout.is_empty(), stderr.is_empty())
                .eq(&(text("stdout").is_empty(), text("stderr").is_empty()))
                .to_string(),
            "true",
        );
    } else {
        // The example repeats the answer after the question; the question is what counts.
        let question =
            |text: &str| text.split_once("(yes/no)").map_or(text.trim_end(), |(question, _)| question).to_owned();
        let example = args.get(1).is_some_and(|word| word == "prompt-example");
        let shown = |text: &str| if example { question(text) } else { text.to_owned() };
        differ("stdout", &shown(&stdout), &shown(&text("stdout")));
        differ("stderr", stderr.trim_end(), text("stderr").trim_end());
    }
}

/// The program under the official name.
fn program() -> PathBuf {
    let dir = std::env::temp_dir().join(format!("warren-as-coder-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("temp dir");
    let link = dir.join("coder");
    if !link.exists() {
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_warren-slim"), &link).expect("link");
    }
    link
}
