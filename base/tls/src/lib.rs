#![doc = include_str!("../README.md")]

use std::sync::{Arc, OnceLock};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsConnector;

mod server;
mod verifier;

pub use server::{ClientAuth, ServerTls, server_config};

use verifier::{Checked, LazyVerifier};

/// Why a TLS configuration could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text is not a PEM file of certificates.
    #[error("the certificate file holds no certificate in PEM form")]
    NoCertificate,
    /// The text is not a PEM file with a private key.
    #[error("the key file holds no private key in PEM form")]
    NoKey,
    /// The bundle of roots cannot judge anything.
    #[error("the bundle of root certificates cannot be used")]
    Roots(#[from] rustls::client::VerifierBuilderError),
    /// Certificates of clients shall be verified, and no authority was given.
    #[error("certificates of clients cannot be verified without the certificates of their authority")]
    NoClientRoots,
    /// There is no such cipher suite.
    #[error("the cipher suite {name} is not offered; there are {known}")]
    Cipher {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// rustls refused the material.
    #[error("invalid TLS material")]
    Rustls(#[from] rustls::Error),
}

/// How much of a server's certificate a client checks. The signatures of the handshake are checked always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ServerCheck {
    /// The chain up to a root, and the name.
    #[default]
    Full,
    /// The chain only, as PostgreSQL's `sslmode=verify-ca`.
    Chain,
    /// Nothing: the connection is encrypted to whoever answers, as PostgreSQL's `sslmode=require`.
    Nothing,
}

/// What a TLS client trusts and shows.
#[derive(Clone, Default)]
pub struct ClientTls {
    /// How much of the server's certificate is checked.
    pub check: ServerCheck,
    /// PEM bundle that replaces the roots of the system.
    pub roots_pem: Option<Vec<u8>>,
    /// Certificate chain and private key (PEM both) for mutual TLS.
    pub identity_pem: Option<(Vec<u8>, Vec<u8>)>,
}

/// The one crypto provider of the project.
pub fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    PROVIDER.get_or_init(|| Arc::new(rustls::crypto::ring::default_provider())).clone()
}

/// Makes the provider the process default, for libraries that look only there. Repeating it is harmless.
pub fn install_default_provider() {
    let _ = CryptoProvider::install_default(CryptoProvider::clone(&provider()));
}

/// A client configuration (TLS 1.2 and later, no ALPN).
pub fn client_config(tls: &ClientTls) -> Result<ClientConfig, Error> {
    let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    let verifier: Arc<dyn ServerCertVerifier> = match &tls.roots_pem {
        Some(pem) => {
            let mut roots = RootCertStore::empty();
            for certificate in certificates(pem)? {
                roots.add(certificate)?;
            }
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider()).build()?
        }
        None => Arc::new(LazyVerifier::default()),
    };
    let verifier = match tls.check {
        ServerCheck::Full => verifier,
        check => Arc::new(Checked { verifier, check }),
    };
    let builder = builder.dangerous().with_custom_certificate_verifier(verifier);
    Ok(match &tls.identity_pem {
        Some((chain, key)) => builder.with_client_auth_cert(
            certificates(chain)?,
            PrivateKeyDer::from_pem_slice(key).map_err(|_| Error::NoKey)?,
        )?,
        None => builder.with_no_client_auth(),
    })
}

/// The configuration of connections without special wishes, made once: the system's roots, no client certificate.
///
/// # Errors
/// As [`client_config`].
pub fn shared_client_config() -> Result<Arc<ClientConfig>, Error> {
    static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    if let Some(config) = CONFIG.get() {
        return Ok(config.clone());
    }
    let config = Arc::new(client_config(&ClientTls::default())?);
    Ok(CONFIG.get_or_init(|| config).clone())
}

/// Makes TLS of dialled connections, by [`shared_client_config`].
///
/// # Errors
/// As [`client_config`].
pub fn connector() -> Result<TlsConnector, Error> {
    shared_client_config().map(TlsConnector::from)
}

/// The certificates of a PEM text; an error if there is none.
pub fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, Error> {
    let list: Vec<_> =
        CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|_| Error::NoCertificate)?;
    if list.is_empty() { Err(Error::NoCertificate) } else { Ok(list) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_with_the_roots_of_the_system_is_made_without_reading_them() {
        assert!(client_config(&ClientTls::default()).is_ok());
    }

    #[test]
    fn a_bundle_without_certificate_is_refused() {
        let tls = ClientTls { roots_pem: Some(b"nonsense".to_vec()), ..ClientTls::default() };
        assert!(matches!(client_config(&tls), Err(Error::NoCertificate)));
    }
}
