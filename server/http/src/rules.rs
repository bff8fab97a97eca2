//! Checking a request body against the rules of its type (rest.md §3, §6).

use serde_json::Value;
use warren_api::FieldRule;
use warren_core::{Error, check_display_name, check_name, check_real_name, check_version_name};

/// Checks every rule and collects every violation.
pub(crate) fn check(body: &Value, rules: &[FieldRule]) -> Result<(), Error> {
    let mut error = Error::invalid("Validation failed.");
    for (field, tags) in rules {
        let value = body.get(field).unwrap_or(&Value::Null);
        if let Some(tag) = first_violation(body, value, tags) {
            let shown = match value {
                Value::String(text) => text.clone(),
                Value::Null => String::new(),
                other => other.to_string(),
            };
            let name = tag.split('=').next().unwrap_or(tag);
            error = error.validation(*field, format!("Validation failed for tag \"{name}\" with value: \"{shown}\""));
        }
    }
    if error.validations.is_empty() { Ok(()) } else { Err(error) }
}

fn first_violation<'a>(body: &Value, value: &Value, tags: &[&'a str]) -> Option<&'a str> {
    // What stands before "omitempty" counts for an absent value too.
    let checked = tags.iter().copied().take_while(|tag| *tag != "omitempty" || !is_zero(value));
    checked.into_iter().find(|tag| !holds(body, value, tag))
}

fn holds(body: &Value, value: &Value, tag: &str) -> bool {
    let (name, argument) = tag.split_once('=').unwrap_or((tag, ""));
    let text = value.as_str().unwrap_or_default();
    match name {
        "required" => !is_zero(value),
        "required_without" => !is_zero(value) || !is_zero(other_field(body, argument)),
        "required_if" => !other_is(body, argument) || !is_zero(value),
        "required_unless" => other_is(body, argument) || !is_zero(value),
        "excluded_with" => is_zero(value) || is_zero(other_field(body, argument)),
        "oneof" => is_zero(value) || argument.split(' ').any(|choice| choice == text),
        "lt" => argument.parse().is_ok_and(|limit| size(value) < limit),
        "max" | "lte" => argument.parse().is_ok_and(|limit| size(value) <= limit),
        "min" | "gte" => argument.parse().is_ok_and(|limit| size(value) >= limit),
        "email" => is_zero(value) || is_email(text),
        "username" | "workspace_name" | "template_name" | "organization_name" => {
            is_zero(value) || check_name(text).is_ok()
        }
        "group_name" => is_zero(value) || is_group_name(text),
        "template_version_name" => is_zero(value) || check_version_name(text).is_ok(),
        "user_real_name" => check_real_name(text).is_ok(),
        "template_display_name" | "organization_display_name" | "group_display_name" => {
            check_display_name(text).is_ok()
        }
        "http_url" => is_zero(value) || text.starts_with("http://") || text.starts_with("https://"),
        "omitempty" => true,
        // A rule that nobody checks is a bug, and closed; a test walks the rules of every route.
        _ => false,
    }
}

/// `Field word`: whether that field has that value.
fn other_is(body: &Value, argument: &str) -> bool {
    let Some((field, wanted)) = argument.split_once(' ') else { return false };
    match other_field(body, field) {
        Value::String(text) => text == wanted,
        Value::Null => matches!(wanted, "" | "false"),
        other => other.to_string() == wanted,
    }
}

/// A field named as in the original's source: `TemplateVersionID` → `template_version_id`.
fn other_field<'a>(body: &'a Value, name: &str) -> &'a Value {
    let mut field = String::new();
    let mut previous_lower = false;
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && previous_lower {
            field.push('_');
        }
        previous_lower = letter.is_ascii_lowercase();
        field.push(letter.to_ascii_lowercase());
    }
    body.get(&field).unwrap_or(&Value::Null)
}

/// What counts as absent: also the nil UUID, which official clients send for "none".
fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(flag) => !flag,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty() || text == "00000000-0000-0000-0000-000000000000",
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
    }
}

