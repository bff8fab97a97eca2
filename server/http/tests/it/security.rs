//! What must never work: each test is named after the published advisory whose cause it looks for, or after the rule.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use http::{HeaderValue, Method, header};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::Message;
use uuid::Uuid;
use warren_http::Auth;
use warren_proto::provisionerd::provisioner_daemon_methods as methods;
use warren_proto::provisionerd::{CompletedJob, completed_job};

use crate::harness::{TestServer, json_of};
use crate::scripted_agent::{Socket, World, resource, text};

/// Open streams of a revoked key end within this time.
const SECONDS: Duration = Duration::from_secs(10);

/// Websockets of this table's operations, with what fills their paths in.
fn sockets(agent: Uuid, workspace: &str, version: &str, build: &str, dry_run: &str) -> Vec<(&'static str, String)> {
    let agents = format!("/api/v2/workspaceagents/{agent}");
    vec![
        ("coordinate-workspace-agent", format!("{agents}/coordinate?version=2.0")),
        ("user-scoped-tailnet-rpc-connection", "/api/v2/tailnet?version=2.0".into()),
        ("watch-for-workspace-agent-metadata-updates-via-websockets", format!("{agents}/watch-metadata-ws")),
        ("get-logs-by-workspace-agent", format!("{agents}/logs?follow")),
        ("removed-get-logs-by-workspace-agent", format!("{agents}/startup-logs?follow")),
        ("open-pty-to-workspace-agent", format!("{agents}/pty?reconnect={}", Uuid::new_v4())),
        ("debug-info-websocket-test", "/api/v2/debug/ws".into()),
        ("watch-workspace-by-id-via-websockets", format!("/api/v2/workspaces/{workspace}/watch-ws")),
        ("watch-for-new-inbox-notifications", "/api/v2/notifications/inbox/watch".into()),
        (
            "open-dynamic-parameters-websocket-by-template-version",
            format!("/api/v2/templateversions/{version}/dynamic-parameters?user_id=me"),
        ),
        (
            "serve-provisioner-daemon",
            "/api/v2/organizations/default/provisionerdaemons/serve?version=1.15&name=late&provisioner=echo".into(),
        ),
        ("get-logs-by-template-version", format!("/api/v2/templateversions/{version}/logs?follow")),
        ("get-workspace-build-logs", format!("/api/v2/workspacebuilds/{build}/logs?follow")),
        (
            "get-template-version-dry-run-logs-by-job-id",
            format!("/api/v2/templateversions/{version}/dry-run/{dry_run}/logs?follow"),
        ),
    ]
}

/// Ends by themselves at once: nothing stays open.
const SHORT: &[&str] = &["watch-workspace-agent-for-container-updates"];

async fn token(server: &TestServer, owner: &str, name: &str) -> String {
    let made = server.post("/api/v2/users/me/keys/tokens", owner, &json!({ "token_name": name })).await;
    json_of(made).await["key"].as_str().unwrap().to_owned()
}

async fn ends(socket: &mut Socket, what: &str) {
    let end = async {
        loop {
            match socket.next().await {
                None | Some(Err(_) | Ok(Message::Close(_))) => return,
                Some(Ok(_)) => {}
            }
        }
    };
    assert!(tokio::time::timeout(SECONDS, end).await.is_ok(), "{what} goes on without its key");
}

