//! The OpenAPI document, made from the table of routes and the types that handlers take and return.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::openapi::{RefOr, Schema};
use warren_types::COMPATIBILITY_VERSION;

use crate::api::{Api, Auth, Route};
use crate::describe::TypeSchema;

/// The document of these routes.
pub fn document(api: &Api) -> Value {
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    let mut schemas: BTreeMap<String, Value> = BTreeMap::new();
    for route in api.routes() {
        // A route for every method is a protocol of its own, not an operation.
        let Some(method) = &route.method else { continue };
        let operation = operation(route, &mut schemas);
        paths.entry(route.path).or_default().insert(method.as_str().to_lowercase(), operation);
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Warren", "version": COMPATIBILITY_VERSION },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "session": { "type": "apiKey", "in": "header", "name": "Coder-Session-Token" },
            },
        },
    })
}

fn operation(route: &Route, schemas: &mut BTreeMap<String, Value>) -> Value {
    let mut operation = Map::new();
    operation.insert("operationId".into(), json!(route.id));
    if !route.tag.is_empty() {
        operation.insert("tags".into(), json!([route.tag]));
    }
    let parameters: Vec<Value> = path_parameters(route.path)
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .chain(route.query.iter().map(|name| json!({ "name": name, "in": "query", "schema": { "type": "string" } })))
        .collect();
    if !parameters.is_empty() {
        operation.insert("parameters".into(), json!(parameters));
    }
    if let Some(body) = &route.operation.body {
        let schema = reference(body, schemas);
        let body = json!({ "required": true, "content": { "application/json": { "schema": schema } } });
        operation.insert("requestBody".into(), body);
    }
    operation.insert("responses".into(), responses(route, schemas));
    if !matches!(route.auth, Auth::None | Auth::SessionOptional) {
        operation.insert("security".into(), json!([{ "session": [] }]));
    }
    Value::Object(operation)
}

fn responses(route: &Route, schemas: &mut BTreeMap<String, Value>) -> Value {
    if route.operation.websocket {
        return json!({ "101": { "description": "Switching Protocols" } });
    }
    let status = route.status.as_u16().to_string();
    let description = route.status.canonical_reason().unwrap_or_default();
    match &route.operation.response {
        Some(response) => {
            let schema = reference(response, schemas);
            json!({ status: { "description": description, "content": { "application/json": { "schema": schema } } } })
        }
        None => json!({ status: { "description": description } }),
    }
}

/// A reference to a named schema, which is added with everything that it refers to; other schemas stand in place.
fn reference(schema: &TypeSchema, schemas: &mut BTreeMap<String, Value>) -> Value {
    let mut needed: Vec<(String, RefOr<Schema>)> = Vec::new();
    (schema.dependencies)(&mut needed);
    if schema.is_named() {
        needed.push((schema.name.clone(), (schema.schema)()));
    }
    for (name, schema) in needed {
        schemas.entry(name).or_insert_with(|| json!(schema));
    }
    json!(schema.reference())
}

fn path_parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|segment| Some(segment.strip_prefix('{')?.strip_suffix('}')?.trim_start_matches('*')))
}
