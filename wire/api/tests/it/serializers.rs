//! What is written: values made from the contract go through each type and must come out by the contract's rules.
//! The schema cannot say which keys are absent, null or empty; this does.

use serde_json::{Map, Value, json};

use crate::contract::{Contract, Pair};
use crate::deviations::Findings;

const UUID: &str = "0b2f3c8e-7a1d-4d5e-9f60-112233445566";
const TIME: &str = "2026-01-02T03:04:05Z";
const NO_UUID: &str = "00000000-0000-0000-0000-000000000000";
const NO_TIME: &str = "0001-01-01T00:00:00Z";

/// Lists that are null when unset (rest.md, and recorded so); all others are empty then.
const NULL_LISTS: &[&str] = &["DynamicParametersResponse.parameters", "InboxNotification.targets"];

#[test]
fn written_values_have_the_contracts_keys() {
    let Some(contract) = Contract::load() else { return };
    compare(&contract).finish();
}

/// Compares every type.
pub fn compare(contract: &Contract) -> Findings {
    let mut findings = Findings::default();
    let (mut objects, mut values) = (0, 0);
    for pair in contract.pairs() {
        match contract.get(&pair.name).unwrap()["kind"].as_str() {
            Some("enum") => values += check_enum(contract, &mut findings, &pair),
            Some("object") => {
                objects += 1;
                check_empty(contract, &mut findings, &pair);
                check_nulls(contract, &mut findings, &pair);
                check_zeros(contract, &mut findings, &pair);
                check_full(contract, &mut findings, &pair);
            }
            _ => {}
        }
    }
    println!("wrote {objects} objects empty, with nulls, with zeros and full; and {values} values of enums");
    findings
}

fn check_enum(contract: &Contract, findings: &mut Findings, pair: &Pair) -> usize {
    let values = contract.get(&pair.name).unwrap()["values"].as_array().unwrap();
    for value in values {
        match (pair.entry.round_trip)(value.clone()) {
            Ok(written) if written == *value => {}
            other => findings.add(&pair.name, "", format!("{value} becomes {other:?}")),
        }
    }
    // A value of a newer version, and an absent one, must not break a reader.
    for foreign in [json!("a-value-of-the-future"), json!("")] {
        if (pair.entry.round_trip)(foreign.clone()) != Ok(json!("")) {
            findings.add(&pair.name, "", format!("{foreign} is not read as the empty value"));
        }
    }
    values.len()
}

/// A value of which nothing is known: every key that must be there is there, in its unset form.
fn check_empty(contract: &Contract, findings: &mut Findings, pair: &Pair) {
    let Some(written) = through(findings, pair, "an empty object", &Map::new()) else { return };
    for (field, rule) in contract.fields(&pair.name) {
        let has = written.get(field);
        if rule["omit"].is_string() {
            if let Some(value) = has {
                findings.add(&pair.name, field, format!("is {value} when unset, and should be absent"));
            }
            continue;
        }
        let Some(value) = has else {
            findings.add(&pair.name, field, "is absent when unset");
            continue;
        };
        let null_list = NULL_LISTS.contains(&format!("{}.{field}", pair.name).as_str());
        if null_list && !value.is_null() || !null_list && !is_unset(contract, value, rule) {
            findings.add(&pair.name, field, format!("is {value} when unset"));
        }
    }
}

/// Peers may send null for whatever is unset.
fn check_nulls(contract: &Contract, findings: &mut Findings, pair: &Pair) {
    let nulls = contract.fields(&pair.name).filter(|(_, rule)| {
        rule["null_if_unset"] == true || rule["nullable"] == true || rule["type"].as_str().is_some_and(is_collection)
    });
    for (field, _) in nulls {
        let mut value = Map::new();
        value.insert(field.clone(), Value::Null);
        let (with, without) = ((pair.entry.round_trip)(value.into()), (pair.entry.round_trip)(json!({})));
        if with != without {
            findings.add(&pair.name, field, format!("null is not read as unset: {with:?}"));
        }
    }
}

/// A zero that was sent: dropped where "empty" is omitted, kept where only "null" is.
fn check_zeros(contract: &Contract, findings: &mut Findings, pair: &Pair) {
    for (field, rule) in contract.fields(&pair.name) {
        let Some(zero) = zero(contract, rule) else { continue };
        let mut value = Map::new();
        value.insert(field.clone(), zero.clone());
        let Some(written) = through(findings, pair, &format!("a zero {field}"), &value) else { continue };
        let dropped = matches!(rule["omit"].as_str(), Some("empty" | "zero"));
        match written.get(field) {
            Some(kept) if dropped => findings.add(&pair.name, field, format!("is {kept}, and should be absent")),
            Some(kept) if *kept != zero => findings.add(&pair.name, field, format!("{zero} becomes {kept}")),
            None if !dropped => findings.add(&pair.name, field, format!("{zero} is dropped")),
            _ => {}
        }
    }
}

/// A value with everything set comes out as it went in: nothing is lost, and every form is read and written.
fn check_full(contract: &Contract, findings: &mut Findings, pair: &Pair) {
    for (field, rule) in contract.fields(&pair.name) {
        let Some(full) = full(contract, rule, &mut vec![pair.name.clone()]) else { continue };
        let mut value = Map::new();
        value.insert(field.clone(), full.clone());
        let Some(written) = through(findings, pair, &format!("a full {field}"), &value) else { continue };
        let kept = written.get(field).cloned().unwrap_or(Value::Null);
        if let Some(lost) = difference(&full, &kept) {
            findings.add(&pair.name, field, lost);
        }
    }
}

