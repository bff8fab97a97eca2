//! The world in which recorded exchanges are replayed: what stands for the recorded ids, tokens and keys.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Value, json};
use warren_builds::Builds;
use warren_http::AgentParts;
use warren_proto::agent::lifecycle::State;
use warren_proto::provisionerd::AcquiredJob;
use warren_template::archive::{Entry, tar_to_zip, write_tar};

use super::jobs::{APP_PORT, Started, run_next};
use super::reasons::{Expected, expected};
use super::shape::{differences, texts, uuids};
use super::stream;
use crate::harness::{PASSWORD, TestServer};
use crate::scripted_agent::{ScriptedAgent, Serving, Workspace, connect_agent};
use crate::scripted_daemon::{Daemon, start_builds};

pub(super) struct World {
    pub(super) server: TestServer,
    pub(super) daemon: Daemon,
    _builds: Builds,
    _parts: AgentParts,
    _folder: tempfile::TempDir,
    pub(super) owner: String,
    pub(super) member: String,
    pub(super) member_password: String,
    /// The key that was made last, and its id.
    last_key: (String, String),
    /// The token of the agent that started last.
    pub(super) agent_token: String,
    pub(super) agent: Option<(ScriptedAgent, Serving)>,
    pub(super) ids: BTreeMap<String, String>,
    /// A job that is being worked on.
    pub(super) held: Option<AcquiredJob>,
    uploads: usize,
}

impl World {
    pub(super) async fn start(change: impl FnOnce(&mut warren_core::Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("bin")).unwrap();
        std::fs::write(folder.path().join("bin/coder-linux-amd64"), "a program").unwrap();
        let server = TestServer::start_with(|config| {
            config.data_dir = folder.path().into();
            config.derp_stun_addresses = vec!["disable".into()];
            config.cache_dir = folder.path().join("cache");
            change(config);
        })
        .await;
        let builds = start_builds(&server.services);
        let parts = AgentParts::install(&server.services).await.unwrap();
        let daemon = Daemon::connect(&server.services, &builds, "scripted").await;
        Self {
            server,
            daemon,
            _builds: builds,
            _parts: parts,
            _folder: folder,
            owner: String::new(),
            member: String::new(),
            member_password: PASSWORD.into(),
            last_key: Default::default(),
            agent_token: String::new(),
            agent: None,
            ids: BTreeMap::new(),
            held: None,
            uploads: 0,
        }
    }

    /// Replays an exchange; what is wrong with our answer.
    pub(super) async fn exchange(&mut self, line: &Value) -> Vec<String> {
        let name = line["name"].as_str().unwrap();
        self.before(name).await;
        let recorded = &line["response"];
        if line["stream"] == true {
            return self.stream(line).await;
        }
        if texts(recorded, "status").contains(&"succeeded") {
            self.finish_jobs().await;
        }
        let wanted = match expected(name) {
            Some(Expected::Differs(status, _)) => status,
            _ => u16::try_from(line["status"].as_u64().unwrap()).unwrap(),
        };
        let (mut status, mut own) = self.send(line).await;
        if status != wanted && self.finish_jobs().await {
            (status, own) = self.send(line).await;
        }
        self.after(name).await;
        if status != wanted {
            return vec![format!("status {status} in place of {wanted}: {own}")];
        }
        self.remember(&own);
        self.learn(recorded, &own);
        match expected(name) {
            Some(Expected::Differs(..)) => Vec::new(),
            // Ids may be keys.
            _ => differences(&self.translated_value(recorded), &own),
        }
    }

    fn translated_value(&self, value: &Value) -> Value {
        serde_json::from_str(&self.translated(&value.to_string())).unwrap()
    }

