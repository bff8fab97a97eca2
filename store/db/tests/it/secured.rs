//! Connections over TLS to a PostgreSQL of the test's own, in every mode.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio_postgres::config::Host;
use tokio_postgres::{Config, NoTls};
use warren_db::{Db, DbError, Options, Statement, scalar};
use warren_postgres::Cluster;

const SECURED: Statement =
    Statement { name: "secured", sql: "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()" };

/// PEM texts: the authority, the server's certificate for `localhost`, its key.
fn certificates() -> (String, String, String) {
    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = authority.self_signed(&authority_key).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let leaf = leaf.signed_by(&key, &Issuer::new(authority, authority_key)).unwrap();
    (root.pem(), leaf.pem(), key.serialize_pem())
}

/// A cluster that offers TLS on a port of 127.0.0.1 and speaks nothing else there.
async fn secured_cluster(dir: &std::path::Path, port: u16, certificate: &str, key: &str) -> Cluster {
    let mut options = warren_postgres::Options::new(dir);
    options.durable = false;
    options.settings = vec![("listen_addresses".into(), "127.0.0.1".into()), ("port".into(), port.to_string())];
    let cluster = warren_postgres::start(options).await.unwrap();
    let url: Config = cluster.url_of("postgres").parse().unwrap();
    let [Host::Unix(socket)] = url.get_hosts() else { panic!("{url:?}") };
    let mut config = Config::new();
    config.host_path(socket).port(port).user(url.get_user().unwrap()).password(url.get_password().unwrap());
    config.dbname("postgres");
    let (client, connection) = config.connect(NoTls).await.unwrap();
    let pump = tokio::spawn(connection);
    // The database writes its own files: it may run as another user, and accepts no key that others may read.
    for (name, text) in [("server.crt", certificate), ("server.key", key)] {
        let copy =
            format!("COPY (SELECT unnest(string_to_array('{text}', E'\\n'))) TO PROGRAM 'umask 077; cat > {name}'");
        client.batch_execute(&copy).await.unwrap();
    }
    for statement in ["ALTER SYSTEM SET ssl = on", "SELECT pg_reload_conf()"] {
        client.batch_execute(statement).await.unwrap();
    }
    drop(client);
    pump.await.unwrap().unwrap();
    cluster
}

async fn is_secured(url: &str) -> Result<bool, DbError> {
    let db = Db::new(url, &Options { max_connections: 1, ..Options::default() })?;
    let conn = db.conn().await?;
    let (client, connection) = db.dedicated().await?;
    let pump = tokio::spawn(connection);
    drop(client);
    pump.await.unwrap().unwrap();
    Ok(scalar(&conn, &SECURED, &[]).await?.unwrap())
}

fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text.push_str(&format!(": {error}"));
        next = error.source();
    }
    text
}

#[tokio::test]
async fn every_mode_does_what_it_promises() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let (root, certificate, key) = certificates();
    let stranger = certificates().0;
    for (name, text) in [("root.pem", &root), ("stranger.pem", &stranger)] {
        std::fs::write(dir.path().join(name), text).unwrap();
    }
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let cluster = secured_cluster(&dir.path().join("pg"), port, &certificate, &key).await;
    let config: Config = cluster.url_of("postgres").parse().unwrap();
    let password = String::from_utf8(config.get_password().unwrap().to_vec()).unwrap();
    let user = config.get_user().unwrap().to_owned();
    let url = |host: &str, query: &str| {
        let query = query.replace("{dir}", &dir.path().display().to_string());
        format!("postgres://{user}:{password}@{host}:{port}/postgres?{query}")
    };

    // The reload is seen by the next connection but one at the latest; the first that is secured ends the waiting.
    let mut secured = false;
    for _ in 0..1_000 {
        secured = is_secured(&url("localhost", "sslmode=prefer")).await.unwrap();
        if secured {
            break;
        }
    }
    assert!(secured, "the cluster never offered TLS");

    assert!(!is_secured(&url("localhost", "sslmode=disable")).await.unwrap());
    for good in [
        "",
        "sslmode=allow",
        "sslmode=require",
        "sslmode=require&sslrootcert={dir}/root.pem",
        "sslmode=verify-ca&sslrootcert={dir}/root.pem",
        "sslmode=verify-full&sslrootcert={dir}/root.pem",
    ] {
        assert!(is_secured(&url("localhost", good)).await.unwrap(), "{good}");
    }
    // The certificate is for `localhost` alone.
    assert!(is_secured(&url("127.0.0.1", "sslmode=verify-ca&sslrootcert={dir}/root.pem")).await.unwrap());
    for (host, bad, reason) in [
        ("127.0.0.1", "sslmode=verify-full&sslrootcert={dir}/root.pem", "not valid for name"),
        ("localhost", "sslmode=verify-full&sslrootcert={dir}/stranger.pem", "invalid peer certificate"),
        ("localhost", "sslmode=verify-ca&sslrootcert={dir}/stranger.pem", "invalid peer certificate"),
        ("localhost", "sslmode=require&sslrootcert={dir}/stranger.pem", "invalid peer certificate"),
        ("localhost", "sslmode=verify-full", "invalid peer certificate"),
    ] {
        let error = is_secured(&url(host, bad)).await.unwrap_err();
        let text = causes(&error);
        assert!(text.contains(reason) && !text.contains(&password), "{bad}: {text}");
    }
    cluster.stop().await;
}

#[tokio::test]
async fn a_database_without_tls_is_refused_when_it_is_required() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut options = warren_postgres::Options::new(dir.path().join("pg"));
    options.durable = false;
    options.settings = vec![("listen_addresses".into(), "127.0.0.1".into()), ("port".into(), port.to_string())];
    let cluster = warren_postgres::start(options).await.unwrap();
    let config: Config = cluster.url_of("postgres").parse().unwrap();
    let password = String::from_utf8(config.get_password().unwrap().to_vec()).unwrap();
    let url = |mode: &str| {
        format!("postgres://{}:{password}@127.0.0.1:{port}/postgres?sslmode={mode}", config.get_user().unwrap())
    };
    assert!(!is_secured(&url("prefer")).await.unwrap());
    let text = causes(&is_secured(&url("require")).await.unwrap_err());
    assert!(text.contains("server does not support TLS"), "{text}");
    cluster.stop().await;
}
