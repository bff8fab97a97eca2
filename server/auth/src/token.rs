//! Session tokens: `<id>-<secret>`, 10 and 22 letters or digits.

use rand::RngExt;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

const ID_LENGTH: usize = 10;
const SECRET_LENGTH: usize = 22;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The text is not a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed token")]
pub struct MalformedToken;

/// A token, as its holder has it. No `Debug` or `Display`: it is a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    id: String,
    secret: String,
}

impl Token {
    /// A fresh random token.
    pub fn generate() -> Self {
        Self { id: random_text(ID_LENGTH), secret: random_text(SECRET_LENGTH) }
    }

    /// Reads the text form.
    ///
    /// # Errors
    /// Any other shape.
    pub fn parse(text: &str) -> Result<Self, MalformedToken> {
        let (id, secret) = text.split_once('-').ok_or(MalformedToken)?;
        let fits = |part: &str, length| part.len() == length && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !fits(id, ID_LENGTH) || !fits(secret, SECRET_LENGTH) {
            return Err(MalformedToken);
        }
        Ok(Self { id: id.to_owned(), secret: secret.to_owned() })
    }

    /// The public half, which is the key's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What the database keeps of the secret half.
    pub fn hashed_secret(&self) -> [u8; 32] {
        Sha256::digest(self.secret.as_bytes()).into()
    }

    /// Compares with the kept hash in constant time.
    pub fn matches(&self, hashed_secret: &[u8]) -> bool {
        self.hashed_secret().as_slice().ct_eq(hashed_secret).into()
    }

    /// The text form, to be given to its holder once.
    pub fn reveal(&self) -> String {
        format!("{}-{}", self.id, self.secret)
    }
}

/// Random letters and digits.
pub(crate) fn random_text(length: usize) -> String {
    let mut rng = rand::rng();
    (0..length).map(|_| char::from(ALPHABET[rng.random_range(0..ALPHABET.len())])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips() {
        let token = Token::generate();
        let text = token.reveal();
        assert_eq!(text.len(), 33);
        let read = Token::parse(&text).unwrap();
        assert!(read.matches(&token.hashed_secret()));
        assert!(!read.matches(&Token::generate().hashed_secret()));
        assert!(!read.matches(&[]));
    }

    #[test]
    fn refuses_every_other_shape() {
        let good = Token::generate().reveal();
        for bad in ["", "-", "a-b", &good[1..], &format!("{good}a"), &good.replace('-', "_"), &format!("{good}-x")] {
            assert!(Token::parse(bad).is_err(), "{bad}");
        }
    }
}
