//! The `CODER_*` environment: everything that the provisioner tells the provider.

use std::collections::BTreeMap;

use ring::digest::{SHA256, digest};

/// Access URL of the deployment.
pub const AGENT_URL: &str = "CODER_AGENT_URL";
/// What the access URL is when nobody says.
pub const DEFAULT_URL: &str = "https://mydeployment.coder.com";
/// Set in a real build.
pub const BUILD_ID: &str = "CODER_WORKSPACE_BUILD_ID";
/// `start`, `stop` or `destroy`.
pub const TRANSITION: &str = "CODER_WORKSPACE_TRANSITION";
/// Prefix of bootstrap scripts, followed by `<os>_<arch>`.
const AGENT_SCRIPT: &str = "CODER_AGENT_SCRIPT_";
/// Prefix of the token of an agent that runs already, followed by a hash of its id.
const RUNNING_AGENT_TOKEN: &str = "CODER_RUNNING_WORKSPACE_AGENT_TOKEN_";
/// Prefix of parameter values, followed by a hash of the name.
const PARAMETER: &str = "CODER_PARAMETER_";
/// The same for the values of the previous build.
const PREVIOUS_PARAMETER: &str = "CODER_PARAMETER_PREVIOUS_";

/// The environment, frozen at start.
#[derive(Debug, Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The `CODER_*` variables of this process. Those that are not UTF-8 are as if unset.
    pub fn of_process() -> Self {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self(std::env::vars_os().filter_map(text).filter(|(n, _)| n.starts_with("CODER_")).collect())
    }

    /// The value of a variable, if it is set at all.
    pub fn find(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The value, if it is set and not empty.
    pub fn find_filled(&self, name: &str) -> Option<&str> {
        self.find(name).filter(|value| !value.is_empty())
    }

    /// The value, empty when unset.
    pub fn get(&self, name: &str) -> &str {
        self.find(name).unwrap_or("")
    }

    /// The value, `fallback` when unset or empty.
    pub fn get_or<'a>(&'a self, name: &str, fallback: &'a str) -> &'a str {
        self.find_filled(name).unwrap_or(fallback)
    }

    /// Whether the value is `true` in any case of letters.
    pub fn is_true(&self, name: &str) -> bool {
        self.get(name).eq_ignore_ascii_case("true")
    }

    /// The template of the bootstrap script for a platform; empty when unset.
    pub fn agent_script(&self, os: &str, arch: &str) -> &str {
        self.get(&format!("{AGENT_SCRIPT}{os}_{arch}"))
    }

    /// The token that a running agent keeps. Every agent is asked for under the empty id.
    pub fn running_agent_token(&self) -> Option<&str> {
        self.find_filled(&format!("{RUNNING_AGENT_TOKEN}{}", hash("")))
    }

    /// The value of a parameter; an empty text is a value.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.find(&format!("{PARAMETER}{}", hash(name)))
    }

    /// The value of a parameter in the previous build.
    pub fn previous_parameter(&self, name: &str) -> Option<&str> {
        self.find(&format!("{PREVIOUS_PARAMETER}{}", hash(name)))
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for Environment {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(variables: I) -> Self {
        Self(variables.into_iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect())
    }
}

/// Lower-case hex of the SHA-256 of a text.
fn hash(text: &str) -> String {
    hex(digest(&SHA256, text.as_bytes()).as_ref())
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_found_by_the_hash_of_their_name() {
        let name = "CODER_PARAMETER_148de9c5a7a44d19e56cd9ae1a554bf67847afb0c58f6e12fa29ac7ddfca9940";
        let env: Environment = [(name, "")].into_iter().collect();
        assert_eq!(env.parameter("p"), Some(""));
        assert_eq!(env.parameter("q"), None);
    }

    #[test]
    fn an_empty_agent_token_counts_as_unset() {
        let name = "CODER_RUNNING_WORKSPACE_AGENT_TOKEN_\
                    e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let env: Environment = [(name, "t")].into_iter().collect();
        assert_eq!(env.running_agent_token(), Some("t"));
        let env: Environment = [(name, "")].into_iter().collect();
        assert_eq!(env.running_agent_token(), None);
    }
}
