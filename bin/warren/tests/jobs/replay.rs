//! The recorded jobs of the official program that show what its server answers. Those that show what its daemon does are
//! replayed with the daemon alone (`roles/provisioner`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use reqwest::Method;
use serde_json::{Value, json};

use crate::compare::differences;
use crate::daemons::{Transport, Wanted};
use crate::world::{World, build_path, text, version_path};

pub const HEADER: &str = "terraform {\n  required_providers {\n    coder = { source = \"coder/coder\" }\n  }\n}\n";
/// The template behind the recorded builds.
const LITE: &str = include_str!("../../../../roles/provisioner/tests/it/lite.tf");
/// What differs on purpose: a word of the finding, and why.
const ON_PURPOSE: &[(&str, &str, &str)] = &[
    ("push-duplicate-presets", "", "v2.31 shows the database's error; here the plan is refused"),
    ("tags-block-unknown-value", "", "v2.31 invents an id for the resource, which no daemon can have"),
    ("logs?before=1", "", "v2.31 ignores it, against its description"),
    ("list-jobs?status=bad", "", "v2.31: 500 with the database's error"),
];

/// The recordings by name, and how many there are.
fn recorded() -> Option<(BTreeMap<String, Value>, usize)> {
    let named = std::env::var_os("WARREN_SPEC").map(PathBuf::from);
    let above = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|dir| dir.join("shared/spec"));
    let Some(dir) = named.into_iter().chain(above).find(|dir| dir.join("golden").is_dir()) else {
        eprintln!("SKIPPED: no recordings (jobs.jsonl)");
        return None;
    };
    let lines = std::fs::read_to_string(dir.join("golden/jobs.jsonl")).unwrap();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let count = lines.len();
    Some((lines.into_iter().map(|line| (text(&line["case"]), line)).collect(), count))
}

pub struct Replay {
    pub world: World,
    pub cases: BTreeMap<String, Value>,
    done: BTreeSet<String>,
    problems: Vec<String>,
}

impl Replay {
    pub fn case(&self, name: &str) -> Value {
        self.cases.get(name).unwrap_or_else(|| panic!("{name} is not recorded")).clone()
    }

    pub fn compare(&mut self, name: &str, what: &str, recorded: &Value, ours: &Value) {
        assert!(self.cases.contains_key(name), "{name}");
        self.done.insert(name.to_owned());
        for found in differences(recorded, ours) {
            let known = ON_PURPOSE.iter().any(|(case, word, _)| *case == name && found.contains(word));
            if !known {
                self.problems.push(format!("{name}: {what}{found}"));
            }
        }
    }

    /// A refused request: its status and body.
    fn answer(&mut self, name: &str, (status, body): (u16, Value)) {
        let case = self.case(name);
        self.compare(name, "status", &case["create_status"], &json!(status));
        self.compare(name, "answer", &case["create_response"], &body);
    }

    fn files(&self, name: &str) -> Vec<(String, String)> {
        let files = self.case(name)["files"].as_object().cloned().unwrap_or_else(|| panic!("{name} has no files"));
        files.into_iter().map(|(path, content)| (path, text(&content))).collect()
    }

    /// Asks for an import as recorded.
    async fn push(&self, files: &[(&str, &str)], more: Value) -> (u16, Value) {
        let mut body = json!({
            "storage_method": "file", "file_id": self.world.upload(files).await, "provisioner": "terraform", "tags": {},
        });
        body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        self.world.post(&format!("/organizations/{}/templateversions", self.world.organization), body).await
    }

    async fn push_recorded(&self, name: &str, more: Value) -> (u16, Value) {
        let files = self.files(name);
        let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        self.push(&files, more).await
    }

    /// A version as it was after the request and at the end, and what follow-up reads say.
    async fn version(&mut self, name: &str, made: (u16, Value), cancel: bool) {
        let case = self.case(name);
        self.compare(name, "status", &case["create_status"], &json!(made.0));
        if made.0 != 201 {
            return;
        }
        self.compare(name, "created", &case["created_version"], &trimmed(&made.1));
        let path = version_path(&made.1);
        if cancel {
            self.cancels(name, &path, None).await;
        }
        let last = self.world.finished(&path).await;
        self.compare(name, "final", &case["final_version"], &trimmed(&last));
        for (part, recorded) in case["reads"].as_object().into_iter().flatten().filter(|(part, _)| *part != "resources")
        {
            let (status, body) = self.world.call(Method::GET, &format!("{path}/{part}"), None).await;
            self.compare(name, part, recorded, &json!([status, body]));
        }
        if case["logs"].as_array().is_some_and(Vec::is_empty) {
            self.compare(name, "logs", &json!([]), &self.world.get(&format!("{path}/logs")).await.clone());
        }
    }

