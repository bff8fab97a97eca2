use http::Method;
use serde_json::json;

use crate::harness::{PASSWORD, TestServer, json_of};

#[tokio::test]
async fn first_user_signs_in_and_out() {
    let server = TestServer::start().await;
    assert_eq!(server.get("/api/v2/users/first", "").await.status(), 404);
    let token = server.first_user().await;
    assert_eq!(server.get("/api/v2/users/first", "").await.status(), 200);
    let me = json_of(server.get("/api/v2/users/me", &token).await).await;
    assert_eq!(me["username"], "admin");
    assert_eq!(me["roles"][0]["name"], "owner");
    assert_eq!(server.post("/api/v2/users/logout", &token, &json!({})).await.status(), 200);
    assert_eq!(server.get("/api/v2/users/me", &token).await.status(), 401);
}

/// GHSA-8fxq-53rx-ph5f: neither answer nor status tells which accounts there are, and how they sign in.
#[tokio::test]
async fn ghsa_8fxq_53rx_ph5f_wrong_password_and_unknown_account_look_the_same() {
    let (server, owner) = TestServer::with_owner().await;
    let robot = json!({ "email": "robot@example.com", "username": "robot", "login_type": "none",
        "organization_ids": ["00000000-0000-0000-0000-000000000000"] });
    assert_eq!(server.post("/api/v2/users", &owner, &robot).await.status(), 201);
    server.member(&owner, "sue").await;
    assert_eq!(server.put("/api/v2/users/sue/status/suspend", &owner, &json!(null)).await.status(), 200);
    let attempt = |email: &'static str| {
        let body = json!({ "email": email, "password": "wrong" });
        let request = server.request(Method::POST, "/api/v2/users/login", "").json(&body);
        async move { request.send().await.unwrap() }
    };
    let unknown = attempt("nobody@example.com").await;
    assert_eq!(unknown.status(), 401);
    let unknown = unknown.text().await.unwrap();
    for account in ["admin@example.com", "robot@example.com", "sue@example.com"] {
        let wrong = attempt(account).await;
        assert_eq!(wrong.status(), 401, "{account}");
        assert_eq!(wrong.text().await.unwrap(), unknown, "{account}");
    }
}

#[tokio::test]
async fn token_is_read_in_the_order_of_the_contract() {
    let (server, token) = TestServer::with_owner().await;
    let me = |request: reqwest::RequestBuilder| async move { request.send().await.unwrap().status().as_u16() };
    let get = |path: &str| server.request(Method::GET, path, "");
    assert_eq!(me(get("/api/v2/users/me")).await, 401);
    assert_eq!(me(get("/api/v2/users/me").header("Cookie", format!("coder_session_token={token}"))).await, 200);
    assert_eq!(me(get(&format!("/api/v2/users/me?coder_session_token={token}"))).await, 200);
    assert_eq!(me(get("/api/v2/users/me").header("Authorization", format!("bearer {token}"))).await, 200);
    assert_eq!(me(get(&format!("/api/v2/users/me?access_token={token}"))).await, 200);
    let stale =
        get("/api/v2/users/me").header("Coder-Session-Token", &token).header("Cookie", "coder_session_token=x-y");
    assert_eq!(me(stale).await, 401);
}

#[tokio::test]
async fn refusals_challenge_the_client() {
    let server = TestServer::start().await;
    let refused = server.get("/api/v2/users/me", "").await;
    let challenge = refused.headers()["www-authenticate"].to_str().unwrap().to_owned();
    assert!(challenge.starts_with("Bearer realm=\"coder\", error=\"invalid_token\""), "{challenge}");
    let body = json_of(refused).await;
    assert!(body["detail"].is_string() && body["message"].is_string());
}

#[tokio::test]
async fn suspended_user_is_refused_at_the_next_request() {
    let (server, owner) = TestServer::with_owner().await;
    let bob = server.member(&owner, "bob").await;
    assert_eq!(server.get("/api/v2/users/me", &bob).await.status(), 200);
    assert_eq!(server.put("/api/v2/users/bob/status/suspend", &owner, &json!(null)).await.status(), 200);
    let refused = server.get("/api/v2/users/me", &bob).await;
    assert_eq!(refused.status(), 401);
    assert!(json_of(refused).await["message"].as_str().unwrap().contains("suspended"));
    assert_eq!(server.put("/api/v2/users/bob/status/activate", &owner, &json!(null)).await.status(), 200);
    assert_eq!(server.get("/api/v2/users/me", &bob).await.status(), 200);
}

