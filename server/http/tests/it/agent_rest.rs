//! The recorded exchanges about agents, replayed: same status, same shape.

use http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::scripted_agent::{Workspace, World};
use crate::replay::{compare, spec, uuids};

const AREAS: [&str; 6] = ["/workspaceagents/", "/derp", "/tailnet", "/init-script/", "/bin/", "/@"];
/// Exchanges that differ on purpose, or need another world, and why.
const DIFFERENT: [(&str, &str); 7] = [
    ("agent_containers", "no container is ever looked for, so there is no failure"),
    ("agent_ports_stopped", "the agent runs here"),
    ("am_extauth_unlinked", "needs a provider of external logins"),
    ("agent_conn_stopped", "the stopped workspace's agent is gone"),
    ("bin_linux_amd64", "needs a program to serve; see the tests of binaries"),
    ("bin_not_modified", "needs a program to serve; see the tests of binaries"),
    ("pty_noreconnect", "compared in agents.rs"),
];

#[tokio::test]
async fn recorded_exchanges_about_agents_have_the_same_shape() {
    let Some(folder) = spec() else {
        eprintln!("SKIPPED: the contract's folder is not there");
        return;
    };
    let text = std::fs::read_to_string(folder.join("golden/rest.jsonl")).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let lines: Vec<Value> =
        lines.filter(|line| AREAS.iter().any(|area| line["path"].as_str().unwrap().contains(area))).collect();
    let world = World::start().await;
    let workspace = world.workspace(18_080).await;
    let agent = world.connect_agent(&workspace).await;
    let _serving = agent.serve(&world.server.url, 18_080).await;
    agent.log(&["a line"; 20]).await;
    let (mut replayed, mut wrong) = (0, Vec::new());
    for line in &lines {
        let name = line["name"].as_str().unwrap();
        // Streams are compared in agents.rs, refused ones here.
        let streams = line["stream"] == true && line["status"] == 101 || name.starts_with("sse_");
        if streams || DIFFERENT.iter().any(|(known, _)| *known == name) {
            continue;
        }
        replayed += 1;
        let (status, own) = send(&world, &workspace, line).await;
        if status != line["status"] {
            wrong.push(format!("{name}: status {status} in place of {}: {own}", line["status"]));
            continue;
        }
        let mut problems = Vec::new();
        compare(&line["response"], &own, "", &mut problems);
        if line["response"]["validations"].is_array() {
            let field = |value: &Value| value["validations"][0]["field"].clone();
            if field(&line["response"]) != field(&own) {
                problems.push(format!("another field is wrong: {own}"));
            }
        }
        wrong.extend(problems.into_iter().map(|problem| format!("{name}: {problem}")));
    }
    eprintln!("replayed {replayed} of {} lines of rest.jsonl about agents", lines.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(replayed * 2 > lines.len());
}

async fn send(world: &World, workspace: &Workspace, line: &Value) -> (u64, Value) {
    let recorded = line["path"].as_str().unwrap();
    let made_up = |id: &String| id.starts_with("11111111");
    let path = uuids(recorded)
        .into_iter()
        .filter(|id| !made_up(id))
        .fold(recorded.to_owned(), |path, id| path.replace(&id, &workspace.agent.to_string()));
    let name = line["name"].as_str().unwrap();
    let unknown = Uuid::new_v4().to_string();
    let token = match (line["auth"].as_str().unwrap(), name) {
        // Recorded after the workspace was stopped.
        (_, "ws_agent_rpc_error_version_2_8" | "am_badtoken") => unknown.as_str(),
        (_, "am_nouuid") => "xx",
        ("session", _) => &world.owner,
        ("agent token", _) => &workspace.token,
        _ => "",
    };
    let method: Method = line["method"].as_str().unwrap().parse().unwrap();
    let request = world.server.request(method, &path, token);
    let request = if line["request"].is_null() { request } else { request.json(&line["request"]) };
    let response = request.send().await.unwrap();
    let status = response.status().as_u16().into();
    let text = response.text().await.unwrap();
    let body = match text.as_str() {
        "" => Value::Null,
        text => serde_json::from_str(text).unwrap_or_else(|_| json!({ "$text": text })),
    };
    (status, body)
}
