//! What the official dashboard calls on each of its pages: every call whose operation exists is answered.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{SinkExt, StreamExt};
use http::Method;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::stream;
use super::world::World;
use crate::contract::shape;

/// Calls of pages about what this server does not have yet, or never will.
const MISSING: &[(&str, &str)] = &[
    ("/api/v2/groups", "groups of people"),
    ("/api/v2/organizations/{organization}/groups", "groups of people"),
    ("/api/v2/organizations/{organization}/settings/workspace-sharing", "the switch of sharing"),
    ("/api/v2/insights/daus", "usage over time"),
    ("/api/v2/insights/templates", "usage over time"),
    ("/api/v2/insights/user-activity", "usage over time"),
    ("/api/v2/insights/user-latency", "usage over time"),
    ("/api/v2/tasks", "out of scope"),
];

#[tokio::test]
async fn calls_of_the_dashboard_are_answered() {
    let Some(folder) = super::spec() else {
        eprintln!("SKIPPED dashboard-calls.json: the contract's folder is not there");
        return;
    };
    let text = std::fs::read_to_string(folder.join("golden/dashboard-calls.json")).unwrap();
    let pages: BTreeMap<String, Vec<Value>> = serde_json::from_str(&text).unwrap();
    let calls: BTreeSet<(&str, &str)> = pages
        .values()
        .flatten()
        .map(|call| (call["method"].as_str().unwrap(), call["path"].as_str().unwrap()))
        .collect();
    let mut world = World::start(|_| {}).await;
    let values = world.set_dashboard().await;
    let api = warren_http::api();
    let (mut answered, mut missing, mut wrong) = (0, Vec::new(), Vec::new());
    for (method, path) in &calls {
        let verb = if *method == "WS" { "GET" } else { method };
        let exists = api.routes().iter().any(|route| {
            shape(route.path) == shape(path) && route.method.as_ref().is_some_and(|method| method.as_str() == verb)
        });
        match MISSING.iter().find(|(known, _)| known == path) {
            Some((_, why)) if !exists => {
                missing.push(format!("{method} {path}: {why}"));
                continue;
            }
            Some(_) => wrong.push(format!("{path} is not missing any more")),
            None => {}
        }
        answered += 1;
        if let Some(problem) = call(&world, method, path, &values).await {
            wrong.push(format!("{method} {path}: {problem}"));
        }
    }
    eprintln!("replayed {answered} of {} calls of dashboard-calls.json; not:\n{}", calls.len(), missing.join("\n"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn call(world: &World, method: &str, path: &str, values: &BTreeMap<&str, String>) -> Option<String> {
    let filled = path.split('/').map(|segment| {
        let name = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        name.map_or_else(|| segment.to_owned(), |name| values[name].clone())
    });
    let mut filled = filled.collect::<Vec<_>>().join("/");
    if method == "WS" {
        if path.ends_with("/pty") {
            filled.push_str(&format!("?reconnect={}", uuid::Uuid::new_v4()));
        }
        if path.ends_with("/logs") {
            filled.push_str("?follow");
        }
        let mut socket = match stream::open(&world.server, &filled, &world.owner).await {
            Ok(socket) => socket,
            Err((status, body)) => return Some(format!("{status} {body}")),
        };
        if path.ends_with("/pty") {
            // The scripted terminal answers one input.
            socket.send(Message::binary(json!({ "data": "x" }).to_string())).await.unwrap();
            while let Some(Ok(message)) = socket.next().await {
                if message.is_close() {
                    break;
                }
            }
        }
        return None;
    }
    let body = match path {
        "/api/v2/authcheck" => json!({ "checks": {} }),
        _ => Value::Null,
    };
    let method: Method = method.parse().unwrap();
    let request = world.server.request(method, &filled, &world.owner);
    let request = if body.is_null() { request } else { request.json(&body) };
    let response = request.send().await.unwrap();
    let status = response.status();
    (!status.is_success()).then(|| format!("{status}"))
}
