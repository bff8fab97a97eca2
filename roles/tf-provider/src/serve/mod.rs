//! The plugin process: handshake, mutual TLS on a unix socket, gRPC services, end.

mod listen;
mod process;
mod provider;
mod tls;

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use warren_tfplugin::handshake::{
    CLIENT_CERT, COOKIE, COOKIE_VARIABLE, Line, MULTIPLEX, PROTOCOL_VERSIONS, speaks_our_protocol,
};

use crate::env::Environment;
use crate::session::Session;
use listen::Listener;
use provider::Service;

/// Why the process ends without having served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Started by hand.
    #[error(
        "this program is a Terraform plugin and is started by terraform or tofu; \
         see the documentation of the coder/coder provider"
    )]
    NotAPlugin,
    /// The client speaks other protocol versions only.
    #[error("the client does not speak plugin protocol 5; it offers {offered:?}")]
    Protocol {
        /// What it offers.
        offered: String,
    },
    /// The client did not say which certificate it will present.
    #[error("{CLIENT_CERT} does not hold a certificate; connections without mutual TLS are not served")]
    ClientCertificate,
    /// No certificate of our own.
    #[error("could not make a certificate")]
    Certificate(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// No socket.
    #[error("could not listen: {0}")]
    Listen(#[source] std::io::Error),
}

/// Serves until the client says that it is enough.
pub fn serve() -> Result<(), ServeError> {
    if variable(COOKIE_VARIABLE).as_deref() != Some(COOKIE) {
        return Err(ServeError::NotAPlugin);
    }
    let client = process::Client::of_process();
    let versions = variable(PROTOCOL_VERSIONS);
    if !speaks_our_protocol(versions.as_deref()) {
        return Err(ServeError::Protocol { offered: versions.unwrap_or_default() });
    }
    let announced = variable(CLIENT_CERT).and_then(|pem| tls::read_certificate(&pem));
    let identity =
        tls::Identity::new(announced.ok_or(ServeError::ClientCertificate)?).map_err(ServeError::Certificate)?;

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(ServeError::Listen)?;
    runtime.block_on(async {
        let listener = Listener::bind().map_err(ServeError::Listen)?;
        let line = Line {
            endpoint: listener.endpoint(),
            certificate: STANDARD_NO_PAD.encode(&identity.certificate),
            multiplex: variable(MULTIPLEX).is_some_and(|value| !value.is_empty()),
        };
        let mut stdout = std::io::stdout();
        writeln!(stdout, "{line}").and_then(|()| stdout.flush()).map_err(ServeError::Listen)?;
        let session = Session::new(Environment::of_process());
        process::run(client, listener, identity.acceptor, Service::new(session)).await;
        Ok(())
    })
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
