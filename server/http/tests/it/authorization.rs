//! Every route without a token, with too little, and with enough.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use serde_json::{Value, json};
use warren_http::{Auth, Route};

use crate::access::{Access, TABLE};
use crate::harness::{TestServer, json_of};
use crate::lifecycle::World;

/// Operations whose object does not exist in this world, so that even an owner gets "not found".
const ABSENT: &[&str] = &[
    "get-external-auth-by-id",
    "update-read-status-of-a-notification",
    "get-provisioner-job",
    "delete-provisioner-key",
    "fetch-provisioner-key-details",
    "recreate-devcontainer-for-workspace-agent",
    "delete-devcontainer-for-workspace-agent",
];

/// Public routes that answer "not signed in" for reasons of their own.
const DECIDED_BY_THE_HANDLER: &[&str] = &["log-in-user"];
/// What nobody may do to themselves.
const NOT_TO_ONESELF: &[&str] = &["delete-user"];

#[test]
fn every_route_is_in_the_table() {
    let api = warren_http::api();
    let known: BTreeSet<&str> = TABLE.iter().map(|(id, _, _)| *id).collect();
    let missing: Vec<&str> = api.routes().iter().map(|route| route.id).filter(|id| !known.contains(id)).collect();
    assert!(missing.is_empty(), "add these to access.rs:\n{}", missing.join("\n"));
    for route in api.routes() {
        let access = access_of(route.id);
        let expected: &[Auth] = match access {
            Access::Public => &[Auth::None, Auth::SessionOptional],
            Access::Agent => &[Auth::Agent],
            Access::Daemon => &[Auth::ProvisionerDaemon],
            _ => &[Auth::Session],
        };
        assert!(expected.contains(&route.auth), "{}: {:?} is not for {access:?}", route.id, route.auth);
    }
}

