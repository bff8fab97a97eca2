//! Whether a typed value fits a parameter.

use warren_api::{TemplateVersionParameter, ValidationMonotonicOrder};

/// Checks a value; `last` is that of the previous build, for parameters that may only grow or shrink.
pub fn check(parameter: &TemplateVersionParameter, value: &str, last: Option<&str>) -> Result<(), String> {
    if value.is_empty() && parameter.required {
        return Err("a value is required".into());
    }
    match parameter.kind.as_str() {
        "number" => number(parameter, value, last),
        "bool" if !matches!(value, "true" | "false") => Err("the value must be true or false".into()),
        "list(string)" => list(parameter, value),
        _ => {
            options(parameter, value)?;
            pattern(parameter, value)
        }
    }
}

fn options(parameter: &TemplateVersionParameter, value: &str) -> Result<(), String> {
    if parameter.options.is_empty() || parameter.options.iter().any(|option| option.value == value) {
        return Ok(());
    }
    let known: Vec<_> = parameter.options.iter().map(|option| option.value.as_str()).collect();
    Err(format!("{value:?} is not one of the options [{}]", known.join(" ")))
}

fn number(parameter: &TemplateVersionParameter, value: &str, last: Option<&str>) -> Result<(), String> {
    let number: i64 = value.parse().map_err(|_| format!("{value:?} is not a number"))?;
    options(parameter, value)?;
    let refuse = |reason: String| {
        if parameter.validation_error.is_empty() {
            return Err(reason);
        }
        let bound = |value: Option<i64>| value.map(|n| n.to_string()).unwrap_or_default();
        Err(parameter
            .validation_error
            .replace("{value}", value)
            .replace("{min}", &bound(parameter.validation_min))
            .replace("{max}", &bound(parameter.validation_max)))
    };
    if parameter.validation_min.is_some_and(|min| number < min)
        || parameter.validation_max.is_some_and(|max| number > max)
    {
        let shown = |value: Option<i64>| value.map_or("-".to_owned(), |n| n.to_string());
        return refuse(format!(
            "value {number} must be between {} and {}",
            shown(parameter.validation_min),
            shown(parameter.validation_max)
        ));
    }
    let Some(last) = last.and_then(|text| text.parse::<i64>().ok()) else { return Ok(()) };
    match parameter.validation_monotonic {
        ValidationMonotonicOrder::Increasing if number < last => {
            refuse(format!("the value must be equal or greater than {last}, the previous one"))
        }
        ValidationMonotonicOrder::Decreasing if number > last => {
            refuse(format!("the value must be equal or less than {last}, the previous one"))
        }
        _ => Ok(()),
    }
}

fn list(parameter: &TemplateVersionParameter, value: &str) -> Result<(), String> {
    let items: Vec<String> =
        serde_json::from_str(value).map_err(|_| "the value must be a JSON list of texts".to_owned())?;
    items.iter().try_for_each(|item| options(parameter, item))
}

fn pattern(parameter: &TemplateVersionParameter, value: &str) -> Result<(), String> {
    if parameter.validation_regex.is_empty() {
        return Ok(());
    }
    // A pattern that this engine does not know is the server's to judge.
    let Ok(regex) = regex::Regex::new(&parameter.validation_regex) else { return Ok(()) };
    if regex.is_match(value) {
        return Ok(());
    }
    let reason = if parameter.validation_error.is_empty() {
        format!("the value does not match the pattern {:?}", parameter.validation_regex)
    } else {
        parameter.validation_error.clone()
    };
    Err(reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_bounds_and_a_direction() {
        let parameter = TemplateVersionParameter {
            kind: "number".into(),
            validation_min: Some(1),
            validation_max: Some(8),
            validation_monotonic: ValidationMonotonicOrder::Increasing,
            ..Default::default()
        };
        assert!(check(&parameter, "4", None).is_ok());
        assert!(check(&parameter, "9", None).is_err());
        assert!(check(&parameter, "x", None).is_err());
        assert!(check(&parameter, "3", Some("4")).is_err());
    }

    #[test]
    fn patterns_use_the_message_of_the_template() {
        let parameter = TemplateVersionParameter {
            kind: "string".into(),
            validation_regex: "^[a-z]+$".into(),
            validation_error: "letters only".into(),
            ..Default::default()
        };
        assert!(check(&parameter, "abc", None).is_ok());
        assert_eq!(check(&parameter, "1", None), Err("letters only".into()));
    }
}
