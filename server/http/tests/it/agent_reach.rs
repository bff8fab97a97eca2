//! How agents, their apps and terminals are reached, and by whom.

use futures_util::{SinkExt, StreamExt};
use http::{HeaderName, HeaderValue, Method};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::protocol::Message;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;
use warren_rpc::{DialOptions, Session};
use warren_tailnet::{Node, NodeOptions, Role, address_of, desktop_address_of, random_address};

use crate::harness::json_of;
use crate::scripted_agent::{Port, SOON, World, text};

#[tokio::test]
async fn client_reaches_the_agent_through_the_relay() {
    let world = World::start().await;
    let workspace = world.workspace(8080).await;
    let agent = world.connect_agent(&workspace).await;
    let serving = agent.serve(&world.server.url, 8080).await;
    let info = world.get(&format!("/workspaceagents/{}/connection", workspace.agent)).await;
    assert_eq!(info["derp_map"]["Regions"]["999"]["EmbeddedRelay"], true);
    let url = world.socket_url(&format!("/api/v2/workspaceagents/{}/coordinate?version=2.0", workspace.agent));
    let token = HeaderValue::from_str(&world.owner).unwrap();
    let options = DialOptions::new(url).header(HeaderName::from_static("coder-session-token"), token);
    let session = Session::client(warren_rpc::dial(options).await.unwrap());
    let map = world.parts.agents().derp_map().clone();
    let node =
        Node::start(NodeOptions::new(Uuid::new_v4(), vec![random_address()], map, world.server.url.parse().unwrap()))
            .await
            .unwrap();
    let (coordinating, destination) = (node.clone(), workspace.agent);
    let _coordinate = AbortOnDropHandle::new(tokio::spawn(async move {
        let role = Role::Client { destinations: vec![destination] };
        coordinating.coordinate(&session, role, CancellationToken::new()).await.ok();
    }));
    node.wait_reachable(workspace.agent, SOON).await.unwrap();
    let mut stream = node.dial((address_of(workspace.agent), 8080).into()).await.unwrap();
    stream.write_all(b"GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    // The agent tells it with its next node, which may come after the first connection.
    let measured = async {
        while !world.agent(&workspace).await["latency"]["Coder Embedded Relay"]["preferred"].is_boolean() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(SOON, measured).await.expect("the agent measures its relay");
    serving.node.close().await;
    node.close().await;
}

#[tokio::test]
async fn path_app_terminal_and_ports_work_through_the_servers_own_node() {
    let world = World::start().await;
    let workspace = world.workspace(18_080).await;
    let agent = world.connect_agent(&workspace).await;
    let _serving = agent.serve(&world.server.url, 18_080).await;
    world.agent_is(&workspace, "status", "connected").await;
    let app = "/@admin/dev.main/apps/web";

    let bare = world.server.get(app, &world.owner).await;
    assert_eq!(
        (bare.status().as_u16(), &bare.headers()["location"]),
        (307, &HeaderValue::from_static("/@admin/dev.main/apps/web/?folder=home"))
    );
    let request =
        world.server.request(Method::POST, &format!("{app}/a%2Fb?q=1&coder_signed_app_token_ab=x"), &world.owner);
    let answer = request.header("cookie", "own=1; csrf_token=y").body("hello").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["x-app"], "1");
    assert!(!answer.headers().get_all("set-cookie").iter().any(|value| value.to_str().unwrap().contains("evil")));
    let seen = json_of(answer).await;
    assert_eq!(seen["uri"], "/base/a%2Fb?q=1");
    assert_eq!((&seen["cookie"], &seen["token"], &seen["body"]), (&json!("own=1"), &json!(""), &json!("hello")));
    assert_eq!(seen["for"], "127.0.0.1");

    let mut socket = world.open(&format!("{app}/ws"), &world.owner).await;
    socket.send(Message::text("ping over the app")).await.unwrap();
    assert_eq!(text(&mut socket).await, "ping over the app");

    let mut terminal = world
        .open(
            &format!(
                "/api/v2/workspaceagents/{}/pty?reconnect={}&width=100&height=30",
                workspace.agent,
                Uuid::new_v4()
            ),
            &world.owner,
        )
        .await;
    terminal.send(Message::binary(json!({ "data": "shout" }).to_string())).await.unwrap();
    let mut output = Vec::new();
    while let Some(Ok(message)) = tokio::time::timeout(SOON, terminal.next()).await.unwrap() {
        match message {
            Message::Binary(data) => output.extend_from_slice(&data),
            Message::Close(frame) => {
                assert_eq!(u16::from(frame.unwrap().code), 1000);
                break;
            }
            _ => {}
        }
    }
    assert_eq!(String::from_utf8(output).unwrap(), "100x30 SHOUT");

    let ports = world.get(&format!("/workspaceagents/{}/listening-ports", workspace.agent)).await;
    assert_eq!(ports, json!({ "ports": [{ "process_name": "node", "network": "tcp", "port": 3000 }] }));
}

#[tokio::test]
async fn others_do_not_reach_an_agent_or_its_apps() {
    let world = World::start().await;
    let workspace = world.workspace(18_080).await;
    let member = world.server.member(&world.owner, "bob").await;
    for path in [
        "",
        "/connection",
        "/coordinate?version=2.0",
        "/logs",
        "/watch-metadata",
        "/listening-ports",
        "/pty",
        "/containers",
    ] {
        let path = format!("/api/v2/workspaceagents/{}{path}", workspace.agent);
        let answer = world.server.get(&path, &member).await;
        assert_eq!(answer.status(), 404, "{path}");
        assert_eq!(
            json_of(answer).await["message"],
            "Agent doesn't exist with that id, or you do not have access to it."
        );
        assert_eq!(world.server.get(&path, "").await.status(), 401, "{path}");
    }
    // Declared public, but a path app is its owner's alone.
    let page = world.server.get("/@admin/dev/apps/web/", &member).await;
    assert_eq!(page.status(), 404);
    assert!(page.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    assert_eq!(world.server.get("/@admin/nothing/apps/web/", &member).await.status(), 404);
    let anonymous = world.server.get("/@admin/dev/apps/web/?a=1", "").await;
    assert_eq!(anonymous.status(), 303);
    assert_eq!(anonymous.headers()["location"], "/login?redirect=%2F%40admin%2Fdev%2Fapps%2Fweb%2F%3Fa%3D1");
    assert_eq!(world.server.get("/@nobody/x/apps/web/", "").await.status(), 303);
    // A user's key is no agent's token, and the other way round.
    assert_eq!(world.server.get("/api/v2/workspaceagents/me/gitsshkey", &world.owner).await.status(), 401);
    assert_eq!(world.server.get("/api/v2/users/me", &workspace.token).await.status(), 401);
    // A foreign page with the visitor's cookie.
    let request = world.server.request(Method::GET, "/@admin/dev/apps/web/ws", "");
    let request = request.header("cookie", format!("coder_session_token={}", world.owner));
    let request =
        request.header("connection", "upgrade").header("upgrade", "websocket").header("origin", "https://evil.example");
    assert_eq!(request.send().await.unwrap().status(), 403);
}

#[tokio::test]
async fn relay_and_programs_answer_without_a_token() {
    let world = World::start().await;
    let get = async |path: &str| world.server.get(path, "").await;
    let check = get("/derp/latency-check").await;
    assert_eq!((check.status().as_u16(), check.content_length()), (200, Some(0)));
    let plain = get("/derp").await;
    assert_eq!(
        (plain.status().as_u16(), plain.text().await.unwrap().as_str()),
        (426, "DERP requires connection upgrade\n")
    );
    let script = get("/api/v2/init-script/Linux/AMD64").await;
    assert!(script.headers()["content-digest"].to_str().unwrap().starts_with("sha256:"));
    assert!(script.text().await.unwrap().contains(&format!("{}/bin/coder-linux-amd64", world.server.url)));
    let unknown = get("/api/v2/init-script/foo/bar").await;
    assert_eq!(unknown.status(), 400);
    assert_eq!(json_of(unknown).await["message"], "Unknown os/arch: foo/bar");
    let absent = get("/bin/coder-foo").await;
    assert_eq!((absent.status().as_u16(), absent.text().await.unwrap().as_str()), (404, "404 page not found\n"));
    assert_eq!(get("/bin/a/b").await.status(), 404);
    assert!(get("/install.sh").await.text().await.unwrap().contains(&world.server.url));
    let mut map = world.open("/api/v2/derp-map", "").await;
    let first = tokio::time::timeout(SOON, map.next()).await.unwrap().unwrap().unwrap();
    assert!(
        matches!(&first, Message::Binary(data) if data.ends_with(b"\n") && data.starts_with(b"{\"Regions\"")),
        "{first:?}"
    );
}

#[tokio::test]
async fn shared_path_apps_need_the_deployments_consent() {
    let world = World::start_with(|config| config.path_app_sharing = true).await;
    let workspace = world.workspace(18_080).await;
    let agent = world.connect_agent(&workspace).await;
    let _serving = agent.serve(&world.server.url, 18_080).await;
    world.agent_is(&workspace, "status", "connected").await;
    let member = world.server.member(&world.owner, "bob").await;
    for token in ["", &member] {
        let shared = world.server.get("/@admin/dev/apps/web/x", token).await;
        assert_eq!(shared.status(), 200);
    }
}

/// GHSA-qrwj-vh9x-gw5v: an agent cannot send the server to another place.
#[tokio::test]
async fn ghsa_qrwj_vh9x_gw5v_redirects_of_an_agent_are_not_followed() {
    let world = World::start().await;
    let workspace = world.workspace(18_080).await;
    let agent = world.connect_agent(&workspace).await;
    let addresses = vec![address_of(agent.id), desktop_address_of(agent.id)];
    let map = agent.manifest.derp_map.clone().unwrap();
    let node =
        Node::start(NodeOptions::new(agent.id, addresses, map, world.server.url.parse().unwrap())).await.unwrap();
    let (session, coordinating) = (agent.session.clone(), node.clone());
    let _coordinate = AbortOnDropHandle::new(tokio::spawn(async move {
        coordinating.coordinate(&session, Role::Agent, CancellationToken::new()).await.ok();
    }));
    let seen = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = seen.clone();
    let api = axum::Router::new().fallback(move || {
        counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        async { axum::response::Redirect::temporary("/api/v0/elsewhere") }
    });
    let listener = Port(node.listen(4).await.unwrap());
    let _api = AbortOnDropHandle::new(tokio::spawn(async { drop(axum::serve(listener, api).await) }));
    world.agent_is(&workspace, "status", "connected").await;
    let path = format!("/api/v2/workspaceagents/{}/listening-ports", workspace.agent);
    assert_eq!(world.server.get(&path, &world.owner).await.status(), 500);
    assert_eq!(seen.load(std::sync::atomic::Ordering::SeqCst), 1);
}
