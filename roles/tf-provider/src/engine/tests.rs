use super::*;
use crate::env::Environment;
use crate::findings::{Path, Step};
use crate::schema::{Schema, find_data_source, find_resource};
use crate::session::Session;
use crate::value::{Object, get};

fn object(schema: &Schema, json: &str) -> Object {
    let value = Value::from_json(json.as_bytes()).unwrap();
    conform(&schema.block, value.as_object().unwrap().clone())
}

/// A stored resource of this configuration.
fn stored(name: &str, json: &str) -> Object {
    let schema = find_resource(name).unwrap();
    let config = object(schema, json);
    let planned = plan(schema, None, &config).state;
    let session = Session::new(Environment::default());
    let (state, findings) = apply(schema, &session, &config, planned);
    assert!(findings.iter().all(|f| !f.is_error()), "{findings:?}");
    state
}

/// What forces a replacement when the configuration changes.
fn replaced(name: &str, before: &str, after: &str) -> Vec<String> {
    let schema = find_resource(name).unwrap();
    let prior = stored(name, before);
    let planned = plan(schema, Some(&prior), &object(schema, after));
    if planned.replace.is_empty() {
        assert_eq!(planned.state, prior);
    }
    let step = |step: &Step| match step {
        Step::Name(name) => name.clone(),
        Step::Index(index) => index.to_string(),
    };
    planned.replace.iter().map(|Path(p)| p.iter().map(step).collect::<Vec<_>>().join(".")).collect()
}

const AGENT: &str = r#"{"os":"linux","arch":"amd64"}"#;

#[test]
fn a_plan_has_defaults_and_leaves_computed_values_open() {
    let schema = find_resource("coder_agent").unwrap();
    let state = plan(schema, None, &object(schema, AGENT)).state;
    assert_eq!(get(&state, "auth"), &Value::text("token"));
    assert_eq!(get(&state, "connection_timeout"), &Value::int(120));
    for open in ["id", "token", "init_script", "display_apps"] {
        assert_eq!(get(&state, open), &Value::Unknown, "{open}");
    }
    assert_eq!(get(&state, "metadata"), &Value::List(vec![]));
    assert_eq!(get(&state, "dir"), &Value::Null);
}

