//! A server with its database and an owner, Terraform with our provider, and the calls of a client.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use warren_auth::Keys;
use warren_builds::{Builds, LogNotice, Options, log_channel};
use warren_core::{Config, Services};
use warren_db::jobs::find_job;
use warren_db::testing::{TestDatabase, database};
use warren_db::{Statement, execute};
use warren_provisioner::{LazyTerraform, ProviderBinary, TerraformOptions};
use warren_pubsub::{Bus, Event};
use warren_template::archive::{Entry, write_tar};

use crate::daemons::Transport;

const PASSWORD: &str = "Placeh0lder-pass!";
const NIL: &str = "00000000-0000-0000-0000-000000000000";
/// Longest time for a job of a test.
const LIMIT: Duration = Duration::from_secs(120);
/// Moves everything that a reaper or a grace period looks at into the past.
const AGE: Statement = Statement {
    name: "test_age",
    sql: "UPDATE provisioner_jobs SET updated_at = updated_at - interval '1 minute' WHERE id = $1",
};

pub struct World {
    pub transport: Transport,
    pub address: SocketAddr,
    pub builds: Builds,
    pub token: String,
    pub organization: String,
    pub terraform: Arc<LazyTerraform>,
    pub dir: tempfile::TempDir,
    client: reqwest::Client,
    services: Arc<Services>,
    _database: TestDatabase,
}

/// The program that was built for the tests, or `WARREN_TEST_PROVIDER`, or the whole program in that role.
fn provider_program() -> PathBuf {
    let explicit = std::env::var_os("WARREN_TEST_PROVIDER").map(PathBuf::from);
    let warren = PathBuf::from(env!("CARGO_BIN_EXE_warren"));
    explicit
        .into_iter()
        .chain([warren.with_file_name("terraform-provider-coder")])
        .find(|p| p.is_file())
        .unwrap_or(warren)
}

fn has_terraform() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|dir| dir.join("terraform").is_file() || dir.join("tofu").is_file());
    if !found {
        eprintln!("SKIPPED: no terraform or tofu on the PATH");
    }
    found
}

impl World {
    /// `None` without Terraform.
    pub async fn start(transport: Transport) -> Option<Self> {
        if !has_terraform() {
            return None;
        }
        warren_tls::install_default_provider();
        let database = database().await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let access_url = format!("http://{address}").parse().unwrap();
        let config = Config { access_url, rate_limits: false, ..Config::default() };
        let bus = Bus::start(database.db.clone());
        let keys = Keys::start(database.db.clone(), bus.clone(), config.role_options(), config.lifetimes());
        let services = Arc::new(Services::new(database.db.clone(), bus, keys, config, uuid::Uuid::new_v4()));
        let options = Options { access_url: format!("http://{address}"), ..Options::default() };
        let builds = Builds::start(services.db.clone(), services.bus.clone(), services.keys.clone(), options);
        warren_core::provisioning::install(&services, builds.clone());
        let app = warren_http::app(warren_http::api(), services.clone());
        tokio::spawn(async move {
            axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await.unwrap();
        });
        let dir = tempfile::tempdir().unwrap();
        let terraform = Arc::new(LazyTerraform::new(TerraformOptions {
            provider: Some(ProviderBinary::new(provider_program())),
            keeper: Some(env!("CARGO_BIN_EXE_warren").into()),
            exit_timeout: Duration::from_secs(30),
            ..TerraformOptions::below(&dir.path().join("cache"))
        }));
        let client = reqwest::Client::new();
        let (token, organization) = (String::new(), String::new());
        let mut world = Self {
            transport,
            address,
            builds,
            token,
            organization,
            terraform,
            dir,
            client,
            services,
            _database: database,
        };
        let user = json!({ "email": "admin@example.com", "username": "admin", "name": "A", "password": PASSWORD });
        world.made("/users/first", user.clone()).await;
        world.token = text(&world.made("/users/login", user).await["session_token"]);
        world.organization = text(&world.get("/organizations/default").await["id"]);
        Some(world)
    }

