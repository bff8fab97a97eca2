//! What happened between the recorded exchanges, done here: objects that the recording uses without showing how they were
//! made, events that its streams show.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Value, json};
use warren_template::archive::{Entry, write_tar};

use super::jobs::{BROKEN, HAS_PRESET, NEEDS_VARIABLES, run};
use super::world::World;

const TEMPLATE: &str = "6747a8df-c848-4b8d-9e3c-273ba2f310f2";
const WORKSPACE: &str = "a11866b1-4931-400a-958b-a3ff931bfe5f";
const BOBS_TEMPLATE: &str = "cc1ebc5d-43aa-452e-aec4-9e6b5d5c8ed7";
const SHARED_WORKSPACE: &str = "03c9e545-9026-4b8f-a89f-e2f4063a122b";
const SHARED_AGENT: &str = "43b55678-8695-49b7-8d04-82d89f735744";
const LAST_AGENT: &str = "2ede6c1d-a8d4-4dad-80ff-6dfdfb2b6797";
const BOB: &str = "6322f37f-20c3-464f-901f-a70a3c3353ef";

impl World {
    pub(super) async fn before(&mut self, name: &str) {
        match name {
            "ws_templateversion_logs_follow" | "ws_build_logs_follow" | "user_del_with_ws" => {
                self.finish_jobs().await;
            }
            "ws_extend_soon" => self.set_ttl(&json!(null)).await,
            "ws_favorite" => {
                let path = format!("/api/v2/workspaces/{}/dormant", self.ids[WORKSPACE]);
                let body = json!({ "dormant": false });
                assert_eq!(self.server.put(&path, &self.owner, &body).await.status(), 200);
            }
            "start" => self.set_ttl(&json!(7_200_000)).await,
            "cancel_expect_mismatch" => self.held = Some(self.daemon.acquire().await),
            "notif_settings_same2" => {
                let body = json!({ "notifier_paused": false });
                self.server.put("/api/v2/notifications/settings", &self.owner, &body).await;
            }
            "build_pending_version_406" => self.version("259c7e9a-0504-4f90-9b35-f342e15b7f8f", "v2", "#", &[]).await,
            "tv_failed_required_vars" => {
                self.version("0a4c078d-b297-480b-9531-892480a5c49c", "v3", NEEDS_VARIABLES, &[]).await;
                self.finish_jobs().await;
            }
            "variables_ok" => {
                let values = [("foo", "z")];
                self.version("de9428e7-9569-49c3-a51a-f3316ec0f871", "v4", NEEDS_VARIABLES, &values).await;
                self.finish_jobs().await;
            }
            "presets" => {
                self.version("1bec17a1-5fa4-4571-9bcb-eaf6e845a158", "v5", HAS_PRESET, &[]).await;
                self.finish_jobs().await;
            }
            "tv_failed" => {
                self.version("417fac18-79f5-4fee-9970-8890a0a49bcc", "v6", BROKEN, &[]).await;
                self.finish_jobs().await;
            }
            "tv_cancel" => self.version("697b5f8d-80b4-4e6f-ab21-d068e354fc6b", "v7", "#", &[]).await,
            "build_cancel" => {
                self.finish_jobs().await;
                let path = format!("/api/v2/workspaces/{}/builds", self.ids[WORKSPACE]);
                let build = self.post(&path, &json!({ "transition": "stop" })).await;
                self.know("15b5c0d3-3ab1-45f2-a1b0-eeca96f20d60", &build["id"]);
            }
            _ => self.before_the_second_half(name).await,
        }
    }

    async fn before_the_second_half(&mut self, name: &str) {
        match name {
            "scoped_me" => self.make_key(&json!({ "scopes": ["workspace:read"], "token_name": "narrow" })).await,
            "ws_agent_rpc_error_version_9_0" => {
                self.workspace("last").await;
                self.know_agent(LAST_AGENT);
            }
            "ws_for_bob" => self.template("local2").await,
            "rate_limited_headers" => {
                for _ in 0..60 {
                    self.server.post("/api/v2/users/login", "", &json!({})).await;
                }
            }
            "ws_rename_conflict" => {
                self.workspace("other").await;
            }
            _ => {}
        }
    }

    pub(super) async fn after(&mut self, _name: &str) {
        if let Some(job) = self.held.take() {
            let started = run(&self.daemon, &job).await;
            self.connect(started).await;
        }
    }