#[tokio::test]
async fn without_a_token_only_public_routes_answer() {
    let (server, _) = TestServer::with_owner().await;
    warren_http::AgentParts::install(&server.services).await.unwrap();
    let mut wrong = Vec::new();
    for route in warren_http::api().routes() {
        let Some(method) = route.method.clone() else { continue };
        let path = fill(route.path, &BTreeMap::new());
        if never_ends(route.id) {
            continue;
        }
        let status = server.request(method, &path, "").send().await.unwrap().status().as_u16();
        let public = access_of(route.id) == Access::Public;
        let decided_later = DECIDED_BY_THE_HANDLER.contains(&route.id) || route.id.starts_with("path-app");
        if public == (status == 401) && !decided_later {
            wrong.push(format!("{}: {status}", route.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn with_too_little_nothing_answers() {
    let scene = Scene::set().await;
    let mut wrong = Vec::new();
    for route in warren_http::api().routes() {
        let access = access_of(route.id);
        let callers: &[(&str, &str)] = match access {
            Access::Owner | Access::Admin => &[
                ("another member", &scene.member),
                ("an outsider", &scene.outsider),
                ("a narrow token", &scene.narrow),
            ],
            Access::Member => &[("an outsider", &scene.outsider), ("a narrow token", &scene.narrow)],
            _ => continue,
        };
        for (who, token) in callers {
            let status = scene.call(route, token).await;
            // A template that one may not see does not exist: a wrong field of the request.
            let unknown_template =
                status == 400 && route.id.starts_with("create-user-workspace") && *who != "another member";
            if !matches!(status, 403 | 404) && !unknown_template {
                wrong.push(format!("{}: {who} got {status}", route.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn with_enough_everything_answers() {
    let scene = Scene::set().await;
    let mut wrong = Vec::new();
    let api = warren_http::api();
    let mut routes: Vec<&Route> = api.routes().iter().collect();
    // What removes things comes last, the session itself at the very end.
    routes.sort_by_key(|route| (route.id == "log-out-user", route.method == Some(Method::DELETE), route.id));
    for route in routes {
        if matches!(access_of(route.id), Access::Public | Access::Agent | Access::Daemon) || never_ends(route.id) {
            continue;
        }
        let status = scene.call(route, &scene.owner).await;
        let expected =
            (status == 404 && ABSENT.contains(&route.id)) || (status == 403 && NOT_TO_ONESELF.contains(&route.id));
        if (matches!(status, 401 | 403 | 404) && !expected) || status >= 500 {
            wrong.push(format!("{}: {status}", route.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// GHSA-m3cr-vc2j-pm27: a link changes nothing. Every row of every table stays as it is, but for what heartbeats write.
#[tokio::test]
async fn ghsa_m3cr_vc2j_pm27_no_get_changes_anything() {
    const CONTENTS: warren_db::Statement = warren_db::Statement {
        name: "contents",
        sql: "SELECT table_name || ' ' || md5(query_to_xml(
                format('SELECT t::text FROM %I t ORDER BY 1', table_name), false, false, '')::text)
            FROM information_schema.tables
            WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
                AND table_name NOT IN ('provisioner_daemons', 'provisioner_jobs')
            ORDER BY table_name",
    };
    let scene = Scene::set().await;
    let services = &scene.world.server.services;
    let contents = async || {
        let conn = services.db.conn().await.unwrap();
        warren_db::list::<String>(&conn, &CONTENTS, &[]).await.unwrap()
    };
    let before = contents().await;
    assert!(before.len() > 10);
    for route in warren_http::api().routes() {
        if route.method == Some(Method::GET) && !never_ends(route.id) && access_of(route.id) != Access::Daemon {
            scene.call(route, &scene.owner).await;
        }
    }
    assert_eq!(contents().await, before);
}

/// Streams of events go on until somebody ends them.
fn never_ends(id: &str) -> bool {
    matches!(id, "watch-workspace-by-id" | "watch-for-workspace-agent-metadata-updates")
}

fn access_of(id: &str) -> Access {
    TABLE.iter().find(|(known, _, _)| *known == id).map_or(Access::Owner, |(_, access, _)| *access)
}

/// The pattern with values for its parameters.
fn fill(pattern: &str, values: &BTreeMap<&str, String>) -> String {
    let segments = pattern.split('/').map(|segment| {
        let Some(name) = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
            return segment.to_owned();
        };
        values.get(name).cloned().unwrap_or_else(|| "00000000-0000-4000-8000-000000000000".to_owned())
    });
    segments.collect::<Vec<_>>().join("/")
}

/// A deployment where an owner has one of everything, with people who have less.
struct Scene {
    world: World,
    owner: String,
    member: String,
    outsider: String,
    narrow: String,
    values: BTreeMap<&'static str, String>,
}

impl Scene {
    async fn set() -> Self {
        let world = World::start().await;
        let owner = world.token.clone();
        let (template, version) = world.template().await;
        let workspace = world.workspace(&template, "dev").await;
        world.daemon.run_one().await;
        let server = &world.server;
        warren_http::AgentParts::install(&server.services).await.unwrap();
        let path = format!("/workspaces/{}", text(&workspace["id"]));
        let (_, workspace) = world.get(&path).await;
        let agent = &workspace["latest_build"]["resources"][0]["agents"][0]["id"];
        let member = server.member(&owner, "bob").await;
        let outsider = server.member(&owner, "eve").await;
        assert_eq!(server.post("/api/v2/organizations", &owner, &json!({ "name": "lab" })).await.status(), 201);
        assert_eq!(server.post("/api/v2/organizations/lab/members/eve", &owner, &json!(null)).await.status(), 200);
        assert_eq!(server.delete("/api/v2/organizations/coder/members/eve", &owner).await.status(), 204);
        let narrow = token(server, &owner, &json!({ "scopes": ["file:create"], "token_name": "narrow" })).await;
        let t1 = token(server, &owner, &json!({ "token_name": "t1" })).await;
        let role = json!({ "name": "viewer" });
        assert_eq!(server.post("/api/v2/organizations/coder/members/roles", &owner, &role).await.status(), 200);
        let dry_run = json!({ "workspace_name": "x", "rich_parameter_values": [{ "name": "size", "value": "3" }] });
        let path = format!("/templateversions/{}/dry-run", text(&version["id"]));
        let (status, job) = world.post(&path, dry_run).await;
        assert_eq!(status, 201, "{job}");
        let (_, file) = world.upload().await;
        let values = BTreeMap::from([
            ("user", "admin".to_owned()),
            ("organization", "coder".to_owned()),
            ("organizationname", "coder".to_owned()),
            ("template", text(&template["id"])),
            ("templatename", "local".to_owned()),
            ("templateversion", text(&version["id"])),
            ("templateversionname", "v1".to_owned()),
            ("workspace", text(&workspace["id"])),
            ("workspacename", "dev".to_owned()),
            ("workspacebuild", text(&workspace["latest_build"]["id"])),
            ("workspaceagent", text(agent)),
            ("devcontainer", "x".to_owned()),
            ("buildnumber", "1".to_owned()),
            ("jobID", text(&job["id"])),
            ("fileID", file),
            ("keyid", t1.split('-').next().unwrap().to_owned()),
            ("keyname", "t1".to_owned()),
            ("roleName", "viewer".to_owned()),
        ]);
        Self { world, owner, member, outsider, narrow, values }
    }

    async fn call(&self, route: &Route, token: &str) -> u16 {
        let Some(method) = route.method.clone() else { return 404 };
        let mut path = fill(route.path, &self.values);
        if route.id == "get-autofill-build-parameters-for-user" {
            path.push_str(&format!("?template_id={}", self.values["template"]));
        }
        let body = TABLE.iter().find(|(id, _, _)| *id == route.id).map_or("", |(_, _, body)| *body);
        let body =
            self.values.iter().fold(body.to_owned(), |body, (name, value)| body.replace(&format!("{{{name}}}"), value));
        let mut request = self.world.server.request(method, &path, token);
        if route.id == "upload-file" {
            request = request.header("Content-Type", "application/x-tar");
        }
        request.body(body).send().await.unwrap().status().as_u16()
    }
}

async fn token(server: &TestServer, owner: &str, body: &Value) -> String {
    let made = json_of(server.post("/api/v2/users/me/keys/tokens", owner, body).await).await;
    made["key"].as_str().unwrap_or_else(|| panic!("no token: {made}")).to_owned()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a string: {value}")).to_owned()
}

/// The methods that provisioner daemons call; a session exists only after the upgrade was authenticated.
#[tokio::test]
async fn every_rpc_method_belongs_to_an_authenticated_session() {
    let world = World::start().await;
    let known: BTreeSet<&str> = [
        "AcquireJob",
        "AcquireJobWithCancel",
        "CommitQuota",
        "UpdateJob",
        "FailJob",
        "CompleteJob",
        "UploadFile",
        "DownloadFile",
    ]
    .into();
    for method in world.builds.methods() {
        let name = method.rsplit('/').next().unwrap_or(method);
        assert!(known.contains(name), "{method} is not in the table");
    }
    let path = "/api/v2/organizations/coder/provisionerdaemons/serve?version=1.15&name=x&provisioner=terraform";
    let refused = world.server.request(Method::GET, path, "").header("Upgrade", "websocket").send().await.unwrap();
    assert_eq!(refused.status(), 401);
}