    async fn stream(&mut self, line: &Value) -> Vec<String> {
        let path = self.translated(line["path"].as_str().unwrap());
        let (name, status) = (line["name"].as_str().unwrap(), line["status"].as_u64().unwrap());
        let token = self.token(line).await;
        if let Some(Expected::Differs(status, _)) = expected(name) {
            let own = self.server.get(&path, &token).await.status().as_u16();
            return if own == status { Vec::new() } else { vec![format!("status {own} in place of {status}")] };
        }
        if status == 200 {
            let response = self.server.get(&path, &token).await;
            if response.status() != 200 {
                return vec![format!("status {} in place of 200", response.status())];
            }
            let wanted = line["response"]["raw_lines"].as_array().map_or(0, Vec::len);
            let own = stream::read_events(response, wanted).await;
            return stream::event_differences(&line["response"], &own);
        }
        match stream::open(&self.server, &path, &token).await {
            Ok(socket) if status == 101 => {
                self.while_open(name).await;
                stream::compare_frames(socket, &line["response"]).await
            }
            Ok(_) => vec![format!("opened in place of {status}")],
            Err((own, body)) if u64::from(own) == status => differences(&line["response"], &body),
            Err((own, body)) => vec![format!("status {own} in place of {status}: {body}")],
        }
    }

    /// Lets the daemon end every waiting job; true if there was one. Agents of started workspaces connect.
    pub(super) async fn finish_jobs(&mut self) -> bool {
        let mut any = false;
        while let Some(started) = run_next(&self.daemon).await {
            any = true;
            self.connect(started).await;
        }
        any
    }

    /// Connects the agent of a workspace that was started.
    pub(super) async fn connect(&mut self, started: Option<Started>) {
        let Some(Started { workspace, token }) = started else { return };
        self.agent_token = token.clone();
        let shown = self.get(&format!("/api/v2/workspaces/{workspace}")).await;
        let resources = shown["latest_build"]["resources"].as_array().into_iter().flatten();
        let agent = resources.filter_map(|resource| resource["agents"][0]["id"].as_str()).next().unwrap();
        let workspace = Workspace { id: workspace, agent: agent.parse().unwrap(), token };
        let agent = connect_agent(&self.server, &workspace).await;
        let serving = agent.serve(&self.server.url, APP_PORT).await;
        agent.report(State::Starting).await;
        agent.report(State::Ready).await;
        agent.tell_metadata("load", "1").await;
        self.agent = Some((agent, serving));
    }

