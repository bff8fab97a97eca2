//! The recorded exchanges about templates, workspaces and builds, replayed: same status, same shape.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use crate::harness::TestServer;
use crate::scripted_daemon::{Daemon, start_builds};

/// Path parts of the exchanges that are replayed here.
const AREAS: &[&str] = &[
    "/templates",
    "/templateversions",
    "/workspaces",
    "/workspacebuilds/",
    "/workspace/",
    "/files",
    "/provisionerdaemons",
    "/provisionerjobs",
    "/autofill-parameters",
];
/// Parts of other areas, replayed elsewhere.
const OTHERS: &[&str] = &["workspaceagents", "insights", "notifications", "port-share"];
/// What depends on the state of the recorded world, on configuration or on the text of a template.
const STATE: &[&str] = &[
    "started_at",
    "completed_at",
    "canceled_at",
    "worker_id",
    "error",
    "error_code",
    "first_connected_at",
    "last_connected_at",
    "disconnected_at",
    "ready_at",
    "latency",
    "reason",
    "detail",
    "ttl_ms",
    "autostart_schedule",
    "matched_provisioners",
    "agents",
    "metadata",
    "icon",
    "directory",
    "expanded_directory",
    "display_name",
    "shared_with",
    "url",
    "command",
    "subdomain_name",
    "validation_min",
    "validation_max",
    "name",
    "has_external_agent",
    "has_ai_task",
    "worker_name",
    "available_workers",
    "workspace_id",
    "workspace_name",
    "workspace_build_transition",
];
/// Maps whose keys are data.
const MAPS: &[&str] = &["tags", "environment_variables"];
/// Members that the recording does not have because its server was older.
const NEWER: &[&str] = &["agents_allowed", "time_til_autostop_notify_ms", "workspace_owner_avatar_url"];
/// Exchanges that differ on purpose, and why.
const DIFFERENT: &[(&str, &str)] = &[
    ("org_tmpl_ver_prev_none", "v2.31: 404 in place of 204"),
    ("tmpl_patch_nochange", "v2.31: absent times become 0"),
    ("ws_acl", "v2.31: sharing is an experiment"),
    ("ws_acl_patch", "v2.31: sharing is an experiment"),
    ("ws_acl_patch_bad", "v2.31: sharing is an experiment"),
    ("ws_acl_del", "v2.31: sharing is an experiment"),
    ("ws_extend_soon", "a call that is not recorded had removed the deadline"),
    ("ws_extend", "a call that is not recorded had removed the deadline"),
    ("tv_presets", "the scripted template has a preset"),
    ("dryrun_invalid", "the scripted daemon does not check values"),
];

/// The contract's folder: `WARREN_SPEC`, or `shared/spec` beside the repository.
pub(crate) fn spec() -> Option<std::path::PathBuf> {
    let explicit = std::env::var_os("WARREN_SPEC").map(std::path::PathBuf::from);
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    explicit.or_else(|| here.ancestors().map(|folder| folder.join("shared/spec")).find(|folder| folder.is_dir()))
}

struct Replay {
    server: TestServer,
    token: String,
    daemon: Daemon,
    ids: BTreeMap<String, String>,
    uploads: usize,
}