/// GHSA-wqxv-w64v-5wh6: a revoked key is good for nothing, also where it was let in before.
#[tokio::test]
async fn ghsa_wqxv_w64v_5wh6_every_open_stream_ends_with_its_key() {
    let world = World::start().await;
    let workspace = world.workspace(18_080).await;
    let agent = world.connect_agent(&workspace).await;
    let _serving = agent.serve(&world.server.url, 18_080).await;
    world.agent_is(&workspace, "status", "connected").await;
    let shown = world.get(&format!("/workspaces/{}", workspace.id)).await;
    let of = |value: &Value| value.as_str().unwrap().to_owned();
    let version = of(&shown["latest_build"]["template_version_id"]);
    let build = of(&shown["latest_build"]["id"]);
    let dry_run = json!({ "workspace_name": "x", "rich_parameter_values": [] });
    let dry_run = world.post(&format!("/templateversions/{version}/dry-run"), dry_run).await;

    let server = &world.server;
    let key = token(server, &world.owner, "doomed").await;
    let table = sockets(workspace.agent, &workspace.id, &version, &build, &of(&dry_run["id"]));
    let known: BTreeSet<&str> = table.iter().map(|(id, _)| *id).chain(SHORT.iter().copied()).collect();
    let api = warren_http::api();
    let authenticated = |auth| matches!(auth, Auth::Session | Auth::SessionOptional | Auth::ProvisionerDaemon);
    let missing: Vec<&str> = api
        .routes()
        .iter()
        .filter(|route| route.is_websocket() && authenticated(route.auth) && !known.contains(route.id))
        .map(|route| route.id)
        .collect();
    assert!(missing.is_empty(), "websockets that this test does not open: {missing:?}");

    let mut open = Vec::new();
    for (id, path) in &table {
        // Logs of what has ended are closed after their last line.
        if id.starts_with("get-logs-by-template") || *id == "get-workspace-build-logs" {
            continue;
        }
        open.push((*id, world.open(path, &key).await));
    }
    let mut app = world.open("/@admin/dev.main/apps/web/ws", &key).await;
    app.send(Message::text("hello")).await.unwrap();
    assert_eq!(text(&mut app).await, "hello");
    open.push(("an app's websocket", app));
    let events = server.get(&format!("/api/v2/workspaces/{}/watch", workspace.id), &key).await;
    assert_eq!(events.status(), 200);

    let path = format!("/api/v2/users/me/keys/{}", key.split('-').next().unwrap());
    assert_eq!(server.delete(&path, &world.owner).await.status(), 204);
    for (id, socket) in &mut open {
        ends(socket, id).await;
    }
    let rest = tokio::time::timeout(SECONDS, events.bytes()).await;
    assert!(rest.is_ok(), "server-sent events go on without their key");
}

/// GHSA-wqxv-w64v-5wh6: nor are the secrets of somebody who may not act handed out to their workspace.
#[tokio::test]
async fn ghsa_wqxv_w64v_5wh6_git_key_of_a_suspended_owner_stays_here() {
    let world = World::start().await;
    let workspace = world.workspace(18_080).await;
    let path = "/api/v2/workspaceagents/me/gitsshkey";
    assert_eq!(world.server.get(path, &workspace.token).await.status(), 200);
    let owner = world.get("/users/me").await["id"].as_str().unwrap().parse().unwrap();
    let services = &world.server.services;
    let conn = services.db.conn().await.unwrap();
    warren_db::users::update_user_status(&conn, owner, "suspended", services.now()).await.unwrap();
    assert_eq!(world.server.get(path, &workspace.token).await.status(), 404);
}

/// A key with limits must not be a way to one without, or every limit would be a suggestion.
#[tokio::test]
async fn limited_key_makes_no_wider_key() {
    let (server, owner) = TestServer::with_owner().await;
    let make = async |token: &str, body: Value| server.post("/api/v2/users/me/keys/tokens", token, &body).await;
    let limited = json!({ "scopes": ["api_key:*", "user:read", "workspace:read"], "token_name": "limited" });
    let limited = json_of(make(&owner, limited).await).await["key"].as_str().unwrap().to_owned();
    assert_eq!(server.post("/api/v2/users/me/keys", &limited, &json!(null)).await.status(), 403);
    for (name, body) in [
        ("all", json!({ "token_name": "a" })),
        ("the old word for all", json!({ "scope": "all", "token_name": "b" })),
        ("another resource", json!({ "scopes": ["workspace:read", "template:read"], "token_name": "c" })),
        ("another action", json!({ "scopes": ["workspace:*"], "token_name": "d" })),
    ] {
        assert_eq!(make(&limited, body).await.status(), 403, "{name}");
    }
    let narrower = make(&limited, json!({ "scopes": ["workspace:read"], "token_name": "e" })).await;
    assert_eq!(narrower.status(), 201);

    let listed = json!({
        "scopes": ["api_key:*", "user:read", "workspace:read"], "token_name": "listed",
        "allow_list": ["api_key:*", "user:*", "workspace:00000000-0000-4000-8000-000000000000"],
    });
    let listed = json_of(make(&owner, listed).await).await["key"].as_str().unwrap().to_owned();
    let read = json!(["workspace:read"]);
    for allow_list in [json!([]), json!(["*:*"]), json!(["workspace:*"]), json!(["template:*"])] {
        let body = json!({ "scopes": read, "token_name": "f", "allow_list": allow_list });
        assert_eq!(make(&listed, body).await.status(), 403, "{allow_list}");
    }
    let own = json!(["workspace:00000000-0000-4000-8000-000000000000"]);
    let narrower = make(&listed, json!({ "scopes": read, "token_name": "g", "allow_list": own })).await;
    assert_eq!(narrower.status(), 201);
}

