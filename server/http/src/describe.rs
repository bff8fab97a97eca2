//! What a handler's types say about its operation, for the OpenAPI document.

use utoipa::openapi::schema::ArrayItems;
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use warren_api::FieldRule;

/// A schema and the schemas it refers to.
#[derive(Clone)]
pub struct TypeSchema {
    /// The type with its path, by which structs and enums are named; other types are written in place.
    type_name: &'static str,
    schema: fn() -> RefOr<Schema>,
    dependencies: fn(&mut Vec<(String, RefOr<Schema>)>),
    /// The rules of a request's fields.
    rules: &'static [FieldRule],
}

impl TypeSchema {
    pub(crate) fn of<T: ToSchema>() -> Self {
        Self { type_name: std::any::type_name::<T>(), schema: T::schema, dependencies: T::schemas, rules: &[] }
    }

    pub(crate) fn with_rules(self, rules: &'static [FieldRule]) -> Self {
        Self { rules, ..self }
    }

    pub(crate) fn rules(&self) -> &'static [FieldRule] {
        self.rules
    }

    /// A reference for structs and enums (or a list of references), the schema itself for everything else; and every
    /// named schema that it needs.
    pub(crate) fn reference(&self) -> (RefOr<Schema>, Vec<(String, RefOr<Schema>)>) {
        let mut needed = Vec::new();
        (self.dependencies)(&mut needed);
        let schema = match (self.schema)() {
            schema if is_named(&schema) => name_it(schema, self.type_name, &mut needed),
            RefOr::T(Schema::Array(mut list)) => {
                list.items = match list.items {
                    ArrayItems::RefOrSchema(item) if is_named(&item) => {
                        ArrayItems::RefOrSchema(Box::new(name_it(*item, inner(self.type_name), &mut needed)))
                    }
                    items => items,
                };
                RefOr::T(Schema::Array(list))
            }
            schema => schema,
        };
        (schema, needed)
    }
}

fn is_named(schema: &RefOr<Schema>) -> bool {
    matches!(schema, RefOr::T(Schema::Object(object)) if !object.properties.is_empty() || object.enum_values.is_some())
}

fn name_it(schema: RefOr<Schema>, type_name: &str, needed: &mut Vec<(String, RefOr<Schema>)>) -> RefOr<Schema> {
    let name = type_name.rsplit("::").next().unwrap_or(type_name);
    needed.push((name.to_owned(), schema));
    RefOr::Ref(Ref::from_schema_name(name))
}

/// The `T` of `Vec<T>`.
fn inner(type_name: &str) -> &str {
    type_name.split_once('<').and_then(|(_, rest)| rest.strip_suffix('>')).unwrap_or(type_name)
}

/// The form of a path parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterForm {
    /// Any text.
    Text,
    /// A UUID.
    Uuid,
    /// A whole number.
    Integer,
}

/// What is known about an operation.
#[derive(Clone, Default)]
pub struct Operation {
    /// The request body.
    pub body: Option<TypeSchema>,
    /// Media types of a request body that is no JSON.
    pub body_media: &'static [&'static str],
    /// The request may come without it.
    pub body_optional: bool,
    /// The response body of a success.
    pub response: Option<TypeSchema>,
    /// Media type of the response's body, when it is not JSON.
    pub media: Option<&'static str>,
    /// The response has a status and nothing else.
    pub empty: bool,
    /// The route upgrades to a websocket.
    pub websocket: bool,
    /// What the server says over the websocket.
    pub message: Option<TypeSchema>,
    /// The path parameters in order.
    pub path: Vec<ParameterForm>,
    /// Names of the query parameters that are read.
    pub query: Vec<&'static str>,
    /// The handler reads the query itself.
    pub reads_uri: bool,
}

/// An argument of a handler.
pub trait Describe {
    /// Adds what this argument says.
    fn describe(_operation: &mut Operation) {}
}

/// The result of a handler.
pub trait DescribeResponse {
    /// Adds what this result says.
    fn describe(_operation: &mut Operation) {}
}

/// A handler whose arguments and result describe themselves; implemented for async functions.
pub trait DescribeHandler<T> {
    /// Adds what the handler's types say.
    fn describe(operation: &mut Operation);
}

impl<F, Fut, Res> DescribeHandler<((),)> for F
where
    F: FnOnce() -> Fut,
    Fut: Future<Output = Res>,
    Res: DescribeResponse,
{
    fn describe(operation: &mut Operation) {
        Res::describe(operation);
    }
}

macro_rules! describe_handler {
    ($($argument:ident),+) => {
        impl<F, Fut, Res, M, $($argument),+> DescribeHandler<(M, $($argument,)+)> for F
        where
            F: FnOnce($($argument),+) -> Fut,
            Fut: Future<Output = Res>,
            Res: DescribeResponse,
            $($argument: Describe,)+
        {
            fn describe(operation: &mut Operation) {
                $($argument::describe(operation);)+
                Res::describe(operation);
            }
        }
    };
}

describe_handler!(A);
describe_handler!(A, B);
describe_handler!(A, B, C);
describe_handler!(A, B, C, D);
describe_handler!(A, B, C, D, E);
describe_handler!(A, B, C, D, E, G);

impl<T: DescribeResponse, E> DescribeResponse for Result<T, E> {
    fn describe(operation: &mut Operation) {
        T::describe(operation);
    }
}

impl<T: PartialSchema + ToSchema> DescribeResponse for crate::Json<T> {
    fn describe(operation: &mut Operation) {
        operation.response = Some(TypeSchema::of::<T>());
    }
}

impl<T: DescribeResponse> DescribeResponse for (http::StatusCode, T) {
    fn describe(operation: &mut Operation) {
        T::describe(operation);
    }
}

impl DescribeResponse for http::StatusCode {
    fn describe(operation: &mut Operation) {
        operation.empty = true;
    }
}

impl DescribeResponse for &'static str {
    fn describe(operation: &mut Operation) {
        operation.media = Some("text/plain");
    }
}

impl<T> DescribeResponse for axum::response::Html<T> {
    fn describe(operation: &mut Operation) {
        operation.media = Some("text/html");
    }
}

impl Describe for http::Uri {
    fn describe(operation: &mut Operation) {
        operation.reads_uri = true;
    }
}

impl DescribeResponse for () {}
impl DescribeResponse for axum::response::Response {}
impl DescribeResponse for axum::response::Redirect {}
impl Describe for axum::body::Body {}
impl Describe for http::HeaderMap {}
impl Describe for http::Method {}
impl Describe for axum::extract::Request {}