#[tokio::test]
async fn recorded_exchanges_have_the_same_shape() {
    let Some(folder) = spec() else {
        eprintln!("SKIPPED: the contract's folder is not there");
        return;
    };
    let text = std::fs::read_to_string(folder.join("golden/rest.jsonl")).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut replay = Replay::start(&lines).await;
    let (mut replayed, mut skipped, mut wrong) = (0, Vec::new(), Vec::new());
    let ours = lines.iter().filter(|line| {
        let path = line["path"].as_str().unwrap();
        AREAS.iter().any(|area| path.contains(area)) && !OTHERS.iter().any(|other| path.contains(other))
    });
    let mut total = 0;
    for line in ours {
        total += 1;
        let name = line["name"].as_str().unwrap();
        match replay.exchange(line).await {
            None => skipped.push(name),
            Some(problems) => {
                replayed += 1;
                if !DIFFERENT.iter().any(|(known, _)| *known == name) {
                    wrong.extend(problems.into_iter().map(|problem| format!("{name}: {problem}")));
                }
            }
        }
    }
    eprintln!(
        "replayed {replayed} of {total} lines of rest.jsonl about templates, workspaces and builds; not: {}",
        skipped.join(" ")
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(replayed > total / 2, "too little could be replayed");
}

impl Replay {
    async fn start(lines: &[Value]) -> Self {
        let (server, token) = TestServer::with_owner().await;
        let builds = start_builds(&server.services);
        let daemon = Daemon::connect(&server.services, &builds, "scripted").await;
        let mut replay = Self { server, token, daemon, ids: BTreeMap::new(), uploads: 0 };
        for known in ["me", "org_default"] {
            if let Some(line) = lines.iter().find(|line| line["name"] == known) {
                let response = replay.send(line).await.1;
                replay.learn(&line["response"], &response);
            }
        }
        let organization = lines.iter().find_map(|line| {
            let path = line["path"].as_str()?.strip_prefix("/api/v2/organizations/")?;
            path.get(..36).filter(|id| uuid::Uuid::parse_str(id).is_ok()).map(str::to_owned)
        });
        let own = warren_core::organizations::default_organization_id(&replay.server.services).await.unwrap();
        replay.ids.insert(organization.unwrap(), own.to_string());
        replay
    }

    /// The problems of an exchange; `None` if it cannot be replayed here.
    async fn exchange(&mut self, line: &Value) -> Option<Vec<String>> {
        // The job that this one does not cancel ran there; here it waits and would be canceled.
        let other_state = line["name"] == "cancel_expect_mismatch";
        if line["stream"] == true || line["auth"] != "session" || other_state {
            return None;
        }
        if line["name"] == "build_pending_version_406" {
            self.second_version().await;
        }
        if self.unknown_ids(line) {
            return None;
        }
        let recorded = &line["response"];
        if text_of(recorded, "status").contains(&"succeeded") {
            self.finish_jobs().await;
        }
        let expected = u16::try_from(line["status"].as_u64().unwrap()).unwrap();
        let (mut status, mut response) = self.send(line).await;
        if status != expected && self.finish_jobs().await {
            (status, response) = self.send(line).await;
        }
        if status != expected {
            return Some(vec![format!("status {status} in place of {expected}: {response}")]);
        }
        self.learn(recorded, &response);
        let mut problems = Vec::new();
        compare(recorded, &response, "", &mut problems);
        Some(problems)
    }

    /// A version that the recording uses but whose creation it does not show.
    async fn second_version(&mut self) {
        const RECORDED: &str = "259c7e9a-0504-4f90-9b35-f342e15b7f8f";
        let templates = self.server.get("/api/v2/templates", &self.token).await.json::<Value>().await.unwrap();
        let version = format!("/api/v2/templateversions/{}", templates[0]["active_version_id"].as_str().unwrap());
        let version = self.server.get(&version, &self.token).await.json::<Value>().await.unwrap();
        let body = json!({
            "name": "v2", "template_id": templates[0]["id"], "storage_method": "file", "provisioner": "terraform",
            "file_id": version["job"]["file_id"], "tags": {},
        });
        let path = "/api/v2/organizations/default/templateversions";
        let made = self.server.post(path, &self.token, &body).await.json::<Value>().await.unwrap();
        self.ids.insert(RECORDED.into(), made["id"].as_str().unwrap().into());
    }

    /// Ids that the recording made in exchanges that are not part of it.
    fn unknown_ids(&self, line: &Value) -> bool {
        let mut texts = line["path"].to_string();
        texts.push_str(&line["request"].to_string());
        uuids(&texts).into_iter().any(|id| {
            let fixed = id.starts_with("00000000") || id.starts_with("11111111") || id.starts_with("aaaaaaaa");
            !fixed && !self.ids.contains_key(&id)
        })
    }

    fn translated(&self, text: &str) -> String {
        uuids(text).into_iter().fold(text.to_owned(), |text, id| match self.ids.get(&id) {
            Some(own) => text.replace(&id, own),
            None => text,
        })
    }

    async fn send(&mut self, line: &Value) -> (u16, Value) {
        let method: Method = line["method"].as_str().unwrap().parse().unwrap();
        let path = self.translated(line["path"].as_str().unwrap());
        let request = self.server.request(method, &path, &self.token);
        let request = match line["request"]["$raw"].as_str() {
            Some(media) => {
                request.header("Content-Type", media).body(self.upload(line["name"].as_str().unwrap(), media))
            }
            None if line["request"].is_null() => request,
            None => {
                let mut body = line["request"].clone();
                move_times(&mut body);
                request.body(self.translated(&body.to_string()))
            }
        };
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = String::from_utf8_lossy(&response.bytes().await.unwrap()).into_owned();
        (
            status,
            serde_json::from_str(&text)
                .unwrap_or_else(|_| if text.is_empty() { Value::Null } else { json!({ "$text": text }) }),
        )
    }

    fn upload(&mut self, name: &str, media: &str) -> Vec<u8> {
        use warren_template::archive::{Entry, tar_to_zip, write_tar};
        if name.ends_with("badzip") {
            return b"no zip".to_vec();
        }
        if !name.ends_with("again") {
            self.uploads += 1;
        }
        let tar = write_tar(&[Entry::file("main.tf", format!("# {}", self.uploads))]).unwrap();
        if media.contains("zip") { tar_to_zip(&tar, 1 << 20).unwrap() } else { tar }
    }

    /// Lets the daemon end every waiting job; true if there was one.
    async fn finish_jobs(&self) -> bool {
        let mut any = false;
        while tokio::time::timeout(Duration::from_millis(300), self.daemon.run_one()).await.is_ok() {
            any = true;
        }
        any
    }

    /// Pairs the ids at the same places.
    fn learn(&mut self, recorded: &Value, own: &Value) {
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

pub(crate) fn uuids(text: &str) -> BTreeSet<String> {
    let places = (0..text.len().saturating_sub(35)).filter_map(|at| text.get(at..at + 36));
    places.filter(|part| part.as_bytes()[8] == b'-' && uuid::Uuid::parse_str(part).is_ok()).map(str::to_owned).collect()
}

fn text_of<'a>(value: &'a Value, key: &str) -> Vec<&'a str> {
    match value {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| match value {
                Value::String(text) if name == key => vec![text.as_str()],
                value => text_of(value, key),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(|item| text_of(item, key)).collect(),
        _ => Vec::new(),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

pub(crate) fn compare(recorded: &Value, own: &Value, at: &str, problems: &mut Vec<String>) {
    match (recorded, own) {
        (Value::Object(recorded), Value::Object(own)) => {
            for key in recorded.keys().filter(|key| !own.contains_key(*key) && !STATE.contains(&key.as_str())) {
                problems.push(format!("{at}.{key} is missing"));
            }
            let known = |key: &str| recorded.contains_key(key) || STATE.contains(&key) || NEWER.contains(&key);
            for key in own.keys().filter(|key| !known(key)) {
                problems.push(format!("{at}.{key} is too much"));
            }
            for (key, value) in recorded.iter().filter(|(key, _)| !MAPS.contains(&key.as_str())) {
                if let Some(own) = own.get(key) {
                    compare(value, own, &format!("{at}.{key}"), problems);
                }
            }
        }
        (Value::Array(recorded), Value::Array(own)) => {
            let merged = |items: &[Value]| items.iter().cloned().reduce(merge);
            if let (Some(recorded), Some(own)) = (merged(recorded), merged(own)) {
                compare(&recorded, &own, &format!("{at}[]"), problems);
            }
        }
        (Value::Null, Value::Array(own)) if own.is_empty() => {}
        (recorded, own) if kind(recorded) == kind(own) => {}
        // What is not set yet in one world may be set in the other.
        (Value::Null, Value::String(_)) | (Value::String(_), Value::Null)
            if at.ends_with("_at") || at.ends_with("deadline") || at.ends_with("preset_id") => {}
        (recorded, own) => problems.push(format!("{at} is {} in place of {}", kind(own), kind(recorded))),
    }
}

/// The union of two elements of a list.
fn merge(a: Value, b: Value) -> Value {
    match (a, b) {
        (Value::Object(mut a), Value::Object(b)) => {
            for (key, value) in b {
                let merged = match a.remove(&key) {
                    Some(old) => merge(old, value),
                    None => value,
                };
                a.insert(key, merged);
            }
            Value::Object(a)
        }
        (Value::Null, b) => b,
        (a, _) => a,
    }
}