/// GHSA-29xf-69gq-m9jx: nobody takes over an account that may do more than their own.
#[tokio::test]
async fn ghsa_29xf_69gq_m9jx_passwords_of_superiors_are_not_reset() {
    let (server, owner) = TestServer::with_owner().await;
    let roles = async |user: &str, roles: Value| {
        let path = format!("/api/v2/users/{user}/roles");
        assert_eq!(server.put(&path, &owner, &json!({ "roles": roles })).await.status(), 200);
    };
    let eve = server.member(&owner, "eve").await;
    for (name, held) in
        [("tess", json!(["template-admin"])), ("otto", json!(["owner"])), ("ada", json!(["user-admin"]))]
    {
        server.member(&owner, name).await;
        roles(name, held).await;
    }
    server.member(&owner, "bob").await;
    server.member(&owner, "olga").await;
    let path = "/api/v2/organizations/coder/members/olga/roles";
    assert_eq!(server.put(path, &owner, &json!({ "roles": ["organization-admin"] })).await.status(), 200);
    roles("eve", json!(["user-admin"])).await;
    let reset = async |user: &str| {
        let body = json!({ "password": "An0ther-Placeholder!" });
        server.put(&format!("/api/v2/users/{user}/password"), &eve, &body).await.status().as_u16()
    };
    assert_eq!(reset("tess").await, 403);
    assert_eq!(reset("otto").await, 403);
    assert_eq!(reset("olga").await, 403);
    assert_eq!(reset("ada").await, 204, "of an equal");
    assert_eq!(reset("bob").await, 204, "of a member");
}

