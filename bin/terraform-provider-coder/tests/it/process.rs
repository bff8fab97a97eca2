//! The process by itself.

use std::process::Command;

use crate::run::PROVIDER;

#[test]
fn started_by_hand_it_explains_itself_and_fails() {
    let output = Command::new(PROVIDER).env_clear().output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    assert!(String::from_utf8_lossy(&output.stderr).contains("started by terraform"));
}

#[test]
fn without_a_client_certificate_nothing_is_served() {
    let output = Command::new(PROVIDER)
        .env_clear()
        .env("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2")
        .env("PLUGIN_PROTOCOL_VERSIONS", "6,5")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
}

#[test]
fn a_client_of_other_protocols_is_refused() {
    let output = Command::new(PROVIDER)
        .env_clear()
        .env("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2")
        .env("PLUGIN_PROTOCOL_VERSIONS", "6")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("protocol 5"));
}
