//! Websockets and event streams: the frames that come, compared with the recorded ones.

use std::time::Duration;

use base64::Engine as _;
use futures_util::{SinkExt, StreamExt};
use http::HeaderValue;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::shape::{compare, union};
use crate::harness::TestServer;
use crate::scripted_agent::Socket;

/// How long the first frame is waited for.
const FIRST: Duration = Duration::from_secs(5);
/// How long further frames are waited for: the recording went on until somebody ended it.
const IDLE: Duration = Duration::from_millis(500);

/// Opens a socket; the status and body of the refusal otherwise.
pub(super) async fn open(server: &TestServer, path: &str, token: &str) -> Result<Socket, (u16, Value)> {
    let mut request = format!("{}{path}", server.url.replacen("http", "ws", 1)).into_client_request().unwrap();
    if !token.is_empty() {
        request.headers_mut().insert("coder-session-token", HeaderValue::from_str(token).unwrap());
    }
    match tokio_tungstenite::connect_async(request).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(answer)) => {
            let body = answer.body().clone().unwrap_or_default();
            Err((answer.status().as_u16(), serde_json::from_slice(&body).unwrap_or_default()))
        }
        Err(error) => panic!("{path}: {error}"),
    }
}

/// The payload of a text or binary frame as JSON.
fn payload(frame: &Value) -> Option<Value> {
    let data = frame["data"].as_str()?;
    let bytes = match data.strip_prefix("base64:") {
        Some(encoded) => base64::engine::general_purpose::STANDARD.decode(encoded).ok()?,
        None => data.as_bytes().to_vec(),
    };
    serde_json::from_slice(&bytes).ok()
}

/// Plays the client's frames and compares what comes with what was recorded.
pub(super) async fn compare_frames(mut socket: Socket, recorded: &Value) -> Vec<String> {
    let empty = Vec::new();
    let recorded = recorded["frames"].as_array().unwrap_or(&empty);
    let (sent, expected): (Vec<_>, Vec<_>) = recorded.iter().partition(|frame| frame["client"] == true);
    let mut own = Vec::new();
    let mut sent = sent.into_iter();
    let mut waiting = expected.iter().filter(|frame| frame["op"] != "ping").count();
    while waiting > 0 {
        let limit = if own.is_empty() { FIRST } else { IDLE };
        match tokio::time::timeout(limit, socket.next()).await {
            Ok(Some(Ok(Message::Text(text)))) => own.push(json!({ "op": "text", "data": text.as_str() })),
            Ok(Some(Ok(Message::Binary(bytes)))) => {
                let data = format!("base64:{}", base64::engine::general_purpose::STANDARD.encode(bytes));
                own.push(json!({ "op": "binary", "data": data }));
            }
            Ok(Some(Ok(Message::Close(frame)))) => {
                let (code, reason) = frame.map_or((1005, String::new()), |f| (f.code.into(), f.reason.to_string()));
                own.push(json!({ "op": "close", "code": code, "reason": reason }));
                break;
            }
            Ok(Some(Ok(_))) => continue,
            Ok(Some(Err(_)) | None) | Err(_) => break,
        }
        waiting -= 1;
        if let Some(frame) = sent.next() {
            socket.send(Message::text(frame["data"].as_str().unwrap_or_default())).await.unwrap();
        }
    }
    drop(socket);
    frame_differences(&expected, &own)
}

fn frame_differences(expected: &[&Value], own: &[Value]) -> Vec<String> {
    let mut problems = Vec::new();
    for op in ["text", "binary"] {
        let payloads = |frames: &mut dyn Iterator<Item = &Value>| -> Vec<Value> {
            frames.filter(|frame| frame["op"] == op).filter_map(payload).collect()
        };
        let (wanted, got) = (payloads(&mut expected.iter().copied()), payloads(&mut own.iter()));
        if wanted.is_empty() != got.is_empty() {
            problems.push(format!("{} {op} frames in place of {}", got.len(), wanted.len()));
        }
        if let (Some(wanted), Some(got)) = (union(&wanted), union(&got)) {
            compare(&wanted, &got, "", &mut problems);
        }
    }
    let close = |frame: Option<&Value>| frame.map(|frame| (frame["code"].clone(), frame["reason"].clone()));
    let wanted = close(expected.iter().copied().find(|frame| frame["op"] == "close"));
    if wanted.is_some() && wanted != close(own.iter().find(|frame| frame["op"] == "close")) {
        problems.push(format!("no such end: {wanted:?}, but {:?}", own.last()));
    }
    problems
}

/// The events and values of an event stream, as lines.
pub(super) async fn read_events(response: reqwest::Response, wanted: usize) -> Vec<String> {
    let mut body = response.bytes_stream();
    let mut text = String::new();
    while text.lines().count() < wanted {
        let limit = if text.is_empty() { FIRST } else { IDLE };
        match tokio::time::timeout(limit, body.next()).await {
            Ok(Some(Ok(chunk))) => text.push_str(&String::from_utf8_lossy(&chunk)),
            _ => break,
        }
    }
    text.lines().take(wanted).map(str::to_owned).collect()
}

pub(super) fn event_differences(recorded: &Value, own: &[String]) -> Vec<String> {
    let recorded: Vec<&str> = recorded["raw_lines"]
        .as_array()
        .map(|lines| lines.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let mut problems = Vec::new();
    let names = |lines: &mut dyn Iterator<Item = &str>| -> std::collections::BTreeSet<String> {
        lines.filter(|line| line.starts_with("event:")).map(str::to_owned).collect()
    };
    let (wanted, got) = (names(&mut recorded.iter().copied()), names(&mut own.iter().map(String::as_str)));
    if wanted != got {
        problems.push(format!("events {got:?} in place of {wanted:?}"));
    }
    let values = |lines: &mut dyn Iterator<Item = &str>| -> Vec<Value> {
        lines.filter_map(|line| serde_json::from_str(line.strip_prefix("data: ")?).ok()).collect()
    };
    let (wanted, got) = (values(&mut recorded.iter().copied()), values(&mut own.iter().map(String::as_str)));
    if let (Some(wanted), Some(got)) = (union(&wanted), union(&got)) {
        compare(&wanted, &got, "", &mut problems);
    }
    problems
}
