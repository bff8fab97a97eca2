#![doc = include_str!("../README.md")]

use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, ServerConfig, SignatureScheme};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::TlsConnector;

/// Why a TLS configuration could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text is not a PEM file of certificates.
    #[error("the certificate file holds no certificate in PEM form")]
    NoCertificate,
    /// The text is not a PEM file with a private key.
    #[error("the key file holds no private key in PEM form")]
    NoKey,
    /// rustls refused the material.
    #[error("invalid TLS material")]
    Rustls(#[from] rustls::Error),
}

/// What a TLS client trusts and shows.
#[derive(Clone, Default)]
pub struct ClientTls {
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
    let builder = match &tls.roots_pem {
        Some(pem) => {
            let mut roots = RootCertStore::empty();
            for certificate in certificates(pem)? {
                roots.add(certificate)?;
            }
            builder.with_root_certificates(roots)
        }
        None => builder.dangerous().with_custom_certificate_verifier(Arc::new(LazyVerifier::default())),
    };
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

/// The configuration of a listener: its chain, leaf first, and the key of the leaf. ALPN is up to the caller.
///
/// # Errors
/// The key does not fit the certificate, or either cannot be used.
pub fn server_config(
    certs: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<Arc<ServerConfig>, Error> {
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(certs, key)?;
    Ok(Arc::new(config))
}

/// [`server_config`] from the texts of a certificate file and a key file.
///
/// # Errors
/// As [`server_config`], or a text has no certificate or no key.
pub fn server_config_from_pem(certs: &[u8], key: &[u8]) -> Result<Arc<ServerConfig>, Error> {
    server_config(certificates(certs)?, PrivateKeyDer::from_pem_slice(key).map_err(|_| Error::NoKey)?)
}

/// The certificates of a PEM text; an error if there is none.
pub fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, Error> {
    let list: Vec<_> =
        CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|_| Error::NoCertificate)?;
    if list.is_empty() { Err(Error::NoCertificate) } else { Ok(list) }
}

/// The system's verifier, loaded when the first certificate has to be judged.
#[derive(Default)]
struct LazyVerifier(OnceLock<Result<rustls_platform_verifier::Verifier, rustls::Error>>);

impl std::fmt::Debug for LazyVerifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LazyVerifier")
    }
}

impl LazyVerifier {
    fn verifier(&self) -> Result<&rustls_platform_verifier::Verifier, rustls::Error> {
        self.0.get_or_init(|| rustls_platform_verifier::Verifier::new(provider())).as_ref().map_err(Clone::clone)
    }
}

impl ServerCertVerifier for LazyVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.verifier()?.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(
            message,
            certificate,
            signature,
            &provider().signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(
            message,
            certificate,
            signature,
            &provider().signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
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
        let tls = ClientTls { roots_pem: Some(b"nonsense".to_vec()), identity_pem: None };
        assert!(matches!(client_config(&tls), Err(Error::NoCertificate)));
    }
}
