//! The table of routes and the types against the contract.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::Value;

/// The contract's folder: `WARREN_SPEC`, or `shared/spec` beside the repository.
pub fn spec() -> Option<PathBuf> {
    let explicit = std::env::var_os("WARREN_SPEC").map(PathBuf::from);
    let above = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let found = above.ancestors().map(|dir| dir.join("shared/spec")).find(|dir| dir.is_dir());
    explicit.or(found)
}

pub fn read(name: &str) -> Option<Value> {
    let Some(spec) = spec() else {
        eprintln!("SKIPPED: the contract's folder is not there");
        return None;
    };
    Some(serde_json::from_str(&std::fs::read_to_string(spec.join(name)).unwrap()).unwrap())
}

/// Operations that belong to the first priority and are not made from the table: other protocols on the same port.
const ELSEWHERE: &[&str] = &["GET /bin/{file}", "GET /derp", "GET /derp/latency-check"];

#[test]
fn every_operation_of_the_first_priority_is_there() {
    let Some(contract) = read("api/endpoints.json") else { return };
    let document = warren_http::document(&warren_http::api());
    let mut missing = Vec::new();
    for endpoint in contract["endpoints"].as_array().unwrap() {
        if endpoint["priority"] != "P0" {
            continue;
        }
        let (method, path) = (endpoint["method"].as_str().unwrap(), endpoint["path"].as_str().unwrap());
        let name = format!("{method} {path}");
        let found = find(&document, method, path);
        match found {
            None if !ELSEWHERE.contains(&name.as_str()) => missing.push(name),
            None => {}
            Some(operation) => {
                if let Some(id) = endpoint["id"].as_str()
                    && operation["operationId"] != id
                {
                    missing.push(format!("{name}: the operation is called {}, not {id}", operation["operationId"]));
                }
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// Every object of the document that the contract knows has the contract's fields, and every enum its values.
#[test]
fn types_have_the_fields_of_the_contract() {
    let Some(contract) = read("api/types.json") else { return };
    let types = contract.get("types").unwrap_or(&contract);
    let document = warren_http::document(&warren_http::api());
    let mut wrong = Vec::new();
    let mut compared = 0;
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let Some((_, expected)) = types.as_object().unwrap().iter().find(|(known, _)| same_name(known, name)) else {
            continue;
        };
        compared += 1;
        if let (Some(fields), Some(properties)) = (expected["fields"].as_object(), schema["properties"].as_object()) {
            let ours: BTreeSet<&String> = properties.keys().collect();
            for (field, rule) in fields {
                // Fields of features that are left out need not be there unless clients always read them.
                if !ours.contains(field) && rule["omit"].is_null() {
                    wrong.push(format!("{name}.{field} is missing"));
                }
            }
            for field in ours {
                if !fields.contains_key(field) {
                    wrong.push(format!("{name}.{field} is not in the contract"));
                }
            }
        }
    }
    println!("compared {compared} types");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(compared > 50, "only {compared} types were found");
}

fn find<'a>(document: &'a Value, method: &str, path: &str) -> Option<&'a Value> {
    let wanted = shape(path);
    let (_, operations) = document["paths"].as_object()?.iter().find(|(known, _)| shape(known) == wanted)?;
    operations.get(method.to_lowercase())
}

/// The path without the names of its parameters.
fn shape(path: &str) -> String {
    let segments = path.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

/// Names differ in the case of abbreviations only, and by the package of the original.
fn same_name(contract: &str, ours: &str) -> bool {
    let plain = contract.rsplit('.').next().unwrap_or(contract).replace('-', "");
    plain.eq_ignore_ascii_case(ours)
}
