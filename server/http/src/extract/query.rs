//! Query parameters.

use axum::extract::FromRequestParts;
use http::request::Parts;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Visitor, value};
use uuid::Uuid;
use warren_core::Error;

use crate::api::State;
use crate::describe::{Describe, Operation};
use crate::error::ApiError;

/// The query string as a struct. Numbers and flags should be `Option`s: an empty value counts as absent.
#[derive(Debug, Clone)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<State> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, ApiError> {
        let text = parts.uri.query().unwrap_or_default();
        // "limit=" means the same as no limit.
        let kept = text.split('&').filter(|pair| !pair.ends_with('=')).collect::<Vec<_>>().join("&");
        let uri = http::Uri::builder().path_and_query(format!("/?{kept}")).build();
        let uri = uri.map_err(|error| bad(&error.to_string()))?;
        match axum::extract::Query::<T>::try_from_uri(&uri) {
            Ok(axum::extract::Query(value)) => Ok(Self(value)),
            Err(rejection) => Err(bad(&rejection.body_text())),
        }
    }
}

fn bad(detail: &str) -> ApiError {
    let error = Error::invalid("Query parameters have invalid values.");
    // A query that takes no unknown parameters names the one that it does not know.
    match detail.split_once("unknown field `").and_then(|(_, rest)| rest.split_once('`')) {
        Some((field, _)) => ApiError(error.validation(field, format!("{field:?} is not a valid query param"))),
        None => ApiError(error.detail(detail)),
    }
}

impl<T: DeserializeOwned> Describe for Query<T> {
    fn describe(operation: &mut Operation) {
        let _ = T::deserialize(FieldNames(&mut operation.query));
    }
}

/// Writes down the fields that a struct asks for, and gives it none.
struct FieldNames<'a>(&'a mut Vec<&'static str>);

impl<'de> Deserializer<'de> for FieldNames<'_> {
    type Error = value::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, value::Error> {
        self.0.extend(fields);
        Err(serde::de::Error::custom("only the names are wanted"))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, value::Error> {
        Err(serde::de::Error::custom("a query is a struct"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// The forms of a [`Page`]'s parameters, for the document.
pub const PAGE: &[&str] = &["after_id:uuid", "limit:integer", "offset:integer"];

/// `limit`, `offset`, `after_id` (rest.md §8.1), checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Page {
    /// Most elements; `None`: all.
    pub limit: Option<i64>,
    /// Elements to skip.
    pub offset: i64,
    /// Start after this element.
    pub after_id: Option<Uuid>,
}

#[derive(Deserialize)]
struct PageText {
    limit: Option<String>,
    offset: Option<String>,
    after_id: Option<String>,
}

impl FromRequestParts<State> for Page {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, ApiError> {
        let Query(text) = Query::<PageText>::from_request_parts(parts, state).await?;
        let mut error = Error::invalid("Query parameters have invalid values.");
        let mut number = |field: &str, text: Option<String>| match text.as_deref().map(str::parse::<i32>) {
            None => 0,
            Some(Ok(number)) if number >= 0 => i64::from(number),
            Some(_) => {
                error.validations.push(warren_api::ValidationError {
                    field: field.to_owned(),
                    detail: format!("Query param {field:?} must be a valid non-negative integer."),
                });
                0
            }
        };
        let limit = number("limit", text.limit);
        let offset = number("offset", text.offset);
        let after_id = match text.after_id.as_deref().map(Uuid::parse_str) {
            None => None,
            Some(Ok(id)) => (!id.is_nil()).then_some(id),
            Some(Err(_)) => {
                error = error.validation("after_id", "Query param \"after_id\" must be a valid UUID.");
                None
            }
        };
        if !error.validations.is_empty() {
            return Err(ApiError(error));
        }
        Ok(Self { limit: (limit > 0).then_some(limit), offset, after_id })
    }
}

impl Describe for Page {
    fn describe(operation: &mut Operation) {
        <Query<PageText> as Describe>::describe(operation);
    }
}