/// CVE-2023-0957 and CVE-2023-26114 of peers: every websocket looks at the Origin when a cookie lets it in.
#[tokio::test]
async fn cve_2023_0957_every_websocket_refuses_foreign_pages() {
    let world = World::start().await;
    let workspace = world.workspace(18_080).await;
    let nil = "00000000-0000-4000-8000-000000000000";
    let shown = world.get(&format!("/workspaces/{}", workspace.id)).await;
    let of = |value: &Value| value.as_str().unwrap().to_owned();
    let version = of(&shown["latest_build"]["template_version_id"]);
    let build = of(&shown["latest_build"]["id"]);
    let mut table = sockets(workspace.agent, &workspace.id, &version, &build, nil);
    table.retain(|(id, _)| *id != "get-template-version-dry-run-logs-by-job-id");
    table.push(("an app's websocket", "/@admin/dev.main/apps/web/ws".into()));
    let odd = ["https://evil.example", "null", "http:a", "ws:x", "x", "https://127.0.0.1.evil.example", "", "http://"];
    for (id, path) in &table {
        for origin in odd {
            let mut request = world.socket_url(path).into_client_request().unwrap();
            let cookie = HeaderValue::from_str(&format!("coder_session_token={}", world.owner)).unwrap();
            request.headers_mut().insert(header::COOKIE, cookie);
            request.headers_mut().insert(header::ORIGIN, HeaderValue::from_static(origin));
            match tokio_tungstenite::connect_async(request).await {
                Err(tokio_tungstenite::tungstenite::Error::Http(answer)) => {
                    assert_eq!(answer.status(), 403, "{id} from {origin:?}");
                }
                other => panic!("{id} from {origin:?}: {other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn cookie_alone_changes_nothing_anywhere() {
    let (server, owner) = TestServer::with_owner().await;
    let mut wrong = Vec::new();
    for route in warren_http::api().routes() {
        let Some(method) = route.method.clone().filter(|method| *method != Method::GET) else { continue };
        if !route.path.starts_with("/api/") || !matches!(route.auth, Auth::Session | Auth::SessionOptional) {
            continue;
        }
        let path: Vec<&str> = route
            .path
            .split('/')
            .map(|segment| if segment.starts_with('{') { "00000000-0000-4000-8000-000000000000" } else { segment })
            .collect();
        let request = server.request(method, &path.join("/"), "");
        let answer = request.header("cookie", format!("coder_session_token={owner}")).send().await.unwrap();
        let refused = answer.status() == 400 && answer.text().await.unwrap().contains("CSRF");
        if !refused {
            wrong.push(route.id);
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[tokio::test]
async fn client_does_not_choose_the_address_that_an_app_sees() {
    let world = World::start().await;
    let workspace = world.workspace(18_080).await;
    let agent = world.connect_agent(&workspace).await;
    let _serving = agent.serve(&world.server.url, 18_080).await;
    world.agent_is(&workspace, "status", "connected").await;
    let request = world.server.request(Method::GET, "/@admin/dev.main/apps/web/x", &world.owner);
    let request = request.header("x-forwarded-for", "10.9.9.9").header("x-real-ip", "10.9.9.9");
    let seen = json_of(request.send().await.unwrap()).await;
    assert_eq!(seen["for"], "127.0.0.1");
}

/// GHSA-9rjw-3gwp-f59v: a build cannot take over an app of another workspace by its id.
#[tokio::test]
async fn ghsa_9rjw_3gwp_f59v_builds_do_not_move_apps_of_other_workspaces() {
    let world = World::start().await;
    let workspace = world.workspace(18_080).await;
    let path = format!("/workspaces/{}", workspace.id);
    let before = world.get(&path).await;
    let agents = |shown: &Value| shown["latest_build"]["resources"][0]["agents"].clone();
    let victim = agents(&before)[0]["apps"][0]["id"].as_str().unwrap().to_owned();
    let body = json!({ "name": "thief", "template_id": before["template_id"] });
    let thief = world.post("/users/me/workspaces", body).await;
    let job = world.daemon.acquire().await;
    let mut resource = resource(&Uuid::new_v4().to_string(), 18_081);
    resource.agents[0].apps[0].id.clone_from(&victim);
    let result = completed_job::WorkspaceBuild { resources: vec![resource], ..Default::default() };
    let done = CompletedJob { job_id: job.job_id.clone(), r#type: Some(completed_job::Type::WorkspaceBuild(result)) };
    let refused = world.daemon.session.unary(methods::COMPLETE_JOB, &done).await.unwrap_err();
    assert!(refused.to_string().contains("belongs to another workspace"), "{refused}");
    assert_eq!(agents(&world.get(&path).await), agents(&before));
    let thief = world.get(&format!("/workspaces/{}", thief["id"].as_str().unwrap())).await;
    assert_eq!(thief["latest_build"]["resources"], json!([]), "nothing of the refused result is kept");
    let stranger = CompletedJob { job_id: Uuid::new_v4().to_string(), ..done };
    assert!(world.daemon.session.unary(methods::COMPLETE_JOB, &stranger).await.is_err());
}

/// GHSA-5wg6-jmq2-53pw: however an app is named, the rights to the workspace that is found count.
#[tokio::test]
async fn ghsa_5wg6_jmq2_53pw_ids_in_place_of_names_open_no_foreign_app() {
    let world = World::start().await;
    let workspace = world.workspace(18_080).await;
    let bob = world.server.member(&world.owner, "bob").await;
    let of = async |token: &str| {
        let user = json_of(world.server.get("/api/v2/users/me", token).await).await;
        user["id"].as_str().unwrap().to_owned()
    };
    let (owner, own) = (of(&world.owner).await, of(&bob).await);
    let agent = workspace.agent.to_string();
    for owner in ["me", "admin", "bob", &owner, &own] {
        for name in ["dev", "dev.main", &workspace.id, &format!("{}.main", workspace.id), &format!("dev.{agent}")] {
            let page = world.server.get(&format!("/@{owner}/{name}/apps/web/"), &bob).await;
            assert_eq!(page.status(), 404, "/@{owner}/{name}");
        }
    }
}

/// GHSA-jqj2-x4c5-jfxm: who may only use a workspace does not make its containers anew.
#[tokio::test]
async fn ghsa_jqj2_x4c5_jfxm_recreating_a_container_needs_more_than_use() {
    let world = World::start().await;
    let workspace = world.workspace(18_080).await;
    let bob = world.server.member(&world.owner, "bob").await;
    let id = json_of(world.server.get("/api/v2/users/me", &bob).await).await["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v2/workspaces/{}/acl", workspace.id);
    let share = world.server.request(Method::PATCH, &path, &world.owner);
    let shared = share.json(&json!({ "user_roles": { id: "use" } })).send().await.unwrap();
    assert_eq!(shared.status(), 204);
    let agent = format!("/api/v2/workspaceagents/{}", workspace.agent);
    assert_eq!(world.server.get(&agent, &bob).await.status(), 200, "bob may use it");
    let containers = format!("{agent}/containers/devcontainers/{}", Uuid::new_v4());
    assert_eq!(world.server.post(&format!("{containers}/recreate"), &bob, &json!(null)).await.status(), 403);
    assert_eq!(world.server.delete(&containers, &bob).await.status(), 403);
}

#[tokio::test]
async fn text_that_cannot_be_stored_is_the_callers_mistake() {
    let (server, owner) = TestServer::with_owner().await;
    let login = json!({ "email": "a\0@example.com", "password": "x" });
    assert_eq!(server.post("/api/v2/users/login", "", &login).await.status(), 400);
    let token = json!({ "token_name": "a\0b" });
    assert_eq!(server.post("/api/v2/users/me/keys/tokens", &owner, &token).await.status(), 400);
    for path in ["/api/v2/users/a%00b", "/api/v2/organizations/a%00b", "/api/v2/users?q=a%00b"] {
        assert_eq!(server.get(path, &owner).await.status(), 400, "{path}");
    }
}
