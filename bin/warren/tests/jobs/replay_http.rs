//! The recorded answers about jobs that need nothing but a call.

use reqwest::Method;
use serde_json::{Value, json};

use crate::replay::{HEADER, Replay};
use crate::world::text;

pub async fn http(replay: &mut Replay, (build, job): &(String, String)) {
    let jobs = format!("/organizations/{}/provisionerjobs", replay.world.organization);
    let names: Vec<String> = replay.cases.keys().cloned().collect();
    for name in names {
        let case = replay.case(&name);
        if let Some(query) = name.strip_prefix("list-jobs") {
            let query = query.replace("{bad", "%7Bbad");
            let (status, body) = replay.world.call(Method::GET, &format!("{jobs}{query}"), None).await;
            // Of a list its length and its first element are kept.
            let body = match body.as_array() {
                Some(list) => json!([list.len(), list[0]]),
                None => body,
            };
            replay.compare(&name, "", &json!([case["status"], case["response"]]), &json!([status, body]));
        } else if let Some(query) = name.strip_prefix("logs") {
            let (status, body) = replay.world.call(Method::GET, &format!("{build}/logs{query}"), None).await;
            let ours = if body.is_string() { text(&body) } else { body.to_string() };
            let recorded = json!([case["status"], first(&text(&case["response"]))]);
            replay.compare(&name, "", &recorded, &json!([status, first(&ours)]));
        }
    }
    for (name, path) in
        [("get-job", format!("{jobs}/{job}")), ("get-job-missing", format!("{jobs}/{}", uuid::Uuid::new_v4()))]
    {
        let (status, body) = replay.world.call(Method::GET, &path, None).await;
        let case = replay.case(name);
        replay.compare(name, "", &json!([case["status"], case["response"]]), &json!([status, body]));
    }
    let file = json!(replay.world.upload(&[("main.tf", HEADER)]).await);
    let missing = json!(uuid::Uuid::new_v4());
    let body = |more: Value| {
        let mut body = json!({ "storage_method": "file", "file_id": file, "provisioner": "terraform", "tags": {} });
        body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        body
    };
    for (name, body) in [
        ("create-version-name", body(json!({ "name": "dup-name" }))),
        ("create-version-bad-file", body(json!({ "file_id": missing }))),
        ("create-version-bad-provisioner", body(json!({ "provisioner": "pulumi" }))),
        ("create-version-bad-template", body(json!({ "template_id": missing }))),
        ("create-version-no-file", json!({ "storage_method": "file", "provisioner": "terraform" })),
    ] {
        let path = format!("/organizations/{}/templateversions", replay.world.organization);
        let (status, ours) = replay.world.post(&path, body).await;
        let case = replay.case(name);
        replay.compare(name, "", &json!([case["status"], case["response"]]), &json!([status, ours]));
    }
}

/// Of what the routes of a log answer: the first line of a text, the first object of a list.
fn first(answer: &str) -> Value {
    let object = |text: &str| {
        let text = text.get(text.find('{')?..=text.find('}')?)?;
        serde_json::from_str::<Value>(text).ok().map(|mut object| {
            object["id"] = Value::Null;
            object
        })
    };
    let line = |text: &str| {
        let (time, rest) = text.lines().next()?.split_once(' ')?;
        time.parse::<jiff::Timestamp>().ok().map(|_| json!(rest))
    };
    line(answer).or_else(|| object(answer)).unwrap_or_else(|| json!(answer.trim()))
}
