//! What agents report, and what is known of them.

use std::time::Duration;

use http::{HeaderName, HeaderValue, Method};
use serde_json::{Value, json};
use uuid::Uuid;
use warren_proto::agent::agent_methods as agent_method;
use warren_proto::agent::lifecycle::State;
use warren_proto::agent::{self as proto};
use warren_rpc::DialOptions;
use warren_tailnet::address_of;

use crate::harness::json_of;
use crate::scripted_agent::{SOON, World, text};

#[tokio::test]
async fn agent_connects_reports_and_leaves() {
    let world = World::start().await;
    let workspace = world.workspace(8080).await;
    assert_eq!(world.agent(&workspace).await["status"], "connecting");
    let mut logs =
        world.open(&format!("/api/v2/workspaceagents/{}/logs?follow&after=0", workspace.agent), &world.owner).await;
    assert_eq!(text(&mut logs).await, "[]\n");

    let agent = world.connect_agent(&workspace).await;
    assert_eq!(agent.manifest.agent_id, workspace.agent.as_bytes().as_slice());
    assert_eq!(agent.manifest.agent_name, "main");
    assert_eq!(agent.manifest.metadata[0].interval.unwrap().nanos, 10);
    assert!(agent.manifest.apps[0].healthcheck.is_some());
    world.agent_is(&workspace, "status", "connected").await;
    let startup =
        proto::Startup { version: "v2.31.0".into(), expanded_directory: "/home/a".into(), subsystems: vec![2, 1, 2] };
    agent
        .session
        .unary(agent_method::UPDATE_STARTUP, &proto::UpdateStartupRequest { startup: Some(startup) })
        .await
        .unwrap();
    agent.report(State::Starting).await;
    assert!(!agent.log(&["line 1", "nul \0"]).await);
    let lines: Value = serde_json::from_str(&text(&mut logs).await).unwrap();
    assert_eq!((&lines[0]["output"], &lines[1]["output"]), (&json!("line 1"), &json!("nul ❌")));
    let (first, second) = (lines[0]["id"].as_i64().unwrap(), lines[1]["id"].as_i64().unwrap());
    assert!(first < second);
    agent.report(State::Ready).await;
    let shown = world.agent(&workspace).await;
    assert_eq!(shown["lifecycle_state"], "ready");
    assert_eq!((&shown["version"], &shown["api_version"]), (&json!("v2.31.0"), &json!("2.8")));
    assert_eq!(shown["subsystems"], json!(["envbox", "envbuilder"]));
    assert!(shown["ready_at"].is_string() && shown["started_at"].is_string());
    let health =
        proto::batch_update_app_health_request::HealthUpdate { id: agent.manifest.apps[0].id.clone(), health: 3 };
    let healths = proto::BatchUpdateAppHealthRequest { updates: vec![health] };
    agent.session.unary(agent_method::BATCH_UPDATE_APP_HEALTHS, &healths).await.unwrap();
    assert_eq!(world.agent(&workspace).await["apps"][0]["health"], "healthy");
    let rest = world.get(&format!("/workspaceagents/{}/logs?after={first}", workspace.agent)).await;
    assert_eq!(rest.as_array().unwrap().len(), 1);
    let response =
        world.server.get(&format!("/api/v2/workspaceagents/{}/logs?format=text", workspace.agent), &world.owner).await;
    assert!(response.text().await.unwrap().contains("[info] [agent.main|Startup Script] line 1\n"));

    agent.session.close();
    let shown = world.agent_is(&workspace, "status", "disconnected").await;
    assert!(shown["disconnected_at"].is_string());
}

#[tokio::test]
async fn output_ends_at_one_mebibyte() {
    let world = World::start().await;
    let workspace = world.workspace(8080).await;
    let agent = world.connect_agent(&workspace).await;
    let half = "x".repeat(524_288);
    assert!(!agent.log(&[&half]).await);
    assert!(!agent.log(&[&half]).await, "exactly the limit");
    assert!(agent.log(&["y"]).await);
    let shown = world.agent(&workspace).await;
    assert_eq!((&shown["logs_length"], &shown["logs_overflowed"]), (&json!(1_048_576), &json!(true)));
    let body = json!({ "logs": [{ "created_at": "2026-11-24T10:00:00Z", "output": "z", "level": "" }] });
    let request = world.server.request(Method::PATCH, "/api/v2/workspaceagents/me/logs", &workspace.token);
    assert_eq!(request.json(&body).send().await.unwrap().status(), 413);
}

