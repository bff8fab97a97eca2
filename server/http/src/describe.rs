//! What a handler's types say about its operation, for the OpenAPI document.

use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// A schema and the schemas it refers to.
#[derive(Clone)]
pub struct TypeSchema {
    /// Name of a struct or enum; other types are written in place.
    pub name: String,
    /// The schema itself.
    pub schema: fn() -> RefOr<Schema>,
    /// Adds every named schema that this one needs.
    pub dependencies: fn(&mut Vec<(String, RefOr<Schema>)>),
}

impl TypeSchema {
    pub(crate) fn of<T: ToSchema>() -> Self {
        Self { name: T::name().into_owned(), schema: T::schema, dependencies: T::schemas }
    }

    /// A reference for structs, the schema itself for everything else.
    pub(crate) fn reference(&self) -> RefOr<Schema> {
        if self.is_named() { RefOr::Ref(utoipa::openapi::Ref::from_schema_name(&self.name)) } else { (self.schema)() }
    }

    pub(crate) fn is_named(&self) -> bool {
        matches!((self.schema)(), RefOr::T(Schema::Object(ref object)) if !object.properties.is_empty())
    }
}

/// What is known about an operation.
#[derive(Clone, Default)]
pub struct Operation {
    /// The request body.
    pub body: Option<TypeSchema>,
    /// The response body of a success.
    pub response: Option<TypeSchema>,
    /// The route upgrades to a websocket.
    pub websocket: bool,
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

impl DescribeResponse for () {}
impl DescribeResponse for http::StatusCode {}
impl DescribeResponse for axum::response::Response {}
impl DescribeResponse for axum::response::Redirect {}
impl DescribeResponse for &'static str {}
impl<T> DescribeResponse for axum::response::Html<T> {}
impl Describe for axum::body::Body {}
impl Describe for http::HeaderMap {}
impl Describe for http::Method {}
impl Describe for http::Uri {}
impl Describe for axum::extract::Request {}
