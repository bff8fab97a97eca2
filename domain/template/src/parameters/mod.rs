//! Parameters of a template: what an import declares, and whether a value fits (docs/protocol/provisioner.md, "Parameters").

mod check;
mod resolve;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use check::{Problem, check_value};
pub use resolve::{ClassicProblem, FieldProblem, Rendered, Sources, render, resolve_classic, resolve_dynamic};

/// A parameter as the import declares it; the stored form of a template version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Parameter {
    /// Unique in the version.
    pub name: String,
    /// Shown instead of the name, if not empty.
    pub display_name: String,
    /// Markdown.
    pub description: String,
    /// `string`, `number`, `bool` or `list(string)`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The resolved form type, for example `radio`.
    pub form_type: String,
    /// May change after the first build.
    pub mutable: bool,
    /// Empty without a default.
    pub default_value: String,
    /// A URL or path.
    pub icon: String,
    /// With options, the value must be one of them.
    pub options: Vec<ParameterOption>,
    /// Unanchored; empty for none.
    pub validation_regex: String,
    /// Message of a failed validation; `{min}`, `{max}` and `{value}` are replaced.
    pub validation_error: String,
    /// Inclusive.
    pub validation_min: Option<i64>,
    /// Inclusive.
    pub validation_max: Option<i64>,
    /// `increasing`, `decreasing` or empty.
    pub validation_monotonic: String,
    /// Without a default.
    pub required: bool,
    /// Position in the form, then by name.
    pub order: i64,
    /// Holds for one build only.
    pub ephemeral: bool,
}

/// A choice of a parameter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ParameterOption {
    /// Shown.
    pub name: String,
    /// Shown below.
    pub description: String,
    /// The value it stands for.
    pub value: String,
    /// A URL or path.
    pub icon: String,
}

/// A named value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ParameterValue {
    /// The parameter's name.
    pub name: String,
    /// Always text; lists are JSON.
    pub value: String,
}

impl ParameterValue {
    /// A named value.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}

impl Parameter {
    /// Whether a validation block restricts the value.
    pub fn has_validation(&self) -> bool {
        !self.validation_regex.is_empty()
            || !self.validation_monotonic.is_empty()
            || self.validation_min.is_some()
            || self.validation_max.is_some()
    }
}

/// The order of a form: `order`, then the name.
pub fn sort_for_form(parameters: &mut [Parameter]) {
    parameters.sort_by(|a, b| (a.order, &a.name).cmp(&(b.order, &b.name)));
}