fn size(value: &Value) -> i64 {
    match value {
        Value::String(text) => i64::try_from(text.chars().count()).unwrap_or(i64::MAX),
        Value::Array(items) => i64::try_from(items.len()).unwrap_or(i64::MAX),
        Value::Number(number) => number.as_i64().unwrap_or(i64::MAX),
        _ => 0,
    }
}

/// One `@` with something before it and a host name after it. Delivery is the only real test of an address.
pub(crate) fn is_email(text: &str) -> bool {
    let Some((local, host)) = text.rsplit_once('@') else { return false };
    let local_ok = !local.is_empty() && local.len() <= 64 && !local.contains(|c: char| c.is_whitespace() || c == '@');
    let host_ok = !host.is_empty()
        && host.len() <= 255
        && host.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        });
    local_ok && host_ok
}

fn is_group_name(text: &str) -> bool {
    text.len() <= 255
        && text != "new"
        && text != "create"
        && text.split('-').all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_the_field_and_the_tag() {
        let rules: &[FieldRule] = &[("email", &["required", "email"]), ("username", &["required", "username"])];
        let error = check(&json!({ "email": "x", "username": "" }), rules).unwrap_err();
        assert_eq!(error.message, "Validation failed.");
        let found: Vec<_> = error.validations.iter().map(|v| (v.field.as_str(), v.detail.as_str())).collect();
        assert_eq!(
            found,
            [
                ("email", "Validation failed for tag \"email\" with value: \"x\""),
                ("username", "Validation failed for tag \"required\" with value: \"\""),
            ]
        );
        check(&json!({ "email": "a@example.com", "username": "a" }), rules).unwrap();
    }

    #[test]
    fn nil_uuid_counts_as_absent() {
        let rules: &[FieldRule] = &[("file_id", &["required_without=ExampleID"])];
        let nil = json!({ "file_id": "00000000-0000-0000-0000-000000000000" });
        check(&nil, rules).unwrap_err();
        check(&json!({ "example_id": "docker" }), rules).unwrap();
    }

    #[test]
    fn a_field_may_be_needed_by_another() {
        let rules: &[FieldRule] = &[("email", &["required_unless=ServiceAccount true", "omitempty", "email"])];
        check(&json!({ "service_account": true }), rules).unwrap();
        let error = check(&json!({ "service_account": false }), rules).unwrap_err();
        assert_eq!(error.validations[0].detail, "Validation failed for tag \"required_unless\" with value: \"\"");
        check(&json!({ "service_account": true, "email": "x" }), rules).unwrap_err();
        let rules: &[FieldRule] = &[("theme_dark", &["required_if=ThemeMode sync", "omitempty", "oneof=dark light"])];
        check(&json!({ "theme_mode": "dark" }), rules).unwrap();
        check(&json!({ "theme_mode": "sync" }), rules).unwrap_err();
        check(&json!({ "theme_mode": "sync", "theme_dark": "dark" }), rules).unwrap();
    }

    /// An unknown rule refuses every value, so no route may have one.
    #[test]
    fn every_rule_of_every_route_is_known() {
        const KNOWN: &[&str] = &[
            "required",
            "required_without",
            "required_if",
            "required_unless",
            "excluded_with",
            "oneof",
            "lt",
            "max",
            "lte",
            "min",
            "gte",
            "email",
            "username",
            "workspace_name",
            "template_name",
            "organization_name",
            "group_name",
            "template_version_name",
            "user_real_name",
            "template_display_name",
            "organization_display_name",
            "group_display_name",
            "http_url",
            "omitempty",
        ];
        let api = crate::routes::api();
        let bodies = api.routes().iter().filter_map(|route| Some((route.id, route.operation.body.as_ref()?.rules())));
        for (id, rules) in bodies {
            for tag in rules.iter().flat_map(|(_, tags)| tags.iter()) {
                let name = tag.split('=').next().unwrap_or(tag);
                assert!(KNOWN.contains(&name), "{id}: {tag}");
            }
        }
    }

    #[test]
    fn email_addresses() {
        for good in ["a@b", "first.last+tag@example.com", "a@bücher.example"] {
            assert!(is_email(good), "{good}");
        }
        for bad in ["", "@", "a@", "@b", "a b@c", "a@b@c", "a@-b", "a@b..c"] {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
