//! A server on a port of its own with a database of its own, and clients that carry tokens.

use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use warren_auth::Keys;
use warren_core::{Config, Services};
use warren_db::testing::{TestDatabase, database};
use warren_pubsub::Bus;

pub const PASSWORD: &str = "Placeh0lder-pass!";

pub struct TestServer {
    pub url: String,
    pub services: Arc<Services>,
    #[allow(dead_code)]
    pub database: TestDatabase,
    client: Client,
}

impl TestServer {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        warren_tls::install_default_provider();
        let database = database().await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut config = Config { access_url: url.parse().unwrap(), rate_limits: false, ..Config::default() };
        change(&mut config);
        let bus = Bus::start(database.db.clone());
        let keys = Keys::start(database.db.clone(), bus.clone(), config.role_options(), config.lifetimes());
        let services = Arc::new(Services::new(database.db.clone(), bus, keys, config, uuid::Uuid::new_v4()));
        let app = warren_http::app(warren_http::api(), services.clone());
        tokio::spawn(async move {
            axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await.unwrap();
        });
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { url, services, database, client }
    }

    /// A server with its first user, and the token of a session of theirs.
    pub async fn with_owner() -> (Self, String) {
        let server = Self::start().await;
        let token = server.first_user().await;
        (server, token)
    }

    pub async fn first_user(&self) -> String {
        let body = json!({ "email": "admin@example.com", "username": "admin", "name": "A", "password": PASSWORD });
        let made = self.post("/api/v2/users/first", "", &body).await;
        assert_eq!(made.status(), 201, "{}", made.text().await.unwrap());
        self.login("admin@example.com").await
    }

    pub async fn login(&self, email: &str) -> String {
        let body = json!({ "email": email, "password": PASSWORD });
        let response = self.post("/api/v2/users/login", "", &body).await;
        assert_eq!(response.status(), 201);
        let body: Value = response.json().await.unwrap();
        body["session_token"].as_str().unwrap().to_owned()
    }

    /// Makes a member and signs them in.
    pub async fn member(&self, owner: &str, name: &str) -> String {
        let email = format!("{name}@example.com");
        let body = json!({
            "email": email, "username": name, "password": PASSWORD, "login_type": "password",
            "organization_ids": ["00000000-0000-0000-0000-000000000000"],
        });
        let made = self.post("/api/v2/users", owner, &body).await;
        assert_eq!(made.status(), 201, "{}", made.text().await.unwrap());
        self.login(&email).await
    }

    pub fn request(&self, method: Method, path: &str, token: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.url));
        if token.is_empty() { request } else { request.header("Coder-Session-Token", token) }
    }

    pub async fn get(&self, path: &str, token: &str) -> Response {
        self.request(Method::GET, path, token).send().await.unwrap()
    }

    pub async fn post(&self, path: &str, token: &str, body: &Value) -> Response {
        self.request(Method::POST, path, token).json(body).send().await.unwrap()
    }

    pub async fn put(&self, path: &str, token: &str, body: &Value) -> Response {
        self.request(Method::PUT, path, token).json(body).send().await.unwrap()
    }

    pub async fn delete(&self, path: &str, token: &str) -> Response {
        self.request(Method::DELETE, path, token).send().await.unwrap()
    }
}

pub async fn json_of(response: Response) -> Value {
    let text = response.text().await.unwrap();
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("not JSON: {text}"))
}
