use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{ClientConnection, ServerConnection};

use super::*;
use crate::{ClientTls, client_config};

/// An authority and what it signs.
struct Authority(String, Issuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(params.self_signed(&key).unwrap().pem(), Issuer::new(params, key))
    }

    fn sign(&self, name: &str) -> (Vec<u8>, Vec<u8>) {
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &self.1).unwrap();
        (leaf.pem().into_bytes(), key.serialize_pem().into_bytes())
    }

    fn client(&self, identity_pem: Option<(Vec<u8>, Vec<u8>)>) -> ClientTls {
        ClientTls { roots_pem: Some(self.0.clone().into_bytes()), identity_pem, ..ClientTls::default() }
    }
}

/// A handshake in memory.
fn shake(server: &ServerTls, client: &ClientTls, name: &str) -> Result<(), rustls::Error> {
    let mut server = ServerConnection::new(server_config(server).unwrap()).unwrap();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut client = ClientConnection::new(Arc::new(client_config(client).unwrap()), name).unwrap();
    while client.is_handshaking() || server.is_handshaking() {
        let mut bytes = Vec::new();
        client.write_tls(&mut bytes).unwrap();
        server.read_tls(&mut bytes.as_slice()).unwrap();
        server.process_new_packets()?;
        let mut bytes = Vec::new();
        server.write_tls(&mut bytes).unwrap();
        client.read_tls(&mut bytes.as_slice()).unwrap();
        client.process_new_packets()?;
    }
    Ok(())
}

#[test]
fn the_certificate_is_chosen_by_name() {
    let authority = Authority::new();
    let identities = vec![authority.sign("a.example"), authority.sign("*.apps.example")];
    let server = ServerTls { identities, ..ServerTls::default() };
    let client = authority.client(None);
    shake(&server, &client, "a.example").unwrap();
    shake(&server, &client, "x.apps.example").unwrap();
    assert!(shake(&server, &client, "b.example").is_err(), "the first one does not fit and is shown");
}

#[test]
fn clients_are_asked_for_what_the_listener_wants() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let server = |client_auth| ServerTls {
        identities: vec![authority.sign("a.example")],
        client_auth,
        client_roots_pem: Some(authority.0.clone().into_bytes()),
        ..ServerTls::default()
    };
    let nobody = authority.client(None);
    let known = authority.client(Some(authority.sign("me")));
    let unknown = authority.client(Some(stranger.sign("me")));
    for (wanted, outcomes) in [
        (ClientAuth::None, [true, true, true]),
        (ClientAuth::Request, [true, true, true]),
        (ClientAuth::RequireAny, [false, true, true]),
        (ClientAuth::VerifyIfGiven, [true, true, false]),
        (ClientAuth::RequireAndVerify, [false, true, false]),
    ] {
        let server = server(wanted);
        let shaken = [&nobody, &known, &unknown].map(|client| shake(&server, client, "a.example").is_ok());
        assert_eq!(shaken, outcomes, "{wanted:?}");
    }
}

#[test]
fn versions_and_suites_can_be_narrowed() {
    let authority = Authority::new();
    let identities = vec![authority.sign("a.example")];
    let suite = "TLS_AES_256_GCM_SHA384";
    let narrow = ServerTls { identities, only_tls13: true, ciphers: vec![suite.into()], ..ServerTls::default() };
    shake(&narrow, &authority.client(None), "a.example").unwrap();
    let weak = ServerTls { ciphers: vec!["TLS_RSA_WITH_RC4_128_SHA".into()], ..narrow };
    let refused = server_config(&weak).unwrap_err().to_string();
    assert!(refused.contains("TLS_RSA_WITH_RC4_128_SHA") && refused.contains(suite), "{refused}");
}

#[test]
fn what_is_missing_is_said() {
    let authority = Authority::new();
    let (chain, _) = authority.sign("a.example");
    let (_, other_key) = authority.sign("a.example");
    assert!(matches!(server_config(&ServerTls::default()), Err(Error::NoCertificate)));
    let mixed = ServerTls { identities: vec![(chain.clone(), other_key)], ..ServerTls::default() };
    assert!(matches!(server_config(&mixed), Err(Error::Rustls(_))));
    let none = ServerTls {
        identities: vec![authority.sign("a.example")],
        client_auth: ClientAuth::RequireAndVerify,
        ..ServerTls::default()
    };
    assert!(matches!(server_config(&none), Err(Error::NoClientRoots)));
}