    async fn cancels(&mut self, name: &str, path: &str, query: Option<&str>) {
        for cancel in self.case(name)["cancels"].as_array().cloned().unwrap_or_default() {
            let step = text(&cancel[0]);
            let expect = step.split_once("-expect-").map(|(_, word)| if word == "bad" { "done" } else { word });
            if step.starts_with("running") != query.is_some() {
                continue;
            }
            let expect = expect.map(|word| format!("?expect_status={word}")).unwrap_or_default();
            let (status, body) = self.world.call(Method::PATCH, &format!("{path}/cancel{expect}"), None).await;
            self.compare(name, &step, &json!([cancel[1], cancel[2]]), &json!([status, body]));
        }
    }

    async fn template(&self, version: &Value, name: &str, classic: bool) -> Value {
        let version = self.world.finished(&version_path(version)).await;
        let body = json!({
            "name": name, "template_version_id": version["id"], "template_use_classic_parameter_flow": classic,
        });
        self.world.made(&format!("/organizations/{}/templates", self.world.organization), body).await
    }

    /// A request for a workspace as recorded.
    async fn create(&self, case: &str, template: &Value, name: &str) -> (u16, Value) {
        let mut body = self.case(case)["request"].clone();
        body["name"] = json!(name);
        body["template_id"] = template["id"].clone();
        self.world.post("/users/me/workspaces", body).await
    }

    async fn refused_create(&mut self, case: &str, template: &Value, name: &str) {
        let answer = self.create(case, template, name).await;
        self.answer(case, answer);
    }

    /// A request for a build as recorded.
    async fn refused_build(&mut self, case: &str, workspace: &Value, preset: Option<&Value>) {
        let mut body = self.case(case)["request"].clone();
        if let (Some(preset), true) = (preset, !body["template_version_preset_id"].is_null()) {
            body["template_version_preset_id"] = preset.clone();
        }
        let answer = self.world.post(&format!("/workspaces/{}/builds", text(&workspace["id"])), body).await;
        self.answer(case, answer);
    }
}

/// The recordings leave out what is said of the author, and a readme.
fn trimmed(version: &Value) -> Value {
    let mut version = version.clone();
    if let Some(members) = version.as_object_mut() {
        members.remove("readme");
        members.remove("created_by");
    }
    version
}

#[tokio::test]
async fn recorded_answers_about_jobs_come_out_the_same() {
    let Some((cases, lines)) = recorded() else { return };
    let Some(world) = World::start(Transport::Pipe).await else { return };
    let mut replay = Replay { world, cases, done: BTreeSet::new(), problems: Vec::new() };
    // The recorder cancelled these before a daemon took them.
    tags(&mut replay).await;
    let mut daemons = Vec::new();
    for name in ["host-0", "host-1", "host-2"] {
        daemons.push(replay.world.daemon_with(Wanted { name, ..Wanted::default() }).await);
    }
    pushes(&mut replay).await;
    let job = lite(&mut replay).await;
    slow(&mut replay).await;
    classic(&mut replay).await;
    crate::replay_http::http(&mut replay, &job).await;
    println!("replayed {} of {lines} lines of jobs.jsonl through the server", replay.done.len());
    // Every line is replayed here or with the daemon alone: that one shows logs of a job that ran.
    let ran = |case: &Value| case["logs"].as_array().is_some_and(|rows| !rows.is_empty());
    let left: Vec<_> = replay.cases.iter().filter(|(name, case)| !replay.done.contains(*name) && !ran(case)).collect();
    assert!(left.is_empty(), "not replayed: {:?}", left.iter().map(|(name, _)| name).collect::<Vec<_>>());
    assert!(replay.problems.is_empty(), "{}", replay.problems.join("\n"));
}

