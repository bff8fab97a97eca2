use super::*;
use crate::engine::{conform, read_data_source};
use crate::schema::find_data_source;
use crate::session::Session;
use crate::value::Object;

const VALUE: &str = "CODER_PARAMETER_148de9c5a7a44d19e56cd9ae1a554bf67847afb0c58f6e12fa29ac7ddfca9940";
const PREVIOUS: &str = "CODER_PARAMETER_PREVIOUS_148de9c5a7a44d19e56cd9ae1a554bf67847afb0c58f6e12fa29ac7ddfca9940";

/// Reads a parameter named "p" that is written as JSON.
fn read(json: &str, env: &[(&str, &str)]) -> Result<Object, Vec<Finding>> {
    let mut config = Value::from_json(json.as_bytes()).unwrap().as_object().unwrap().clone();
    config.insert("name".into(), "p".into());
    let schema = find_data_source("coder_parameter").unwrap();
    let config = conform(&schema.block, config);
    let session = Session::new(env.iter().copied().collect());
    let (state, findings) = read_data_source(schema, &session, &config);
    state.ok_or(findings)
}

fn value(json: &str, env: &[(&str, &str)]) -> String {
    get(&read(json, env).unwrap(), "value").as_text().unwrap().to_owned()
}

fn error(json: &str, env: &[(&str, &str)]) -> (String, String, bool) {
    let finding = read(json, env).unwrap_err().remove(0);
    (finding.summary, finding.detail, !finding.path.0.is_empty())
}

#[test]
fn the_environment_wins_even_when_empty() {
    assert_eq!(value(r#"{"default":"d"}"#, &[]), "d");
    assert_eq!(value(r#"{"default":"d"}"#, &[(VALUE, "v")]), "v");
    assert_eq!(value(r#"{"default":"d"}"#, &[(VALUE, "")]), "");
    assert_eq!(value("{}", &[]), "");
}

#[test]
fn the_default_is_not_checked_when_a_value_is_given() {
    let json = r#"{"type":"number","default":"30","validation":[{"max":5}]}"#;
    assert_eq!(value(json, &[(VALUE, "3")]), "3");
    let (summary, detail, placed) = error(json, &[]);
    assert!(summary.starts_with("Invalid parameter default value"), "{summary}");
    assert_eq!(detail, "value 30 is more than the maximum 5");
    assert!(placed);
    assert!(!error(json, &[(VALUE, "9")]).2);
}

#[test]
fn an_empty_default_makes_it_optional_but_reads_as_null() {
    let state = read(r#"{"default":""}"#, &[]).unwrap();
    assert_eq!(get(&state, "optional"), &Value::Bool(true));
    assert_eq!(get(&state, "default"), &Value::Null);
    assert_eq!(get(&state, "value"), &Value::text(""));
}

#[test]
fn limits_that_are_not_written_are_marked() {
    let state = read(r#"{"type":"number","default":"3","validation":[{"min":0}]}"#, &[]).unwrap();
    let block = &get(&state, "validation").elements()[0];
    assert_eq!(block.get("min_disabled"), &Value::Bool(false));
    assert_eq!(block.get("max_disabled"), &Value::Bool(true));
    assert_eq!(block.get("max"), &Value::int(0));
    assert_eq!(block.get("error"), &Value::text(""));
    let state = read("{}", &[]).unwrap();
    assert_eq!(get(&state, "validation"), &Value::List(vec![]));
    assert_eq!(get(&state, "option"), &Value::Null);
}

#[test]
fn a_monotonic_number_may_repeat_but_not_turn() {
    let json = r#"{"type":"number","validation":[{"monotonic":"increasing","error":"e"}]}"#;
    assert_eq!(value(json, &[(VALUE, "5"), (PREVIOUS, "5")]), "5");
    assert_eq!(value(json, &[(VALUE, "5"), (PREVIOUS, "x")]), "5");
    assert_eq!(value(json, &[(VALUE, "5")]), "5");
    let (_, detail, _) = error(json, &[(VALUE, "4"), (PREVIOUS, "5")]);
    assert!(detail.starts_with("parameter value '4' must be equal or greater"), "{detail}");
}

#[test]
fn numbers_and_truth_values_are_read_as_the_original_reads_them() {
    for (text, fits) in [
        ("+5", true),
        ("1e3", true),
        ("NaN", true),
        ("-Inf", true),
        (" 5", false),
        ("0x10", false),
        ("1e999", false),
        ("", false),
    ] {
        assert_eq!(ValueType::Number.check(text).is_ok(), fits, "{text:?}");
    }
    for (text, fits) in [("1", true), ("TRUE", true), ("tRUE", false), ("yes", false)] {
        assert_eq!(ValueType::Bool.check(text).is_ok(), fits, "{text:?}");
    }
    for (text, fits) in [("[]", true), ("null", true), ("[1]", false), ("", false), ("a", false)] {
        assert_eq!(ValueType::TextList.check(text).is_ok(), fits, "{text:?}");
    }
}

#[test]
fn the_control_follows_from_type_and_options() {
    use FormType::*;
    let resolve = |t, options, written| form_type::resolve(t, options, written).ok();
    assert_eq!(resolve(ValueType::Text, false, ""), Some(Input));
    assert_eq!(resolve(ValueType::Bool, false, ""), Some(Checkbox));
    assert_eq!(resolve(ValueType::TextList, false, ""), Some(TagSelect));
    assert_eq!(resolve(ValueType::TextList, true, "multi-select"), Some(MultiSelect));
    assert_eq!(resolve(ValueType::Number, false, "slider"), Some(Slider));
    assert_eq!(resolve(ValueType::Text, false, "slider"), None);
    assert_eq!(resolve(ValueType::Text, true, "input"), None);
    assert_eq!(resolve(ValueType::Text, true, "error"), None);
}

#[test]
fn options_hold_the_value() {
    let json = r#"{"option":[{"name":"A","value":"a"},{"name":"B","value":"b"}]}"#;
    assert_eq!(value(json, &[]), "");
    assert_eq!(value(json, &[(VALUE, "b")]), "b");
    assert_eq!(error(json, &[(VALUE, "z")]).0, "Value must be a valid option");
    assert!(error(json, &[(VALUE, "")]).0.contains("The value is empty"));
    let two = r#"{"option":[{"name":"A","value":"a"},{"name":"A","value":"b"}]}"#;
    assert_eq!(error(two, &[]).0, "Option names must be unique.");
}

#[test]
fn a_required_parameter_with_a_validation_is_checked_empty() {
    let (_, detail, placed) = error(r#"{"type":"number","validation":[{"min":1}]}"#, &[]);
    assert_eq!((detail.as_str(), placed), ("value \"\" is not a number", false));
    assert_eq!(value(r#"{"validation":[{}]}"#, &[]), "");
}

#[test]
fn ephemeral_needs_mutable_and_a_default() {
    assert!(error(r#"{"ephemeral":true,"default":"x"}"#, &[]).0.contains("immutable"));
    assert!(error(r#"{"ephemeral":true,"mutable":true}"#, &[]).0.contains("default"));
    assert_eq!(value(r#"{"ephemeral":true,"mutable":true,"default":""}"#, &[]), "");
}
