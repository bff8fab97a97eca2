//! The life of a template and of a workspace, through HTTP and a scripted daemon.

use futures_util::StreamExt;
use http::Method;
use serde_json::{Value, json};
use warren_builds::Builds;

use crate::harness::{TestServer, json_of};
use crate::scripted_daemon::{Daemon, start_builds};

pub const NIL: &str = "00000000-0000-0000-0000-000000000000";

pub struct World {
    pub server: TestServer,
    pub token: String,
    pub org: String,
    pub builds: Builds,
    pub daemon: Daemon,
}

impl World {
    pub async fn start() -> Self {
        let (server, token) = TestServer::with_owner().await;
        let builds = start_builds(&server.services);
        let org =
            json_of(server.get("/api/v2/organizations/default", &token).await).await["id"].as_str().unwrap().to_owned();
        let daemon = Daemon::connect(&server.services, &builds, "scripted").await;
        Self { server, token, org, builds, daemon }
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.server.get(&format!("/api/v2{path}"), &self.token).await).await
    }

    pub async fn send(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let request = self.server.request(method, &format!("/api/v2{path}"), &self.token).json(body);
        answer(request.send().await.unwrap()).await
    }

    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.send(Method::POST, path, &body).await
    }

    pub async fn put(&self, path: &str, body: Value) -> (u16, Value) {
        self.send(Method::PUT, path, &body).await
    }

    pub async fn upload(&self) -> (u16, String) {
        let tar = warren_template::archive::write_tar(&[warren_template::archive::Entry::file("main.tf", "# empty")])
            .unwrap();
        let request = self.server.request(Method::POST, "/api/v2/files", &self.token);
        let response = request.header("Content-Type", "application/x-tar").body(tar).send().await.unwrap();
        let (status, body) = answer(response).await;
        (status, body["hash"].as_str().unwrap().to_owned())
    }

    pub async fn version(&self, name: &str, template: &str) -> Value {
        let (_, file) = self.upload().await;
        let body = json!({
            "name": name, "message": "first", "template_id": template, "storage_method": "file", "file_id": file,
            "provisioner": "terraform", "tags": {}, "user_variable_values": null,
        });
        let (status, version) = self.post(&format!("/organizations/{}/templateversions", self.org), body).await;
        assert_eq!(status, 201, "{version}");
        version
    }

    pub async fn template(&self) -> (Value, Value) {
        let version = self.version("v1", NIL).await;
        self.daemon.run_one().await;
        let body = json!({ "name": "local", "template_version_id": version["id"] });
        let (status, template) = self.post(&format!("/organizations/{}/templates", self.org), body).await;
        assert_eq!(status, 201, "{template}");
        (template, version)
    }

    pub async fn workspace(&self, template: &Value, name: &str) -> Value {
        let body = json!({ "name": name, "template_id": template["id"], "ttl_ms": 7_200_000,
            "rich_parameter_values": [{ "name": "size", "value": "3" }] });
        let (status, workspace) = self.post("/users/me/workspaces", body).await;
        assert_eq!(status, 201, "{workspace}");
        workspace
    }

    pub async fn build(&self, workspace: &Value, transition: &str) -> (u16, Value) {
        let body = json!({ "transition": transition, "template_version_id": NIL, "template_version_preset_id": NIL });
        self.post(&format!("/workspaces/{}/builds", text(&workspace["id"])), body).await
    }
}

async fn answer(response: reqwest::Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

fn statements(world: &World) -> u64 {
    world.server.services.db.stats().snapshot().iter().map(|(_, sample)| sample.count).sum()
}

pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not a string: {value}"))
}

#[tokio::test]
async fn archives_are_kept_once() {
    let world = World::start().await;
    let ((first, id), (second, same)) = (world.upload().await, world.upload().await);
    assert_eq!((first, second), (201, 200));
    assert_eq!(id, same);
    let file = world.server.get(&format!("/api/v2/files/{id}"), &world.token).await;
    assert_eq!(file.headers()["content-type"], "application/x-tar");
    let zip = world.server.get(&format!("/api/v2/files/{id}?format=zip"), &world.token).await;
    assert_eq!(zip.headers()["content-type"], "application/zip");
    let zip = zip.bytes().await.unwrap();
    let upload = |media: &'static str, body: reqwest::Body| {
        let request = world.server.request(Method::POST, "/api/v2/files", &world.token);
        async move { request.header("Content-Type", media).body(body).send().await.unwrap().status().as_u16() }
    };
    assert_eq!(upload("application/zip", zip.into()).await, 200, "the zip of a tar becomes that tar again");
    assert_eq!(upload("application/zip", "no zip".into()).await, 400);
    assert_eq!(upload("text/plain", "x".into()).await, 400);
    assert_eq!(world.get(&format!("/files/{id}?format=rar")).await.0, 400);
    let member = world.server.member(&world.token, "bob").await;
    assert_eq!(world.server.get(&format!("/api/v2/files/{id}"), &member).await.status(), 404);
}