#[tokio::test]
async fn keys_and_tokens_live_and_die() {
    let (server, owner) = TestServer::with_owner().await;
    let made = json_of(server.post("/api/v2/users/me/keys", &owner, &json!(null)).await).await;
    let key = made["key"].as_str().unwrap().to_owned();
    assert_eq!(server.get("/api/v2/users/me", &key).await.status(), 200);
    let id = key.split('-').next().unwrap();
    assert_eq!(server.delete(&format!("/api/v2/users/me/keys/{id}"), &owner).await.status(), 204);
    assert_eq!(server.get("/api/v2/users/me", &key).await.status(), 401);

    let body = json!({ "lifetime": 86_400_000_000_000_i64, "scope": "all", "token_name": "t1" });
    let made = json_of(server.post("/api/v2/users/me/keys/tokens", &owner, &body).await).await;
    let token = made["key"].as_str().unwrap().to_owned();
    assert_eq!(server.post("/api/v2/users/me/keys/tokens", &owner, &body).await.status(), 409);
    let listed = json_of(server.get("/api/v2/users/me/keys/tokens", &owner).await).await;
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(listed[0]["token_name"], "t1");
    assert_eq!(listed[0]["lifetime_seconds"], 86_400);
    let id = token.split('-').next().unwrap();
    let expire = server.put(&format!("/api/v2/users/me/keys/{id}/expire"), &owner, &json!(null)).await;
    assert_eq!(expire.status(), 204);
    assert_eq!(server.get("/api/v2/users/me", &token).await.status(), 401);
    let long = json!({ "lifetime": 34_560_000_000_000_000_i64, "token_name": "t9" });
    assert_eq!(server.post("/api/v2/users/me/keys/tokens", &owner, &long).await.status(), 400);
}

#[tokio::test]
async fn scoped_token_does_less() {
    let (server, owner) = TestServer::with_owner().await;
    let body = json!({ "scopes": ["workspace:read"], "token_name": "narrow" });
    let made = json_of(server.post("/api/v2/users/me/keys/tokens", &owner, &body).await).await;
    let narrow = made["key"].as_str().unwrap();
    assert_eq!(server.get("/api/v2/users/me", narrow).await.status(), 404);
}

#[tokio::test]
async fn password_change_ends_every_session() {
    let (server, owner) = TestServer::with_owner().await;
    let bob = server.member(&owner, "bob").await;
    let wrong = json!({ "old_password": "x", "password": "An0ther-Placeholder!" });
    assert_eq!(server.put("/api/v2/users/me/password", &bob, &wrong).await.status(), 400);
    let right = json!({ "old_password": PASSWORD, "password": "An0ther-Placeholder!" });
    assert_eq!(server.put("/api/v2/users/me/password", &bob, &right).await.status(), 204);
    assert_eq!(server.get("/api/v2/users/me", &bob).await.status(), 401);
}

#[tokio::test]
async fn csrf_guards_what_a_cookie_alone_authorises() {
    let (server, owner) = TestServer::with_owner().await;
    let cookie = format!("coder_session_token={owner}; csrf_token=abc");
    let post = || server.request(Method::POST, "/api/v2/users/me/keys", "").header("Cookie", cookie.clone());
    let refused = post().send().await.unwrap();
    assert_eq!(refused.status(), 400);
    assert_eq!(refused.headers()["content-type"], "text/plain; charset=utf-8");
    assert_eq!(post().header("X-CSRF-TOKEN", "abd").send().await.unwrap().status(), 400);
    assert_eq!(post().header("X-CSRF-TOKEN", "abc").send().await.unwrap().status(), 201);
    assert_eq!(post().header("Coder-Session-Token", &owner).send().await.unwrap().status(), 201);
    assert_eq!(post().header("Coder-Session-Token", "other").send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn authenticated_request_sends_at_most_two_statements() {
    let (server, owner) = TestServer::with_owner().await;
    let statements = || {
        let samples = server.services.db.stats().snapshot();
        samples.iter().map(|(_, sample)| sample.count).sum::<u64>()
    };
    server.get("/api/v2/users/me", &owner).await;
    let before = statements();
    assert_eq!(server.get("/api/v2/users/me", &owner).await.status(), 200);
    assert_eq!(statements() - before, 1);
    let before = statements();
    assert_eq!(server.get("/api/v2/users", &owner).await.status(), 200);
    assert!(statements() - before <= 2);
}

#[tokio::test]
async fn database_that_does_not_answer_is_unavailable_and_never_signed_out() {
    let (server, owner) = TestServer::with_owner().await;
    let other = server.login("admin@example.com").await;
    assert_eq!(server.get("/api/v2/users/me", &owner).await.status(), 200);
    assert_eq!(server.get("/readyz", "").await.status(), 200);
    server.services.db.close();
    for token in [&owner, &other] {
        let answer = server.get("/api/v2/users/me", token).await;
        assert_eq!(answer.status(), 503);
        assert_eq!(answer.headers()["retry-after"], "1");
    }
    assert_eq!(server.get("/healthz", "").await.status(), 200);
    assert_eq!(server.get("/readyz", "").await.status(), 503);
}
