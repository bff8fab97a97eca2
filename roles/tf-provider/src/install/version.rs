//! Version constraints: which version to offer so that a template's requirement is met.

use std::fmt;

/// No version meets the constraints, or one of them cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VersionError {
    /// Cannot be read.
    #[error("{0:?} is no version constraint")]
    Constraint(String),
    /// They contradict each other.
    #[error("no version of coder/coder meets {0}")]
    None(String),
}

/// `major.minor.patch`
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Version([u64; 3]);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.0;
        write!(f, "{major}.{minor}.{patch}")
    }
}

/// One to three numbers, and how many were written.
fn parse(text: &str) -> Option<(Version, usize)> {
    let mut numbers = [0; 3];
    let mut count = 0;
    for part in text.split('.') {
        if part.is_empty() || !part.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        *numbers.get_mut(count)? = part.parse().ok()?;
        count += 1;
    }
    Some((Version(numbers), count))
}

/// Whether a text is a full version, such as `2.18.0`.
pub(super) fn is_version(text: &str) -> bool {
    parse(text).is_some_and(|(version, _)| version.to_string() == text)
}

/// One condition of a constraint.
#[derive(Debug, Clone, Copy)]
enum Condition {
    Equal(Version),
    NotEqual(Version),
    More(Version),
    AtLeast(Version),
    Less(Version),
    AtMost(Version),
    /// At least the first, less than the second.
    Compatible(Version, Version),
}

impl Condition {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let digits = text.find(|c: char| c.is_ascii_digit())?;
        let (operator, number) = text.split_at(digits);
        let (version, count) = parse(number)?;
        Some(match operator.trim() {
            "" | "=" => Self::Equal(version),
            "!=" => Self::NotEqual(version),
            ">" => Self::More(version),
            ">=" => Self::AtLeast(version),
            "<" => Self::Less(version),
            "<=" => Self::AtMost(version),
            "~>" => {
                // Only the last number that is written may grow.
                let mut next = version.0;
                let fixed = count.saturating_sub(2);
                next[fixed] += 1;
                next[fixed + 1..].fill(0);
                let limit = if count == 1 { [u64::MAX; 3] } else { next };
                Self::Compatible(version, Version(limit))
            }
            _ => return None,
        })
    }

    fn holds(self, version: Version) -> bool {
        match self {
            Self::Equal(v) => version == v,
            Self::NotEqual(v) => version != v,
            Self::More(v) => version > v,
            Self::AtLeast(v) => version >= v,
            Self::Less(v) => version < v,
            Self::AtMost(v) => version <= v,
            Self::Compatible(least, limit) => version >= least && version < limit,
        }
    }

    /// Versions near the bound.
    fn candidates(self) -> Vec<Version> {
        let (Self::Equal(v)
        | Self::NotEqual(v)
        | Self::More(v)
        | Self::AtLeast(v)
        | Self::Less(v)
        | Self::AtMost(v)
        | Self::Compatible(v, _)) = self;
        let [major, minor, patch] = v.0;
        let below = [
            patch.checked_sub(1).map(|patch| [major, minor, patch]),
            minor.checked_sub(1).map(|minor| [major, minor, 0]),
            major.checked_sub(1).map(|major| [major, 0, 0]),
        ];
        let above = [[major, minor, patch + 1], [major, minor + 1, 0], [major + 1, 0, 0]];
        above.into_iter().chain([v.0]).chain(below.into_iter().flatten()).map(Version).collect()
    }
}

/// The version to offer for all these constraints together (each a comma list, as in
/// `required_providers`): the default if it meets them, else the newest one found that does.
pub fn version_for<'a>(constraints: impl IntoIterator<Item = &'a str>) -> Result<String, VersionError> {
    let mut conditions = Vec::new();
    let mut texts = Vec::new();
    for text in constraints {
        for part in text.split(',').filter(|part| !part.trim().is_empty()) {
            let condition = Condition::parse(part);
            conditions.push(condition.ok_or_else(|| VersionError::Constraint(part.trim().into()))?);
            texts.push(part.trim());
        }
    }
    let fits = |version: &Version| conditions.iter().all(|condition| condition.holds(*version));
    let default = parse(super::DEFAULT_VERSION).map(|(version, _)| version).filter(fits);
    let near = || conditions.iter().flat_map(|c| c.candidates()).filter(fits).max();
    default.or_else(near).map(|version| version.to_string()).ok_or_else(|| VersionError::None(texts.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_offered_wherever_it_fits() {
        for constraints in [&[][..], &[">= 0.12"], &["~> 2.0"], &[">= 2.5", ">= 2.13"], &["~>2"], &["!= 2.4.0"]] {
            let version = version_for(constraints.iter().copied());
            assert_eq!(version.as_deref(), Ok(crate::install::DEFAULT_VERSION), "{constraints:?}");
        }
    }

    #[test]
    fn otherwise_a_version_that_fits_is_found() {
        for (constraint, expected) in [
            ("2.4.2", "2.4.2"),
            ("= 0.23.0", "0.23.0"),
            ("~> 2.4.0", "2.4.1"),
            ("< 2.0", "1.0.0"),
            (">= 2.0, < 2.5.0", "2.4.0"),
            ("<= 1.0.4", "1.0.4"),
            ("~> 0.11", "0.12.0"),
            ("> 3.0", "4.0.0"),
        ] {
            assert_eq!(version_for([constraint]).as_deref(), Ok(expected), "{constraint}");
        }
    }

    #[test]
    fn contradictions_and_nonsense_are_errors() {
        assert!(matches!(version_for(["< 1.0", "> 2.0"]), Err(VersionError::None(_))));
        for bad in ["latest", ">= x", "2.0.0-beta", "=> 2.0", "1.2.3.4"] {
            assert!(matches!(version_for([bad]), Err(VersionError::Constraint(_))), "{bad}");
        }
    }
}
