//! The server's own TLS listener, as clients see it.

use std::net::SocketAddr;
use std::time::Duration;

use warren_e2e::{Cli, Deployment, Group, PASSWORD, free_port, programs, until};

#[tokio::test]
async fn a_client_that_trusts_the_certificate_works_over_tls_and_one_that_does_not_is_told() {
    warren_tls::install_default_provider();
    let directory = tempfile::Builder::new().prefix("warren-e2e-").tempdir().expect("a temporary directory");
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
    let (certificate, key) = (directory.path().join("cert.pem"), directory.path().join("key.pem"));
    std::fs::write(&certificate, made.cert.pem()).expect("written");
    std::fs::write(&key, made.signing_key.serialize_pem()).expect("written");
    let plain = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let port = free_port();
    let url = format!("https://localhost:{port}").parse().expect("a URL");
    let mut command = Deployment::command(directory.path(), plain, &url);
    command
        .env("CODER_TLS_ENABLE", "true")
        .env("CODER_TLS_ADDRESS", format!("127.0.0.1:{port}"))
        .env("CODER_TLS_CERT_FILE", &certificate)
        .env("CODER_TLS_KEY_FILE", &key)
        .env("CODER_TLS_MIN_VERSION", "tls13")
        .env("CODER_REDIRECT_TO_ACCESS_URL", "true")
        .env("CODER_PROVISIONER_DAEMONS", "0");
    let mut server = Group::spawn(&mut command);
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    until("the server is healthy", Duration::from_secs(90), || {
        let request = http.get(format!("http://{plain}/healthz")).send();
        async { request.await.ok().filter(|response| response.status().is_success()).map(drop) }
    })
    .await;

    let led = http.get(format!("http://{plain}/templates")).send().await.expect("an answer");
    assert_eq!(led.status(), 307);
    assert_eq!(led.headers()["location"], format!("https://localhost:{port}/templates"));

    let cli = Cli::new(&programs().warren, directory.path());
    let address = url.as_str().trim_end_matches('/').to_owned();
    let login = [
        "login",
        &address,
        "--first-user-username",
        "admin",
        "--first-user-email",
        "admin@example.com",
        "--first-user-full-name",
        "A",
        "--first-user-password",
        PASSWORD,
        "--first-user-trial=false",
    ];
    let refused = cli.fails(login).await;
    assert!(refused.contains("certificate"), "{refused}");
    let trusting = ["--client-tls-ca-file", certificate.to_str().expect("UTF-8")];
    cli.ok(trusting.into_iter().chain(login)).await;
    let me = cli.ok(trusting.into_iter().chain(["whoami"])).await;
    assert!(me.contains(&address), "{me}");
    server.signal(nix::sys::signal::Signal::SIGTERM);
    assert_eq!(server.wait(Duration::from_secs(60)).await, Some(0));
}
