//! Request bodies: bounded, JSON without looking at the media type, checked against the rules of the type.

use std::time::Duration;

use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::ToSchema;
use warren_api::Rules;
use warren_core::Error;

use crate::api::State;
use crate::describe::{Describe, Operation, TypeSchema};
use crate::error::ApiError;
use crate::rules;

/// Largest JSON body.
const MAX_JSON: usize = 4 * 1024 * 1024;

/// Time for a small body, and bytes a second that a large one must reach.
const PATIENCE: Duration = Duration::from_secs(60);
const SLOWEST: usize = 32 * 1024;

/// A JSON body that holds to the rules of its type.
#[derive(Debug, Clone)]
pub struct Body<T>(pub T);

/// A body as bytes, at most `LIMIT` of them.
#[derive(Debug, Clone)]
pub struct RawBody<const LIMIT: usize>(pub Bytes);

impl<T: DeserializeOwned + Rules> FromRequest<State> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &State) -> Result<Self, ApiError> {
        let bytes = read(request, MAX_JSON).await?;
        let malformed = |detail: String| ApiError(Error::invalid("Request body must be valid JSON.").detail(detail));
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(malformed("EOF".to_owned()));
        }
        // What follows the first value is ignored.
        let mut reader = serde_json::Deserializer::from_slice(&bytes);
        let mut value = Value::deserialize(&mut reader).map_err(|error| malformed(error.to_string()))?;
        if !value.is_object() && !T::RULES.is_empty() {
            return Err(malformed("the body must be a JSON object".to_owned()));
        }
        rules::check(&value, T::RULES)?;
        drop_nulls(&mut value);
        Ok(Self(serde_json::from_value(value).map_err(|error| malformed(error.to_string()))?))
    }
}

impl<const LIMIT: usize> FromRequest<State> for RawBody<LIMIT> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &State) -> Result<Self, ApiError> {
        Ok(Self(read(request, LIMIT).await?))
    }
}

/// Clients in Go send null for "not set", whatever the type of the field.
fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

/// How long a body of at most `limit` bytes may take: slow lines have their time, trickles do not last for ever.
fn patience(limit: usize) -> Duration {
    PATIENCE + Duration::from_secs(u64::try_from(limit / SLOWEST).unwrap_or(u64::MAX))
}

async fn read(request: Request, limit: usize) -> Result<Bytes, ApiError> {
    let whole = Limited::new(request.into_body(), limit).collect();
    let Ok(read) = tokio::time::timeout(patience(limit), whole).await else {
        return Err(ApiError(Error::new(408, "Request body took too long.")));
    };
    match read {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(ApiError(Error::new(413, "Request body too large.").detail(format!("The limit is {limit} bytes."))))
        }
        Err(error) => Err(ApiError(Error::invalid("Failed to read request body.").detail(error.to_string()))),
    }
}

impl<T: ToSchema + Rules> Describe for Body<T> {
    fn describe(operation: &mut Operation) {
        operation.body = Some(TypeSchema::of::<T>().with_rules(T::RULES));
    }
}

impl<const LIMIT: usize> Describe for RawBody<LIMIT> {}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use futures_util::{StreamExt, stream};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn trickle_is_not_waited_for() {
        let trickle = stream::repeat(()).then(|()| async {
            tokio::time::sleep(Duration::from_secs(20)).await;
            Ok::<_, std::io::Error>(Bytes::from_static(b" "))
        });
        let request = Request::new(Body::from_stream(trickle));
        let ApiError(refused) = read(request, MAX_JSON).await.unwrap_err();
        assert_eq!(refused.status, 408);
        let endless = stream::repeat(Ok::<_, std::convert::Infallible>(Bytes::from_static(&[b' '; 4096])));
        let ApiError(refused) = read(Request::new(Body::from_stream(endless)), MAX_JSON).await.unwrap_err();
        assert_eq!(refused.status, 413);
    }
}