#[tokio::test]
async fn metadata_lives_in_memory_and_reaches_watchers() {
    let world = World::start().await;
    let workspace = world.workspace(8080).await;
    let agent = world.connect_agent(&workspace).await;
    let path = format!("/api/v2/workspaceagents/{}/watch-metadata-ws", workspace.agent);
    let mut watch = world.open(&path, &world.owner).await;
    let first: Value = serde_json::from_str(&text(&mut watch).await).unwrap();
    assert_eq!(first["type"], "data");
    assert_eq!(first["data"][0]["description"]["interval"], 10);
    let before: u64 = world.server.services.db.stats().snapshot().iter().map(|(_, sample)| sample.count).sum();
    let item = |key: &str, value: &str| proto::Metadata {
        key: key.into(),
        result: Some(proto::workspace_agent_metadata::Result { value: value.into(), ..Default::default() }),
    };
    let request = proto::BatchUpdateMetadataRequest { metadata: vec![item("load", "0.5"), item("unknown", "1")] };
    agent.session.unary(agent_method::BATCH_UPDATE_METADATA, &request).await.unwrap();
    let stats = proto::UpdateStatsRequest { stats: Some(proto::Stats { connection_count: 1, ..Default::default() }) };
    let answer = agent.session.unary(agent_method::UPDATE_STATS, &stats).await.unwrap();
    assert_eq!(answer.report_interval.unwrap().seconds, 30);
    let second: Value = serde_json::from_str(&text(&mut watch).await).unwrap();
    assert_eq!(second["data"][0]["result"]["value"], "0.5");
    assert_eq!(second["data"].as_array().unwrap().len(), 1);
    let after: u64 = world.server.services.db.stats().snapshot().iter().map(|(_, sample)| sample.count).sum();
    assert_eq!(before, after, "no statement for metadata and statistics");
}

/// Issues 13789 and 12443 of an official server: a token outlived its build.
#[tokio::test]
async fn issue_13789_new_build_ends_the_agent_of_the_old_one() {
    let world = World::start().await;
    let workspace = world.workspace(8080).await;
    let agent = world.connect_agent(&workspace).await;
    world.agent_is(&workspace, "status", "connected").await;
    let body = json!({ "transition": "stop" });
    world.post(&format!("/workspaces/{}/builds", workspace.id), body).await;
    // While the stop build runs the agent reports its end.
    agent.report(State::ShuttingDown).await;
    world.daemon.run_one().await;
    tokio::time::timeout(SOON, agent.session.closed()).await.expect("the session ends");
    let url = world.socket_url("/api/v2/workspaceagents/me/rpc?version=2.0");
    let token = HeaderValue::from_str(&workspace.token).unwrap();
    let refused =
        warren_rpc::dial(DialOptions::new(url).header(HeaderName::from_static("coder-session-token"), token)).await;
    assert_eq!(refused.unwrap_err().status().unwrap(), 401);
}

#[tokio::test]
async fn agent_token_serves_its_own_questions() {
    let world = World::start().await;
    let workspace = world.workspace(8080).await;
    let get = async |path: &str| world.server.get(&format!("/api/v2/workspaceagents/me{path}"), &workspace.token).await;
    let key = json_of(get("/gitsshkey").await).await;
    assert!(key["public_key"].as_str().unwrap().starts_with("ssh-ed25519 "), "{key}");
    assert_eq!(get("/reinit?wait=true").await.status(), 409);
    assert_eq!(get("/external-auth?match=https://github.com").await.status(), 404);
    assert_eq!(get("/external-auth").await.status(), 400);
    let id = "11111111-1111-4111-8111-111111111111";
    for _ in 0..2 {
        let body = json!({ "id": id, "display_name": "Ext", "icon": "/x.png" });
        let made = world.server.post("/api/v2/workspaceagents/me/log-source", &workspace.token, &body).await;
        assert_eq!(made.status(), 201);
        assert_eq!(json_of(made).await["workspace_agent_id"], workspace.agent.to_string());
    }
    let patch = |body: Value| {
        let request = world.server.request(Method::PATCH, "/api/v2/workspaceagents/me/logs", &workspace.token);
        async move { request.json(&body).send().await.unwrap() }
    };
    let line = |level: &str| json!({ "log_source_id": id, "logs": [{ "created_at": "2026-11-24T10:00:00Z", "output": "y", "level": level }] });
    let stored = patch(line("")).await;
    assert_eq!((stored.status().as_u16(), stored.text().await.unwrap().as_str()), (200, "null\n"));
    assert_eq!(patch(line("zzz")).await.status(), 400);
    assert_eq!(patch(json!({ "log_source_id": id, "logs": [] })).await.status(), 400);
    for (version, detail) in [("1.0", "version 1.0 is no longer supported"), ("x", "invalid version string: x")] {
        let refused = get(&format!("/rpc?version={version}")).await;
        assert_eq!(refused.status(), 400);
        let body = json_of(refused).await;
        assert_eq!(body["message"], "Unknown or unsupported API version");
        assert_eq!(body["validations"][0], json!({ "field": "version", "detail": detail }));
    }
}

