//! What a connection string says: where the database is, and how the way there is secured.
//!
//! The strings of libpq: `postgres://…` and `key=value …`, with its six values of `sslmode`. Parameters that neither
//! libpq nor the driver knows are settings of the session, as other drivers have it.

use std::fmt;
use std::path::Path;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, SslNegotiation};
use tokio_postgres_rustls::MakeRustlsConnect;
use warren_tls::{ClientTls, ServerCheck};

mod parameters;

use parameters::Parameters;

/// Why a connection string cannot be used. Never shows the string, which holds a password.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// It has not the form of one.
    #[error("not of the form postgres://user:password@host:port/database or key=value")]
    Form,
    /// The driver does not take a parameter.
    #[error("a parameter is not usable")]
    Parameter(#[source] tokio_postgres::Error),
    /// There is no such `sslmode`.
    #[error("sslmode is {0:?}, not one of disable, allow, prefer, require, verify-ca and verify-full")]
    SslMode(String),
    /// A certificate or key cannot be read.
    #[error("the file {path} of {parameter} cannot be read")]
    File {
        /// Which parameter names it.
        parameter: &'static str,
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// Only one of `sslcert` and `sslkey` is there.
    #[error("sslcert and sslkey belong together")]
    HalfIdentity,
    /// The certificates or the key cannot be used.
    #[error("the TLS files cannot be used")]
    Tls(#[from] warren_tls::Error),
}

/// Where the database is and how to get there; cheap to clone.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) config: Config,
    pub(crate) tls: MakeRustlsConnect,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.config.fmt(f)
    }
}

/// Reads a connection string and the files that it names.
pub(crate) fn parse(text: &str) -> Result<Target, ConnectError> {
    let mut parameters = Parameters::parse(text).ok_or(ConnectError::Form)?;
    let mode = parameters.take("sslmode");
    let roots = parameters.take("sslrootcert").filter(|path| path != "system");
    let identity = (parameters.take("sslcert"), parameters.take("sslkey"));
    parameters.keep_what_the_driver_knows();
    let mut config: Config = parameters.to_string().parse().map_err(ConnectError::Parameter)?;

    let only_sockets = config.get_hosts().iter().all(|host| !matches!(host, Host::Tcp(_)));
    let (ssl_mode, check) = match mode.as_deref() {
        None if only_sockets => (SslMode::Disable, ServerCheck::Nothing),
        Some("disable") => (SslMode::Disable, ServerCheck::Nothing),
        None | Some("allow" | "prefer") => (SslMode::Prefer, ServerCheck::Nothing),
        // As libpq: who names a root wants it used.
        Some("require") if roots.is_some() => (SslMode::Require, ServerCheck::Chain),
        Some("require") => (SslMode::Require, ServerCheck::Nothing),
        Some("verify-ca") => (SslMode::Require, ServerCheck::Chain),
        Some("verify-full") => (SslMode::Require, ServerCheck::Full),
        Some(other) => return Err(ConnectError::SslMode(other.to_owned())),
    };
    config.ssl_mode(ssl_mode);

    let identity_pem = match identity {
        (Some(chain), Some(key)) => Some((read("sslcert", &chain)?, read("sslkey", &key)?)),
        (None, None) => None,
        _ => return Err(ConnectError::HalfIdentity),
    };
    let roots_pem = roots.map(|path| read("sslrootcert", &path)).transpose()?;
    let mut tls = warren_tls::client_config(&ClientTls { check, roots_pem, identity_pem })?;
    if config.get_ssl_negotiation() == SslNegotiation::Direct {
        tls.alpn_protocols = vec![b"postgresql".to_vec()];
    }
    Ok(Target { config, tls: MakeRustlsConnect::new(tls) })
}

fn read(parameter: &'static str, path: &str) -> Result<Vec<u8>, ConnectError> {
    std::fs::read(Path::new(path)).map_err(|source| ConnectError::File { parameter, path: path.to_owned(), source })
}

#[cfg(test)]
mod tests;