#[test]
fn nothing_is_unknown_after_apply() {
    let state = stored("coder_agent", AGENT);
    assert!(!Value::Object(state.clone()).has_unknown());
    let apps = &get(&state, "display_apps").elements()[0];
    assert!(apps.get("vscode").is_true() && !apps.get("vscode_insiders").is_true());
    let state = stored("coder_devcontainer", r#"{"agent_id":"a","workspace_folder":"/w"}"#);
    assert_ne!(get(&state, "id"), get(&state, "subagent_id"));
}

#[test]
fn unset_inside_a_block_is_null_in_the_plan_and_zero_in_the_state() {
    let json = r#"{"os":"linux","arch":"amd64","metadata":[{"key":"k","script":"s","interval":1}]}"#;
    let schema = find_resource("coder_agent").unwrap();
    let planned = plan(schema, None, &object(schema, json)).state;
    assert_eq!(get(&planned, "metadata").elements()[0].get("order"), &Value::Null);
    let state = stored("coder_agent", json);
    assert_eq!(get(&state, "metadata").elements()[0].get("order"), &Value::int(0));
    assert_eq!(get(&state, "metadata").elements()[0].get("display_name"), &Value::text(""));
}

#[test]
fn null_empty_and_defaults_are_no_difference() {
    let with = |more: &str| format!(r#"{{"os":"linux","arch":"amd64"{more}}}"#);
    let empty = with(r#","motd_file":"","env":{},"order":0"#);
    assert_eq!(replaced("coder_agent", &empty, AGENT), [""; 0]);
    assert_eq!(replaced("coder_agent", AGENT, &empty), [""; 0]);
    let explicit = with(r#","auth":"token","connection_timeout":120"#);
    assert_eq!(replaced("coder_agent", AGENT, &explicit), [""; 0]);
    let apps = with(r#","display_apps":[{"vscode":false}]"#);
    assert_eq!(replaced("coder_agent", &apps, AGENT), [""; 0]);
    assert_eq!(replaced("coder_agent", AGENT, &apps), ["display_apps"]);
}

#[test]
fn every_change_replaces_and_names_its_place() {
    let with = |more: &str| format!(r#"{{"os":"linux","arch":"amd64"{more}}}"#);
    let env = |v: &str| with(&format!(r#","env":{{"A":"{v}"}}"#));
    assert_eq!(replaced("coder_agent", &env("1"), &env("2")), ["env"]);
    let metadata = |s: &str| with(&format!(r#","metadata":[{{"key":"k","script":"{s}","interval":1}}]"#));
    assert_eq!(replaced("coder_agent", &metadata("a"), &metadata("b")), ["metadata.0.script"]);
    assert_eq!(replaced("coder_agent", &metadata("a"), AGENT), ["metadata"]);
    let volumes = |v: &str| with(&format!(r#","resources_monitoring":[{{"volume":[{v}]}}]"#));
    let (a, b) = (r#"{"path":"/a","enabled":true,"threshold":1}"#, r#"{"path":"/b","enabled":true,"threshold":1}"#);
    let (ab, ba) = (volumes(&format!("{a},{b}")), volumes(&format!("{b},{a}")));
    assert_eq!(replaced("coder_agent", &ab, &ba), [""; 0]);
    assert_eq!(replaced("coder_agent", &ab, &volumes(a)), ["resources_monitoring"]);
}

#[test]
fn a_value_that_becomes_unknown_is_a_change() {
    let schema = find_resource("coder_app").unwrap();
    let prior = stored("coder_app", r#"{"agent_id":"a","slug":"s","url":"u"}"#);
    let mut config = object(schema, r#"{"agent_id":"a","slug":"s"}"#);
    config.insert("url".into(), Value::Unknown);
    assert_eq!(plan(schema, Some(&prior), &config).replace, [Path::name("url")]);
}

#[test]
fn metadata_items_without_a_value_are_marked_at_apply() {
    let json = r#"{"resource_id":"r","item":[{"key":"a"},{"key":"b","value":""}]}"#;
    let schema = find_resource("coder_metadata").unwrap();
    let planned = plan(schema, None, &object(schema, json)).state;
    assert_eq!(get(&planned, "item").elements()[0].get("is_null"), &Value::Unknown);
    let state = stored("coder_metadata", json);
    let items = get(&state, "item").elements();
    assert!(items[0].get("is_null").is_true() && !items[1].get("is_null").is_true());
    assert_eq!(items[0].get("value"), &Value::text(""));
    assert_eq!(replaced("coder_metadata", json, json), [""; 0]);
}

#[test]
fn a_refresh_changes_the_token_alone() {
    let before = stored("coder_agent", AGENT);
    let session = Session::new(Environment::default());
    let mut after = crate::resource::refresh("coder_agent", &session, before.clone());
    assert_ne!(get(&after, "token"), get(&before, "token"));
    after.insert("token".into(), get(&before, "token").clone());
    assert_eq!(after, before);
}

#[test]
fn the_bootstrap_script_is_filled_in() {
    let env = [("CODER_AGENT_SCRIPT_linux_amd64", "${ACCESS_URL}|${AUTH_TYPE}|${ARCH}")];
    let session = Session::new(env.into_iter().collect());
    session.configure([("url".to_owned(), "https://h:1/p".into())].into_iter().collect()).unwrap();
    let state = crate::resource::refresh("coder_agent", &session, stored("coder_agent", AGENT));
    assert_eq!(get(&state, "init_script"), &Value::text("https://h:1/|token|${ARCH}"));
}

#[test]
fn stored_objects_of_other_versions_are_read() {
    let schema = find_resource("coder_agent").unwrap();
    let state = object(schema, r#"{"os":"linux","login_before_ready":true}"#);
    assert!(!state.contains_key("login_before_ready"));
    assert_eq!(get(&state, "arch"), &Value::Null);
    assert_eq!(get(&state, "metadata"), &Value::List(vec![]));
}

#[test]
fn data_sources_read_empty_texts_as_null_at_the_top_alone() {
    let schema = find_data_source("coder_workspace_preset").unwrap();
    let json = r#"{"name":"A","description":"","parameters":{},"prebuilds":[{"instances":1}]}"#;
    let session = Session::new(Environment::default());
    let (state, _) = read_data_source(schema, &session, &object(schema, json));
    let state = state.unwrap();
    assert_eq!(get(&state, "description"), &Value::Null);
    assert_eq!(get(&state, "parameters"), &Value::Null);
    assert_eq!(get(&state, "id"), &Value::text("A"));
    let prebuilds = &get(&state, "prebuilds").elements()[0];
    assert_eq!(prebuilds.get("scheduling"), &Value::List(vec![]));
}
