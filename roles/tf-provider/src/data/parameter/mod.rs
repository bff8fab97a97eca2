//! `coder_parameter`: the value that the user chose, checked.

mod form_type;
mod options;
mod types;
mod validation;

#[cfg(test)]
mod tests;

use super::Reading;
use crate::findings::{Finding, Path};
use crate::value::{Value, get};

use form_type::FormType;
use types::ValueType;

/// Where the value that is checked came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// The attribute `default`.
    Default,
    /// The environment, or nowhere.
    Given,
}

impl Source {
    /// A finding about the value: at the attribute if it was written there.
    fn place(self, finding: Finding) -> Finding {
        match self {
            Self::Default => finding.at(Path::name("default")),
            Self::Given => finding,
        }
    }
}

pub fn read(reading: &mut Reading<'_>) {
    if let Err(findings) = evaluate(reading) {
        reading.findings.extend(findings);
    }
}

fn one(finding: Finding) -> Vec<Finding> {
    vec![finding]
}

fn evaluate(reading: &mut Reading<'_>) -> Result<(), Vec<Finding>> {
    let config = reading.config;
    let default = get(config, "default").as_text();
    let is_true = |name| get(config, name).is_true();
    if is_true("ephemeral") && !is_true("mutable") {
        return Err(one(Finding::error("parameter can't be immutable and ephemeral")));
    }
    if is_true("ephemeral") && default.is_none() {
        return Err(one(Finding::error("ephemeral parameter requires the default property")));
    }

    let env = &reading.session.env;
    let name = reading.text("name").to_owned();
    let given = env.parameter(&name);
    let (input, source) = match (given, default) {
        (None, Some(default)) => (Some(default), Source::Default),
        (given, _) => (given, Source::Given),
    };

    // The enumeration was checked before; an unknown word cannot come this far.
    let value_type = ValueType::parse(get(&reading.state, "type").as_text().unwrap_or(""))
        .ok_or_else(|| one(Finding::error("unknown parameter type")))?;
    let options = options::Options::of(get(config, "option"));
    let form_type = form_type::resolve(value_type, !options.is_empty(), reading.text("form_type")).map_err(|e| {
        let error = Finding::error("Invalid form_type for parameter").detail(e.to_string());
        one(error.at(Path::name("form_type")))
    })?;
    let option_type = form_type.option_type(value_type);
    options.check(option_type)?;

    let validation = get(config, "validation").elements();
    let value = input.unwrap_or("");
    // Without a validation a required parameter may stay empty: that is how a template is imported.
    if input.is_some() || !validation.is_empty() {
        options
            .check_value(value, value_type, form_type, source == Source::Default)
            .map_err(|finding| one(source.place(finding)))?;
        if let [block] = validation {
            let previous = env.previous_parameter(&name);
            validation::check(block, value_type, value, previous).map_err(|why| {
                let which = if source == Source::Default { "default value" } else { "value" };
                let summary = format!("Invalid parameter {which} according to 'validation' block");
                one(source.place(Finding::error(summary).detail(why)))
            })?;
        }
        value_type.check(value).map_err(|why| {
            let summary = format!("Parameter value is not of type \"{value_type}\"");
            one(Finding::error(summary).detail(why))
        })?;
    }

    let value = value.to_owned();
    let is_optional = default.is_some();
    let limits = get(&reading.state, "validation").elements().iter().zip(validation);
    let limits = Value::List(limits.map(|(filled, written)| mark_limits(filled, written)).collect());
    reading.set("value", value);
    reading.set("form_type", form_type.as_str());
    reading.set("optional", is_optional);
    reading.set("validation", limits);
    Ok(())
}

/// Tells a limit of 0 from one that is not written.
fn mark_limits(filled: &Value, written: &Value) -> Value {
    let mut block = filled.as_object().cloned().unwrap_or_default();
    for limit in ["min", "max"] {
        block.insert(format!("{limit}_disabled"), Value::Bool(written.get(limit).is_null()));
    }
    Value::Object(block)
}
