//! The options among which a value is chosen.

use std::collections::BTreeSet;

use super::FormType;
use super::types::{ValueType, parse_list};
use crate::findings::Finding;
use crate::value::Value;

/// Name and value of each option.
pub struct Options<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Options<'a> {
    /// The options of a configuration.
    pub fn of(blocks: &'a Value) -> Self {
        let text = |block: &'a Value, name: &str| block.get(name).as_text().unwrap_or("");
        let blocks = blocks.elements().iter();
        Self(blocks.map(|block| (text(block, "name"), text(block, "value"))).collect())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Names and values occur once, and every value is of the type.
    pub fn check(&self, option_type: ValueType) -> Result<(), Vec<Finding>> {
        let mut names = BTreeSet::new();
        let mut values = BTreeSet::new();
        for (name, value) in &self.0 {
            let twice = |what: &str, text: &str| {
                Finding::error(format!("Option {what}s must be unique."))
                    .detail(format!("multiple options found with the same {what} {text:?}"))
            };
            if !names.insert(name) {
                return Err(vec![twice("name", name)]);
            }
            if !values.insert(value) {
                return Err(vec![twice("value", value)]);
            }
        }
        let mistyped = self.0.iter().filter_map(|(name, value)| {
            let why = option_type.check(value).err()?;
            let summary = format!("Option {name:?} with value={value:?} is not of type \"{option_type}\"");
            Some(Finding::error(summary).detail(why))
        });
        let mistyped: Vec<_> = mistyped.collect();
        if mistyped.is_empty() { Ok(()) } else { Err(mistyped) }
    }

    /// The value is one of the options, or of a multiple choice, every element is.
    pub fn check_value(
        &self,
        value: &str,
        value_type: ValueType,
        form_type: FormType,
        is_default: bool,
    ) -> Result<(), Finding> {
        if self.is_empty() {
            return Ok(());
        }
        let known = |value: &str| self.0.iter().any(|(_, option)| *option == value);
        let which = if is_default { "Default value" } else { "Value" };
        if value_type == ValueType::TextList && form_type == FormType::MultiSelect {
            let chosen = parse_list(value)
                .map_err(|why| Finding::error(format!("{which} is not of type \"{value_type}\"")).detail(why))?;
            let missing: Vec<_> = chosen.iter().filter(|v| !known(v)).map(|v| format!("{v:?}")).collect();
            if missing.is_empty() {
                return Ok(());
            }
            let detail = format!(
                "{which} {value:?} is not a valid option, values {} are missing from the options",
                missing.join(", ")
            );
            return Err(Finding::error(format!("{which}s must be a valid option")).detail(detail));
        }
        if known(value) {
            return Ok(());
        }
        let mut summary = format!("{which} must be a valid option");
        if value.is_empty() && !is_default {
            summary += ". The value is empty, did you forget to set it with a default or to give one?";
        }
        let detail = format!("the value {value:?} must be defined as one of options");
        Err(Finding::error(summary).detail(detail))
    }
}
