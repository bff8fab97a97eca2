//! A server that cannot start says why.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use warren_e2e::{Deployment, Group, free_port};

/// Runs a server that has to give up; gives what it said.
async fn start_fails(name: &str, value: &str) -> String {
    let directory = tempfile::Builder::new().prefix("warren-e2e-").tempdir().expect("a temporary directory");
    let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let url = format!("http://{address}").parse().expect("an address is a URL");
    let mut command = Deployment::command(directory.path(), address, &url);
    let mut server = Group::spawn(command.env(name, value));
    let code = server.wait(Duration::from_secs(60)).await;
    let said = std::fs::read_to_string(directory.path().join("server.log")).expect("the log");
    assert_eq!(code, Some(1), "{said}");
    said
}

#[tokio::test]
async fn a_database_that_refuses_is_named_with_the_reason() {
    let port = free_port();
    let started = Instant::now();
    let said =
        start_fails("CODER_PG_CONNECTION_URL", &format!("postgres://user:hidden@127.0.0.1:{port}/db?sslmode=disable"))
            .await;
    assert!(said.contains(&format!("127.0.0.1:{port}")) && said.to_lowercase().contains("refused"), "{said}");
    assert!(!said.contains("hidden"), "the password is not shown: {said}");
    assert!(started.elapsed() < Duration::from_secs(45));
}

#[tokio::test]
async fn a_database_that_accepts_and_never_answers_is_given_up() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = silent.local_addr().expect("bound");
    let said =
        start_fails("CODER_PG_CONNECTION_URL", &format!("postgres://user:hidden@{address}/db?sslmode=disable")).await;
    assert!(said.contains(&address.to_string()), "{said}");
    assert!(!said.contains("hidden"), "the password is not shown: {said}");
}

#[tokio::test]
async fn an_option_of_the_wrong_type_is_named() {
    let said = start_fails("CODER_PROVISIONER_DAEMONS", "many").await;
    assert!(said.contains("CODER_PROVISIONER_DAEMONS") && said.contains("many"), "{said}");
}

#[tokio::test]
async fn an_address_in_use_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("bound").to_string();
    let said = start_fails("CODER_HTTP_ADDRESS", &address).await;
    assert!(said.contains(&address), "{said}");
}