#[tokio::test]
async fn import_tells_what_it_found() {
    let world = World::start().await;
    let version = world.version("v1", NIL).await;
    let path = format!("/templateversions/{}", text(&version["id"]));
    assert_eq!((&version["job"]["status"], &version["template_id"]), (&json!("pending"), &json!(NIL)));
    assert_eq!(version["matched_provisioners"]["available"], 1);
    for (part, status) in [("rich-parameters", 425), ("variables", 403), ("presets", 200), ("resources", 400)] {
        assert_eq!(world.get(&format!("{path}/{part}")).await.0, status, "{part}");
    }
    assert_eq!(world.post(&format!("{path}/dry-run"), json!({ "workspace_name": "x" })).await.0, 425);
    world.daemon.run_one().await;
    let (_, done) = world.get(&path).await;
    assert_eq!((&done["job"]["status"], &done["readme"]), (&json!("succeeded"), &json!("# read me")));
    assert!(done.get("matched_provisioners").is_none());
    let (_, parameters) = world.get(&format!("{path}/rich-parameters")).await;
    assert_eq!((&parameters[0]["name"], &parameters[1]["validation_max"]), (&json!("region"), &json!(8)));
    assert_eq!(parameters[0]["form_type"], "radio");
    let (_, variables) = world.get(&format!("{path}/variables")).await;
    assert_eq!((&variables[0]["value"], &variables[1]["value"]), (&json!("*redacted*"), &json!("given")));
    let (_, presets) = world.get(&format!("{path}/presets")).await;
    assert_eq!((&presets[0]["Name"], &presets[0]["Parameters"][0]["Value"]), (&json!("Small"), &json!("1")));
    let (_, resources) = world.get(&format!("{path}/resources")).await;
    assert_eq!(resources.as_array().unwrap().len(), 2);
    let (_, log) = world.get(&format!("{path}/logs")).await;
    assert_eq!(log[0]["stage"], "Setting up");
    let (status, log) = world.get(&format!("{path}/logs?format=text")).await;
    assert!(status == 200 && text(&log).contains("[info] [provisioner|Setting up]"), "{log}");
    assert_eq!(world.get(&format!("{path}/logs?format=text&follow")).await.0, 400);
    assert_eq!(world.get(&format!("{path}/logs?after=abc")).await.0, 400);
    let (_, all) = world.get(&format!("{path}/logs")).await;
    let last = all.as_array().unwrap().last().unwrap()["id"].clone();
    let (_, before) = world.get(&format!("{path}/logs?before={last}")).await;
    assert_eq!(before.as_array().unwrap().len(), all.as_array().unwrap().len() - 1);
    assert_eq!(world.get(&format!("{path}/logs?before=abc")).await.0, 400);
    // The logins of another owner are for those who may make workspaces for them.
    let bob = world.server.member(&world.token, "bob").await;
    let (me, him) = (world.get("/users/me").await.1, world.get("/users/bob").await.1);
    let logins = |user: &str| format!("/api/v2{path}/external-auth?user_id={user}");
    assert_eq!(world.get(&format!("{path}/external-auth?user_id={}", text(&him["id"]))).await, (200, json!([])));
    assert_eq!(world.get(&format!("{path}/external-auth?user_id=nobody")).await.0, 400);
    let shared = world.server.get(&logins(text(&me["id"])), &bob).await.status();
    assert!(matches!(shared.as_u16(), 403 | 404), "{shared}");
    assert_eq!(world.send(Method::PATCH, &format!("{path}/cancel"), &json!({})).await.0, 400);
}

