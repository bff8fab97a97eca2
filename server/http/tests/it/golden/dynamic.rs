//! The recorded forms of parameters, replayed with the parameters that the import found: they are not evaluated again.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use warren_proto::provisioner::{ParameterFormType, RichParameter, RichParameterOption};

use super::shape::differences;
use super::world::World;
use super::{jobs, recording, stream};
use crate::scripted_agent::{SOON, Socket};

/// Answers that only an evaluation of the template gives: the case, the id of the answer, what is in it.
const EVALUATED: &[(&str, i64, &str)] = &[
    ("conditional-form", -1, "the text of an unset required value"),
    ("conditional-form", 1, "a parameter that appears"),
    ("conditional-form", 2, "a parameter that appears, another list of options"),
    ("conditional-form", 3, "a parameter that appears, its limit"),
    ("conditional-form", 4, "the text of an unset required value"),
    ("conditional-form", 5, "the styling, which an import does not keep"),
    ("conditional-form", 6, "the text of an unset required value"),
    ("conditional-form", 7, "the text of an unset required value"),
    ("unknown-values", 1, "ids that are new at every evaluation"),
    ("unknown-values", 2, "ids that are new at every evaluation"),
];

#[tokio::test]
async fn recorded_forms_are_answered_with_the_parameters_of_the_import() {
    let Some(lines) = recording("dynamic-parameters.jsonl") else { return };
    let mut world = World::start(|_| {}).await;
    world.owner = world.server.first_user().await;
    let shown = &lines[0]["exchange"][0]["msg"]["parameters"];
    let version = version(&mut world, shown).await;
    let (mut wrong, mut answers, mut evaluated) = (Vec::new(), 0, 0);
    for line in &lines {
        let case = line["case"].as_str().unwrap();
        let problems = if line["exchange"].is_array() {
            let own = match &line["files"] {
                Value::Null => version.clone(),
                _ => self::version(&mut world, &line["exchange"][0]["msg"]["parameters"]).await,
            };
            let play = play(&world, line, &own).await;
            answers += play.answers;
            evaluated += play.evaluated;
            play.problems
        } else {
            http(&mut world, line, &version).await
        };
        wrong.extend(problems.into_iter().map(|problem| format!("{case}: {problem}")));
    }
    eprintln!(
        "replayed {} of {} lines of dynamic-parameters.jsonl; {} of {answers} answers of forms in full, {evaluated} \
         without what only an evaluation gives",
        lines.len(),
        lines.len(),
        answers - evaluated
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Imports a template with the parameters of a recorded form.
async fn version(world: &mut World, shown: &Value) -> String {
    let parameters = shown.as_array().unwrap().iter().map(parameter).collect();
    let nil = json!(uuid::Uuid::nil());
    let version = world.post_version("", &nil, &format!("# {}", uuid::Uuid::new_v4()), &[]).await;
    let job = world.daemon.acquire().await;
    jobs::import_parameters(&world.daemon, &job, parameters).await;
    version["id"].as_str().unwrap().to_owned()
}

fn parameter(shown: &Value) -> RichParameter {
    let text = |key: &str| shown[key].as_str().unwrap_or_default().to_owned();
    let flag = |key: &str| shown[key].as_bool().unwrap_or_default();
    let rules = &shown["validations"][0];
    let rule = |key: &str| rules[key].as_str().unwrap_or_default().to_owned();
    let limit = |key: &str| rules[key].as_i64().map(|limit| i32::try_from(limit).unwrap());
    let form = text("form_type").to_uppercase().replace('-', "");
    let option = |option: &Value| RichParameterOption {
        name: option["name"].as_str().unwrap().into(),
        value: option["value"]["value"].as_str().unwrap().into(),
        ..Default::default()
    };
    RichParameter {
        name: text("name"),
        display_name: text("display_name"),
        description: text("description"),
        r#type: text("type"),
        form_type: ParameterFormType::from_str_name(&form).unwrap_or(ParameterFormType::Input).into(),
        mutable: flag("mutable"),
        ephemeral: flag("ephemeral"),
        required: flag("required"),
        default_value: shown["default_value"]["value"].as_str().unwrap_or_default().into(),
        icon: text("icon"),
        order: shown["order"].as_i64().unwrap_or_default().try_into().unwrap(),
        options: shown["options"].as_array().unwrap().iter().map(option).collect(),
        validation_error: rule("validation_error"),
        validation_regex: rule("validation_regex"),
        validation_monotonic: rule("validation_monotonic"),
        validation_min: limit("validation_min"),
        validation_max: limit("validation_max"),
    }
}

#[derive(Default)]
struct Played {
    answers: usize,
    evaluated: usize,
    problems: Vec<String>,
}

async fn play(world: &World, line: &Value, version: &str) -> Played {
    let case = line["case"].as_str().unwrap();
    let query = line["query"].as_str().unwrap_or_default().trim_start_matches('&');
    let path = format!("/api/v2/templateversions/{version}/dynamic-parameters?{query}");
    let mut socket = stream::open(&world.server, &path, &world.owner).await.unwrap();
    let mut played = Played::default();
    for step in line["exchange"].as_array().unwrap() {
        match step["dir"].as_str().unwrap() {
            "send" => {
                let text = step["msg"].as_str().map_or_else(|| step["msg"].to_string(), str::to_owned);
                socket.send(Message::text(text)).await.unwrap();
            }
            "recv" => {
                played.answers += 1;
                let (recorded, own) = (&step["msg"], received(&mut socket).await.unwrap());
                let id = recorded["id"].as_i64().unwrap();
                let reason = EVALUATED.iter().find(|(known, number, _)| *known == case && *number == id);
                played.evaluated += usize::from(reason.is_some());
                let found = answer_problems(recorded, &own, reason.is_some());
                played.problems.extend(found.into_iter().map(|problem| format!("answer {id}: {problem}")));
            }
            // The client ends it.
            "close" if step["code"] == 1005 => socket.close(None).await.unwrap(),
            "close" => match received(&mut socket).await {
                Err(code) if code == step["code"] => {}
                other => played.problems.push(format!("no end with {}, but {other:?}", step["code"])),
            },
            other => panic!("{other}"),
        }
    }
    played
}

/// The next value, or the code of the end.
async fn received(socket: &mut Socket) -> Result<Value, u16> {
    loop {
        match tokio::time::timeout(SOON, socket.next()).await.expect("an answer in time") {
            Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
            Some(Ok(Message::Close(frame))) => return Err(frame.map_or(1005, |frame| frame.code.into())),
            Some(Ok(_)) => {}
            other => panic!("{other:?}"),
        }
    }
}

fn answer_problems(recorded: &Value, own: &Value, evaluated: bool) -> Vec<String> {
    let mut problems = Vec::new();
    if recorded["id"] != own["id"] {
        problems.push(format!("the id is {}", own["id"]));
    }
    if evaluated {
        return problems;
    }
    let summary = |answer: &Value| -> Vec<Value> {
        let list = answer["parameters"].as_array().into_iter().flatten();
        list.map(|parameter| {
            let mut parameter = parameter.clone();
            let found = parameter["diagnostics"].as_array().unwrap().iter();
            let found: Vec<Value> = found.map(|found| json!([found["severity"], found["extra"]])).collect();
            parameter["diagnostics"] = json!(found);
            parameter
        })
        .collect()
    };
    let (wanted, got) = (summary(recorded), summary(own));
    for (wanted, got) in wanted.iter().zip(&got).filter(|(wanted, got)| wanted != got) {
        problems.push(format!("{got} in place of {wanted}"));
    }
    if wanted.len() != got.len() {
        problems.push(format!("{} parameters in place of {}", got.len(), wanted.len()));
    }
    problems.extend(differences(recorded, own));
    problems
}

async fn http(world: &mut World, line: &Value, version: &str) -> Vec<String> {
    let case = line["case"].as_str().unwrap();
    let nil = json!(uuid::Uuid::nil());
    let mut request = line["request"].clone();
    let id = match case {
        "http-missing-version" => uuid::Uuid::new_v4().to_string(),
        _ if case.contains("unfinished") || case.contains("canceled") => {
            let version = world.post_version("", &nil, "# waits", &[]).await;
            version["id"].as_str().unwrap().to_owned()
        }
        _ => version.to_owned(),
    };
    if case.contains("canceled") {
        let path = format!("/api/v2/templateversions/{id}/cancel");
        let answer = world.server.request(http::Method::PATCH, &path, &world.owner).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }
    if case.contains("owner-given") {
        request["owner_id"] = world.get("/api/v2/users/me").await["id"].clone();
    }
    let base = format!("/api/v2/templateversions/{id}");
    let response = match case.strip_prefix("http-unfinished-import-") {
        Some("dry-run") => {
            let body = json!({ "workspace_name": "x", "rich_parameter_values": [] });
            world.server.post(&format!("{base}/dry-run"), &world.owner, &body).await
        }
        Some(part) => world.server.get(&format!("{base}/{part}"), &world.owner).await,
        None if case == "http-get-without-upgrade" || case == "http-missing-version" => {
            world.server.get(&format!("{base}/dynamic-parameters"), &world.owner).await
        }
        None => {
            let body = if request.is_null() { json!({}) } else { request };
            world.server.post(&format!("{base}/dynamic-parameters/evaluate"), &world.owner, &body).await
        }
    };
    let status = response.status().as_u16();
    let own: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap_or_default();
    if status != line["status"] {
        return vec![format!("status {status} in place of {}: {own}", line["status"])];
    }
    match &line["response"] {
        // A line of text before the JSON, by two layers of the recorded server.
        Value::String(_) => Vec::new(),
        recorded if recorded["parameters"].is_array() => answer_problems(recorded, &own, false),
        recorded => differences(recorded, &own),
    }
}