    /// A call: status and body.
    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> (u16, Value) {
        let url = format!("http://{}/api/v2{path}", self.address);
        let mut request = self.client.request(method, url).header("Coder-Session-Token", &self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    pub async fn get(&self, path: &str) -> Value {
        let (status, body) = self.call(Method::GET, path, None).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.call(Method::POST, path, Some(&body)).await
    }

    /// A call that makes something.
    pub async fn made(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.post(path, body).await;
        assert_eq!(status, 201, "{path}: {answer}");
        answer
    }

    pub async fn upload(&self, files: &[(&str, &str)]) -> String {
        let entries: Vec<_> = files.iter().map(|(path, text)| Entry::file(*path, *text)).collect();
        let request = self.client.post(format!("http://{}/api/v2/files", self.address));
        let request = request.header("Coder-Session-Token", &self.token).header("Content-Type", "application/x-tar");
        let response = request.body(write_tar(&entries).unwrap()).send().await.unwrap();
        text(&response.json::<Value>().await.unwrap()["hash"])
    }

    /// Starts an import; `more` overrides the request.
    pub async fn import_with(&self, files: &[(&str, &str)], more: Value) -> Value {
        let mut body = json!({
            "storage_method": "file", "file_id": self.upload(files).await, "provisioner": "terraform", "tags": {},
        });
        body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        self.made(&format!("/organizations/{}/templateversions", self.organization), body).await
    }

    /// Imports and waits; answers the finished version.
    pub async fn imported(&self, files: &[(&str, &str)]) -> Value {
        let version = self.import_with(files, json!({})).await;
        self.finished(&format!("/templateversions/{}", text(&version["id"]))).await
    }

    /// A template of an imported version.
    pub async fn template(&self, files: &[(&str, &str)]) -> Value {
        let version = self.imported(files).await;
        assert_eq!(version["job"]["status"], "succeeded", "{version}");
        let name = format!("t{}", &text(&version["id"])[..8]);
        let body = json!({ "name": name, "template_version_id": version["id"] });
        self.made(&format!("/organizations/{}/templates", self.organization), body).await
    }

    /// Asks for a workspace; answers it with its first build waiting or running.
    pub async fn workspace(&self, template: &Value, parameters: &[(&str, &str)]) -> Value {
        let name = format!("w{}", &uuid::Uuid::new_v4().simple().to_string()[..8]);
        let body = json!({
            "name": name, "template_id": template["id"], "rich_parameter_values": values(parameters),
        });
        self.made("/users/me/workspaces", body).await
    }

    /// Asks for a build and waits for its end.
    pub async fn build(&self, workspace: &Value, transition: &str, parameters: &[(&str, &str)]) -> Value {
        let build = self.start_build(workspace, transition, parameters).await;
        self.finished(&build_path(&build)).await
    }

    pub async fn start_build(&self, workspace: &Value, transition: &str, parameters: &[(&str, &str)]) -> Value {
        let body = json!({
            "transition": transition, "template_version_id": NIL, "template_version_preset_id": NIL,
            "rich_parameter_values": values(parameters),
        });
        self.made(&format!("/workspaces/{}/builds", text(&workspace["id"])), body).await
    }

    /// A finished build or version: waits for the end of its job.
    pub async fn finished(&self, path: &str) -> Value {
        self.until(path, |item| !item["job"]["completed_at"].is_null()).await
    }

    /// A build or version that has logged a line with this text.
    pub async fn logged(&self, path: &str, line: &str) {
        let logs = format!("{path}/logs");
        let job = text(&self.get(path).await["job"]["id"]);
        let mut news = self.services.bus.subscribe(&log_channel(job.parse().unwrap()));
        let seen = async {
            loop {
                let rows = self.get(&logs).await;
                if rows.as_array().unwrap().iter().any(|row| row["output"].as_str().unwrap().contains(line)) {
                    return;
                }
                if let Event::Message(message) = news.recv().await {
                    let notice: LogNotice = serde_json::from_str(&message).unwrap();
                    assert!(!notice.end_of_logs, "the job ended without the line {line:?}: {}", self.get(&logs).await);
                }
            }
        };
        tokio::time::timeout(LIMIT, seen).await.unwrap_or_else(|_| panic!("the line {line:?} of {path}"));
    }

    /// A build or version whose job has changed as wanted; looks whenever its log says something.
    pub async fn until(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let job = text(&self.get(path).await["job"]["id"]);
        let mut news = self.services.bus.subscribe(&log_channel(job.parse().unwrap()));
        let changed = async {
            loop {
                let item = self.get(path).await;
                if wanted(&item) {
                    return item;
                }
                // Not everything about a job is announced.
                let _ = tokio::time::timeout(Duration::from_secs(1), news.recv()).await;
            }
        };
        match tokio::time::timeout(LIMIT, changed).await {
            Ok(item) => item,
            Err(_) => panic!("{path} stays {}; log {}", self.get(path).await, self.get(&format!("{path}/logs")).await),
        }
    }

    /// Waits until something about a job holds; looks whenever its log says something, and at times when it does not.
    pub async fn until_async(&self, path: &str, wanted: impl AsyncFn(&Self) -> bool) {
        let job = text(&self.get(path).await["job"]["id"]);
        let mut news = self.services.bus.subscribe(&log_channel(job.parse().unwrap()));
        let changed = async {
            while !wanted(self).await {
                let _ = tokio::time::timeout(Duration::from_millis(200), news.recv()).await;
            }
        };
        tokio::time::timeout(LIMIT, changed).await.unwrap_or_else(|_| panic!("{path} does not change"));
    }

    /// A finished job that is no build and no import.
    pub async fn job_finished(&self, path: &str) -> Value {
        let id = text(&self.get(path).await["id"]);
        let mut news = self.services.bus.subscribe(&log_channel(id.parse().unwrap()));
        let ended = async {
            loop {
                let job = self.get(path).await;
                if !job["completed_at"].is_null() {
                    return job;
                }
                let _ = tokio::time::timeout(Duration::from_secs(1), news.recv()).await;
            }
        };
        tokio::time::timeout(LIMIT, ended).await.unwrap_or_else(|_| panic!("{path} does not end"))
    }

    /// The last sign of life of a build's or version's job.
    pub async fn job_updated_at(&self, path: &str) -> jiff::Timestamp {
        let job = text(&self.get(path).await["job"]["id"]).parse().unwrap();
        find_job(&self.services.db.conn().await.unwrap(), job).await.unwrap().unwrap().updated_at
    }

    /// Stage, source, level and text of each line of a job.
    pub async fn rows(&self, path: &str) -> Vec<[String; 4]> {
        let rows = self.get(&format!("{path}/logs")).await;
        let row = |row: &Value| ["stage", "log_source", "log_level", "output"].map(|key| text(&row[key]));
        rows.as_array().unwrap().iter().map(row).collect()
    }

    /// The stages of a job in the order in which they were opened.
    pub async fn stages(&self, path: &str) -> Vec<String> {
        let mut stages: Vec<String> = self.rows(path).await.into_iter().map(|[stage, ..]| stage).collect();
        stages.dedup();
        stages
    }

    pub async fn cancel(&self, path: &str) {
        let (status, body) = self.call(Method::PATCH, &format!("{path}/cancel"), None).await;
        assert_eq!(status, 200, "{body}");
    }

    /// The state of a build.
    pub async fn state(&self, build: &Value) -> Value {
        let (status, state) = self.call(Method::GET, &format!("{}/state", build_path(build)), None).await;
        assert_eq!(status, 200, "{state}");
        state
    }

    /// As if the last sign of life of a running job were long ago; then its daemon's grace is over.
    pub async fn give_up(&self, item: &Value) {
        let job = text(&item["job"]["id"]).parse::<uuid::Uuid>().unwrap();
        execute(&self.services.db.conn().await.unwrap(), &AGE, &[&job]).await.unwrap();
        self.builds.take_back_idle().await.unwrap();
    }
}

fn values(parameters: &[(&str, &str)]) -> Vec<Value> {
    parameters.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

/// A template whose plan waits for an answer of `server`.
pub fn hanging(server: &tokio::net::TcpListener) -> String {
    format!(
        "data \"terraform_remote_state\" \"x\" {{\n  backend = \"http\"\n  config = {{\n    address = \"http://{}/x\"\n    \
         retry_max = 0\n  }}\n}}\n",
        server.local_addr().unwrap()
    )
}

pub fn build_path(build: &Value) -> String {
    format!("/workspacebuilds/{}", text(&build["id"]))
}

pub fn version_path(version: &Value) -> String {
    format!("/templateversions/{}", text(&version["id"]))
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a string: {value}")).to_owned()
}

/// Names of the managed resources in a state.
pub fn resources(state: &Value) -> Vec<String> {
    let all = state["resources"].as_array().cloned().unwrap_or_default();
    all.iter().filter(|one| one["mode"] == "managed").map(|one| text(&one["name"])).collect()
}