    async fn set_ttl(&self, ttl: &Value) {
        let path = format!("/api/v2/workspaces/{}/ttl", self.ids[WORKSPACE]);
        let body = json!({ "ttl_ms": ttl });
        assert_eq!(self.server.put(&path, &self.owner, &body).await.status(), 204);
    }

    /// What happens while a stream is open.
    pub(super) async fn while_open(&mut self, name: &str) {
        match name {
            "ws_agent_logs_follow" => {
                if let Some((agent, _)) = &self.agent {
                    agent.log(&["a line"; 131]).await;
                }
            }
            "ws_inbox_watch" => {
                self.server.request(Method::POST, "/api/v2/notifications/test", &self.owner).send().await.unwrap();
            }
            _ => {}
        }
    }

    /// The deployment of the last recorded lines: somebody with a workspace, and a second account.
    pub(super) async fn set_second_stage(&mut self) {
        self.owner = self.server.first_user().await;
        self.member = self.server.member(&self.owner, "bob").await;
        let bob = self.get("/api/v2/users/bob").await;
        self.know(BOB, &bob["id"]);
        self.template("local").await;
        let workspace = self.workspace("sh").await;
        self.know(SHARED_WORKSPACE, &workspace);
        self.know_agent(SHARED_AGENT);
    }

    /// A deployment with a workspace; what stands for the parameters of paths.
    pub(super) async fn set_dashboard(&mut self) -> BTreeMap<&'static str, String> {
        self.set_second_stage().await;
        let workspace = self.get("/api/v2/users/me/workspace/sh").await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let hash = self.file("# a file").await;
        BTreeMap::from([
            ("user", "me".into()),
            ("organization", text(&workspace["organization_id"])),
            ("template", text(&workspace["template_id"])),
            ("templatename", text(&workspace["template_name"])),
            ("templateversion", text(&workspace["template_active_version_id"])),
            ("templateversionname", "v1".into()),
            ("workspace", text(&workspace["id"])),
            ("workspacename", "sh".into()),
            ("workspacebuild", text(&workspace["latest_build"]["id"])),
            ("buildnumber", "1".into()),
            ("workspaceagent", self.ids[SHARED_AGENT].clone()),
            ("fileID", text(&hash)),
        ])
    }

    fn know_agent(&mut self, recorded: &str) {
        let id = self.agent.as_ref().expect("an agent is connected").0.id;
        self.know(recorded, &json!(id));
    }

    async fn file(&self, text: &str) -> Value {
        let tar = write_tar(&[Entry::file("main.tf", text)]).unwrap();
        let request = self.server.request(Method::POST, "/api/v2/files", &self.owner);
        let file = request.header("Content-Type", "application/x-tar").body(tar).send().await.unwrap();
        crate::harness::json_of(file).await["hash"].clone()
    }

    pub(super) async fn post_version(
        &self,
        name: &str,
        template: &Value,
        text: &str,
        variables: &[(&str, &str)],
    ) -> Value {
        let file = self.file(text).await;
        let values: Vec<Value> =
            variables.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
        let body = json!({
            "name": name, "template_id": template, "storage_method": "file", "provisioner": "terraform",
            "file_id": file, "tags": {}, "user_variable_values": values,
        });
        self.post("/api/v2/organizations/default/templateversions", &body).await
    }

    async fn version(&mut self, recorded: &str, name: &str, text: &str, variables: &[(&str, &str)]) {
        let template = json!(self.ids[TEMPLATE]);
        let version = self.post_version(name, &template, text, variables).await;
        self.know(recorded, &version["id"]);
    }

    async fn template(&mut self, name: &str) {
        let nil = json!(uuid::Uuid::nil());
        let version = self.post_version("v1", &nil, "# another", &[]).await;
        self.finish_jobs().await;
        let body = json!({ "name": name, "template_version_id": version["id"] });
        let template = self.post("/api/v2/organizations/default/templates", &body).await;
        self.know(BOBS_TEMPLATE, &template["id"]);
    }

    /// Makes and starts a workspace of the newest template; its id.
    async fn workspace(&mut self, name: &str) -> Value {
        self.finish_jobs().await;
        let body = json!({ "name": name, "template_id": self.ids[BOBS_TEMPLATE] });
        let workspace = self.post("/api/v2/users/me/workspaces", &body).await;
        self.finish_jobs().await;
        workspace["id"].clone()
    }
}
