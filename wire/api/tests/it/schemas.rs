//! The schemas of the OpenAPI document: fields, types, formats, nullability, values of enums.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::contract::Contract;
use crate::deviations::Findings;

#[test]
fn schemas_are_the_contracts() {
    let Some(contract) = Contract::load() else { return };
    compare(&contract).finish();
}

/// Compares every type.
pub fn compare(contract: &Contract) -> Findings {
    let mut findings = Findings::default();
    let (mut objects, mut enums, mut fields, mut words) = (0, 0, 0, 0);
    for pair in contract.pairs() {
        let (name, schema) = (&pair.name, &pair.entry.schema);
        let known = contract.get(name).unwrap();
        match known["kind"].as_str() {
            Some("enum") => {
                enums += 1;
                compare_values(&mut findings, name, "", &schema["enum"], &known["values"]);
            }
            Some("object") => {
                objects += 1;
                let ours: BTreeSet<&str> =
                    schema["properties"].as_object().into_iter().flatten().map(|(field, _)| field.as_str()).collect();
                for (field, rule) in contract.fields(name) {
                    fields += 1;
                    if !ours.contains(field.as_str()) {
                        findings.add(name, field, "is missing");
                    } else if let Err(what) = check_field(contract, &schema["properties"][field], rule) {
                        findings.add(name, field, what);
                    } else {
                        let schema = &schema["properties"][field];
                        words += compare_words(&mut findings, name, field, schema, rule);
                    }
                }
                for field in ours {
                    if contract.fields(name).all(|(known, _)| known != field) {
                        findings.add(name, field, "is not in the contract");
                    }
                }
            }
            other => findings.add(name, "", format!("the contract has a type of kind {other:?}")),
        }
    }
    println!(
        "compared the schemas of {objects} objects with {fields} fields, of {enums} enums, and of {words} fields of some words"
    );
    findings
}

fn compare_values(findings: &mut Findings, name: &str, field: &str, ours: &Value, theirs: &Value) {
    let set = |values: &Value| -> BTreeSet<String> {
        values.as_array().into_iter().flatten().filter_map(|value| value.as_str().map(str::to_owned)).collect()
    };
    let (ours, theirs) = (set(ours), set(theirs));
    for value in theirs.difference(&ours) {
        findings.add(name, field, format!("the value {value:?} is missing"));
    }
    for value in ours.difference(&theirs) {
        findings.add(name, field, format!("the value {value:?} is not in the contract"));
    }
}

/// Text of which the contract knows every word, without a type of its own; and the other way round.
fn compare_words(findings: &mut Findings, name: &str, field: &str, schema: &Value, rule: &Value) -> usize {
    let none = Value::Null;
    let (ours, theirs) = match rule.get("item_enum") {
        Some(theirs) => (&schema["items"]["enum"], theirs),
        None => (&schema["enum"], rule.get("enum").unwrap_or(&none)),
    };
    compare_values(findings, name, field, ours, theirs);
    usize::from(!theirs.is_null())
}

fn check_field(contract: &Contract, schema: &Value, rule: &Value) -> Result<(), String> {
    let (schema, nullable) = unwrap_null(schema);
    // What is absent when unset may be null in a request.
    let may_be_null = rule["nullable"] == true || rule["omit"].is_string() || rule["null_if_unset"] == true;
    let wanted = rule["type"].as_str().unwrap_or_default();
    let alias_null = contract.get(wanted).is_some_and(|alias| alias["nullable"] == true);
    if nullable && !may_be_null && !alias_null {
        return Err("may be null, against the contract".to_owned());
    }
    let anything = schema.get("type").is_none() && schema.get("$ref").is_none();
    if (rule["nullable"] == true || alias_null) && !nullable && !anything {
        return Err("is never null, and should be when unset".to_owned());
    }
    check_type(contract, schema, wanted, rule["format"].as_str())
}

/// The schema without its null, and whether there was one.
fn unwrap_null(schema: &Value) -> (&Value, bool) {
    if let Some(parts) = schema["oneOf"].as_array() {
        let null = parts.iter().any(|part| part["type"] == "null");
        let rest = parts.iter().find(|part| part["type"] != "null");
        return (rest.unwrap_or(schema), null);
    }
    let null = schema["type"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "null"));
    (schema, null)
}

fn kind_of(schema: &Value) -> &str {
    match &schema["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or(""),
        kind => kind.as_str().unwrap_or(""),
    }
}

/// Whether a schema is the contract's type: `string`, `[T]`, `[T:format]`, `map<string,T>`, or a name.
fn check_type(contract: &Contract, schema: &Value, wanted: &str, format: Option<&str>) -> Result<(), String> {
    let kind = kind_of(schema);
    let differs = || Err(format!("is {schema}, not {wanted} {}", format.unwrap_or_default()));
    if let Some(item) = wanted.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        if kind != "array" {
            return differs();
        }
        let (item, format) = if item.starts_with('[') { (item, None) } else { split_format(item) };
        return check_type(contract, unwrap_null(&schema["items"]).0, item, format);
    }
    if let Some(item) = wanted.strip_prefix("map<string,").and_then(|rest| rest.strip_suffix('>')) {
        if kind != "object" || schema.get("additionalProperties").is_none() {
            return differs();
        }
        let (item, format) = if item.starts_with('[') { (item, None) } else { split_format(item) };
        return check_type(contract, unwrap_null(&schema["additionalProperties"]).0, item, format);
    }
    let same = match wanted {
        "any" => kind.is_empty() && schema.get("$ref").is_none(),
        "object" => kind.is_empty() && schema.get("$ref").is_none() || kind == "object",
        "string" => kind == "string" && formats_agree(schema["format"].as_str(), format),
        "integer" | "number" | "boolean" => kind == wanted,
        name => return check_named(contract, schema, name),
    };
    if same { Ok(()) } else { differs() }
}

fn split_format(item: &str) -> (&str, Option<&str>) {
    item.split_once(':').map_or((item, None), |(item, format)| (item, Some(format)))
}

/// The formats that have a type of their own here; the others are plain text.
fn formats_agree(ours: Option<&str>, theirs: Option<&str>) -> bool {
    let own = |format: Option<&str>| format.filter(|format| matches!(*format, "uuid" | "date-time")).map(str::to_owned);
    own(ours) == own(theirs)
}

fn check_named(contract: &Contract, schema: &Value, name: &str) -> Result<(), String> {
    let Some(known) = contract.get(name) else { return Err(format!("the contract has no type {name}")) };
    match known["kind"].as_str() {
        Some("alias") => check_type(contract, schema, known["base"].as_str().unwrap_or(""), known["format"].as_str()),
        Some("out_of_scope_ai") => check_type(contract, schema, "any", None),
        // An enum of numbers is a number.
        Some("enum") if known["base"] == "integer" => check_type(contract, schema, "integer", None),
        _ => {
            let ours = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next());
            let Some(ours) = ours else { return Err(format!("is {schema}, not {name}")) };
            let is = contract.name_of(ours);
            if is.as_deref() == Some(name) { Ok(()) } else { Err(format!("is {ours}, not {name}")) }
        }
    }
}
