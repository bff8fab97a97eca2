//! SSH key pairs for git: ed25519, in the formats of OpenSSH.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::SigningKey;

/// A key pair as text.
#[derive(Clone)]
pub struct SshKeyPair {
    /// `-----BEGIN OPENSSH PRIVATE KEY-----` …
    pub private_key: String,
    /// `ssh-ed25519 …`
    pub public_key: String,
}

const KIND: &[u8] = b"ssh-ed25519";

/// Makes a key pair without a passphrase.
pub fn generate_ssh_key() -> SshKeyPair {
    let signing = SigningKey::from_bytes(&rand::random());
    let public = signing.verifying_key().to_bytes();
    let mut public_blob = Vec::new();
    put(&mut public_blob, KIND);
    put(&mut public_blob, &public);
    SshKeyPair {
        public_key: format!("ssh-ed25519 {}\n", STANDARD.encode(&public_blob)),
        private_key: private_key(&signing, &public, &public_blob),
    }
}

/// The container of OpenSSH's `PROTOCOL.key`: unencrypted, one key.
fn private_key(signing: &SigningKey, public: &[u8; 32], public_blob: &[u8]) -> String {
    let mut secrets = Vec::new();
    let check: [u8; 4] = rand::random();
    secrets.extend(check);
    secrets.extend(check);
    put(&mut secrets, KIND);
    put(&mut secrets, public);
    put(&mut secrets, &[&signing.to_bytes()[..], public].concat());
    put(&mut secrets, b"");
    let padding = (8 - secrets.len() % 8) % 8;
    secrets.extend((1..=8).take(padding));
    let mut blob = b"openssh-key-v1\0".to_vec();
    put(&mut blob, b"none");
    put(&mut blob, b"none");
    put(&mut blob, b"");
    blob.extend(1u32.to_be_bytes());
    put(&mut blob, public_blob);
    put(&mut blob, &secrets);
    let mut text = String::from("-----BEGIN OPENSSH PRIVATE KEY-----\n");
    let encoded = STANDARD.encode(blob);
    for line in encoded.as_bytes().chunks(70) {
        text.push_str(&String::from_utf8_lossy(line));
        text.push('\n');
    }
    text.push_str("-----END OPENSSH PRIVATE KEY-----\n");
    text
}

fn put(blob: &mut Vec<u8>, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).expect("parts of a key are short");
    blob.extend(length.to_be_bytes());
    blob.extend(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_both_formats() {
        let pair = generate_ssh_key();
        assert!(pair.public_key.starts_with("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI"));
        assert!(pair.private_key.starts_with("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA"));
    }
}
