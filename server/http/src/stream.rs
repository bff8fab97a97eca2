//! Server-sent events in the strict form that official clients parse (rest.md §12).

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use http::{HeaderValue, header};
use serde::Serialize;
use warren_core::Cx;

use crate::json;

/// A ping is due after this time, whatever else was sent.
const PING_INTERVAL: Duration = Duration::from_secs(15);

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SseEvent {
    /// `ping`
    Ping,
    /// `data` with a value already written as JSON.
    Data(Bytes),
    /// `error` with an envelope already written as JSON.
    Error(Bytes),
}

impl SseEvent {
    /// A `data` event of a value.
    pub fn data(value: &impl Serialize) -> Self {
        json::encode(value).map_or_else(|_| Self::Ping, |bytes| Self::Data(bytes.into()))
    }

    /// An `error` event of an envelope.
    pub fn error(envelope: &warren_api::Response) -> Self {
        json::encode(envelope).map_or_else(|_| Self::Ping, |bytes| Self::Error(bytes.into()))
    }

    fn bytes(&self) -> Bytes {
        let (name, data) = match self {
            Self::Ping => return Bytes::from_static(b"event: ping\n\n"),
            Self::Data(data) => ("data", data),
            Self::Error(data) => ("error", data),
        };
        // The value ends in a newline of its own, so one more ends the event.
        [b"event: ", name.as_bytes(), b"\ndata: ", data.trim_ascii_end(), b"\n\n"].concat().into()
    }
}

/// An answer that sends the stream's events, and pings; it ends with the stream, when the caller's key is revoked, or when
/// the server drains.
pub fn sse(cx: &Cx, events: impl Stream<Item = SseEvent> + Send + 'static) -> Response {
    let (keys, actor) = (cx.services.keys.clone(), cx.actor.clone());
    let revoked = async move { keys.until_revoked(&actor).await };
    let shutdown = cx.services.shutdown.clone().cancelled_owned();
    let end = async move {
        tokio::select! {
            () = revoked => {}
            () = shutdown => {}
        }
    };
    let ticks = tokio::time::interval_at(tokio::time::Instant::now() + PING_INTERVAL, PING_INTERVAL);
    let pings = tokio_stream::wrappers::IntervalStream::new(ticks).map(|_| SseEvent::Ping);
    // The stream's end ends the pings: `None` marks it.
    let events = events.map(Some).chain(futures_util::stream::once(async { None }));
    let merged = futures_util::stream::select(events, pings.map(Some));
    let body = merged.take_while(|event| std::future::ready(event.is_some())).take_until(Box::pin(end));
    let body = body.filter_map(|event| std::future::ready(event.map(|event| Ok::<_, Infallible>(event.bytes()))));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (header::HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    (headers, Body::from_stream(body)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_have_the_strict_form() {
        assert_eq!(SseEvent::Ping.bytes(), "event: ping\n\n");
        assert_eq!(SseEvent::data(&serde_json::json!({ "a": 1 })).bytes(), "event: data\ndata: {\"a\":1}\n\n");
    }
}
