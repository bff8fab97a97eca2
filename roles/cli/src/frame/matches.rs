//! The values of options after parsing, and where each came from.

use std::time::Duration;

use crate::frame::spec::{Kind, Opt};
use crate::frame::values;

/// Where a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Unset,
    Default,
    Env,
    Flag,
}

impl Source {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unset => "",
            Self::Default => "default",
            Self::Env => "env",
            Self::Flag => "flag",
        }
    }
}

/// One option's value.
#[derive(Debug, Clone)]
pub struct Setting {
    pub option: &'static Opt,
    pub values: Vec<String>,
    pub source: Source,
    /// How many commands above the one that runs the option is declared.
    pub level: usize,
}

/// All options of the command that runs and of its ancestors, deepest first.
#[derive(Debug, Clone, Default)]
pub struct Matches(pub Vec<Setting>);

impl Matches {
    /// The setting of an option. The name must be declared: a typo is a bug of ours, found by the first test that runs the command.
    fn setting(&self, long: &str) -> &Setting {
        self.find(long).unwrap_or_else(|| panic!("the command declares no option --{long}"))
    }

    pub fn find(&self, long: &str) -> Option<&Setting> {
        self.0.iter().find(|setting| setting.option.long == long)
    }

    pub fn has(&self, long: &str) -> bool {
        self.find(long).is_some()
    }

    pub fn flag(&self, long: &str) -> bool {
        self.setting(long).values.first().is_some_and(|value| value == "true")
    }

    /// The value, or the default; `None` without either, and for an empty text that nobody typed.
    pub fn text(&self, long: &str) -> Option<&str> {
        self.setting(long).values.last().map(String::as_str)
    }

    /// The value, where empty means the same as unset.
    pub fn filled(&self, long: &str) -> Option<&str> {
        self.text(long).filter(|text| !text.is_empty())
    }

    pub fn list(&self, long: &str) -> &[String] {
        &self.setting(long).values
    }

    pub fn int(&self, long: &str) -> i64 {
        self.text(long).and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    pub fn duration(&self, long: &str) -> Option<Duration> {
        self.text(long).and_then(|text| values::duration(text).ok())
    }

    pub fn source(&self, long: &str) -> Source {
        self.setting(long).source
    }

    /// True if a flag or a variable set the option.
    pub fn given(&self, long: &str) -> bool {
        matches!(self.source(long), Source::Flag | Source::Env)
    }

    /// Columns of a table in the order asked for.
    pub fn columns(&self) -> Vec<String> {
        self.find("column").map(|setting| setting.values.clone()).unwrap_or_default()
    }

    /// `-o` is `json`.
    pub fn json(&self) -> bool {
        self.find("output").is_some_and(|setting| setting.values.first().is_some_and(|value| value == "json"))
    }

    /// Sets a value from one source; a stronger or repeated one follows the rules of its kind.
    pub(super) fn set(&mut self, index: usize, text: &str, source: Source) -> Result<(), String> {
        let setting = &mut self.0[index];
        let values = values::parse(setting.option, text)?;
        let accumulates = matches!(setting.option.kind, Kind::List | Kind::Choices(_) | Kind::AllowList);
        if accumulates && setting.source == source && !text.is_empty() {
            setting.values.extend(values);
        } else {
            setting.values = values;
        }
        setting.source = source;
        Ok(())
    }
}
