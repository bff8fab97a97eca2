//! The OpenAPI document, made from the table of routes and the types that handlers take and return.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use warren_api::FieldRule;
use warren_types::COMPATIBILITY_VERSION;

use crate::api::{Api, Auth, Route};
use crate::describe::{ParameterForm, TypeSchema};

type Schemas = BTreeMap<String, Value>;

/// The document of these routes.
pub fn document(api: &Api) -> Value {
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    let mut schemas = Schemas::new();
    reference(&TypeSchema::of::<warren_api::Response>(), &mut schemas);
    for route in api.routes() {
        let operation = operation(route, &mut schemas);
        let method = route.method.as_ref().map_or("get".to_owned(), |method| method.as_str().to_lowercase());
        paths.entry(route.path.replace("{*", "{")).or_default().insert(method, operation);
    }
    let header = |name: &str| json!({ "type": "apiKey", "in": "header", "name": name });
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Warren", "version": COMPATIBILITY_VERSION },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "session": header("Coder-Session-Token"),
                "agent": header("Coder-Session-Token"),
                "provisionerKey": header("Coder-Provisioner-Daemon-Key"),
                "provisionerSecret": header("Coder-Provisioner-Daemon-PSK"),
            },
        },
    })
}

fn operation(route: &Route, schemas: &mut Schemas) -> Value {
    let mut operation = Map::new();
    operation.insert("operationId".into(), json!(route.id));
    if !route.tag.is_empty() {
        operation.insert("tags".into(), json!([route.tag]));
    }
    let parameters: Vec<Value> = path_parameters(route).chain(query_parameters(route)).collect();
    if !parameters.is_empty() {
        operation.insert("parameters".into(), json!(parameters));
    }
    if let Some(body) = &route.operation.body {
        let schema = reference(body, schemas);
        let required = !route.operation.body_optional;
        let body = json!({ "required": required, "content": { "application/json": { "schema": schema } } });
        operation.insert("requestBody".into(), body);
    }
    if !route.operation.body_media.is_empty() {
        let content: Map<String, Value> =
            route.operation.body_media.iter().map(|media| ((*media).to_owned(), json!({}))).collect();
        operation.insert("requestBody".into(), json!({ "required": true, "content": content }));
    }
    operation.insert("responses".into(), responses(route, schemas));
    operation.insert("security".into(), security(route.auth));
    if route.method.is_none() {
        operation.insert("x-every-method".into(), json!(true));
    }
    if let Some(message) = &route.operation.message {
        operation.insert("x-websocket-message".into(), reference(message, schemas));
    }
    Value::Object(operation)
}

fn security(auth: Auth) -> Value {
    match auth {
        Auth::None => json!([]),
        Auth::Session => json!([{ "session": [] }]),
        Auth::SessionOptional => json!([{}, { "session": [] }]),
        Auth::Agent => json!([{ "agent": [] }]),
        Auth::ProvisionerDaemon => json!([{ "provisionerKey": [] }, { "provisionerSecret": [] }, { "session": [] }]),
    }
}

fn responses(route: &Route, schemas: &mut Schemas) -> Value {
    let mut responses = Map::new();
    if route.operation.websocket {
        responses.insert("101".into(), json!({ "description": "Switching Protocols" }));
    }
    if !route.operation.websocket || route.operation.response.is_some() {
        for status in std::iter::once(route.status.as_u16()).chain(route.also.iter().copied()) {
            let status = http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::OK);
            let response = success(route, status, schemas);
            responses.insert(status.as_u16().to_string(), response);
        }
    }
    if route.path.starts_with("/api/") {
        let envelope = json!({ "application/json": { "schema": { "$ref": "#/components/schemas/Response" } } });
        responses.insert("default".into(), json!({ "description": "Error", "content": envelope }));
    }
    Value::Object(responses)
}

fn success(route: &Route, status: http::StatusCode, schemas: &mut Schemas) -> Value {
    let mut response = Map::new();
    response.insert("description".into(), json!(status.canonical_reason().unwrap_or_default()));
    let bodyless = matches!(status.as_u16(), 100..=199 | 204 | 300..=399);
    let media = route.operation.media.unwrap_or("application/json");
    match &route.operation.response {
        _ if bodyless => {}
        Some(body) => {
            let schema = reference(body, schemas);
            response.insert("content".into(), json!({ media: { "schema": schema } }));
        }
        None if route.operation.media.is_some() => {
            response.insert("content".into(), json!({ media: {} }));
        }
        None => {}
    }
    Value::Object(response)
}

