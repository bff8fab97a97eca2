//! What one provider process knows: its environment and, once configured, the access URL.

use parking_lot::RwLock;

use crate::check::go_url::{self, Url};
use crate::env::{AGENT_URL, DEFAULT_URL, Environment};
use crate::findings::{Finding, Path};
use crate::value::{Object, Value, get};

/// The access URL: as it was written, and read.
#[derive(Debug, Clone, Default)]
pub struct AccessUrl {
    /// As configured.
    pub text: String,
    /// Read.
    pub url: Url,
}

/// One provider process.
#[derive(Debug)]
pub struct Session {
    /// The environment at start.
    pub env: Environment,
    access_url: RwLock<AccessUrl>,
}

impl Session {
    /// A process that is not configured yet.
    pub fn new(env: Environment) -> Self {
        Self { env, access_url: RwLock::default() }
    }

    /// The access URL; the built-in one before `Configure`.
    pub fn access_url(&self) -> AccessUrl {
        self.access_url.read().clone()
    }

    /// The provider block with the default for what is not set. An empty environment counts as unset.
    pub fn prepare(&self, mut config: Object) -> Object {
        if get(&config, "url").is_null() {
            let url = self.env.get_or(AGENT_URL, DEFAULT_URL);
            config.insert("url".to_owned(), Value::text(url));
        }
        config
    }

    /// Takes over the provider block.
    pub fn configure(&self, config: Object) -> Result<(), Finding> {
        let config = self.prepare(config);
        let text = match get(&config, "url") {
            Value::Text(text) => text.clone(),
            // Not known yet: only while a configuration is validated.
            _ => DEFAULT_URL.to_owned(),
        };
        if text.is_empty() {
            return Err(Finding::error(format!("{AGENT_URL} must not be empty; got {text:?}")));
        }
        let url = go_url::parse(&text).map_err(|e| Finding::error(e.to_string()).at(Path::name("url")))?;
        *self.access_url.write() = AccessUrl { text, url };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configure(env: &[(&str, &str)], url: Value) -> Result<String, String> {
        let session = Session::new(env.iter().copied().collect());
        let config = [("url".to_owned(), url)].into_iter().collect();
        session.configure(config).map_err(|f| f.summary)?;
        Ok(session.access_url().text)
    }

    #[test]
    fn the_block_wins_over_the_environment_and_that_over_the_default() {
        let env = [(AGENT_URL, "http://env")];
        assert_eq!(configure(&env, "http://block".into()).unwrap(), "http://block");
        assert_eq!(configure(&env, Value::Null).unwrap(), "http://env");
        assert_eq!(configure(&[(AGENT_URL, "")], Value::Null).unwrap(), DEFAULT_URL);
        assert_eq!(configure(&[], Value::Unknown).unwrap(), DEFAULT_URL);
    }

    #[test]
    fn an_empty_or_broken_url_is_an_error() {
        assert!(configure(&[], "".into()).unwrap_err().contains(AGENT_URL));
        assert!(configure(&[], "http://[::1".into()).unwrap_err().contains("missing ']'"));
    }
}
