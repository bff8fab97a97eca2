//! The TLS listener's certificates and wishes.

use anyhow::{Context, Result, bail};
use tokio_rustls::TlsAcceptor;
use url::Url;
use warren_tls::{ClientAuth, ServerTls};

use crate::options::Values;

/// What the options say.
pub(crate) fn acceptor(values: &Values) -> Result<TlsAcceptor> {
    let client_auth = match values.text("tls-client-auth").as_str() {
        "none" => ClientAuth::None,
        "request" => ClientAuth::Request,
        "require-any" => ClientAuth::RequireAny,
        "verify-if-given" => ClientAuth::VerifyIfGiven,
        "require-and-verify" => ClientAuth::RequireAndVerify,
        // A wish that is not understood must not end in a listener that asks nothing.
        other => bail!("tls-client-auth: {other:?} is unknown"),
    };
    let authority = values.text("tls-client-ca-file");
    let tls = ServerTls {
        identities: identities(values)?,
        only_tls13: values.text("tls-min-version") == "tls13",
        ciphers: values.list("tls-ciphers"),
        client_auth,
        client_roots_pem: if authority.is_empty() { None } else { Some(read(&authority)?) },
    };
    Ok(TlsAcceptor::from(warren_tls::server_config(&tls).context("tls-enable")?))
}

fn identities(values: &Values) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
    let (certificates, keys) = (values.list("tls-cert-file"), values.list("tls-key-file"));
    if certificates.len() != keys.len() {
        bail!("tls-cert-file and tls-key-file must name the same number of files");
    }
    if certificates.is_empty() {
        return Ok(vec![self_signed(values)?]);
    }
    certificates.iter().zip(&keys).map(|(certificate, key)| Ok((read(certificate)?, read(key)?))).collect()
}

fn read(path: &str) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read {path}"))
}

/// A certificate of this start, for trying TLS out: nobody trusts it.
fn self_signed(values: &Values) -> Result<(Vec<u8>, Vec<u8>)> {
    let host = Url::parse(&values.text("access-url")).ok().and_then(|url| url.host_str().map(str::to_owned));
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    names.extend(host.filter(|host| !names.contains(host)));
    tracing::warn!(?names, "no tls-cert-file is given: clients see a self-signed certificate and do not trust it");
    let made = rcgen::generate_simple_self_signed(names).context("cannot make a certificate")?;
    Ok((made.cert.pem().into_bytes(), made.signing_key.serialize_pem().into_bytes()))
}