async fn pushes(replay: &mut Replay) {
    let none = || json!({});
    for name in ["push-external-auth-unconfigured", "push-duplicate-presets"] {
        let made = replay.push_recorded(name, none()).await;
        replay.version(name, made, false).await;
    }
    let preset = |block: &str, name: &str, more: &str| {
        format!("data \"coder_workspace_preset\" \"{block}\" {{\n  name = \"{name}\"\n{more}}}\n")
    };
    let parameter = |block: &str, name: &str, more: &str| {
        format!("data \"coder_parameter\" \"{block}\" {{\n  name = \"{name}\"\n{more}}}\n")
    };
    let text = preset("b", "B", "  parameters = {\n    q = \"1\"\n  }\n");
    let unknown = [parameter("p", "p", "  default = \"x\"\n"), preset("a", "A", ""), text].concat();
    let default = "  default = true\n";
    let twice = [preset("a", "A", default), preset("b", "B", default)].concat();
    let bad = parameter("n", "n", "  type = \"number\"\n  default = 1\n")
        + &preset("a", "A", "  parameters = {\n    n = \"many\"\n  }\n");
    let same = parameter("a", "A", "  default = \"x\"\n") + &parameter("b", "A", "  default = \"y\"\n");
    for (name, template) in [
        ("push-presets", unknown),
        ("push-two-default-presets", twice),
        ("push-preset-bad-value", bad),
        ("push-duplicate-parameters", same),
    ] {
        let answer = replay.push(&[("main.tf", &format!("{HEADER}{template}"))], none()).await;
        replay.answer(name, answer);
    }
}

async fn tags(replay: &mut Replay) {
    for name in [
        "tags-block",
        "tags-block-variable-given",
        "tags-block-and-request",
        "tags-block-unknown-value",
        "tags-request-scope-user",
        "tags-request-scope-bad",
    ] {
        let request = replay.case(name)["request"].clone();
        let made = replay.push_recorded(name, request).await;
        if made.0 == 201 {
            replay.world.cancel(&version_path(&made.1)).await;
        }
        replay.version(name, made, false).await;
    }
    for name in ["tags-block-required-parameter", "tags-block-list-value"] {
        let answer = replay.push_recorded(name, json!({})).await;
        replay.answer(name, answer);
    }
    let name = "push-tags-no-daemon-then-cancel";
    let request = json!({ "tags": replay.case(name)["request_tags"] });
    let made = replay.push(&[("main.tf", HEADER)], request).await;
    let job = text(&made.1["job"]["id"]);
    replay.version(name, made, true).await;
    let listed = format!("/organizations/{}/provisionerjobs?ids={job}", replay.world.organization);
    let listed = replay.world.get(&listed).await;
    let recorded = replay.case(name)["listed"].clone();
    replay.compare(name, "listed", &recorded, &listed);
}

/// Answers the job of the build whose log is read later.
async fn lite(replay: &mut Replay) -> (String, String) {
    let version = replay.push(&[("README.md", "# Lite\n"), ("main.tf", LITE)], json!({})).await.1;
    let template = replay.template(&version, "lite", false).await;
    let presets = replay.world.get(&format!("{}/presets", version_path(&version))).await;
    let preset = presets[0]["ID"].clone();
    for name in ["create-bad-option", "create-bad-size", "create-bad-size-type"] {
        replay.refused_create(name, &template, "bad").await;
    }
    let (status, workspace) = replay.create("create-defaults", &template, "w1").await;
    assert_eq!(status, 201, "{workspace}");
    let build = replay.world.finished(&build_path(&workspace["latest_build"])).await;
    for name in [
        "start-bad-regex",
        "start-immutable-changed",
        "start-with-preset",
        "orphan-start",
        "start-log-level-trace",
        "transition-bad",
    ] {
        replay.refused_build(name, &workspace, Some(&preset)).await;
    }
    replay.world.build(&workspace, "delete", &[]).await;
    replay.refused_build("start-deleted", &workspace, None).await;
    let required = format!("{HEADER}data \"coder_parameter\" \"p\" {{\n  name = \"p\"\n}}\n");
    let version = replay.push(&[("main.tf", &required)], json!({})).await.1;
    let template = replay.template(&version, "required", false).await;
    replay.refused_create("dynamic-missing-parameter", &template, "missing").await;
    (build_path(&build), text(&build["job"]["id"]))
}

