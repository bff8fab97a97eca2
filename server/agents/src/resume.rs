//! Resume tokens: a client that reconnects keeps its peer id. A token is opaque to clients; every replica can read it, as
//! the key is in the database.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha512;
use uuid::Uuid;
use warren_db::agent_reports::ensure_secret;
use warren_db::{Db, DbError};

use crate::defaults::RESUME_TOKEN_LIFE;

const FEATURE: &str = "tailnet_resume";
/// `{"alg":"HS512","kid":"1"}`
const HEADER: &str = r#"{"alg":"HS512","kid":"1"}"#;

/// Makes and reads resume tokens.
pub struct ResumeTokens {
    key: Box<[u8]>,
}

/// A token and its end.
#[derive(Debug, Clone)]
pub struct ResumeToken {
    /// The text.
    pub token: String,
    /// Not accepted after this.
    pub expires_at: Timestamp,
}

/// Why a token is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    /// Not three parts of base64.
    #[error("the token is malformed")]
    Malformed,
    /// Not signed by this deployment.
    #[error("the signature is wrong")]
    Signature,
    /// Too old.
    #[error("the token has expired")]
    Expired,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Claims {
    sub: Uuid,
    exp: i64,
}

impl ResumeTokens {
    pub(crate) async fn load(db: &Db) -> Result<Self, DbError> {
        let fresh: [u8; 64] = rand::random();
        let conn = db.conn().await?;
        Ok(Self { key: ensure_secret(&conn, FEATURE, &fresh, crate::service::now()).await?.into() })
    }

    /// A token for a peer.
    pub fn issue(&self, peer: Uuid, now: Timestamp) -> ResumeToken {
        let life = i64::try_from(RESUME_TOKEN_LIFE.as_secs()).unwrap_or(0);
        let exp = now.as_second() + life;
        let claims = serde_json::to_vec(&Claims { sub: peer, exp }).unwrap_or_default();
        let signed = format!("{}.{}", BASE64.encode(HEADER), BASE64.encode(claims));
        let signature = BASE64.encode(self.mac(&signed).finalize().into_bytes());
        let expires_at = Timestamp::from_second(exp).unwrap_or(now);
        ResumeToken { token: format!("{signed}.{signature}"), expires_at }
    }

    /// The peer of a token.
    ///
    /// # Errors
    /// [`InvalidToken`].
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Uuid, InvalidToken> {
        let (signed, signature) = token.rsplit_once('.').ok_or(InvalidToken::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(InvalidToken::Malformed)?;
        let decode = |text: &str| BASE64.decode(text).map_err(|_| InvalidToken::Malformed);
        if decode(header)? != HEADER.as_bytes() {
            return Err(InvalidToken::Signature);
        }
        let signature = decode(signature)?;
        self.mac(signed).verify_slice(&signature).map_err(|_| InvalidToken::Signature)?;
        let claims: Claims = serde_json::from_slice(&decode(claims)?).map_err(|_| InvalidToken::Malformed)?;
        if claims.exp <= now.as_second() { Err(InvalidToken::Expired) } else { Ok(claims.sub) }
    }

    fn mac(&self, signed: &str) -> Hmac<Sha512> {
        let mut mac = Hmac::<Sha512>::new_from_slice(&self.key).expect("a key of any length");
        mac.update(signed.as_bytes());
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_unexpired_tokens_are_accepted() {
        let (own, other) = (ResumeTokens { key: [1; 64].into() }, ResumeTokens { key: [2; 64].into() });
        let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let peer = Uuid::new_v4();
        let issued = own.issue(peer, now);
        assert_eq!(own.verify(&issued.token, now), Ok(peer));
        assert_eq!(own.verify(&issued.token, issued.expires_at), Err(InvalidToken::Expired));
        assert_eq!(other.verify(&issued.token, now), Err(InvalidToken::Signature));
        assert_eq!(own.verify("bad", now), Err(InvalidToken::Malformed));
        let (head, signature) = issued.token.rsplit_once('.').unwrap();
        let forged = format!("{}.{signature}", head.replace('e', "f"));
        own.verify(&forged, now).unwrap_err();
    }
}