#[tokio::test]
async fn template_lives_and_dies() {
    let world = World::start().await;
    let (template, version) = world.template().await;
    assert_eq!(template["autostart_requirement"]["days_of_week"].as_array().unwrap().len(), 7);
    let by_name = world.get(&format!("/organizations/{}/templates/LOCAL", world.org)).await.1;
    assert_eq!(by_name["id"], template["id"]);
    assert_eq!(world.get("/templates?q=exact_name:%22local%22").await.1.as_array().unwrap().len(), 1);
    assert_eq!(world.get("/templates?q=exact_name:%22other%22").await.1, json!([]));
    assert_eq!(world.get("/templates?q=foo:bar").await.0, 400);
    let path = format!("/templates/{}", text(&template["id"]));
    let (status, changed) = world.send(Method::PATCH, &path, &json!({ "description": "d" })).await;
    assert_eq!((status, &changed["description"], &changed["activity_bump_ms"]), (200, &json!("d"), &json!(3_600_000)));
    let bad = json!({ "default_ttl_ms": -1, "autostop_requirement": { "days_of_week": ["foo"], "weeks": 1 } });
    let (status, refusal) = world.send(Method::PATCH, &path, &bad).await;
    assert_eq!((status, &refusal["validations"][1]["field"]), (400, &json!("autostop_requirement.days_of_week")));
    let (status, refusal) = world.send(Method::PATCH, &path, &json!({ "name": "bad name" })).await;
    assert_eq!((status, &refusal["message"]), (400, &json!("Validation failed.")));
    assert_eq!(world.send(Method::PATCH, &path, &json!({ "name": "" })).await.1["name"], "local");
    let none = json!({ "id": NIL });
    assert_eq!(world.send(Method::PATCH, &format!("{path}/versions"), &none).await.0, 400);
    let twice = json!({ "name": "other", "template_version_id": version["id"] });
    assert_eq!(world.post(&format!("/organizations/{}/templates", world.org), twice).await.0, 400);
    let taken = json!({ "name": "Local", "template_version_id": NIL.replace('0', "1") });
    let (status, refusal) = world.post(&format!("/organizations/{}/templates", world.org), taken).await;
    assert_eq!((status, &refusal["validations"][0]["field"]), (409, &json!("name")));
    // A second version, pending: it cannot become the active one yet.
    let second = world.version("v2", text(&template["id"])).await;
    let activate = json!({ "id": second["id"] });
    assert_eq!(world.send(Method::PATCH, &format!("{path}/versions"), &activate).await.0, 403);
    world.daemon.run_one().await;
    assert_eq!(world.send(Method::PATCH, &format!("{path}/versions"), &activate).await.0, 200);
    let previous = format!("/organizations/{}/templates/local/versions/v2/previous", world.org);
    assert_eq!(world.get(&previous).await.1["name"], "v1");
    assert_eq!(world.get(&previous.replace("v2", "v1")).await.0, 204);
    assert_eq!(world.get(&format!("{path}/versions")).await.1.as_array().unwrap().len(), 2);
    assert_eq!(world.send(Method::DELETE, &path, &json!({})).await.0, 200);
    assert_eq!(world.get(&path).await.0, 404);
}