/// Three daemons, five workspaces that take their time.
async fn slow(replay: &mut Replay) {
    let version = replay.push_recorded("push-slow", json!({})).await.1;
    let template = replay.template(&version, "slow", false).await;
    let mut workspaces = Vec::new();
    for number in 0..5 {
        let body = json!({ "name": format!("s{number}"), "template_id": template["id"] });
        let workspace = replay.world.made("/users/me/workspaces", body).await;
        if number < 3 {
            let path = build_path(&workspace["latest_build"]);
            replay.world.logged(&path, "Provisioning with 'local-exec'").await;
        }
        workspaces.push(workspace);
    }
    let name = "queue-pending";
    let case = replay.case(name);
    let organization = replay.world.organization.clone();
    let list = replay.world.get(&format!("/organizations/{organization}/provisionerjobs?limit=5")).await;
    replay.compare(name, "list", &case["list"], &list);
    let mut daemons = replay.world.get(&format!("/organizations/{organization}/provisionerdaemons")).await;
    replay.compare(name, "daemons", &by_previous(&case["daemons"]), &by_previous(&daemons.take()));
    let job = async |replay: &Replay, at: usize| {
        replay.world.get(&build_path(&workspaces[at]["latest_build"])).await["job"].clone()
    };
    for (what, at) in [("first", 3), ("second", 4), ("running", 0)] {
        let ours = job(replay, at).await;
        replay.compare(name, what, &case[what], &ours);
    }
    replay.compare(name, "matched", &case["matched"], &workspaces[4]["latest_build"]["matched_provisioners"]);
    let id = text(&workspaces[4]["id"]);
    let body = json!({ "transition": "stop" });
    let (status, conflict) = replay.world.post(&format!("/workspaces/{id}/builds"), body).await;
    replay.compare(name, "conflict", &case["conflict"], &json!([status, conflict]));
    let statuses = json!(["starting", replay.world.get(&build_path(&workspaces[4]["latest_build"])).await["status"]]);
    replay.compare(name, "status", &case["workspace_status"], &statuses);

    let name = "cancel-pending";
    let path = build_path(&workspaces[3]["latest_build"]);
    replay.cancels(name, &path, None).await;
    let case = replay.case(name);
    let mut last = replay.world.get(&path).await;
    for member in ["resources", "workspace_owner_avatar_url", "initiator_id", "has_ai_task", "has_external_agent"] {
        if case["final_build"][member].is_null() {
            last.as_object_mut().unwrap().remove(member);
        }
    }
    replay.compare(name, "final", &case["final_build"], &last);
    let running = build_path(&workspaces[0]["latest_build"]);
    replay.cancels(name, &running, Some("running")).await;
    for workspace in [0, 1, 2, 4].map(|at| &workspaces[at]) {
        let path = build_path(&workspace["latest_build"]);
        replay.world.cancel(&path).await;
        replay.world.finished(&path).await;
    }
}

/// Which daemon did which job before differs.
fn by_previous(daemons: &Value) -> Value {
    let mut daemons = daemons.as_array().cloned().unwrap_or_default();
    for daemon in &mut daemons {
        daemon["previous_job"] = Value::Null;
    }
    daemons.into()
}

async fn classic(replay: &mut Replay) {
    let version = replay.push_recorded("push-classic", json!({})).await.1;
    let template = replay.template(&version, "classic", true).await;
    for name in ["classic-missing-parameter", "classic-bad-option"] {
        replay.refused_create(name, &template, "c1").await;
    }
    let values = [("p", "1"), ("m", "5")].map(|(name, value)| json!({ "name": name, "value": value }));
    let body = json!({ "name": "k1", "template_id": template["id"], "rich_parameter_values": values });
    let workspace = replay.world.made("/users/me/workspaces", body).await;
    replay.world.finished(&build_path(&workspace["latest_build"])).await;
    replay.refused_create("classic-unknown-parameter", &template, "k1").await;
    for name in ["classic-monotonic", "classic-immutable", "classic-range"] {
        replay.refused_build(name, &workspace, None).await;
    }
}
