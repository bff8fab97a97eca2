//! Password hashing: argon2id in the PHC text form, on a blocking thread, a few at a time.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, Params, PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

/// How many hashes are computed at once: each takes a core and the memory below.
const CONCURRENT: usize = 2;
/// Memory of one hash in KiB, passes, lanes: the OWASP minimum for argon2id.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Hashes and checks passwords; cheap to clone.
#[derive(Clone)]
pub struct Passwords {
    permits: Arc<Semaphore>,
    /// Compared with when there is no account, so that both cases take the same time. Random for each process: nobody
    /// can own an account whose hash this is.
    dummy: Arc<std::sync::OnceLock<String>>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { permits: Arc::new(Semaphore::new(CONCURRENT)), dummy: Arc::default() }
    }
}

impl Passwords {
    /// The hash to keep.
    pub async fn hash(&self, password: &str) -> String {
        let password = password.to_owned();
        self.compute(move || hash(&password)).await
    }

    /// Checks a password against the kept hash, or in the same time against nothing.
    pub async fn verify(&self, password: &str, kept: Option<&str>) -> bool {
        let (password, kept, dummy) = (password.to_owned(), kept.map(str::to_owned), self.dummy.clone());
        self.compute(move || match kept {
            Some(kept) => verify(&password, &kept),
            None => {
                let dummy = dummy.get_or_init(|| hash(&crate::token::random_text(32)));
                let _always_wrong = verify(&password, dummy);
                false
            }
        })
        .await
    }

    async fn compute<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let _permit = self.permits.clone().acquire_owned().await.expect("the semaphore is never closed");
        tokio::task::spawn_blocking(work).await.expect("hashing does not panic")
    }
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("constant parameters are valid");
    Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params)
}

fn hash(password: &str) -> String {
    argon2().hash_password(password.as_bytes()).expect("a password of any length can be hashed").to_string()
}

fn verify(password: &str, kept: &str) -> bool {
    PasswordHash::new(kept).is_ok_and(|kept| argon2().verify_password(password.as_bytes(), &kept).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn accepts_the_password_and_nothing_else() {
        let passwords = Passwords::default();
        let kept = passwords.hash("correct horse").await;
        assert!(kept.starts_with("$argon2id$"));
        assert!(passwords.verify("correct horse", Some(&kept)).await);
        assert!(!passwords.verify("wrong horse", Some(&kept)).await);
        assert!(!passwords.verify("correct horse", Some("broken")).await);
        assert!(!passwords.verify("correct horse", None).await);
    }
}
