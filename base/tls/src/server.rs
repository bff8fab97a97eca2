//! The configuration of TLS listeners.

use std::sync::Arc;

use rustls::client::verify_server_name;
use rustls::crypto::CryptoProvider;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{ClientHello, NoClientAuth, ParsedCertificate, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{RootCertStore, ServerConfig, version};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{PrivateKeyDer, ServerName};

use crate::verifier::AnyClient;
use crate::{Error, certificates, provider};

/// What a listener wants of clients' certificates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientAuth {
    /// Nothing.
    #[default]
    None,
    /// Asks for one and takes whatever comes.
    Request,
    /// Demands one and takes any.
    RequireAny,
    /// Asks for one; one that comes must be of the authority.
    VerifyIfGiven,
    /// Demands one of the authority.
    RequireAndVerify,
}

/// How a listener speaks TLS. ALPN is up to the caller.
#[derive(Clone, Default)]
pub struct ServerTls {
    /// PEM texts of chains (leaf first) and keys: the first whose leaf fits the name that a client asks for, else the
    /// first of all.
    pub identities: Vec<(Vec<u8>, Vec<u8>)>,
    /// TLS 1.2 is refused.
    pub only_tls13: bool,
    /// Names of the suites that are offered; all that are known when empty.
    pub ciphers: Vec<String>,
    /// What is wanted of clients.
    pub client_auth: ClientAuth,
    /// PEM bundle of the authorities of clients.
    pub client_roots_pem: Option<Vec<u8>>,
}

/// The configuration of a listener.
///
/// # Errors
/// A file holds nothing usable, a key does not fit its certificate, no suite is left, or authorities are missing.
pub fn server_config(tls: &ServerTls) -> Result<Arc<ServerConfig>, Error> {
    let provider = Arc::new(with_suites(&tls.ciphers)?);
    let keys = tls.identities.iter().map(|identity| certified(identity, &provider)).collect::<Result<Vec<_>, _>>()?;
    if keys.is_empty() {
        return Err(Error::NoCertificate);
    }
    let versions: &[_] = if tls.only_tls13 { &[&version::TLS13] } else { &[&version::TLS13, &version::TLS12] };
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)?
        .with_client_cert_verifier(client_verifier(tls)?)
        .with_cert_resolver(Arc::new(ByName(keys)));
    Ok(Arc::new(config))
}

fn certified((chain, key): &(Vec<u8>, Vec<u8>), provider: &CryptoProvider) -> Result<Arc<CertifiedKey>, Error> {
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| Error::NoKey)?;
    Ok(Arc::new(CertifiedKey::from_der(certificates(chain)?, key, provider)?))
}

/// The names are those of the registry of TLS cipher suites (IANA); those of TLS 1.3 may lack the `13`.
fn with_suites(names: &[String]) -> Result<CryptoProvider, Error> {
    let mut chosen = CryptoProvider::clone(&provider());
    if names.is_empty() {
        return Ok(chosen);
    }
    let plain = |name: &str| name.replace("TLS13_", "TLS_").to_ascii_uppercase();
    for name in names {
        let known = |suite: &rustls::SupportedCipherSuite| plain(&format!("{:?}", suite.suite())) == plain(name);
        if !chosen.cipher_suites.iter().any(known) {
            let offered = chosen.cipher_suites.iter().map(|suite| plain(&format!("{:?}", suite.suite())));
            return Err(Error::Cipher { name: name.clone(), known: offered.collect::<Vec<_>>().join(", ") });
        }
    }
    let wanted: Vec<String> = names.iter().map(|name| plain(name)).collect();
    chosen.cipher_suites.retain(|suite| wanted.contains(&plain(&format!("{:?}", suite.suite()))));
    Ok(chosen)
}

fn client_verifier(tls: &ServerTls) -> Result<Arc<dyn ClientCertVerifier>, Error> {
    let verified = || -> Result<_, Error> {
        let mut roots = RootCertStore::empty();
        for certificate in certificates(tls.client_roots_pem.as_deref().ok_or(Error::NoClientRoots)?)? {
            roots.add(certificate)?;
        }
        Ok(WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider()))
    };
    Ok(match tls.client_auth {
        ClientAuth::None => Arc::new(NoClientAuth),
        ClientAuth::Request => Arc::new(AnyClient { mandatory: false }),
        ClientAuth::RequireAny => Arc::new(AnyClient { mandatory: true }),
        ClientAuth::VerifyIfGiven => verified()?.allow_unauthenticated().build()?,
        ClientAuth::RequireAndVerify => verified()?.build()?,
    })
}

/// Chooses by the name that the client asks for.
#[derive(Debug)]
struct ByName(Vec<Arc<CertifiedKey>>);

impl ResolvesServerCert for ByName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name().and_then(|name| ServerName::try_from(name).ok());
        let fits = |key: &&Arc<CertifiedKey>| {
            let (Some(name), Ok(leaf)) = (&name, key.end_entity_cert()) else { return false };
            ParsedCertificate::try_from(leaf).is_ok_and(|leaf| verify_server_name(&leaf, name).is_ok())
        };
        self.0.iter().find(fits).or(self.0.first()).cloned()
    }
}

#[cfg(test)]
mod tests;
