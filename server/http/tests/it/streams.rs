//! Websockets about builds: followed logs, watched workspaces, forms, and daemons that work over one.

use futures_util::{SinkExt, StreamExt};
use http::{HeaderName, HeaderValue, Method};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::Message;
use warren_proto::provisionerd::provisioner_daemon_methods as methods;
use warren_rpc::{DialOptions, Session, dial};

use crate::lifecycle::{NIL, World, text};

type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

async fn open(world: &World, path: &str) -> Socket {
    let url = format!("{}/api/v2{path}", world.server.url.replace("http://", "ws://"));
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("coder-session-token", world.token.parse().unwrap());
    tokio_tungstenite::connect_async(request).await.unwrap().0
}

/// The next value; `None` after a close frame, whose code is checked.
async fn next(socket: &mut Socket, code: u16) -> Option<Value> {
    loop {
        match socket.next().await?.unwrap() {
            Message::Text(text) => {
                assert!(text.ends_with('\n'), "a newline after every value");
                return Some(serde_json::from_str(&text).unwrap());
            }
            Message::Close(frame) => {
                assert_eq!(u16::from(frame.unwrap().code), code);
                return None;
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn followed_log_ends_when_the_job_is_complete() {
    let world = World::start().await;
    let version = world.version("v1", NIL).await;
    let path = format!("/templateversions/{}/logs?follow", text(&version["id"]));
    let mut socket = open(&world, &path).await;
    let (_, lines) = futures_util::future::join(world.daemon.run_one(), async {
        let mut lines = Vec::new();
        while let Some(line) = next(&mut socket, 1000).await {
            lines.push(line);
        }
        // Whoever sees the end finds the job complete.
        let (_, version) = world.get(&format!("/templateversions/{}", text(&version["id"]))).await;
        assert_eq!(version["job"]["status"], "succeeded");
        lines
    })
    .await;
    assert_eq!(lines.iter().map(|line| text(&line["stage"])).collect::<Vec<_>>(), ["Setting up", "Cleaning Up"]);
    let mut again = open(&world, &format!("{path}&after={}", lines[0]["id"])).await;
    assert_eq!(next(&mut again, 1000).await.unwrap()["id"], lines[1]["id"]);
    assert_eq!(next(&mut again, 1000).await, None);
}

#[tokio::test]
async fn watched_workspace_is_sent_after_every_change() {
    let world = World::start().await;
    let (template, _) = world.template().await;
    let workspace = world.workspace(&template, "dev").await;
    let mut socket = open(&world, &format!("/workspaces/{}/watch-ws", text(&workspace["id"]))).await;
    assert_eq!(next(&mut socket, 1000).await.unwrap(), json!({ "type": "ping", "data": null }));
    let first = next(&mut socket, 1000).await.unwrap();
    assert_eq!(first["data"]["latest_build"]["status"], "pending");
    world.daemon.run_one().await;
    loop {
        let event = next(&mut socket, 1000).await.unwrap();
        if event["data"]["latest_build"]["status"] == "running" {
            break;
        }
    }
    socket.send(Message::text("hello")).await.unwrap();
    while next(&mut socket, 1002).await.is_some() {}
}

#[tokio::test]
async fn form_answers_each_change_with_its_id() {
    let world = World::start().await;
    let (_, version) = world.template().await;
    let path = format!("/templateversions/{}/dynamic-parameters?user_id=me", text(&version["id"]));
    let mut socket = open(&world, &path).await;
    let first = next(&mut socket, 1000).await.unwrap();
    assert_eq!((&first["id"], &first["parameters"][0]["value"]["value"]), (&json!(-1), &json!("eu")));
    for (id, size, problems) in [(4, "3", 0), (2, "99", 1)] {
        let request = json!({ "id": id, "inputs": { "size": size, "unknown": "x" } });
        socket.send(Message::text(request.to_string())).await.unwrap();
        let answer = next(&mut socket, 1000).await.unwrap();
        let size_parameter = &answer["parameters"][1];
        assert_eq!((&answer["id"], &size_parameter["value"]["value"]), (&json!(id), &json!(size)));
        assert_eq!(size_parameter["diagnostics"].as_array().unwrap().len(), problems);
    }
    socket.send(Message::text("no json")).await.unwrap();
    assert_eq!(next(&mut socket, 1001).await, None);
}

/// A daemon that dials, as programs on other machines do.
async fn dial_daemon(world: &World, query: &str, header: &'static str, secret: &str) -> Result<Session, u16> {
    let url = format!("{}/api/v2/organizations/default/provisionerdaemons/serve?{query}", world.server.url);
    let secret = HeaderValue::from_str(secret).unwrap();
    let options = DialOptions::new(url).header(HeaderName::from_static(header), secret);
    match dial(options).await {
        Ok(pipe) => Ok(Session::client(pipe)),
        Err(error) => Err(error.status().expect("an answer of the server").as_u16()),
    }
}

const DAEMON: &str = "version=1.15&name=edge&provisioner=terraform";

#[tokio::test]
async fn external_daemon_works_with_a_key_until_the_key_is_removed() {
    let world = World::start().await;
    let keys = format!("/organizations/{}/provisionerkeys", world.org);
    let (_, key) = world.post(&keys, json!({ "name": "edge", "tags": { "zone": "a" } })).await;
    let (header, secret) = ("coder-provisioner-daemon-key", text(&key["key"]));
    assert_eq!(dial_daemon(&world, "version=1.99&name=x&provisioner=terraform", header, secret).await.err(), Some(400));
    assert_eq!(dial_daemon(&world, "version=1.15&name=x&provisioner=cobol", header, secret).await.err(), Some(400));
    assert_eq!(dial_daemon(&world, DAEMON, header, "wrong").await.err(), Some(401));
    let session = dial_daemon(&world, DAEMON, header, secret).await.unwrap();
    let (_requests, mut jobs) = session.bidi(methods::ACQUIRE_JOB_WITH_CANCEL).await.unwrap();
    let (_, file) = world.upload().await;
    let body =
        json!({ "file_id": file, "storage_method": "file", "provisioner": "terraform", "tags": { "zone": "a" } });
    let (_, version) = world.post(&format!("/organizations/{}/templateversions", world.org), body.clone()).await;
    assert_eq!(version["matched_provisioners"]["count"], 1, "the tags of the key count");
    let job = jobs.recv().await.unwrap().unwrap();
    assert_eq!(job.job_id, text(&version["job"]["id"]));
    let daemons = world.get(&format!("/organizations/{}/provisionerdaemons", world.org)).await.1;
    let edge = daemons.as_array().unwrap().iter().find(|daemon| daemon["name"] == "edge").unwrap();
    assert_eq!(
        (&edge["status"], &edge["key_name"], &edge["tags"]["zone"]),
        (&json!("busy"), &json!("edge"), &json!("a"))
    );
    assert_eq!(world.send(Method::DELETE, &format!("{keys}/edge"), &json!({})).await.0, 204);
    let (_requests, mut jobs) = session.bidi(methods::ACQUIRE_JOB_WITH_CANCEL).await.unwrap();
    assert!(jobs.recv().await.is_err(), "no further job without the key");
}

#[tokio::test]
async fn members_run_daemons_for_themselves_only() {
    let world = World::start().await;
    let member = world.server.member(&world.token, "bob").await;
    let header = "coder-session-token";
    assert_eq!(dial_daemon(&world, DAEMON, header, &member).await.err(), Some(403));
    let own = format!("{DAEMON}&tag=scope%3Duser");
    assert!(dial_daemon(&world, &own, header, &member).await.is_ok());
    assert!(dial_daemon(&world, DAEMON, header, &world.token).await.is_ok());
    assert_eq!(dial_daemon(&world, DAEMON, "coder-provisioner-daemon-psk", "guess").await.err(), Some(401));
}
