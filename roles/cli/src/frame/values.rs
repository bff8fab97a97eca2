//! The texts that options accept: booleans, durations, CSV records, choices.

use std::time::Duration;

use crate::frame::spec::{Kind, Opt};

/// Go's spelling of booleans.
pub fn boolean(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(true),
        "" | "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(false),
        _ => Err(format!("strconv.ParseBool: parsing {text:?}: invalid syntax")),
    }
}

/// A duration: sequences of number and unit, `d` (24 h) and `w` (7 d) included. Negative ones are refused.
pub fn duration(text: &str) -> Result<Duration, String> {
    let fail = || format!("invalid duration: {text:?}");
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest.is_empty() {
        return Err(fail());
    }
    let mut total = 0f64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(fail)?;
        let (number, tail) = rest.split_at(digits);
        let end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        let number: f64 = number.parse().map_err(|_| fail())?;
        total += number * seconds_of(unit).ok_or_else(|| format!("unknown unit {unit:?} in duration {text:?}"))?;
        rest = tail;
    }
    // Go counts nanoseconds in 63 bits: about 292 years.
    if total > 9.2e9 { Err(fail()) } else { Ok(Duration::from_secs_f64(total)) }
}

fn seconds_of(unit: &str) -> Option<f64> {
    Some(match unit {
        "ns" => 1e-9,
        "us" | "µs" | "μs" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        "w" => 604_800.0,
        _ => return None,
    })
}

/// One CSV record; an empty text is an empty list.
pub fn csv(text: &str) -> Result<Vec<String>, String> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let mut fields = Vec::new();
    let mut chars = text.chars().peekable();
    loop {
        let mut field = String::new();
        if chars.peek() == Some(&'"') {
            chars.next();
            loop {
                match chars.next() {
                    Some('"') if chars.peek() == Some(&'"') => {
                        chars.next();
                        field.push('"');
                    }
                    Some('"') => break,
                    Some(c) => field.push(c),
                    None => return Err("a quoted value has no closing quote".into()),
                }
            }
            if !matches!(chars.peek(), None | Some(',')) {
                return Err("extraneous or missing \" in quoted field".into());
            }
        } else {
            while let Some(c) = chars.next_if(|c| *c != ',') {
                if c == '"' {
                    return Err("bare \" in non-quoted field".into());
                }
                field.push(c);
            }
        }
        fields.push(field);
        if chars.next().is_none() {
            return Ok(fields);
        }
    }
}

/// The canonical spelling of a choice; case does not matter.
pub fn choice(values: &'static [&'static str], text: &str) -> Result<String, String> {
    values
        .iter()
        .find(|value| value.eq_ignore_ascii_case(text))
        .map(|value| (*value).to_owned())
        .ok_or_else(|| format!("invalid choice: {text}, should be one of [{}]", values.join(" ")))
}

/// Checks a text for an option and gives its values: one, or several for lists.
pub fn parse(option: &Opt, text: &str) -> Result<Vec<String>, String> {
    let one = |value: String| Ok(vec![value]);
    match option.kind {
        Kind::Bool => one(boolean(text)?.to_string()),
        Kind::Text => one(text.to_owned()),
        Kind::Int => {
            text.parse::<i64>().map_err(|_| format!("strconv.ParseInt: parsing {text:?}: invalid syntax"))?;
            one(text.to_owned())
        }
        Kind::Duration => duration(text).and_then(|_| one(text.to_owned())),
        Kind::Url => one(text.to_owned()),
        Kind::List => csv(text),
        Kind::Choice(values) => one(choice(values, text)?),
        Kind::Choices(values) if text.is_empty() => Ok(values.iter().map(|v| (*v).to_owned()).collect()),
        // The whole text is repeated in the message, the wrong part alone in its reason.
        Kind::Choices(values) => csv(text)?.iter().map(|item| choice(values, item.trim())).collect(),
        Kind::AllowList => csv(text)?
            .into_iter()
            .map(|entry| match entry.split_once(':') {
                Some((kind, id)) if !kind.is_empty() && !id.is_empty() => Ok(entry),
                _ => Err(format!("invalid allow_list entry {entry:?}: want <type>:<id>")),
            })
            .collect(),
        Kind::AbsolutePath if std::path::Path::new(text).is_absolute() => one(text.to_owned()),
        Kind::AbsolutePath => Err("coder cli path must be an absolute path".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_days_and_weeks() {
        assert_eq!(duration("1d12h"), Ok(Duration::from_secs(36 * 3600)));
        assert_eq!(duration("2w"), Ok(Duration::from_secs(14 * 86_400)));
        assert_eq!(duration("1.5h"), Ok(Duration::from_secs(5400)));
        assert_eq!(duration("90m"), Ok(Duration::from_secs(5400)));
        assert_eq!(duration("0h"), Ok(Duration::ZERO));
        for bad in ["", "12", "h", "1x", "-1h", "100000000h"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_csv_record_keeps_commas_in_quotes() {
        assert_eq!(csv("a,b"), Ok(vec!["a".into(), "b".into()]));
        assert_eq!(csv("\"a,b\",c"), Ok(vec!["a,b".into(), "c".into()]));
        assert_eq!(csv("\"langs=[\"\"go\"\"]\""), Ok(vec!["langs=[\"go\"]".into()]));
        assert_eq!(csv("a,"), Ok(vec!["a".into(), String::new()]));
        assert!(csv("a\"b").is_err());
        assert!(csv("\"a").is_err());
    }

    #[test]
    fn booleans_are_those_of_go() {
        assert_eq!(boolean(""), Ok(false));
        assert_eq!(boolean("T"), Ok(true));
        assert!(boolean("yes").is_err());
    }

    #[test]
    fn an_empty_choice_list_means_all() {
        let option = Opt::choices("column", &["a b", "c"], "").short('c');
        assert_eq!(parse(&option, ""), Ok(vec!["a b".to_owned(), "c".into()]));
        assert_eq!(parse(&option, "C,A B"), Ok(vec!["c".to_owned(), "a b".into()]));
        assert_eq!(parse(&option, "a_b").unwrap_err(), "invalid choice: a_b, should be one of [a b c]");
    }
}
