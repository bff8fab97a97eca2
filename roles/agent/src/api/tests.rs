//! Requests to the API, without a connection.

use http_body_util::Full;
use serde_json::Value;

use super::*;
use crate::environment::Workspace;

fn state(log_dir: PathBuf) -> ApiState {
    let workspace = Workspace {
        agent_id: uuid::Uuid::from_u128(1),
        agent_name: "main".into(),
        workspace_id: uuid::Uuid::from_u128(2),
        workspace_name: "dev".into(),
        owner_name: "ann".into(),
        directory: String::new(),
        variables: [("TOKEN".to_owned(), "hidden".to_owned())].into(),
        secrets: vec![("OTHER".into(), "hidden".into())],
        motd_path: String::new(),
        vscode_proxy_uri: String::new(),
        token: "hidden".into(),
    };
    let (_, workspace) = watch::channel(Some(Arc::new(workspace)));
    let (_, manifest) = watch::channel(Some(Arc::new(Manifest { git_auth_configs: 3, ..Manifest::default() })));
    let (_, node) = watch::channel(Some(Node { preferred_derp: 999, ..Node::default() }));
    ApiState::new(User::current(), workspace, manifest, node, log_dir)
}

async fn ask(state: &ApiState, method: &str, target: &str, body: &str) -> (u16, String) {
    let request = Request::builder().method(method).uri(target).body(Full::new(Bytes::from(body.to_owned())));
    let answer = respond(state, request.expect("a request")).await;
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.expect("a body").to_bytes();
    (status, String::from_utf8(body.to_vec()).expect("text"))
}

#[tokio::test]
async fn what_is_not_there_is_said_in_the_envelope() {
    let state = state(PathBuf::from("/does/not/exist"));
    for (method, target, expected) in [
        ("GET", "/api/v0/containers", 403),
        ("GET", "/api/v0/processes/1", 404),
        ("POST", "/api/v0/netcheck", 404),
        ("POST", "/api/v0/list-directory", 400),
        ("GET", "/debug/logs", 500),
        ("GET", "/debug/logs?after=yesterday", 400),
    ] {
        let (status, body) = ask(&state, method, target, "").await;
        let body: Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!(status, expected, "{target}");
        assert!(body["message"].is_string() && body["detail"].is_string(), "{body}");
    }
}

#[tokio::test]
async fn netcheck_ports_and_folders_are_json() {
    let state = state(PathBuf::new());
    for (method, target, body, key) in [
        ("GET", "/", "", "message"),
        ("GET", "/api/v0/netcheck", "", "net_info"),
        ("GET", "/api/v0/listening-ports", "", "ports"),
        ("POST", "/api/v0/list-directory", r#"{"path":["proc"],"relativity":"root"}"#, "contents"),
    ] {
        let (status, body) = ask(&state, method, target, body).await;
        let body: Value = serde_json::from_str(&body).expect("JSON");
        assert!(status == 200 && body.get(key).is_some(), "{target}: {status} {body}");
    }
}

#[tokio::test]
async fn the_manifest_is_shown_without_secrets() {
    let (status, body) = ask(&state(PathBuf::new()), "GET", "/debug/manifest", "").await;
    assert_eq!(status, 200);
    assert!(!body.contains("hidden"), "{body}");
    let body: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(body["environment_variables"]["TOKEN"], "***REDACTED***");
    assert_eq!(body["git_auth_configs"], 3);
}

#[tokio::test]
async fn logs_are_sent_with_their_predecessors_if_asked_for() {
    let dir = tempfile::tempdir().expect("temp dir");
    std::fs::write(dir.path().join("coder-agent.log"), "new\n").expect("write");
    std::fs::write(dir.path().join("coder-agent.log.1"), "old\n").expect("write");
    std::fs::write(dir.path().join("coder-agent.login"), "foreign\n").expect("write");
    let state = state(dir.path().to_owned());
    assert_eq!(ask(&state, "GET", "/debug/logs", "").await, (200, "new\n".into()));
    let (status, all) = ask(&state, "GET", "/debug/logs?after=2000-01-01T00:00:00Z", "").await;
    assert_eq!(status, 200);
    let (old, new) = (all.find("old").expect("old"), all.find("new").expect("new"));
    assert!(all.starts_with("=== coder-agent.log.1 (mtime ") && old < new && !all.contains("foreign"), "{all}");
    assert_eq!(ask(&state, "GET", "/debug/logs?after=2999-01-01T00:00:00Z", "").await, (200, String::new()));
}