#[tokio::test]
async fn resume_token_keeps_the_peer() {
    let world = World::start().await;
    let workspace = world.workspace(8080).await;
    let path = format!("/api/v2/workspaceagents/{}/coordinate?version=2.0", workspace.agent);
    let issued = world.parts.agents().resume_tokens().issue(Uuid::new_v4(), world.server.services.now());
    let dial = |token: &str| {
        let url = world.socket_url(&format!("{path}&resume_token={token}"));
        let key = HeaderValue::from_str(&world.owner).unwrap();
        warren_rpc::dial(DialOptions::new(url).header(HeaderName::from_static("coder-session-token"), key))
    };
    drop(dial(&issued.token).await.unwrap());
    assert_eq!(dial("bad").await.unwrap_err().status().unwrap(), 401);
    let refused = json_of(world.server.get(&format!("{path}&resume_token=bad"), &world.owner).await).await;
    assert_eq!(refused["validations"][0]["field"], "resume_token");
    let plain = world.server.get(&path, &world.owner).await;
    assert_eq!(plain.status(), 426);
}

/// GHSA-wrq8-fcv5-8hvp: the addresses of an agent are those of its id, whatever it announces.
#[tokio::test]
async fn ghsa_wrq8_fcv5_8hvp_agent_cannot_take_anothers_address() {
    use warren_proto::tailnet::{self, coordinate_request::UpdateSelf, tailnet_methods};
    let world = World::start().await;
    let workspace = world.workspace(8080).await;
    let agent = world.connect_agent(&workspace).await;
    let own = format!("{}/128", address_of(agent.id));
    let foreign = format!("{}/128", address_of(Uuid::new_v4()));
    for (addresses, allowed_ips) in [(&own, &foreign), (&foreign, &own)] {
        let (mut requests, mut responses) = agent.session.bidi(tailnet_methods::COORDINATE).await.unwrap();
        let node = tailnet::Node {
            addresses: vec![addresses.clone()],
            allowed_ips: vec![allowed_ips.clone()],
            ..Default::default()
        };
        let update_self = Some(UpdateSelf { node: Some(node) });
        requests.send(&tailnet::CoordinateRequest { update_self, ..Default::default() }).await.unwrap();
        let answer = tokio::time::timeout(SOON, responses.recv()).await.unwrap();
        assert!(matches!(&answer, Ok(Some(answer)) if !answer.error.is_empty()), "{answer:?}");
        assert!(world.parts.agents().coordination().node(agent.id).is_none());
    }
}

#[tokio::test]
async fn use_of_a_workspace_is_written_in_batches_and_moves_its_deadline() {
    let world = World::start().await;
    let workspace = world.workspace(8080).await;
    let agent = world.connect_agent(&workspace).await;
    let path = format!("/workspaces/{}", workspace.id);
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(31);
    let body = json!({ "deadline": soon.to_string() });
    let set = world.server.put(&format!("/api/v2{path}/extend"), &world.owner, &body).await;
    assert_eq!(set.status(), 200, "{}", set.text().await.unwrap());
    let before = world.get(&path).await;
    let stats = proto::UpdateStatsRequest { stats: Some(proto::Stats { connection_count: 1, ..Default::default() }) };
    agent.session.unary(agent_method::UPDATE_STATS, &stats).await.unwrap();
    assert_eq!(world.get(&path).await["last_used_at"], before["last_used_at"], "not at once");
    world.parts.agents().flush_activity().await.unwrap();
    let after = world.get(&path).await;
    let time = |value: &Value| value.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert!(time(&after["last_used_at"]) > time(&before["last_used_at"]));
    assert!(time(&after["latest_build"]["deadline"]) > time(&before["latest_build"]["deadline"]));
}

#[tokio::test]
async fn metrics_count_agents_streams_and_the_relay() {
    let world = World::start().await;
    let workspace = world.workspace(18_080).await;
    let agent = world.connect_agent(&workspace).await;
    let _serving = agent.serve(&world.server.url, 18_080).await;
    world.agent_is(&workspace, "status", "connected").await;
    assert_eq!(world.server.get("/@admin/dev/apps/web/x", &world.owner).await.status(), 200);
    let until = async {
        loop {
            let mut text = warren_observe::metrics::Text::default();
            warren_http::agent_metrics(&world.server.services, &mut text);
            let text = text.finish();
            if text.contains("coderd_agents_up") {
                return text;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let text = tokio::time::timeout(SOON, until).await.unwrap();
    for line in [
        "coderd_agents_up{template_name=\"local\",template_version=\"v1\",username=\"admin\",workspace_name=\"dev\"} 1",
        "coderd_agents_apps{agent_name=\"main\",app_name=\"Web\",health=\"initializing\",username=\"admin\",workspace_name=\"dev\"} 1",
        "coder_servertailnet_connections_total{network=\"tcp\"} 1",
        "coder_derp_server_clients_local 2",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(text.contains("lifecycle_state=\"created\",status=\"connected\",tailnet_node=\"nodeid:"), "{text}");
}
