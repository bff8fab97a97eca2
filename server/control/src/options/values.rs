//! The resolved options.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Kind, OPTIONS, OptionSpec, duration};

/// Where a value came from, strongest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    Default,
    Yaml,
    Env,
    Flag,
}

impl Source {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Yaml => "yaml",
            Self::Env => "env",
            Self::Flag => "flag",
        }
    }
}

#[derive(Debug, Clone)]
struct Entry {
    /// One text, or the elements of a list.
    texts: Vec<String>,
    source: Source,
}

/// A value for every option.
#[derive(Debug, Clone)]
pub(crate) struct Values(BTreeMap<&'static str, Entry>);

impl Values {
    /// The defaults.
    pub(crate) fn defaults() -> Self {
        let mut values = Self(BTreeMap::new());
        for spec in OPTIONS {
            let texts = split(spec, spec.default);
            values.0.insert(spec.name, Entry { texts, source: Source::Default });
        }
        values
    }

    /// Sets a value if nothing stronger was set; a repeated list flag adds to the list.
    pub(crate) fn set(&mut self, spec: &OptionSpec, texts: Vec<String>, source: Source) -> Result<()> {
        let described = || format!("--{} ({})", spec.name, if spec.env.is_empty() { "flag" } else { spec.env });
        for text in &texts {
            check(spec, text).with_context(|| format!("invalid value for {}", described()))?;
        }
        match self.0.get_mut(spec.name) {
            Some(entry) if entry.source > source => {}
            Some(entry) if entry.source == Source::Flag && source == Source::Flag && spec.kind == Kind::List => {
                entry.texts.extend(texts);
            }
            _ => {
                self.0.insert(spec.name, Entry { texts, source });
            }
        }
        Ok(())
    }

    /// Options that were set although there is a better one: `(name, what to use instead)`.
    pub(crate) fn deprecated(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let set = |spec: &&OptionSpec| self.source(spec.name) != Source::Default;
        OPTIONS.iter().filter(set).filter_map(|spec| Some((spec.name, spec.deprecated?)))
    }

    /// Options that were set and have no effect yet.
    pub(crate) fn idle(&self) -> impl Iterator<Item = &'static str> {
        let set = |spec: &&OptionSpec| spec.is_idle() && self.source(spec.name) != Source::Default;
        OPTIONS.iter().filter(set).map(|spec| spec.name)
    }

    pub(crate) fn source(&self, name: &str) -> Source {
        self.0.get(name).map_or(Source::Default, |entry| entry.source)
    }

    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        debug_assert!(self.0.contains_key(name), "{name} is no option");
        self.0.get(name).map(|entry| entry.texts.clone()).unwrap_or_default()
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.list(name).into_iter().next().unwrap_or_default()
    }

    pub(crate) fn bool(&self, name: &str) -> bool {
        parse_bool(&self.text(name)).unwrap_or(false)
    }

    pub(crate) fn int(&self, name: &str) -> i64 {
        self.text(name).parse().unwrap_or(0)
    }

    pub(crate) fn duration(&self, name: &str) -> SignedDuration {
        duration::parse(&self.text(name)).unwrap_or_default()
    }

    /// As the API shows it: durations in nanoseconds.
    pub(crate) fn json(&self, spec: &OptionSpec) -> Value {
        if spec.secret {
            return json!("");
        }
        match spec.kind {
            Kind::Bool => json!(self.bool(spec.name)),
            Kind::Int => json!(self.int(spec.name)),
            Kind::Duration => json!(i64::try_from(self.duration(spec.name).as_nanos()).unwrap_or(i64::MAX)),
            Kind::List => json!(self.list(spec.name)),
            Kind::Json => serde_json::from_str(&self.text(spec.name)).unwrap_or(Value::Null),
            Kind::Text | Kind::Url | Kind::Address => json!(self.text(spec.name)),
        }
    }
}

/// A text of the environment or a flag as the elements that it means.
pub(crate) fn split(spec: &OptionSpec, text: &str) -> Vec<String> {
    match spec.kind {
        Kind::List if text.is_empty() => Vec::new(),
        Kind::List => text.split(',').map(|part| part.trim().to_owned()).collect(),
        _ => vec![text.to_owned()],
    }
}

/// The texts that Go takes for a boolean.
pub(crate) fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

fn check(spec: &OptionSpec, text: &str) -> Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    match spec.kind {
        Kind::Bool if parse_bool(text).is_none() => bail!("{text:?} is neither true nor false"),
        Kind::Int if text.parse::<i64>().is_err() => bail!("{text:?} is not a whole number"),
        Kind::Duration if duration::parse(text).is_none() => {
            bail!("{text:?} is not a duration such as 90s or 1h30m")
        }
        Kind::Url if url::Url::parse(text).is_err() => bail!("{text:?} is not a URL"),
        Kind::Json if serde_json::from_str::<Value>(text).is_err() => bail!("{text:?} is not JSON"),
        _ if !spec.values.is_empty() && !spec.values.contains(&text) => {
            bail!("{text:?} is not one of {}", spec.values.join(", "))
        }
        _ => Ok(()),
    }
}
