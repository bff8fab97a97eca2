//! Answers of the API: JSON, the error envelope, texts of any length.

use std::io;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::Frame;
use serde::Serialize;
use tokio::io::AsyncRead;
use tokio_util::io::ReaderStream;

/// What the API answers with.
pub type Answer = Response<UnsyncBoxBody<Bytes, io::Error>>;

fn whole(status: StatusCode, kind: &'static str, bytes: Vec<u8>) -> Answer {
    let body = Full::new(Bytes::from(bytes)).map_err(|never| match never {}).boxed_unsync();
    with_head(status, kind, body)
}

fn with_head(status: StatusCode, kind: &'static str, body: UnsyncBoxBody<Bytes, io::Error>) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}

/// 200 with JSON.
pub fn json(value: &impl Serialize) -> Answer {
    match serde_json::to_vec(value) {
        Ok(bytes) => whole(StatusCode::OK, "application/json; charset=utf-8", bytes),
        Err(cause) => error(StatusCode::INTERNAL_SERVER_ERROR, "encode the answer", &cause.to_string()),
    }
}

/// 200 with a short text.
pub fn text(text: String) -> Answer {
    whole(StatusCode::OK, "text/plain; charset=utf-8", text.into_bytes())
}

/// 200 with a text that is read while it is sent.
pub fn long_text(reader: impl AsyncRead + Send + 'static) -> Answer {
    use futures_util::TryStreamExt as _;
    let body = StreamBody::new(ReaderStream::new(reader).map_ok(Frame::data)).boxed_unsync();
    with_head(StatusCode::OK, "text/plain; charset=utf-8", body)
}

/// An error in the envelope that clients read.
pub fn error(status: StatusCode, message: &str, detail: &str) -> Answer {
    let bytes = serde_json::json!({"message": message, "detail": detail}).to_string().into_bytes();
    whole(status, "application/json; charset=utf-8", bytes)
}
