//! Version numbers and constraints as Terraform writes them (`~> 2.1, != 2.3.0`).

use std::fmt;

/// `major.minor.patch`; pre-releases are not represented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u64, pub u64, pub u64);

impl Version {
    /// Parses one to three numbers; a pre-release or build suffix is dropped.
    pub fn parse(text: &str) -> Option<Self> {
        parts(text).map(|(version, _)| version)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

fn parts(text: &str) -> Option<(Version, usize)> {
    let text = text.trim().trim_start_matches('v');
    let text = text.split(['-', '+']).next().unwrap_or(text);
    let mut numbers = [0; 3];
    let mut count = 0;
    for part in text.split('.') {
        *numbers.get_mut(count)? = part.parse().ok()?;
        count += 1;
    }
    Some((Version(numbers[0], numbers[1], numbers[2]), count))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    GreaterEqual,
    Less,
    LessEqual,
    /// Only the last given number may grow.
    Pessimistic(usize),
}

/// A comma-separated list of conditions that must all hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint(Vec<(Operator, Version)>);

impl Constraint {
    /// Parses a constraint; "" allows everything.
    pub fn parse(text: &str) -> Option<Self> {
        let mut conditions = Vec::new();
        for condition in text.split(',').map(str::trim).filter(|condition| !condition.is_empty()) {
            let digits = condition.find(|c: char| c.is_ascii_digit() || c == 'v')?;
            let (operator, version) = condition.split_at(digits);
            let (version, count) = parts(version)?;
            let operator = match operator.trim() {
                "" | "=" => Operator::Equal,
                "!=" => Operator::NotEqual,
                ">" => Operator::Greater,
                ">=" => Operator::GreaterEqual,
                "<" => Operator::Less,
                "<=" => Operator::LessEqual,
                "~>" => Operator::Pessimistic(count),
                _ => return None,
            };
            conditions.push((operator, version));
        }
        Some(Self(conditions))
    }

    /// Whether a version satisfies all conditions.
    pub fn allows(&self, version: Version) -> bool {
        self.0.iter().all(|(operator, bound)| match operator {
            Operator::Equal => version == *bound,
            Operator::NotEqual => version != *bound,
            Operator::Greater => version > *bound,
            Operator::GreaterEqual => version >= *bound,
            Operator::Less => version < *bound,
            Operator::LessEqual => version <= *bound,
            Operator::Pessimistic(count) => {
                version >= *bound
                    && match count {
                        3 => (version.0, version.1) == (bound.0, bound.1),
                        _ => version.0 == bound.0,
                    }
            }
        })
    }

    /// Versions near the bounds: where to look for one that several constraints allow.
    pub fn candidates(&self) -> impl Iterator<Item = Version> + '_ {
        self.0.iter().flat_map(|(_, Version(major, minor, patch))| {
            let down = patch.checked_sub(1).map(|patch| Version(*major, *minor, patch));
            let before = minor.checked_sub(1).map(|minor| Version(*major, minor, 999));
            let far = major.checked_sub(1).map(|major| Version(major, 999, 0));
            let exact = Version(*major, *minor, *patch);
            let up = Version(*major, *minor, patch.saturating_add(1));
            [Some(exact), Some(up), down, before, far].into_iter().flatten()
        })
    }
}

/// A version that all constraints allow: `preferred` if it does, else the highest candidate.
pub fn choose(preferred: Version, constraints: &[Constraint]) -> Option<Version> {
    let allowed = |version: &Version| constraints.iter().all(|constraint| constraint.allows(*version));
    if allowed(&preferred) {
        return Some(preferred);
    }
    constraints.iter().flat_map(Constraint::candidates).filter(allowed).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_follow_terraform() {
        for (constraint, yes, no) in [
            ("", "9.9.9", ""),
            ("2.1.0", "2.1.0", "2.1.1"),
            ("= 2.1", "2.1.0", "2.1.1"),
            ("~> 2.1", "2.9.0", "3.0.0"),
            ("~> 2.1.3", "2.1.9", "2.2.0"),
            (">= 2.0, < 2.5, != 2.4.1", "2.4.0", "2.4.1"),
            ("> 1.0", "1.0.1", "1.0.0"),
        ] {
            let parsed = Constraint::parse(constraint).unwrap();
            assert!(parsed.allows(Version::parse(yes).unwrap()), "{constraint} {yes}");
            if !no.is_empty() {
                assert!(!parsed.allows(Version::parse(no).unwrap()), "{constraint} {no}");
            }
        }
        assert_eq!(Constraint::parse("=> 1"), None);
    }

    #[test]
    fn a_version_is_found_for_every_sensible_constraint() {
        let preferred = Version(2, 18, 0);
        for constraint in [
            "",
            "~> 2.0",
            "0.11.0",
            "~> 1.0.2",
            "< 2.0",
            "> 2.18.0",
            ">= 2.4.0, < 2.5.0",
            "<= 0.12.4",
            "!= 2.18.0, >= 2.18.0",
        ] {
            let constraints = [Constraint::parse(constraint).unwrap()];
            let found = choose(preferred, &constraints).unwrap_or_else(|| panic!("{constraint}"));
            assert!(constraints[0].allows(found), "{constraint} {found}");
        }
        let both = [Constraint::parse("< 2.0").unwrap(), Constraint::parse("> 2.0").unwrap()];
        assert_eq!(choose(preferred, &both), None);
    }
}
