use http::Method;

use crate::harness::{PASSWORD, TestServer};

#[tokio::test]
async fn first_account_sign_in_and_token_without_a_script() {
    let server = TestServer::start().await;
    assert_eq!(server.get("/login", "").await.headers()["location"], "/setup");
    let setup = server.get("/setup", "").await;
    let cookie = setup.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    assert!(setup.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    let token = cookie.strip_prefix("csrf_token=").unwrap().to_owned();
    assert!(setup.text().await.unwrap().contains(&token));
    let post = |path: &str, cookie: String, form: String| {
        server
            .request(Method::POST, path, "")
            .header("Cookie", cookie)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(form)
            .send()
    };
    let form = format!("username=admin&email=admin%40example.com&password={PASSWORD}");
    assert_eq!(post("/setup", cookie.clone(), form.clone()).await.unwrap().status(), 400);
    let made = post("/setup", cookie.clone(), format!("{form}&csrf={token}")).await.unwrap();
    assert_eq!((made.status().as_u16(), &made.headers()["location"]), (303, &"/".parse().unwrap()));
    let session = made.headers().get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
    let session =
        session.filter_map(|text| text.split(';').next()).find(|text| text.starts_with("coder_session")).unwrap();
    let cookies = format!("{cookie}; {session}");

    let page = server.request(Method::GET, "/cli-auth", "").header("Cookie", &cookies).send().await.unwrap();
    assert!(page.text().await.unwrap().contains("admin"));
    let key = post("/cli-auth", cookies.clone(), format!("csrf={token}")).await.unwrap().text().await.unwrap();
    let key = key.split("value=\"").find(|part| part.as_bytes().get(10) == Some(&b'-')).unwrap();
    let key = key.split('"').next().unwrap();
    assert_eq!(server.get("/api/v2/users/me", key).await.status(), 200);
}

#[tokio::test]
async fn wrong_password_is_told_on_the_page() {
    let (server, _) = TestServer::with_owner().await;
    let form = "email=admin%40example.com&password=wrong&csrf=x";
    let request = server.request(Method::POST, "/login", "").header("Cookie", "csrf_token=x").body(form);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 401);
    assert!(answer.text().await.unwrap().contains("role=\"alert\""));
}

/// GHSA-7qw2-f75v-62f7 and GHSA-h58c-xccx-75m3: what somebody else wrote is text.
#[tokio::test]
async fn ghsa_7qw2_f75v_62f7_user_content_on_pages_is_escaped() {
    let (server, _) = TestServer::with_owner().await;
    let page = server.get("/login?message=%3Cscript%3Ealert(1)%3C/script%3E&redirect=%22%3E%3Cb%3E", "").await;
    let text = page.text().await.unwrap();
    assert!(!text.contains("<script>") && !text.contains("<b>"), "{text}");
}