#[tokio::test]
async fn workspace_lives_and_dies() {
    let world = World::start().await;
    let (template, _) = world.template().await;
    let created = world.workspace(&template, "dev").await;
    assert_eq!((&created["latest_build"]["status"], &created["name"]), (&json!("pending"), &json!("dev")));
    let path = format!("/workspaces/{}", text(&created["id"]));
    assert_eq!(world.build(&created, "stop").await.0, 409);
    let job = world.daemon.run_one().await;
    let Some(warren_proto::provisionerd::acquired_job::Type::WorkspaceBuild(build)) = job.r#type else { panic!() };
    let metadata = build.metadata.unwrap();
    assert_eq!(
        (metadata.workspace_owner.as_str(), metadata.workspace_owner_groups),
        ("admin", vec!["Everyone".to_owned()])
    );
    assert!(!metadata.workspace_owner_session_token.is_empty() && !metadata.workspace_owner_ssh_private_key.is_empty());
    let me = world.server.get("/api/v2/users/me", &metadata.workspace_owner_session_token).await;
    assert_eq!(me.status(), 200, "the token of the workspace is the owner's");
    let (_, running) = world.get(&path).await;
    let latest = &running["latest_build"];
    assert_eq!((&latest["status"], &latest["template_version_name"]), (&json!("running"), &json!("v1")));
    assert!(latest["deadline"].is_string());
    let agent = &latest["resources"][0]["agents"][0];
    assert_eq!(
        (&agent["name"], &agent["status"], &agent["display_apps"]),
        (&json!("main"), &json!("connecting"), &json!(["vscode"]))
    );
    assert_eq!(
        (&agent["apps"][0]["id"], &agent["apps"][0]["subdomain_name"]),
        (&created["id"], &json!("web--dev--admin"))
    );
    assert_eq!(running["health"]["failing_agents"][0], agent["id"]);
    let parameters = world.get(&format!("/workspacebuilds/{}/parameters", text(&latest["id"]))).await.1;
    assert_eq!(parameters, json!([{ "name": "region", "value": "eu" }, { "name": "size", "value": "3" }]));
    assert_eq!(world.get("/users/me/workspace/DEV").await.1["id"], created["id"]);
    assert_eq!(world.get("/workspaces?q=owner:me%20status:running").await.1["count"], 1);
    assert_eq!(world.get("/workspaces?q=status:stopped").await.1, json!({ "count": 0, "workspaces": [] }));
    assert_eq!(world.get("/workspaces?q=param:size=3").await.1["count"], 1);
    assert_eq!(world.get("/workspaces?q=status:bogus").await.0, 400);
    assert_eq!(world.get("/workspaces?limit=1&offset=5").await.1["count"], 1);

    let (status, stop) = world.build(&created, "stop").await;
    assert_eq!(
        (status, &stop["build_number"], &stop["matched_provisioners"]["available"]),
        (201, &json!(2), &json!(1))
    );
    world.daemon.run_one().await;
    let (_, stopped) = world.get(&path).await;
    assert_eq!(stopped["latest_build"]["status"], "stopped");
    assert!(stopped["latest_build"]["resources"][0].get("agents").is_none());
    let first = world.get("/users/me/workspace/dev/builds/1").await.1;
    assert!(first["resources"][0].get("agents").is_none(), "agents of older builds are gone");
    assert_eq!(world.get("/users/me/workspace/dev/builds/x").await.0, 400);

    let (status, _) = world.build(&created, "start").await;
    assert_eq!(status, 201);
    let job = world.daemon.run_one().await;
    let Some(warren_proto::provisionerd::acquired_job::Type::WorkspaceBuild(build)) = job.r#type else { panic!() };
    assert!(String::from_utf8_lossy(&build.state).starts_with("state of"), "the state of the build before");
    assert_eq!(build.previous_parameter_values.len(), 2);

    let (status, _) = world.build(&created, "delete").await;
    assert_eq!(status, 201);
    world.daemon.run_one().await;
    assert_eq!(world.get(&path).await.0, 410);
    assert_eq!(world.get(&format!("{path}?include_deleted=true")).await.1["latest_build"]["status"], "deleted");
    assert_eq!(world.get("/users/me/workspace/dev").await.0, 404);
    assert_eq!(world.build(&created, "start").await.0, 409);
    assert_eq!(world.get(&format!("{path}/builds")).await.1.as_array().unwrap().len(), 4);
    world.builds.stop().await;
}

