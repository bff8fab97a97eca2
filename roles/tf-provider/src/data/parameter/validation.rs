//! The `validation` block: limits, patterns, monotony.

use super::types::{ValueType, parse_list};
use crate::check::go_regex;
use crate::value::Value;

/// Checks a value; the error says what is wrong with it.
pub fn check(block: &Value, value_type: ValueType, value: &str, previous: Option<&str>) -> Result<(), String> {
    let text = |name| block.get(name).as_text().unwrap_or("");
    let (min, max) = (block.get("min").as_int(), block.get("max").as_int());
    let (regex, monotonic, error) = (text("regex"), text("monotonic"), text("error"));

    if value_type != ValueType::Number {
        for (is_set, what) in
            [(min.is_some(), "min"), (max.is_some(), "max"), (!monotonic.is_empty(), "monotonic validation")]
        {
            if is_set {
                return Err(format!("a {what} cannot be specified for a {value_type} type"));
            }
        }
    }
    if value_type != ValueType::Text && !regex.is_empty() {
        return Err(format!("a regex cannot be specified for a {value_type} type"));
    }
    match value_type {
        ValueType::Bool if matches!(value, "true" | "false") => Ok(()),
        ValueType::Bool => Err("boolean value can be either \"true\" or \"false\"".to_owned()),
        ValueType::Text if regex.is_empty() => Ok(()),
        ValueType::Text => check_regex(regex, error, value),
        ValueType::Number => {
            check_number(min, max, error, value)?;
            check_monotonic(monotonic, value, previous)
        }
        ValueType::TextList => parse_list(value).map(drop),
    }
}

fn check_regex(regex: &str, error: &str, value: &str) -> Result<(), String> {
    // "<nil>" is what template authors find when they search for this message.
    let compiled = go_regex::compile(regex).map_err(|why| format!("compile regex <nil>: {why}"))?;
    if error.is_empty() {
        return Err("an error must be specified with a regex validation".to_owned());
    }
    if compiled.is_match(value) {
        return Ok(());
    }
    Err(format!("{error} (value {value:?} does not match {regex:?})"))
}

fn check_number(min: Option<i64>, max: Option<i64>, error: &str, value: &str) -> Result<(), String> {
    let number: i64 = value.parse().map_err(|_| format!("value {value:?} is not a number"))?;
    let complaint = match (min, max) {
        (Some(min), _) if number < min => {
            format!("value {number} is less than the minimum {min}")
        }
        (_, Some(max)) if number > max => {
            format!("value {number} is more than the maximum {max}")
        }
        _ => return Ok(()),
    };
    if error.is_empty() {
        return Err(complaint);
    }
    let limit = |limit: Option<i64>| limit.unwrap_or(0).to_string();
    Err(error.replace("{min}", &limit(min)).replace("{max}", &limit(max)).replace("{value}", value))
}

/// A previous value that is no whole number says nothing.
fn check_monotonic(monotonic: &str, value: &str, previous: Option<&str>) -> Result<(), String> {
    let increasing = match monotonic {
        "" => return Ok(()),
        "increasing" => true,
        "decreasing" => false,
        _ => {
            return Err("number monotonicity can be either \"increasing\" or \"decreasing\"".to_owned());
        }
    };
    let parse = |text: &str| text.parse::<i64>().ok();
    let (Some(number), Some(previous)) = (parse(value), previous.and_then(parse)) else {
        return Ok(());
    };
    let (wrong, word) = if increasing { (number < previous, "greater") } else { (number > previous, "lower") };
    if wrong {
        return Err(format!("parameter value '{number}' must be equal or {word} than previous value: {previous}"));
    }
    Ok(())
}
