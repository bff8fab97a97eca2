//! The rules for names (rest.md §6).

use rand::seq::IndexedRandom;

/// Longest name of users, workspaces, templates and organizations.
const MAX_NAME: usize = 32;
const MAX_VERSION_NAME: usize = 64;
const MAX_DISPLAY_NAME: usize = 64;
const MAX_REAL_NAME: usize = 128;

/// Usernames, workspaces, templates, organizations: letters and digits, single hyphens between them.
///
/// # Errors
/// What is wrong, for the caller.
pub fn check_name(name: &str) -> Result<(), &'static str> {
    check(name, MAX_NAME, |c| c == '-')?;
    if name == "new" || name == "create" { Err("this name is reserved") } else { Ok(()) }
}

/// Template versions: letters and digits, single `_`, `.` or `-` between them.
///
/// # Errors
/// What is wrong, for the caller.
pub fn check_version_name(name: &str) -> Result<(), &'static str> {
    check(name, MAX_VERSION_NAME, |c| matches!(c, '_' | '.' | '-'))
}

/// Display names: empty, or at most 64 characters without white space around.
///
/// # Errors
/// What is wrong, for the caller.
pub fn check_display_name(name: &str) -> Result<(), &'static str> {
    check_text(name, MAX_DISPLAY_NAME)
}

/// Full names of people: empty, or at most 128 characters without white space around.
///
/// # Errors
/// What is wrong, for the caller.
pub fn check_real_name(name: &str) -> Result<(), &'static str> {
    check_text(name, MAX_REAL_NAME)
}

/// Two words and a digit joined by `separator`, for what nobody named.
pub fn generated_name(separator: char) -> String {
    const ADJECTIVES: [&str; 24] = [
        "amber", "brave", "calm", "clever", "cosy", "deep", "eager", "fair", "gentle", "happy", "keen", "kind",
        "lively", "lucky", "merry", "mild", "neat", "nimble", "proud", "quick", "quiet", "steady", "sunny", "warm",
    ];
    const NOUNS: [&str; 24] = [
        "badger", "birch", "brook", "burrow", "clover", "cricket", "fern", "finch", "hare", "hazel", "heron", "lark",
        "maple", "meadow", "mole", "oak", "otter", "pebble", "rabbit", "robin", "stone", "thistle", "willow", "wren",
    ];
    let mut rng = rand::rng();
    let adjective = ADJECTIVES.choose(&mut rng).unwrap_or(&"calm");
    let noun = NOUNS.choose(&mut rng).unwrap_or(&"rabbit");
    format!("{adjective}{separator}{noun}{separator}{}", rand::random_range(0..100))
}

fn check(name: &str, longest: usize, separator: impl Fn(char) -> bool) -> Result<(), &'static str> {
    if name.is_empty() {
        return Err("a name is needed");
    }
    if name.len() > longest {
        return Err("the name is too long");
    }
    let well_formed =
        name.split(separator).all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric()));
    if well_formed { Ok(()) } else { Err("a name consists of letters and digits with single separators between them") }
}

fn check_text(text: &str, longest: usize) -> Result<(), &'static str> {
    if text.chars().count() > longest {
        return Err("the text is too long");
    }
    if text.trim() != text { Err("white space around the text is not allowed") } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rules() {
        for good in ["a", "Dev", "my-workspace-2", &"x".repeat(32)] {
            assert_eq!(check_name(good), Ok(()), "{good}");
        }
        for bad in ["", "-a", "a-", "a--b", "a_b", "ä", "new", "create", &"x".repeat(33)] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
        assert_eq!(check_version_name("v1.2_3-rc"), Ok(()));
        assert!(check_version_name("v1..2").is_err());
        for separator in ['_', '-'] {
            assert_eq!(check_version_name(&generated_name(separator)), Ok(()));
        }
    }

    #[test]
    fn display_names_have_no_white_space_around() {
        assert_eq!(check_display_name(""), Ok(()));
        assert_eq!(check_display_name("My Template"), Ok(()));
        assert!(check_display_name(" x").is_err());
        assert!(check_real_name(&"x".repeat(129)).is_err());
    }
}