fn through(findings: &mut Findings, pair: &Pair, what: &str, value: &Map<String, Value>) -> Option<Map<String, Value>> {
    let field = value.keys().next().map_or("", String::as_str);
    match (pair.entry.round_trip)(Value::Object(value.clone())) {
        Ok(Value::Object(written)) => Some(written),
        other => {
            findings.add(&pair.name, field, format!("{what} becomes {other:?}"));
            None
        }
    }
}

/// The first place where two values differ. Objects may gain keys: those that are never absent.
fn difference(given: &Value, written: &Value) -> Option<String> {
    match (given, written) {
        (Value::Object(given), Value::Object(written)) => given.iter().find_map(|(key, value)| {
            let written = written.get(key).unwrap_or(&Value::Null);
            difference(value, written).map(|what| format!("{key}: {what}"))
        }),
        (Value::Array(given), Value::Array(written)) if given.len() == written.len() => {
            given.iter().zip(written).find_map(|(given, written)| difference(given, written))
        }
        _ => (given != written).then(|| format!("{given} becomes {written}")),
    }
}

fn is_collection(kind: &str) -> bool {
    kind.starts_with('[') || kind.starts_with("map<")
}

/// The base of an alias, with the rules that come from it.
fn resolve<'a>(contract: &'a Contract, rule: &'a Value) -> (&'a str, Option<&'a str>, bool) {
    let (kind, format) = (rule["type"].as_str().unwrap_or_default(), rule["format"].as_str());
    let nullable = rule["nullable"] == true;
    match contract.get(kind) {
        Some(alias) if alias["kind"] == "alias" => (
            alias["base"].as_str().unwrap_or_default(),
            alias["format"].as_str(),
            nullable || alias["nullable"] == true,
        ),
        _ => (kind, format, nullable),
    }
}

/// Whether a value is the unset form of a field that is always there.
fn is_unset(contract: &Contract, value: &Value, rule: &Value) -> bool {
    let (kind, format, nullable) = resolve(contract, rule);
    if nullable {
        return value.is_null();
    }
    match kind {
        "string" if format == Some("uuid") => value == NO_UUID,
        "string" if format == Some("date-time") => value == NO_TIME,
        "string" => value == "",
        "boolean" => *value == json!(false),
        "integer" | "number" => value.as_f64() == Some(0.0),
        "any" => value.is_null(),
        "object" => value.is_null() || value.is_object(),
        _ if kind.starts_with('[') => *value == json!([]),
        _ if kind.starts_with("map<") => *value == json!({}),
        name => match contract.get(name).and_then(|known| known["kind"].as_str()) {
            Some("enum") => value == "" || *value == json!(0),
            Some("out_of_scope_ai") => true,
            // Its own keys are checked with the type.
            _ => value.is_object(),
        },
    }
}

/// The zero of a scalar.
fn zero(contract: &Contract, rule: &Value) -> Option<Value> {
    let (kind, format, _) = resolve(contract, rule);
    Some(match kind {
        "string" if format == Some("uuid") => json!(NO_UUID),
        "string" if format == Some("date-time") => return None,
        "string" => json!(""),
        "boolean" => json!(false),
        "integer" => json!(0),
        "number" => json!(0.0),
        _ if kind.starts_with('[') => json!([]),
        _ if kind.starts_with("map<") => json!({}),
        _ => return None,
    })
}

/// A value with everything set; `None` where a type would contain itself.
fn full(contract: &Contract, rule: &Value, inside: &mut Vec<String>) -> Option<Value> {
    let (kind, format, _) = resolve(contract, rule);
    full_of(contract, kind, format, inside)
}

fn full_of(contract: &Contract, kind: &str, format: Option<&str>, inside: &mut Vec<String>) -> Option<Value> {
    let item_of = |item: &str, inside: &mut Vec<String>| {
        let (item, format) = match item.split_once(':') {
            Some((item, format)) if !item.starts_with('[') => (item.to_owned(), Some(format.to_owned())),
            _ => (item.to_owned(), None),
        };
        full_of(contract, &item, format.as_deref(), inside)
    };
    if let Some(item) = kind.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return Some(json!([item_of(item, inside)?]));
    }
    if let Some(item) = kind.strip_prefix("map<string,").and_then(|rest| rest.strip_suffix('>')) {
        return Some(json!({ "key": item_of(item, inside)? }));
    }
    Some(match kind {
        "string" if format == Some("uuid") => json!(UUID),
        "string" if format == Some("date-time") => json!(TIME),
        "string" => json!("text"),
        "boolean" => json!(true),
        "integer" => json!(7),
        "number" => json!(1.5),
        "any" | "object" => json!({ "key": "value" }),
        name => {
            let known = contract.get(name)?;
            match known["kind"].as_str() {
                Some("enum") => known["values"].as_array()?.iter().find(|value| *value != "")?.clone(),
                Some("alias") => {
                    return full_of(contract, known["base"].as_str()?, known["format"].as_str(), inside);
                }
                Some("object") => full_object(contract, name, inside)?,
                _ => json!({ "key": "value" }),
            }
        }
    })
}

fn full_object(contract: &Contract, name: &str, inside: &mut Vec<String>) -> Option<Value> {
    if inside.iter().any(|outer| outer == name) {
        return None;
    }
    inside.push(name.to_owned());
    let mut object = Map::new();
    for (field, rule) in contract.fields(name) {
        if let Some(value) = full(contract, rule, inside) {
            object.insert(field.clone(), value);
        }
    }
    inside.pop();
    Some(Value::Object(object))
}
