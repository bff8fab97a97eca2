//! Whether a password is hard enough to guess: an estimate of its entropy (rest.md §6).

/// The password is too easy to guess, or too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Too few different characters.
    #[error("the password is too easy to guess; make it longer, or mix letters, digits and symbols")]
    Guessable,
    /// More than 64 bytes.
    #[error("the password may be at most 64 bytes long")]
    TooLong,
}

const MIN_BITS: f64 = 52.0;
const MAX_BYTES: usize = 64;
/// Runs that count as one character.
const SEQUENCES: [&str; 6] =
    ["0123456789", "qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz", "9876543210"];

/// Checks a new password.
///
/// # Errors
/// [`WeakPassword`].
pub fn check_strength(password: &str) -> Result<(), WeakPassword> {
    if password.len() > MAX_BYTES {
        return Err(WeakPassword::TooLong);
    }
    if entropy(password) < MIN_BITS { Err(WeakPassword::Guessable) } else { Ok(()) }
}

fn entropy(password: &str) -> f64 {
    base(password).log2() * f64::from(effective_length(password))
}

/// Sizes of the classes of characters that occur.
fn base(password: &str) -> f64 {
    let mut base = 0;
    let classes: [(&str, u32); 5] = [
        ("abcdefghijklmnopqrstuvwxyz", 26),
        ("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 26),
        ("0123456789", 10),
        ("!@$&*", 5),
        ("_-., ", 5),
    ];
    for (members, size) in classes {
        if password.chars().any(|c| members.contains(c)) {
            base += size;
        }
    }
    const OTHER_SYMBOLS: &str = "\"#%'()+/:;<=>?[\\]^{|}~`";
    if password.chars().any(|c| OTHER_SYMBOLS.contains(c)) {
        base += 22;
    }
    let known = |c: char| c.is_ascii_graphic() || c == ' ';
    let others: std::collections::BTreeSet<char> = password.chars().filter(|c| !known(*c)).collect();
    f64::from(base + u32::try_from(others.len()).unwrap_or(u32::MAX - base)).max(1.0)
}

/// The length in which long runs of one character count as two, and common sequences as one.
fn effective_length(password: &str) -> u32 {
    let mut text: Vec<char> = Vec::new();
    for c in password.chars() {
        let repeated = text.len() >= 2 && text.iter().rev().take(2).all(|last| *last == c);
        if !repeated {
            text.push(c);
        }
    }
    let mut text: String = text.into_iter().collect::<String>().to_lowercase();
    for sequence in SEQUENCES {
        for length in (3..=sequence.len()).rev() {
            for start in 0..=sequence.len() - length {
                let Some(run) = sequence.get(start..start + length) else { continue };
                text = text.replace(run, "*");
            }
        }
    }
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_easy_to_guess() {
        for weak in ["", "password", "password1", "aaaaaaaaaaaaaaaaaaaaaaaa", "12345678901234567890", "qwertyuiop1"] {
            assert_eq!(check_strength(weak), Err(WeakPassword::Guessable), "{weak}");
        }
        assert_eq!(check_strength(&"aB3$".repeat(17)), Err(WeakPassword::TooLong));
    }

    #[test]
    fn accepts_what_is_not() {
        for strong in ["SomeSecurePassword!", "correct horse battery", "Tr0ub4dor&3x", "Warren-Skeleton-42", "S3cure!Passw0rd"] {
            assert_eq!(check_strength(strong), Ok(()), "{strong}");
        }
    }
}