    pub(super) async fn get(&self, path: &str) -> Value {
        crate::harness::json_of(self.server.get(path, &self.owner).await).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Value {
        crate::harness::json_of(self.server.post(path, &self.owner, body).await).await
    }

    async fn token(&mut self, line: &Value) -> String {
        let name = line["name"].as_str().unwrap();
        let unknown = uuid::Uuid::new_v4().to_string();
        match (line["auth"].as_str().unwrap(), name) {
            // Recorded after its workspace was stopped.
            ("agent token", "ws_agent_rpc_error_version_2_8") => unknown,
            ("agent token", _) => self.agent_token.clone(),
            ("session", _) => self.owner.clone(),
            ("session (member)", "suspended_me") => self.member.clone(),
            ("session (member)", _) => self.member_token().await,
            (_, "key_expired_me" | "scoped_me" | "scoped_build") => self.last_key.0.clone(),
            (_, "me_bad_format") => "x".into(),
            (_, "me_bad_format2") => "short-secret".into(),
            (_, "me_invalid_secret") => format!("{}-{}", self.owner.split('-').next().unwrap(), "X".repeat(22)),
            (_, "me_unknown_id") => format!("{}-{}", "A".repeat(10), "X".repeat(22)),
            (_, "am_badtoken") => unknown,
            (_, "am_nouuid") => "xx".into(),
            _ => String::new(),
        }
    }

    async fn member_token(&mut self) -> String {
        let works =
            !self.member.is_empty() && self.server.get("/api/v2/experiments", &self.member).await.status() == 200;
        if !works {
            let body = json!({ "email": "bob@example.com", "password": self.member_password });
            let answer = self.server.post("/api/v2/users/login", "", &body).await;
            let answer = crate::harness::json_of(answer).await;
            self.member = answer["session_token"].as_str().unwrap_or_default().to_owned();
        }
        self.member.clone()
    }

    async fn send(&mut self, line: &Value) -> (u16, Value) {
        let name = line["name"].as_str().unwrap();
        let token = self.token(line).await;
        let path = self.translated(line["path"].as_str().unwrap());
        let method: Method = line["method"].as_str().unwrap().parse().unwrap();
        let mut request = self.server.request(method, &path, &token);
        if name == "csrf_fail" {
            request = request.header("Cookie", format!("coder_session_token={}", self.owner));
        }
        if name == "bin_not_modified" {
            let first = self.server.get(&path, "").await;
            request = request.header("If-None-Match", first.headers()["etag"].clone());
        }
        let request = match line["request"]["$raw"].as_str() {
            Some("application/json") | None if line["request"].is_object() && line["request"]["$raw"].is_string() => {
                request.body("{bad")
            }
            Some(media) => request.header("Content-Type", media).body(self.upload(name, media)),
            None if line["request"].is_null() => request,
            None => {
                let mut body = line["request"].clone();
                move_times(&mut body);
                if name == "password_bob" {
                    body["password"] = json!("An0ther-pass!");
                    self.member_password = "An0ther-pass!".into();
                }
                request.body(self.translated(&body.to_string()))
            }
        };
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = String::from_utf8_lossy(&response.bytes().await.unwrap()).into_owned();
        let body = match text.as_str() {
            "" => Value::Null,
            _ if line["path"].as_str().unwrap().starts_with("/bin/") && status == 200 => Value::Null,
            text => serde_json::from_str(text).unwrap_or_else(|_| json!({ "$text": text })),
        };
        (status, body)
    }

    fn upload(&mut self, name: &str, media: &str) -> Vec<u8> {
        if name.ends_with("badzip") {
            return b"no zip".to_vec();
        }
        if !name.ends_with("again") {
            self.uploads += 1;
        }
        let tar = write_tar(&[Entry::file("main.tf", format!("# {}", self.uploads))]).unwrap();
        if media.contains("zip") { tar_to_zip(&tar, 1 << 20).unwrap() } else { tar }
    }

    fn translated(&self, text: &str) -> String {
        let text = uuids(text).into_iter().fold(text.to_owned(), |text, id| match self.ids.get(&id) {
            Some(own) => text.replace(&id, own),
            None => text,
        });
        // Keys are named by ids that no answer shows.
        let Some((before, rest)) = text.split_once("/keys/") else { return text };
        let id = rest.split('/').next().unwrap_or_default();
        let real = id.len() == 10 && id != "AAAAAAAAAA" && id.chars().all(|c| c.is_ascii_alphanumeric());
        if real { format!("{before}/keys/{}{}", self.last_key.1, &rest[10..]) } else { text }
    }

    fn remember(&mut self, own: &Value) {
        if let Some(token) = own["session_token"].as_str() {
            self.owner = token.to_owned();
        }
        if let Some(key) = own["key"].as_str() {
            self.last_key = (key.to_owned(), key.split('-').next().unwrap_or_default().to_owned());
        }
    }

    /// Makes a key that stands for one of the recording.
    pub(super) async fn make_key(&mut self, body: &Value) {
        let made = self.post("/api/v2/users/me/keys/tokens", body).await;
        self.remember(&made);
    }

    /// Pairs the ids at the same places.
    pub(super) fn learn(&mut self, recorded: &Value, own: &Value) {
        match (recorded, own) {
            (Value::String(recorded), Value::String(own)) if uuid::Uuid::parse_str(recorded).is_ok() => {
                self.ids.entry(recorded.clone()).or_insert_with(|| own.clone());
            }
            (Value::Object(recorded), Value::Object(own)) => {
                for (key, value) in recorded {
                    if let Some(own) = own.get(key) {
                        self.learn(value, own);
                    }
                }
            }
            (Value::Array(recorded), Value::Array(own)) => {
                for (recorded, own) in recorded.iter().zip(own) {
                    self.learn(recorded, own);
                }
            }
            _ => {}
        }
    }

    pub(super) fn know(&mut self, recorded: &str, own: &Value) {
        self.ids.insert(recorded.into(), own.as_str().unwrap_or_else(|| panic!("no id: {own}")).into());
    }
}

/// Times of the recording are in the past of the test, or its future.
fn move_times(body: &mut Value) {
    if let Some(deadline) = body.get_mut("deadline")
        && let Some(text) = deadline.as_str()
        && text.ends_with('Z')
    {
        let ahead = if text.contains("T13:") { 180 } else { 5 };
        let at = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(ahead);
        *deadline = json!(at.to_string());
    }
}