#[tokio::test]
async fn bad_requests_change_nothing() {
    let world = World::start().await;
    let (template, _) = world.template().await;
    let create = |name: &str, extra: Value| {
        let mut body = json!({ "name": name, "template_id": template["id"] });
        for (key, value) in extra.as_object().unwrap() {
            body[key] = value.clone();
        }
        body
    };
    let cases = [
        (create("bad name", json!({})), 400, "name"),
        (create("dev", json!({ "ttl_ms": 5 })), 400, "ttl_ms"),
        (create("dev", json!({ "autostart_schedule": "foo" })), 400, "schedule"),
        (create("dev", json!({ "template_id": NIL.replace('0', "1") })), 400, "template_id"),
        (create("dev", json!({ "rich_parameter_values": [{ "name": "size", "value": "99" }] })), 400, "size"),
        (create("dev", json!({ "rich_parameter_values": [{ "name": "region", "value": "mars" }] })), 400, "region"),
        (
            create("dev", json!({ "template_version_preset_id": NIL.replace('0', "1") })),
            400,
            "template_version_preset_id",
        ),
    ];
    for (body, expected, field) in cases {
        let (status, refusal) = world.post("/users/me/workspaces", body.clone()).await;
        assert_eq!(status, expected, "{body} {refusal}");
        assert_eq!(refusal["validations"][0]["field"], field, "{refusal}");
    }
    assert_eq!(world.get("/workspaces").await.1["count"], 0);
    let workspace = world.workspace(&template, "dev").await;
    let (status, refusal) = world.post("/users/me/workspaces", create("DEV", json!({}))).await;
    assert_eq!((status, &refusal["validations"][0]["field"]), (409, &json!("name")));
    world.daemon.run_one().await;
    let builds = format!("/workspaces/{}/builds", text(&workspace["id"]));
    for (body, expected) in [
        (json!({ "transition": "bogus" }), 400),
        (json!({ "transition": "start", "orphan": true }), 400),
        (json!({ "transition": "start", "log_level": "debug" }), 400),
        (json!({ "transition": "start", "template_version_id": NIL.replace('0', "1") }), 400),
        (json!({ "transition": "start", "rich_parameter_values": [{ "name": "region", "value": "us" }] }), 400),
    ] {
        assert_eq!(world.post(&builds, body.clone()).await.0, expected, "{body}");
    }
    assert_eq!(world.get(&builds).await.1.as_array().unwrap().len(), 1);
    let tar_missing =
        json!({ "storage_method": "file", "provisioner": "terraform", "file_id": NIL.replace('0', "1"), "tags": {} });
    let (status, refusal) = world.post(&format!("/organizations/{}/templateversions", world.org), tar_missing).await;
    assert_eq!((status, &refusal["message"]), (404, &json!("File not found.")));
    let nothing = json!({ "storage_method": "x", "provisioner": "z" });
    assert_eq!(world.post(&format!("/organizations/{}/templateversions", world.org), nothing).await.0, 400);
}

#[tokio::test]
async fn others_see_nothing_of_a_workspace() {
    let world = World::start().await;
    let (template, _) = world.template().await;
    let workspace = world.workspace(&template, "dev").await;
    world.daemon.run_one().await;
    let member = world.server.member(&world.token, "bob").await;
    let path = format!("/api/v2/workspaces/{}", text(&workspace["id"]));
    for path in
        [path.clone(), format!("{path}/watch"), format!("{path}/builds"), "/api/v2/users/admin/workspace/dev".into()]
    {
        assert_eq!(world.server.get(&path, &member).await.status(), 404, "{path}");
    }
    let list = json_of(world.server.get("/api/v2/workspaces", &member).await).await;
    assert_eq!(list, json!({ "count": 0, "workspaces": [] }));
    let body = json!({ "name": "foo", "template_id": template["id"] });
    assert_eq!(world.server.post("/api/v2/users/admin/workspaces", &member, &body).await.status(), 403);
    let own = world.server.post("/api/v2/users/me/workspaces", &member, &body).await;
    assert_eq!(own.status(), 201, "everybody may use the template");
    let state = json!({ "transition": "stop", "state": "e30=" });
    let own = json_of(own).await;
    world.daemon.run_one().await;
    let builds = format!("/api/v2/workspaces/{}/builds", text(&own["id"]));
    assert_eq!(world.server.post(&builds, &member, &state).await.status(), 403);
    let build = format!("/api/v2/workspacebuilds/{}", text(&own["latest_build"]["id"]));
    assert_eq!(world.server.get(&format!("{build}/state"), &member).await.status(), 404);
    assert_eq!(world.server.get(&format!("{build}/state"), &world.token).await.status(), 200);
}

