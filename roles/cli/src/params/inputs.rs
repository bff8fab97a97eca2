//! The values that the user gives: a YAML file, flags, environment.

use std::collections::BTreeMap;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;
use warren_api::WorkspaceBuildParameter;

use crate::frame::{Matches, Opt};

/// The options of every command that builds a workspace.
pub const PARAMETER_OPTIONS: &[Opt] = &[
    Opt::list("parameter", "Value of a parameter, in the form name=value. A value with a comma needs CSV quotes.")
        .env("CODER_RICH_PARAMETER"),
    Opt::text("rich-parameter-file", "YAML file with the values of parameters.").env("CODER_RICH_PARAMETER_FILE"),
    Opt::list("parameter-default", "Default of a parameter, in the form name=value, instead of the template's.")
        .env("CODER_RICH_PARAMETER_DEFAULT"),
    Opt::flag("use-parameter-defaults", "Accept the defaults of parameters without asking.")
        .env("CODER_WORKSPACE_USE_PARAMETER_DEFAULTS"),
    Opt::list("ephemeral-parameter", "Value of an ephemeral parameter for this build alone, in the form name=value.")
        .env("CODER_EPHEMERAL_PARAMETER"),
    Opt::flag("prompt-ephemeral-parameters", "Ask for the values of ephemeral parameters.")
        .env("CODER_PROMPT_EPHEMERAL_PARAMETERS"),
    Opt::list("build-option", "Old name of --ephemeral-parameter.")
        .env("CODER_BUILD_OPTION")
        .instead("ephemeral-parameter"),
    Opt::flag("build-options", "Old name of --prompt-ephemeral-parameters.").instead("prompt-ephemeral-parameters"),
    Opt::flag("always-prompt", "Ask for all parameters, whatever the last build had."),
];

/// What the user gave.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// File first, flags over it.
    pub values: BTreeMap<String, String>,
    pub defaults: BTreeMap<String, String>,
    pub ephemeral: BTreeMap<String, String>,
    pub use_defaults: bool,
    pub prompt_ephemeral: bool,
    pub always_prompt: bool,
    /// Values of the workspace to copy from.
    pub source: Vec<WorkspaceBuildParameter>,
    /// Values of the last build of this workspace.
    pub last: Vec<WorkspaceBuildParameter>,
    pub preset: Vec<WorkspaceBuildParameter>,
}

impl Inputs {
    /// Reads the options of [`PARAMETER_OPTIONS`].
    pub fn of(opts: &Matches) -> Result<Self> {
        let mut values = match opts.filled("rich-parameter-file") {
            Some(path) => file(path)?,
            None => BTreeMap::new(),
        };
        values.extend(pairs(opts.list("parameter")).context("can't parse given parameter values")?);
        let mut ephemeral = pairs(opts.list("build-option")).context("can't parse given build options")?;
        ephemeral.extend(pairs(opts.list("ephemeral-parameter")).context("can't parse given ephemeral parameters")?);
        Ok(Self {
            values,
            defaults: pairs(opts.list("parameter-default")).context("can't parse given parameter defaults")?,
            ephemeral,
            use_defaults: opts.flag("use-parameter-defaults"),
            prompt_ephemeral: opts.flag("prompt-ephemeral-parameters") || opts.flag("build-options"),
            always_prompt: opts.flag("always-prompt"),
            ..Self::default()
        })
    }

    /// The values that a dynamic evaluation starts from.
    pub fn initial(&self) -> BTreeMap<String, String> {
        let mut all = self.values.clone();
        for list in [&self.source, &self.last, &self.preset] {
            all.extend(list.iter().map(|parameter| (parameter.name.clone(), parameter.value.clone())));
        }
        all.extend(self.ephemeral.clone());
        all
    }
}

/// Splits `name=value` texts.
pub fn pairs(list: &[String]) -> Result<BTreeMap<String, String>> {
    list.iter()
        .map(|text| {
            let (name, value) = text.split_once('=').ok_or_else(|| anyhow!("invalid key-value pair: {text}"))?;
            Ok((name.to_owned(), value.to_owned()))
        })
        .collect()
}

fn file(path: &str) -> Result<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("read {path}"))?;
    yaml_map(&text).with_context(|| format!("read the parameters of {path}"))
}

/// A YAML map of scalars and lists as texts: lists become JSON.
pub fn yaml_map(text: &str) -> Result<BTreeMap<String, String>> {
    if text.trim().is_empty() {
        return Ok(BTreeMap::new());
    }
    let map: BTreeMap<String, Value> = serde_saphyr::from_str(text).context("the file must be a YAML map")?;
    map.into_iter()
        .map(|(name, value)| {
            let text = match value {
                Value::String(text) => text,
                Value::Bool(_) | Value::Number(_) | Value::Array(_) => value.to_string(),
                Value::Null | Value::Object(_) => {
                    bail!("value of {name:?} must be a text, a number, a boolean or a list")
                }
            };
            Ok((name, text))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_values_become_texts() {
        let map = yaml_map("region: eu\nsize: 2\nspot: true\nlangs: [go, rust]\nquoted: \"07\"\n").expect("map");
        assert_eq!(map["region"], "eu");
        assert_eq!(map["size"], "2");
        assert_eq!(map["spot"], "true");
        assert_eq!(map["langs"], r#"["go","rust"]"#);
        assert_eq!(map["quoted"], "07");
        assert!(yaml_map("a: {b: 1}").is_err());
        assert!(yaml_map("").expect("empty").is_empty());
    }
}