/// A reference to a named schema, which is added with everything that it refers to; other schemas stand in place.
fn reference(of: &TypeSchema, schemas: &mut Schemas) -> Value {
    let (schema, needed) = of.reference();
    for (name, schema) in needed {
        let mut schema = json!(schema);
        drop_defaults(&mut schema);
        match schemas.get(&name) {
            None => drop(schemas.insert(name, schema)),
            Some(known) => debug_assert!(same(known, &schema), "two types are called {name}"),
        }
    }
    let mut schema = json!(schema);
    drop_defaults(&mut schema);
    let name = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next());
    if let Some(body) = name.and_then(|name| schemas.get_mut(name)) {
        add_rules(body, of.rules());
    }
    schema
}

/// Equal but for the rules, which come from the operations that take the type.
fn same(known: &Value, schema: &Value) -> bool {
    let names =
        |schema: &Value| schema["properties"].as_object().map(|fields| fields.keys().cloned().collect::<Vec<_>>());
    names(known) == names(schema)
}

/// What a request must say; the other rules (`docs/protocol/rest.md`) have no place in a schema.
fn add_rules(schema: &mut Value, rules: &[FieldRule]) {
    let required: Vec<&str> =
        rules.iter().filter(|(_, tags)| tags.contains(&"required")).map(|(field, _)| *field).collect();
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
}

/// The default of a field is what a reader takes when it is absent; written into the document, it would only repeat the
/// type, and the empty word of an enum is none of its values.
fn drop_defaults(schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else { return };
    if let Some(fields) = object.get_mut("properties").and_then(Value::as_object_mut) {
        for field in fields.values_mut() {
            if let Some(field) = field.as_object_mut() {
                field.remove("default");
            }
        }
    }
}

fn path_parameters(route: &Route) -> impl Iterator<Item = Value> {
    let names = route.path.split('/').filter_map(|segment| {
        let (_, rest) = segment.split_once('{')?;
        Some(rest.strip_suffix('}')?.trim_start_matches('*'))
    });
    names.enumerate().map(|(index, name)| {
        let schema = match route.operation.path.get(index) {
            Some(ParameterForm::Uuid) => json!({ "type": "string", "format": "uuid" }),
            Some(ParameterForm::Integer) => json!({ "type": "integer" }),
            Some(ParameterForm::Text) | None => json!({ "type": "string" }),
        };
        json!({ "name": name, "in": "path", "required": true, "schema": schema })
    })
}

/// The names from the handler's arguments, the forms from the table.
fn query_parameters(route: &Route) -> impl Iterator<Item = Value> {
    let told = |parameter: &'static str| parameter.split([':', '!']).next().unwrap_or(parameter);
    let undescribed = route.operation.query.iter().copied();
    let undescribed = undescribed.filter(move |name| !route.query.iter().any(|parameter| told(parameter) == *name));
    route.query.iter().copied().chain(undescribed).map(move |parameter| {
        let (form, required) = (parameter.split_once(':').map(|(_, form)| form), parameter.contains('!'));
        let schema = match form {
            None => json!({ "type": "string" }),
            Some(kind @ ("integer" | "boolean")) => json!({ "type": kind }),
            Some(format @ ("uuid" | "date-time")) => json!({ "type": "string", "format": format }),
            Some(words) => json!({ "type": "string", "enum": words.split('|').collect::<Vec<_>>() }),
        };
        json!({ "name": told(parameter), "in": "query", "required": required, "schema": schema })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the table says about parameters is what the handlers read.
    #[test]
    fn parameters_of_the_table_are_read_by_the_handlers() {
        let mut wrong = Vec::new();
        for route in crate::routes::api().routes() {
            let operation = &route.operation;
            for parameter in query_parameters(route) {
                let name = parameter["name"].as_str().unwrap_or_default();
                if !operation.reads_uri && !operation.query.contains(&name) {
                    wrong.push(format!("{}: {name} is described and not read", route.id));
                }
            }
            let in_path = path_parameters(route).count();
            if !operation.path.is_empty() && operation.path.len() != in_path {
                wrong.push(format!("{}: the path has {in_path} parameters", route.id));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
