//! The process by itself.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

use crate::run::PROVIDER;

/// The provider as a client of some protocol versions starts it.
fn plugin(program: &str, versions: &str) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2")
        .env("PLUGIN_PROTOCOL_VERSIONS", versions);
    command
}

#[test]
fn started_by_hand_it_explains_itself_and_fails() {
    let output = Command::new(PROVIDER).env_clear().output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    assert!(String::from_utf8_lossy(&output.stderr).contains("started by terraform"));
}

#[test]
fn without_a_client_certificate_nothing_is_served() {
    let output = plugin(PROVIDER, "6,5").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
}

#[test]
fn a_client_of_other_protocols_is_refused() {
    let output = plugin(PROVIDER, "6").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("protocol 5"));
}

/// The shell in between is the client: it starts the provider in the background and is gone when its
/// input ends. The output ends when the last process that holds it does.
#[cfg(unix)]
#[test]
fn it_ends_when_the_client_died_without_a_word_and_leaves_no_socket() {
    let client = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut shell = plugin("/bin/sh", "5")
        .args(["-c", "\"$0\" </dev/null & read -r _", PROVIDER])
        .env("PLUGIN_CLIENT_CERT", client.cert.pem())
        .env("PLUGIN_UNIX_SOCKET_DIR", folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(shell.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    let prefix = format!("1|5|unix|{}/plugin-", folder.path().display());
    assert!(line.starts_with(&prefix), "{line}");
    drop(shell.stdin.take());
    shell.wait().unwrap();
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