#[tokio::test]
async fn settings_of_a_workspace() {
    let world = World::start().await;
    let (template, _) = world.template().await;
    let workspace = world.workspace(&template, "dev").await;
    let path = format!("/workspaces/{}", text(&workspace["id"]));
    world.daemon.run_one().await;
    let later = (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(5)).to_string();
    let soon = jiff::Timestamp::now().to_string();
    for (part, body, expected) in [
        ("autostart", json!({ "schedule": "CRON_TZ=Europe/Berlin 0 8 * * 1-5" }), 204),
        ("autostart", json!({ "schedule": "0 8 1 * *" }), 400),
        ("extend", json!({ "deadline": later }), 200),
        ("extend", json!({ "deadline": soon }), 400),
        ("ttl", json!({ "ttl_ms": 3_600_000 }), 204),
        ("ttl", json!({ "ttl_ms": 10 }), 400),
        ("ttl", json!({ "ttl_ms": null }), 204),
        ("extend", json!({ "deadline": later }), 409),
        ("autoupdates", json!({ "automatic_updates": "always" }), 204),
        ("autoupdates", json!({ "automatic_updates": "zz" }), 400),
        ("dormant", json!({ "dormant": false }), 304),
        ("dormant", json!({ "dormant": true }), 200),
        ("dormant", json!({ "dormant": false }), 200),
        ("favorite", json!({}), 204),
    ] {
        let (status, answer) = world.put(&format!("{path}/{part}"), body.clone()).await;
        assert_eq!(status, expected, "{part} {body} {answer}");
    }
    let (_, shown) = world.get(&path).await;
    assert_eq!((&shown["favorite"], &shown["automatic_updates"]), (&json!(true), &json!("always")));
    assert!(shown["next_start_at"].is_string() && shown.get("ttl_ms").is_none());
    assert_eq!(world.get(&format!("{path}/resolve-autostart")).await.1, json!({ "parameter_mismatch": false }));
    assert_eq!(world.send(Method::PATCH, &path, &json!({ "name": "dev" })).await.0, 204);
    assert_eq!(world.send(Method::PATCH, &path, &json!({ "name": "dev2" })).await.0, 400);
    let usage = world.server.request(Method::POST, &format!("/api/v2{path}/usage"), &world.token);
    assert_eq!(usage.send().await.unwrap().status(), 204);
    assert_eq!(world.get("/users/me/autofill-parameters?template_id=x").await.0, 400);
}

#[tokio::test]
async fn dry_runs_and_forms() {
    let world = World::start().await;
    let (_, version) = world.template().await;
    let path = format!("/templateversions/{}", text(&version["id"]));
    let (status, job) =
        world.post(&format!("{path}/dry-run"), json!({ "workspace_name": "x", "rich_parameter_values": [] })).await;
    assert_eq!((status, &job["type"]), (201, &json!("template_version_dry_run")));
    let run = format!("{path}/dry-run/{}", text(&job["id"]));
    assert_eq!(world.get(&format!("{run}/resources")).await.0, 400);
    assert_eq!(world.get(&format!("{run}/matched-provisioners")).await.1["available"], 1);
    world.daemon.run_one().await;
    assert_eq!(world.get(&run).await.1["status"], "succeeded");
    assert_eq!(world.get(&format!("{run}/resources")).await.1[0]["name"], "process");
    let me = world.get("/users/me").await.1;
    let form = json!({ "id": 3, "inputs": { "size": "9", "region": "eu" }, "owner_id": me["id"] });
    let (status, answer) = world.post(&format!("{path}/dynamic-parameters/evaluate"), form).await;
    assert_eq!((status, &answer["id"]), (200, &json!(0)));
    assert_eq!(answer["parameters"][1]["diagnostics"][0]["severity"], "error");
    let (_, answer) = world.post(&format!("{path}/dynamic-parameters/evaluate"), json!({ "inputs": {} })).await;
    assert_eq!(answer["diagnostics"][0]["extra"]["code"], "owner_not_found");
    assert!(answer["parameters"].is_null(), "recorded: null, not a list");
    let plain = world.server.get(&format!("/api/v2{path}/dynamic-parameters"), &world.token).await;
    assert_eq!(plain.status(), 426);
}

#[tokio::test]
async fn watching_shows_every_state_of_a_build() {
    let world = World::start().await;
    let (template, _) = world.template().await;
    let workspace = world.workspace(&template, "dev").await;
    let watch = world.server.get(&format!("/api/v2/workspaces/{}/watch", text(&workspace["id"])), &world.token).await;
    let mut body = watch.bytes_stream();
    let mut seen = String::new();
    while !seen.contains("event: data") {
        seen.push_str(&String::from_utf8_lossy(&body.next().await.unwrap().unwrap()));
    }
    assert!(seen.starts_with("event: ping\n\nevent: data\ndata: {"), "{seen}");
    world.daemon.run_one().await;
    while !seen.contains("\"status\":\"running\",\"template_version_id\"") {
        seen.push_str(&String::from_utf8_lossy(&body.next().await.unwrap().unwrap()));
    }
}

