//! What the program says of servers that announce another version, or none: recorded runs against a server that plays them.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::{golden, program};

/// Prose that is ours: the official program says nothing of release candidates and development builds.
const OWN_LINES: [&str; 2] =
    ["this deployment runs the release candidate", "this deployment runs the development build"];

#[test]
fn versions_and_warnings_of_a_server_are_shown_as_recorded() {
    let Some(text) = golden("cli-output.jsonl") else { return };
    let mut compared = 0;
    for line in text.lines() {
        let run: Value = serde_json::from_str(line).expect("each line is JSON");
        let notes = run["notes"].as_str().unwrap_or_default();
        if !notes.contains("server announces") && !notes.contains("no build-version") || run["args"][0] != "list" {
            continue;
        }
        compared += 1;
        let version = notes.split_whitespace().find(|word| word.starts_with("v0.") || word.starts_with("v2."));
        let url = serve(version.map(str::to_owned));
        let stderr = list(&run, &url);
        let expected = run["stderr"].as_str().unwrap_or_default().replace("http://127.0.0.1:3000", &url);
        let shown: Vec<&str> =
            stderr.lines().filter(|line| !OWN_LINES.iter().any(|own| line.starts_with(own))).collect();
        // The recorder's server sent the warning in all of these runs but the first.
        let expected: Vec<&str> = expected.lines().filter(|line| *line != "ent warn").collect();
        let shown: Vec<&str> = shown.into_iter().filter(|line| *line != "ent warn").collect();
        assert_eq!(shown, expected, "{notes}: {}", run["args"]);
        assert!(
            stderr.contains("ent warn") != run["args"].to_string().contains("no-feature-warning"),
            "{notes}: {stderr}"
        );
    }
    eprintln!("replayed {compared} lines of cli-output.jsonl against played servers");
    assert!(compared > 4);
}

fn list(run: &Value, url: &str) -> String {
    let home = tempfile::tempdir().expect("temp dir");
    let args = run["args"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let args = args.map(|word| word.replace("http://127.0.0.1:3000", url));
    let output = Command::new(program())
        .args(args)
        .env_clear()
        .env("HOME", home.path())
        .stdin(Stdio::null())
        .output()
        .expect("the program runs");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A server of one version: no workspaces, one warning.
fn serve(version: Option<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let base = url.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (version, base) = (version.clone(), base.clone());
            std::thread::spawn(move || answer(stream, version.as_deref(), &base));
        }
    });
    url
}

fn answer(stream: TcpStream, version: Option<&str>, base: &str) {
    let mut writer = stream.try_clone().expect("a handle");
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    while let Some(request) = lines.next() {
        lines.by_ref().take_while(|line| !line.is_empty()).for_each(drop);
        let body = if request.contains("/buildinfo") {
            format!(r#"{{"version": {:?}, "dashboard_url": {base:?}}}"#, version.unwrap_or_default())
        } else {
            r#"{"workspaces": [], "count": 0}"#.to_owned()
        };
        let header = version.map(|version| format!("X-Coder-Build-Version: {version}\r\n")).unwrap_or_default();
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Coder-Entitlements-Warning: ent warn\r\n{header}Content-Length: {}\r\n\r\n",
            body.len()
        );
        if writer.write_all(format!("{head}{body}").as_bytes()).is_err() {
            return;
        }
    }
}
