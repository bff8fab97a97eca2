//! How a path names a user or an organization (rest.md §7).

use std::convert::Infallible;
use std::str::FromStr;

use uuid::Uuid;

/// `me`, an id, or a username.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserRef {
    /// The caller.
    Me,
    /// By id.
    Id(Uuid),
    /// By name, in any case.
    Name(String),
}

/// `default`, an id, or a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrgRef {
    /// The default organization.
    Default,
    /// By id.
    Id(Uuid),
    /// By name, in any case.
    Name(String),
}

impl FromStr for UserRef {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match Uuid::parse_str(text) {
            _ if text == "me" => Self::Me,
            Ok(id) => Self::Id(id),
            Err(_) => Self::Name(text.to_owned()),
        })
    }
}

impl FromStr for OrgRef {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match Uuid::parse_str(text) {
            Ok(id) if id.is_nil() => Self::Default,
            Ok(id) => Self::Id(id),
            Err(_) if text.eq_ignore_ascii_case("default") => Self::Default,
            Err(_) => Self::Name(text.to_owned()),
        })
    }
}
