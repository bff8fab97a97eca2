//! Whether one value fits one parameter.

use regex::Regex;

use super::Parameter;

/// What is wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The kind of problem, readable alone.
    pub summary: String,
    /// The particulars: value, bound, option.
    pub detail: String,
    /// A code for clients; empty for most.
    pub code: &'static str,
}

impl Problem {
    pub(crate) fn new(summary: &str, detail: impl Into<String>) -> Self {
        Self { summary: summary.to_owned(), detail: detail.into(), code: "" }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}; {}", self.summary, self.detail)
    }
}

/// Checks a value: options, validation, type; and the monotonic rule against the value of the previous build.
///
/// # Errors
/// The first rule that the value breaks.
pub fn check_value(parameter: &Parameter, value: &str, previous: Option<&str>) -> Result<(), Problem> {
    check_options(parameter, value)?;
    if parameter.has_validation() {
        check_validation(parameter, value, previous)
            .map_err(|detail| Problem::new("Invalid parameter value according to 'validation' block", detail))?;
    }
    check_type(parameter, value)
}

fn check_options(parameter: &Parameter, value: &str) -> Result<(), Problem> {
    if parameter.options.is_empty() {
        return Ok(());
    }
    let known = |value: &str| parameter.options.iter().any(|option| option.value == value);
    let refuse = |value: &str| {
        Problem::new("Value must be a valid option", format!("the value {value:?} must be defined as one of options"))
    };
    if parameter.kind == "list(string)" && parameter.form_type == "multi-select" {
        let chosen = parse_list(value).map_err(|detail| Problem::new("Value must be a list of options", detail))?;
        return chosen.iter().find(|value| !known(value)).map_or(Ok(()), |value| Err(refuse(value)));
    }
    if known(value) { Ok(()) } else { Err(refuse(value)) }
}

fn check_validation(parameter: &Parameter, value: &str, previous: Option<&str>) -> Result<(), String> {
    if !parameter.validation_regex.is_empty() {
        let pattern = Regex::new(&parameter.validation_regex)
            .map_err(|_| format!("the pattern {:?} cannot be read", parameter.validation_regex))?;
        if !pattern.is_match(value) {
            return Err(format!(
                "{} (value {value:?} does not match {:?})",
                parameter.validation_error, parameter.validation_regex
            ));
        }
    }
    if parameter.kind != "number" {
        return Ok(());
    }
    let number: i64 = value.parse().map_err(|_| format!("value {value:?} is not a number"))?;
    let custom = |fallback: String| match parameter.validation_error.as_str() {
        "" => fallback,
        template => {
            let bound = |bound: Option<i64>| bound.map_or(String::new(), |bound| bound.to_string());
            template
                .replace("{min}", &bound(parameter.validation_min))
                .replace("{max}", &bound(parameter.validation_max))
                .replace("{value}", value)
        }
    };
    if let Some(min) = parameter.validation_min.filter(|min| number < *min) {
        return Err(custom(format!("value {number} is less than the minimum {min}")));
    }
    if let Some(max) = parameter.validation_max.filter(|max| number > *max) {
        return Err(custom(format!("value {number} is more than the maximum {max}")));
    }
    let previous = previous.and_then(|previous| previous.parse::<i64>().ok());
    match (parameter.validation_monotonic.as_str(), previous) {
        ("increasing", Some(previous)) if number < previous => {
            Err(format!("value {number} must not be less than the previous value {previous}"))
        }
        ("decreasing", Some(previous)) if number > previous => {
            Err(format!("value {number} must not be more than the previous value {previous}"))
        }
        _ => Ok(()),
    }
}

fn check_type(parameter: &Parameter, value: &str) -> Result<(), Problem> {
    let refuse =
        |kind: &str, detail: String| Err(Problem::new(&format!("Parameter value is not of type {kind:?}"), detail));
    match parameter.kind.as_str() {
        "number" if value.parse::<f64>().is_err() => refuse("number", format!("{value:?} is not a number")),
        // The literals that the provider accepts.
        "bool"
            if !matches!(
                value,
                "1" | "t" | "T" | "TRUE" | "true" | "True" | "0" | "f" | "F" | "FALSE" | "false" | "False"
            ) =>
        {
            refuse("bool", format!("{value:?} is not a bool"))
        }
        "list(string)" => match parse_list(value) {
            Ok(_) => Ok(()),
            Err(detail) => refuse("list(string)", detail),
        },
        _ => Ok(()),
    }
}

fn parse_list(value: &str) -> Result<Vec<String>, String> {
    match serde_json::from_str::<Option<Vec<String>>>(value) {
        Ok(list) => Ok(list.unwrap_or_default()),
        Err(_) => Err(format!("{value:?} is not a list of strings in JSON")),
    }
}