#[tokio::test]
async fn canceling_and_failing() {
    let world = World::start().await;
    let (template, _) = world.template().await;
    let workspace = world.workspace(&template, "dev").await;
    let cancel = format!("/workspacebuilds/{}/cancel", text(&workspace["latest_build"]["id"]));
    let world = &world;
    let patch = |path: String| async move { world.send(Method::PATCH, &path, &json!({})).await.0 };
    assert_eq!(patch(format!("{cancel}?expect_status=foo")).await, 400);
    assert_eq!(patch(format!("{cancel}?expect_status=running")).await, 412);
    assert_eq!(patch(format!("{cancel}?expect_status=pending")).await, 200);
    assert_eq!(patch(cancel).await, 400);
    let path = format!("/workspaces/{}", text(&workspace["id"]));
    assert_eq!(world.get(&path).await.1["latest_build"]["status"], "canceled");
    world.build(&workspace, "start").await;
    let job = world.daemon.acquire().await;
    let failed = warren_proto::provisionerd::failed_job::Type::WorkspaceBuild(
        warren_proto::provisionerd::failed_job::WorkspaceBuild { state: "partial".into(), timings: Vec::new() },
    );
    world.daemon.fail(&job, "terraform apply: exit status 1", failed).await;
    let latest = world.get(&path).await.1["latest_build"].clone();
    assert_eq!(
        (&latest["status"], &latest["job"]["error"]),
        (&json!("failed"), &json!("terraform apply: exit status 1"))
    );
    let state = world.server.get(&format!("/api/v2/workspacebuilds/{}/state", text(&latest["id"])), &world.token).await;
    assert_eq!(state.text().await.unwrap(), "partial");
}

#[tokio::test]
async fn reading_workspaces_takes_two_statements() {
    let world = World::start().await;
    let (template, _) = world.template().await;
    let workspace = world.workspace(&template, "dev").await;
    world.daemon.run_one().await;
    for path in [
        format!("/workspaces/{}", text(&workspace["id"])),
        "/workspaces?q=owner:me&limit=25".into(),
        "/users/me/workspace/dev".into(),
    ] {
        world.get(&path).await;
        let before = statements(&world);
        world.get(&path).await;
        let after = statements(&world);
        assert!(after - before <= 2, "{path}: {} statements", after - before);
    }
}

#[tokio::test]
async fn daemons_and_jobs_are_listed() {
    let world = World::start().await;
    world.template().await;
    let daemons = world.get(&format!("/organizations/{}/provisionerdaemons", world.org)).await.1;
    assert_eq!((&daemons[0]["status"], &daemons[0]["key_name"]), (&json!("idle"), &json!("built-in")));
    assert_eq!(daemons[0]["previous_job"]["template_name"], "local");
    let (_, jobs) = world.get(&format!("/organizations/{}/provisionerjobs?limit=2", world.org)).await;
    assert_eq!((&jobs[0]["metadata"]["template_name"], &jobs[0]["worker_name"]), (&json!("local"), &json!("scripted")));
    let job = format!("/organizations/{}/provisionerjobs/{}", world.org, text(&jobs[0]["id"]));
    assert_eq!(world.get(&job).await.1["id"], jobs[0]["id"]);
    assert_eq!(world.get(&format!("/organizations/{}/provisionerjobs?status=bogus", world.org)).await.0, 400);
    let keys = format!("/organizations/{}/provisionerkeys", world.org);
    let (status, key) = world.post(&keys, json!({ "name": "edge", "tags": { "zone": "a" } })).await;
    assert_eq!((status, text(&key["key"]).len()), (201, 43));
    assert_eq!(world.post(&keys, json!({ "name": "Edge" })).await.0, 409);
    assert_eq!(world.post(&keys, json!({ "name": "psk" })).await.0, 400);
    let own = world
        .server
        .request(Method::GET, "/api/v2/provisionerkeys/x", "")
        .header("Coder-Provisioner-Daemon-Key", text(&key["key"]));
    assert_eq!(json_of(own.send().await.unwrap()).await["tags"], json!({ "zone": "a" }));
    assert_eq!(world.send(Method::DELETE, &format!("{keys}/edge"), &json!({})).await.0, 204);
}
