//! Mutual TLS with one known peer: a fresh certificate of our own, and the one that the client
//! announced in the environment.
//!
//! The client's key is on the curve P-521, which the cryptography of this project does not have.
//! Its signature schemes are offered all the same, as the client would otherwise present nothing;
//! the presented certificate must be, byte for byte, the announced one, and the signature is not
//! checked. What keeps others out is the socket's folder, which only this user can enter.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256,
};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme};
use tokio_rustls::TlsAcceptor;

/// The name that clients expect in the certificate.
const NAME: &str = "localhost";

/// Our side of the connection.
pub struct Identity {
    /// Our certificate.
    pub certificate: CertificateDer<'static>,
    /// Answers handshakes of the one client.
    pub acceptor: TlsAcceptor,
}

/// The certificate in a PEM text.
pub fn read_certificate(pem: &str) -> Option<CertificateDer<'static>> {
    CertificateDer::from_pem_slice(pem.as_bytes()).ok()
}

impl Identity {
    /// A new certificate that serves `client` alone.
    pub fn new(client: CertificateDer<'static>) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = CertificateParams::new(vec![NAME.to_owned()])?;
        params.distinguished_name.push(DnType::CommonName, NAME);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![
            KeyUsagePurpose::DigitalSignature,
            KeyUsagePurpose::KeyEncipherment,
            KeyUsagePurpose::KeyAgreement,
            KeyUsagePurpose::KeyCertSign,
        ];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let certificate = params.self_signed(&key)?.der().clone();

        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(Arc::new(OneClient(client)))
            .with_single_cert(vec![certificate.clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        // Every process serves one connection: nothing is ever resumed.
        config.send_tls13_tickets = 0;
        Ok(Self { certificate, acceptor: TlsAcceptor::from(Arc::new(config)) })
    }
}

/// Accepts one certificate.
#[derive(Debug)]
struct OneClient(CertificateDer<'static>);

impl ClientCertVerifier for OneClient {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        presented: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if presented.as_ref() == self.0.as_ref() {
            return Ok(ClientCertVerified::assertion());
        }
        Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![
            SignatureScheme::ECDSA_NISTP521_SHA512,
            SignatureScheme::ECDSA_NISTP384_SHA384,
            SignatureScheme::ECDSA_NISTP256_SHA256,
            SignatureScheme::ED25519,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate() -> CertificateDer<'static> {
        let client = read_certificate(&rcgen::generate_simple_self_signed(vec![NAME.to_owned()]).unwrap().cert.pem());
        client.unwrap()
    }

    #[test]
    fn only_the_announced_certificate_is_accepted() {
        let announced = certificate();
        let verifier = OneClient(announced.clone());
        let now = UnixTime::since_unix_epoch(std::time::Duration::ZERO);
        assert!(verifier.verify_client_cert(&announced, &[], now).is_ok());
        assert!(verifier.verify_client_cert(&certificate(), &[announced], now).is_err());
        assert!(verifier.client_auth_mandatory());
    }

    #[test]
    fn every_process_has_a_certificate_of_its_own() {
        let client = certificate();
        let one = Identity::new(client.clone()).unwrap();
        assert_ne!(one.certificate, Identity::new(client).unwrap().certificate);
    }

    #[test]
    fn a_text_without_a_certificate_is_none() {
        assert!(read_certificate("").is_none());
        assert!(read_certificate("-----BEGIN CERTIFICATE-----\nx").is_none());
    }
}
