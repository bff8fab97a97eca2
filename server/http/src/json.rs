//! JSON answers in the form of the contract (rest.md §1): compact, `<`, `>`, `&` escaped, a newline at the end.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

/// A JSON answer.
#[derive(Debug, Clone, Copy)]
pub struct Json<T>(pub T);

pub(crate) const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match encode(&self.0) {
            Ok(body) => ([(header::CONTENT_TYPE, MEDIA_TYPE)], body).into_response(),
            Err(error) => {
                tracing::error!(%error, "cannot write an answer as JSON");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}

/// The bytes of a value, newline included.
pub(crate) fn encode(value: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let mut body = serde_json::to_vec(value)?;
    body = escape_html(body);
    body.push(b'\n');
    Ok(body)
}

/// The characters occur inside strings only, where the escape means the same.
fn escape_html(body: Vec<u8>) -> Vec<u8> {
    /// What is looked at in one go: most pieces hold none of them and are copied whole.
    const PIECE: usize = 64;
    let special = |byte: &u8| matches!(byte, b'<' | b'>' | b'&');
    let count = body.iter().filter(|byte| special(byte)).count();
    if count == 0 {
        return body;
    }
    let mut escaped = Vec::with_capacity(body.len() + count * 5 + 1);
    for piece in body.chunks(PIECE) {
        if !piece.iter().fold(false, |found, byte| found | special(byte)) {
            escaped.extend_from_slice(piece);
            continue;
        }
        for byte in piece {
            match byte {
                b'<' => escaped.extend_from_slice(b"\\u003c"),
                b'>' => escaped.extend_from_slice(b"\\u003e"),
                b'&' => escaped.extend_from_slice(b"\\u0026"),
                other => escaped.push(*other),
            }
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_html_would_read() {
        assert_eq!(encode(&"<a> & ä").unwrap(), "\"\\u003ca\\u003e \\u0026 ä\"\n".as_bytes());
        let (x, y) = ("x".repeat(200), "y".repeat(200));
        assert_eq!(encode(&format!("{x}&{y}")).unwrap(), format!("\"{x}\\u0026{y}\"\n").as_bytes());
    }
}
