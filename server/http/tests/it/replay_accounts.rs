//! The recorded exchanges about accounts, organizations and the deployment, replayed: same status, same shape.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Value, json};

use crate::contract::spec;
use crate::harness::TestServer;
use crate::replay::{compare, uuids};

/// Parts of paths that are replayed here.
const AREAS: &[&str] = &[
    "/api/v2/",
    "/api/v2/buildinfo",
    "/healthz",
    "/latency-check",
    "/users",
    "/organizations",
    "/authcheck",
    "/auth/scopes",
    "/experiments",
    "/entitlements",
    "/appearance",
    "/updatecheck",
    "/deployment",
    "/regions",
    "/external-auth",
    "/notifications",
    "/applications/host",
    "/debug/health/settings",
];
/// Other parts of the server, replayed elsewhere.
const OTHERS: &[&str] = &[
    "workspace",
    "template",
    "provisioner",
    "files",
    "insights",
    "derp",
    "autofill",
    "/applications/auth-redirect",
    "/oauth2",
    "secrets",
];
/// Exchanges that differ on purpose, or need what this server does not have yet, and why.
const DIFFERENT: &[(&str, &str)] = &[
    ("entitlements", "v2.31: premium routes are not part of the recorded server"),
    ("appearance", "v2.31: premium routes are not part of the recorded server"),
    ("github_cb", "no GitHub provider is on by default"),
    ("oidc_cb", "needs no state"),
    ("convert_login", "not there yet"),
    ("user_create_none_nopw", "v2.31: accounts without a login may be people"),
    ("notif_test", "not there yet"),
    ("notif_prefs_put", "not there yet"),
    ("notif_prefs_put_bad", "not there yet"),
    ("notif_settings_put", "not there yet"),
    ("notif_settings_same", "not there yet"),
    ("notif_settings_same2", "not there yet"),
    ("inbox_read", "depends on a test notification"),
    ("token_badscope", "an unknown single scope counts as none"),
    ("external_auth_dev", "no provider"),
    ("deploy_stats", "usage figures"),
    ("deploy_config", "keys of the nested values"),
    ("password_bob", "passwords of the recording are placeholders"),
    ("roles_get", "keys are ids"),
    ("user_del_with_ws", "the recorded user had a workspace"),
    ("rate_limited_headers", "limits are off here"),
    ("scoped_me", "needs a token of the recording"),
    ("org_create", "v2.31: premium"),
    ("org_patch", "v2.31: premium"),
    ("org_delete", "v2.31: premium"),
    ("user_del", "depends on an account that the recording made without a login"),
];
/// Added by newer versions.
const NEWER: &[&str] = &[
    "has_ai_seat",
    "default_org_member_roles",
    "user_created_at",
    "user_updated_at",
    "last_seen_at",
    "status",
    "login_type",
    "is_service_account",
    "theme_dark",
    "theme_light",
    "theme_mode",
    "agent_chat_send_shortcut",
    "code_diff_display_mode",
    "shell_tool_display_mode",
    "thinking_display_mode",
];

struct Replay {
    server: TestServer,
    owner: String,
    member: String,
    last_key: String,
    ids: BTreeMap<String, String>,
}

#[tokio::test]
async fn recorded_exchanges_have_the_same_shape() {
    let Some(folder) = spec() else {
        eprintln!("SKIPPED: the contract's folder is not there");
        return;
    };
    let text = std::fs::read_to_string(folder.join("golden/rest.jsonl")).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    // The second half was recorded with another configuration.
    let end = lines.iter().position(|line| line["name"] == "app_auth_redirect_ok").unwrap_or(lines.len());
    let server = TestServer::start().await;
    let (owner, member, last_key) = (String::new(), String::new(), String::new());
    let mut replay = Replay { server, owner, member, last_key, ids: BTreeMap::new() };
    let (mut total, mut replayed, mut skipped, mut wrong) = (0, 0, Vec::new(), Vec::new());
    for line in &lines[..end] {
        let path = line["path"].as_str().unwrap();
        let here = AREAS.iter().any(|area| if *area == "/api/v2/" { path == *area } else { path.contains(area) });
        if !here || OTHERS.iter().any(|other| path.contains(other)) {
            continue;
        }
        total += 1;
        let name = line["name"].as_str().unwrap();
        if DIFFERENT.iter().any(|(known, _)| *known == name) {
            skipped.push(name);
            continue;
        }
        match replay.exchange(line).await {
            None => skipped.push(name),
            Some(problems) => {
                replayed += 1;
                wrong.extend(problems.into_iter().map(|problem| format!("{name}: {problem}")));
            }
        }
    }
    eprintln!(
        "replayed {replayed} of {total} lines of rest.jsonl about accounts and the deployment; not: {}",
        skipped.join(" ")
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(replayed > total / 2, "too little could be replayed");
}

impl Replay {
    async fn exchange(&mut self, line: &Value) -> Option<Vec<String>> {
        let expected = u16::try_from(line["status"].as_u64().unwrap()).unwrap();
        if line["stream"] == true || line["name"] == "csrf_fail" {
            return None;
        }
        let token = match line["auth"].as_str().unwrap() {
            "session" => self.owner.clone(),
            "none" => String::new(),
            "session (member)" => self.member_token(expected).await,
            // Broken tokens on purpose.
            "other" if expected == 401 && line["name"] != "key_expired_me" => "broken".to_owned(),
            _ => return None,
        };
        let path = self.translated(line["path"].as_str().unwrap());
        let method: Method = line["method"].as_str().unwrap().parse().unwrap();
        let mut request = self.server.request(method, &path, &token);
        if line["request"]["$raw"].is_string() {
            request = request.body("{bad");
        } else if !line["request"].is_null() {
            request = request.body(self.translated(&line["request"].to_string()));
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        let own = serde_json::from_str(&text)
            .unwrap_or_else(|_| if text.is_empty() { Value::Null } else { json!({ "$text": text }) });
        if status != expected {
            return Some(vec![format!("status {status} in place of {expected}: {text}")]);
        }
        self.remember(&own);
        self.learn(&line["response"], &own);
        let mut problems = Vec::new();
        compare(&line["response"], &own, "", &mut problems);
        // `detail` and `validations` explain; their fields are compared below.
        problems.retain(|problem| !NEWER.iter().any(|field| problem.ends_with(&format!(".{field} is too much"))));
        let fields = |value: &Value| -> Vec<String> {
            let list = value["validations"].as_array().cloned().unwrap_or_default();
            let mut fields: Vec<String> =
                list.iter().map(|v| v["field"].as_str().unwrap_or_default().to_owned()).collect();
            fields.sort();
            fields
        };
        if fields(&line["response"]) != fields(&own) {
            problems.push(format!("fields {:?} in place of {:?}", fields(&own), fields(&line["response"])));
        }
        Some(problems)
    }

    async fn member_token(&mut self, expected: u16) -> String {
        let valid =
            !self.member.is_empty() && self.server.get("/api/v2/experiments", &self.member).await.status() == 200;
        if expected != 401 && !valid {
            self.member = self.server.login("bob@example.com").await;
        }
        self.member.clone()
    }

    fn remember(&mut self, own: &Value) {
        if let Some(token) = own["session_token"].as_str() {
            self.owner = token.to_owned();
        }
        if let Some(key) = own["key"].as_str().and_then(|key| key.split('-').next()) {
            self.last_key = key.to_owned();
        }
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
        if real { format!("{before}/keys/{}{}", self.last_key, &rest[10..]) } else { text }
    }

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
