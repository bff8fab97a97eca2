use http::Method;

use crate::harness::{TestServer, json_of};

#[tokio::test]
async fn every_answer_carries_version_request_id_and_cookie() {
    let server = TestServer::start().await;
    for path in ["/api/v2/buildinfo", "/api/v2/users/first", "/api/v2/nothing", "/healthz", "/anything"] {
        let response = server.get(path, "").await;
        let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(header("x-coder-build-version").as_deref(), Some("v2.31.0"), "{path}");
        assert!(uuid::Uuid::parse_str(&header("x-coder-request-id").unwrap()).is_ok());
        assert_eq!(header("x-content-type-options").as_deref(), Some("nosniff"));
        assert!(header("set-cookie").unwrap().starts_with("csrf_token="), "{path}");
    }
}

#[tokio::test]
async fn unknown_route_wrong_method_and_slashes() {
    let server = TestServer::start().await;
    let unknown = server.get("/api/v2/nothing", "").await;
    assert_eq!(unknown.status(), 404);
    assert_eq!(unknown.headers()["content-type"], "application/json; charset=utf-8");
    assert_eq!(json_of(unknown).await["message"], "Route not found.");
    for method in [Method::HEAD, Method::DELETE] {
        let wrong = server.request(method, "/api/v2/buildinfo", "").send().await.unwrap();
        assert_eq!(wrong.status(), 405);
        assert_eq!(wrong.text().await.unwrap(), "");
    }
    assert_eq!(server.get("//api//v2/buildinfo", "").await.status(), 200);
    assert_eq!(server.get("/api/v2/buildinfo/", "").await.status(), 404);
    assert_eq!(server.get("/api/v2/users/", "").await.status(), 401);
    assert_eq!(server.get("/api/v2/", "").await.text().await.unwrap(), "{\"message\":\"👋\"}\n");
}

#[tokio::test]
async fn bodies_are_bounded_and_read_leniently() {
    let server = TestServer::start().await;
    let send = |body: String| server.request(Method::POST, "/api/v2/users/first", "").body(body).send();
    let empty = send(String::new()).await.unwrap();
    assert_eq!(empty.status(), 400);
    assert_eq!(json_of(empty).await["detail"], "EOF");
    assert_eq!(send("{x".into()).await.unwrap().status(), 400);
    assert_eq!(send("x".repeat(5 << 20)).await.unwrap().status(), 413);
    let good = r#"{"email":"a@b.c","username":"a","password":"Placeh0lder-pass!","unknown":1} trailing"#;
    assert_eq!(send(good.into()).await.unwrap().status(), 201);
}

#[tokio::test]
async fn login_is_limited() {
    let server = TestServer::start_with(|config| config.rate_limits = true).await;
    let mut last = None;
    for _ in 0..61 {
        last = Some(server.request(Method::POST, "/api/v2/users/login", "").body("{}").send().await.unwrap());
    }
    let refused = last.unwrap();
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["x-ratelimit-limit"], "60");
    assert_eq!(refused.headers()["retry-after"], "60");
}

#[tokio::test]
async fn health_report_tries_what_it_speaks_of() {
    let (server, owner) = TestServer::with_owner().await;
    warren_http::AgentParts::install(&server.services).await.unwrap();
    let response = server.get("/api/v2/debug/health?force=true", &owner).await;
    let text = response.text().await.unwrap();
    assert!(text.starts_with("{\n\t\""), "{text}");
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["access_url"]["healthz_response"], "OK");
    assert_eq!(report["websocket"]["code"], 101, "{report}");
    assert_eq!(report["database"]["reachable"], true);
    assert_eq!(report["derp"]["healthy"], true, "{report}");
    // Nobody builds here.
    assert_eq!(report["provisioner_daemons"]["severity"], "error");
    assert_eq!(report["healthy"], false);
    let bob = server.member(&owner, "bob").await;
    assert_eq!(server.get("/api/v2/debug/health", &bob).await.status(), 403);
}

#[tokio::test]
async fn other_hosts_are_led_to_the_access_url() {
    let server = TestServer::start_with(|config| {
        config.redirect_to_access_url = true;
        config.access_url = "https://warren.example:8443".parse().unwrap();
        config.wildcard_access_url = "*.apps.example".into();
        config.trusted_origins = vec![("127.0.0.1".parse().unwrap(), 32)];
    })
    .await;
    let get = |path: &'static str, host: &'static str, proto: &'static str| {
        let request = server.request(Method::GET, path, "").header("host", host).header("x-forwarded-proto", proto);
        async move { request.send().await.unwrap() }
    };
    let led = get("/workspaces?a=b", "10.0.0.1:3000", "https").await;
    assert_eq!(led.status(), 307);
    assert_eq!(led.headers()["location"], "https://warren.example:8443/workspaces?a=b");
    assert_eq!(get("/api/v2/buildinfo", "warren.example:8443", "http").await.status(), 307, "not secured");
    for (path, host, proto) in [
        ("/api/v2/buildinfo", "warren.example:8443", "https"),
        ("/api/v2/buildinfo", "WARREN.example:8443", "https"),
        ("/healthz", "10.0.0.1", "http"),
        ("/api/v2/buildinfo", "x.apps.example", "http"),
    ] {
        assert_eq!(get(path, host, proto).await.status(), 200, "{path} {host} {proto}");
    }
    let relay = get("/derp/latency-check", "10.0.0.1", "http").await;
    assert_ne!(relay.status(), 307);
    let behind = server.request(Method::GET, "/api/v2/buildinfo", "").header("x-forwarded-proto", "https");
    let behind = behind.header("host", "inner").header("x-forwarded-host", "warren.example:8443");
    assert_eq!(behind.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn only_a_trusted_proxy_says_that_a_connection_is_secured() {
    let server = TestServer::start_with(|config| {
        config.redirect_to_access_url = true;
        config.access_url = "https://warren.example".parse().unwrap();
    })
    .await;
    let request = server.request(Method::GET, "/api/v2/buildinfo", "").header("host", "warren.example");
    assert_eq!(request.header("x-forwarded-proto", "https").send().await.unwrap().status(), 307);
}
