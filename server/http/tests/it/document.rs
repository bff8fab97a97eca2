//! The OpenAPI document by itself: it is whole, and it is the router's.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::contract::{document, path_parameters, read, shape};

/// Types of the document that the contract does not list; `wire/api` says why.
const OURS: &[&str] = &["ArchiveTemplateVersionsResponse", "AvailableExperiments", "CreateProvisionerKeyRequest"];

fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    document["paths"].as_object().unwrap().iter().flat_map(|(path, operations)| {
        let operations = operations.as_object().unwrap().iter();
        operations.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}

/// Calls `visit` with every schema inside a value.
fn walk(value: &Value, visit: &mut impl FnMut(&Value)) {
    visit(value);
    match value {
        Value::Object(fields) => fields.values().for_each(|field| walk(field, visit)),
        Value::Array(items) => items.iter().for_each(|item| walk(item, visit)),
        _ => {}
    }
}

#[test]
fn every_route_is_in_the_document_and_nothing_else() {
    let api = warren_http::api();
    let routed: BTreeSet<(String, String)> = api
        .routes()
        .iter()
        .map(|route| {
            let method = route.method.as_ref().map_or("get".to_owned(), |method| method.as_str().to_lowercase());
            (route.path.replace("{*", "{"), method)
        })
        .collect();
    assert_eq!(routed.len(), api.routes().len(), "two routes have one path and method");
    let document = document();
    let described: BTreeSet<(String, String)> =
        operations(&document).map(|(path, method, _)| (path.to_owned(), method.to_owned())).collect();
    assert_eq!(described, routed);
    println!("{} routes", routed.len());
}

#[test]
fn the_document_is_valid() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    assert!(document["info"]["title"].is_string() && document["info"]["version"].is_string());
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let mut wrong = Vec::new();
    let mut referred = BTreeSet::new();
    walk(&document, &mut |value| {
        if let Some(path) = value["$ref"].as_str() {
            match path.strip_prefix("#/components/schemas/") {
                Some(name) if schemas.contains_key(name) => drop(referred.insert(name.to_owned())),
                _ => wrong.push(format!("{path} is not there")),
            }
        }
        if let Some(values) = value.get("enum").and_then(Value::as_array) {
            let distinct: BTreeSet<_> = values.iter().map(Value::to_string).collect();
            if values.is_empty() || distinct.len() != values.len() {
                wrong.push(format!("an enum without values, or with the same twice: {values:?}"));
            }
        }
    });
    for (name, schema) in schemas {
        if !referred.contains(name) {
            wrong.push(format!("nothing refers to the schema {name}"));
        }
        let fields = schema["properties"].as_object();
        for field in schema["required"].as_array().into_iter().flatten() {
            if fields.is_none_or(|fields| !fields.contains_key(field.as_str().unwrap())) {
                wrong.push(format!("{name} requires {field} and has it not"));
            }
        }
    }
    let (mut ids, mut shapes) = (BTreeSet::new(), BTreeSet::new());
    for (path, method, operation) in operations(&document) {
        let mut complain = |what: String| wrong.push(format!("{method} {path}: {what}"));
        let id = operation["operationId"].as_str().unwrap_or_default();
        if id.is_empty() || !ids.insert(id.to_owned()) {
            complain(format!("the operation id {id:?} is empty or taken"));
        }
        if !shapes.insert((shape(path), method.to_owned())) {
            complain("another path differs in the names of parameters only".to_owned());
        }
        check_parameters(path, operation, &mut complain);
        check_responses(operation, &mut complain);
        for scheme in operation["security"].as_array().unwrap() {
            for name in scheme.as_object().unwrap().keys() {
                if document["components"]["securitySchemes"].get(name).is_none() {
                    complain(format!("there is no security scheme {name}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn check_parameters(path: &str, operation: &Value, complain: &mut impl FnMut(String)) {
    let mut seen = BTreeSet::new();
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let (name, place) = (parameter["name"].as_str().unwrap(), parameter["in"].as_str().unwrap());
        if !seen.insert((place, name)) {
            complain(format!("the parameter {name} is there twice"));
        }
        if place == "path" && parameter["required"] != true {
            complain(format!("the parameter {name} of the path is not required"));
        }
        if !parameter["schema"]["type"].is_string() {
            complain(format!("the parameter {name} has no type"));
        }
    }
    let of_path: BTreeSet<&str> = seen.iter().filter(|(place, _)| *place == "path").map(|(_, name)| *name).collect();
    if of_path != path_parameters(path).into_iter().collect() {
        complain(format!("the parameters of the path are {of_path:?}"));
    }
}

fn check_responses(operation: &Value, complain: &mut impl FnMut(String)) {
    let responses = operation["responses"].as_object().unwrap();
    if responses.keys().all(|status| status == "default") {
        complain("no success is described".to_owned());
    }
    for (status, response) in responses {
        if status != "default" && !status.parse().is_ok_and(|status: u16| (100..600).contains(&status)) {
            complain(format!("{status} is no status"));
        }
        if response["description"].as_str().is_none_or(str::is_empty) {
            complain(format!("{status} has no description"));
        }
        if matches!(status.as_str(), "101" | "204" | "304") && response.get("content").is_some() {
            complain(format!("{status} has a body"));
        }
    }
}

/// The types themselves are compared where they are declared (`wire/api`); here, that there are no others.
#[test]
fn every_type_of_the_document_is_the_contracts() {
    let Some(contract) = read("api/types.json") else { return };
    let types = contract["types"].as_object().unwrap();
    let document = document();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let sources = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wire/api/src");
    let declared: String = std::fs::read_dir(sources)
        .unwrap()
        .map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap())
        .collect();
    let is_declared = |name: &str| {
        ["struct", "enum"].iter().any(|kind| {
            let start = format!("pub {kind} {name} ");
            declared.contains(&start)
        })
    };
    let foreign: Vec<_> = schemas.keys().filter(|name| !is_declared(name)).collect();
    assert!(foreign.is_empty(), "types that wire/api does not declare, so that nobody compares them: {foreign:?}");
    let needed = OURS.iter().filter(|name| types.contains_key(**name) || !schemas.contains_key(**name));
    assert_eq!(needed.count(), 0, "the list of types that the contract does not have is not up to date");
    println!("{} types in the document", schemas.len());
}
