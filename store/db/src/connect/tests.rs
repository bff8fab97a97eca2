use proptest::prelude::*;
use tokio_postgres::config::Host;

use super::*;

fn config(text: &str) -> Config {
    parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).config
}

#[test]
fn both_forms_say_the_same() {
    let url = config("postgres://me:pw@db.example:6432/warren?application_name=a");
    let pairs = config("host=db.example port=6432 user=me password='pw' dbname=warren application_name=a");
    assert_eq!(url, pairs);
    assert_eq!(url.get_ssl_mode(), SslMode::Prefer);
}

#[test]
fn the_modes_of_libpq_are_known() {
    let mode = |mode: &str| config(&format!("postgres://u@h/d?sslmode={mode}")).get_ssl_mode();
    assert_eq!(mode("disable"), SslMode::Disable);
    assert_eq!(mode("prefer"), SslMode::Prefer);
    assert_eq!(mode("require"), SslMode::Require);
    assert_eq!(mode("verify-ca"), SslMode::Require);
    assert_eq!(mode("verify-full"), SslMode::Require);
    assert!(matches!(parse("postgres://u@h/d?sslmode=always"), Err(ConnectError::SslMode(_))));
}

#[test]
fn a_password_that_nobody_escaped_is_understood() {
    for (text, password) in [("p%40ss", "p@ss"), ("p@ss", "p@ss"), ("50%", "50%"), ("a:b", "a:b"), ("a#b", "a#b")] {
        let config = config(&format!("postgres://me:{text}@h:1/d"));
        assert_eq!(config.get_password(), Some(password.as_bytes()), "{text}");
        assert_eq!(config.get_hosts(), [Host::Tcp("h".into())]);
    }
}

#[test]
fn sockets_addresses_and_several_hosts_are_understood() {
    let socket = config("postgres://me@/d?host=/run/pg&port=7");
    assert_eq!(socket.get_hosts(), [Host::Unix("/run/pg".into())]);
    assert_eq!(socket.get_ssl_mode(), SslMode::Disable);
    let several = config("postgres://me@[::1]:1,b,c:3/d");
    assert_eq!(several.get_hosts(), ["::1", "b", "c"].map(|host| Host::Tcp(host.into())));
    assert_eq!(several.get_ports(), [1, 5432, 3]);
}

#[test]
fn settings_of_the_session_are_passed_on() {
    let config = config("postgres://u@h/d?search_path=a b&statement_timeout=5s&binary_parameters=yes&options=-c%20x=y");
    assert_eq!(config.get_options(), Some("-c x=y -c search_path=a\\ b -c statement_timeout=5s"));
}

#[test]
fn files_that_are_not_there_are_named() {
    let error =
        parse("postgres://u:secret@h/d?sslmode=verify-full&sslrootcert=/nowhere/ca.pem").err().expect("refused");
    assert_eq!(error.to_string(), "the file /nowhere/ca.pem of sslrootcert cannot be read");
    assert!(matches!(parse("postgres://u@h/d?sslcert=/a"), Err(ConnectError::HalfIdentity)));
    assert!(matches!(parse("nonsense"), Err(ConnectError::Form)));
}

proptest! {
    #[test]
    fn pairs_come_back_as_they_went(user in "[ -~]{1,12}", password in "[ -~]{1,12}") {
        let quote = |text: &str| text.replace('\\', "\\\\").replace('\'', "\\'");
        let config = config(&format!("host=h user='{}' password='{}'", quote(&user), quote(&password)));
        prop_assert_eq!(config.get_user(), Some(user.as_str()));
        prop_assert_eq!(config.get_password(), Some(password.as_bytes()));
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,60}", head in prop::sample::select(vec!["", "postgres://", "postgres://a:b@"])) {
        let _ = parse(&format!("{head}{text}"));
    }
}
