//! The client against a small server that plays the API.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::ws::{Message, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{any, get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use warren_api::ProvisionerJobLog;
use warren_client::{Client, ClientOptions, Error, JobRef};

#[tokio::test]
async fn an_error_answer_keeps_message_detail_and_validations() {
    let router = Router::new().route(
        "/api/v2/users/me",
        get(|| async {
            let body = json!({"message": "No.", "detail": "why", "validations": [{"field": "f", "detail": "d"}]});
            (StatusCode::BAD_REQUEST, Json(body))
        }),
    );
    let client = client_of(router, None).await;

    let error = client.user("me").await.unwrap_err();

    let api = error.api().expect("an API error");
    assert_eq!((api.message.as_str(), api.detail.as_str()), ("No.", "why"));
    assert_eq!(api.validations[0].field, "f");
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn a_body_that_is_not_json_is_shown_cut() {
    let router = Router::new().route("/api/v2/users/me", get(|| async { (StatusCode::BAD_GATEWAY, "x".repeat(5000)) }));
    let error = client_of(router, None).await.user("me").await.unwrap_err();
    assert_eq!(error.api().expect("an API error").detail.len(), 2048);
    assert!(error.is_retryable());
}

#[tokio::test]
async fn the_login_is_not_sent_to_where_an_answer_leads() {
    let seen = Arc::new(AtomicUsize::new(0));
    let counted = seen.clone();
    let elsewhere = Router::new().fallback(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        async { Json(json!("elsewhere")) }
    });
    let elsewhere = client_of(elsewhere, None).await.url().clone();
    let target = elsewhere.join("/api/v2/users/me").unwrap().to_string();
    let router = Router::new()
        .route("/api/v2/users/me", get(|| async { axum::response::Redirect::temporary("/here") }))
        .route(
            "/here",
            get(|headers: HeaderMap| async move { headers["coder-session-token"].to_str().unwrap().to_owned() }),
        )
        .route("/api/v2/users/{user}", get(move || async move { axum::response::Redirect::temporary(&target) }));
    let client = client_of(router, Some("secret".into())).await;
    // The same server may lead on; "secret" is no JSON.
    assert!(matches!(client.user("me").await.unwrap_err(), Error::Decode { .. }));
    let error = client.user("other").await.unwrap_err();
    assert!(error.to_string().contains("use that address"), "{error}");
    assert!(!error.is_retryable());
    assert_eq!(seen.load(Ordering::Relaxed), 0);
    let error = client.with_token(None).unwrap().user("other").await.unwrap_err();
    assert!(matches!(error, Error::Decode { .. }), "without secrets it is followed: {error}");
}

#[tokio::test]
async fn a_missing_first_user_counts_only_with_the_version_header() {
    let versioned = Router::new().route(
        "/api/v2/users/first",
        get(|| async {
            (StatusCode::NOT_FOUND, [("x-coder-build-version", "v2.31.0")], Json(json!({"message": "none"})))
        }),
    );
    assert!(!client_of(versioned, None).await.has_first_user().await.unwrap());
    let error = client_of(Router::new(), None).await.has_first_user().await.unwrap_err();
    assert!(matches!(error, Error::Setup(_)), "{error}");
}

#[tokio::test]
async fn the_token_travels_in_its_header_and_the_hook_runs_once() {
    let router = Router::new().route(
        "/api/v2/users/{user}/keys",
        post(|headers: HeaderMap| async move {
            let token = headers.get("coder-session-token").and_then(|v| v.to_str().ok()).unwrap_or("none").to_owned();
            ([("x-coder-build-version", "v2.31.0")], Json(json!({ "key": token })))
        }),
    );
    let calls = Arc::new(AtomicUsize::new(0));
    let seen = calls.clone();
    let mut options = options_of(router, Some("T".into())).await;
    options.first_response = Some(Arc::new(move |first| {
        assert_eq!(first.build_version.as_deref(), Some("v2.31.0"));
        seen.fetch_add(1, Ordering::SeqCst);
        Box::pin(async {})
    }));
    let client = Client::new(options).unwrap();

    assert_eq!(client.create_api_key("me").await.unwrap(), "T");
    assert_eq!(client.create_api_key("me").await.unwrap(), "T");
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_refused_connection_is_named_and_may_be_repeated() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    drop(listener);
    let error = Client::new(ClientOptions::new(url)).unwrap().user("me").await.unwrap_err();
    assert!(error.to_string().ends_with("connection refused"), "{error}");
    assert!(error.is_retryable());
}

#[tokio::test]
async fn logs_are_followed_until_the_server_closes() {
    let id = uuid::Uuid::from_u128(7);
    let router = Router::new().route(
        "/api/v2/workspacebuilds/{id}/logs",
        any(|upgrade: WebSocketUpgrade| async move {
            upgrade.on_upgrade(|mut socket| async move {
                for n in 0..3 {
                    let log = ProvisionerJobLog { id: n, output: format!("line {n}"), ..Default::default() };
                    socket.send(Message::Text(serde_json::to_string(&log).unwrap().into())).await.unwrap();
                }
                let _ = socket.send(Message::Close(None)).await;
            })
        }),
    );
    let client = client_of(router, None).await;

    let mut stream = client.follow_job_logs(JobRef::Build(id), 0).await.unwrap();
    let mut lines = Vec::new();
    while let Some(log) = stream.next().await {
        lines.push(log.unwrap().output);
    }

    assert_eq!(lines, ["line 0", "line 1", "line 2"]);
}

#[tokio::test]
async fn a_refused_upgrade_is_an_api_error() {
    let refuse = || async { (StatusCode::UNAUTHORIZED, Json(json!({"message": "signed out"}))).into_response() };
    let router = Router::new().route("/api/v2/workspacebuilds/{id}/logs", any(refuse));
    let client = client_of(router, None).await;
    let Err(error) = client.follow_job_logs(JobRef::Build(uuid::Uuid::nil()), 0).await else { panic!("opened") };
    assert_eq!(error.status(), Some(StatusCode::UNAUTHORIZED));
}

#[tokio::test]
async fn path_segments_are_escaped() {
    let router = Router::new().fallback(|uri: axum::http::Uri| async move { Json(json!({ "key": uri.path() })) });
    let client = client_of(router, None).await;
    let key = client.create_api_key("a/../b c").await.unwrap();
    assert_eq!(key, "/api/v2/users/a%2F..%2Fb%20c/keys");
    let value: Value = client.settings("/api/v2/x").await.unwrap();
    assert_eq!(value["key"], "/api/v2/x");
}

async fn client_of(router: Router, token: Option<String>) -> Client {
    Client::new(options_of(router, token).await).unwrap()
}

async fn options_of(router: Router, token: Option<String>) -> ClientOptions {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    ClientOptions { token, ..ClientOptions::new(url) }
}
