//! The rules by example; the values are those of `golden/dynamic-parameters.jsonl`.

use std::collections::BTreeMap;

use super::*;

fn text(name: &str) -> Parameter {
    Parameter {
        name: name.into(),
        kind: "string".into(),
        form_type: "input".into(),
        mutable: true,
        ..Default::default()
    }
}

fn size() -> Parameter {
    Parameter {
        kind: "number".into(),
        default_value: "2".into(),
        validation_min: Some(1),
        validation_max: Some(8),
        validation_monotonic: "increasing".into(),
        ..text("size")
    }
}

fn region() -> Parameter {
    let option = |value: &str| ParameterOption { value: value.into(), name: value.into(), ..Default::default() };
    Parameter {
        mutable: false,
        form_type: "radio".into(),
        default_value: "eu".into(),
        options: vec![option("eu"), option("us")],
        ..text("region")
    }
}

fn detail(parameter: &Parameter, value: &str) -> Option<String> {
    check_value(parameter, value, None).err().map(|problem| problem.detail)
}

#[test]
fn numbers_have_bounds() {
    assert_eq!(detail(&size(), "8"), None);
    assert_eq!(detail(&size(), "99").as_deref(), Some("value 99 is more than the maximum 8"));
    assert_eq!(detail(&size(), "big").as_deref(), Some("value \"big\" is not a number"));
    let worded = Parameter { validation_error: "{value} is not in {min}..{max}".into(), ..size() };
    assert_eq!(detail(&worded, "0").as_deref(), Some("0 is not in 1..8"));
}

#[test]
fn monotonic_values_do_not_go_back() {
    assert!(check_value(&size(), "3", Some("4")).is_err());
    assert!(check_value(&size(), "4", Some("4")).is_ok());
    assert!(check_value(&size(), "3", Some("unreadable")).is_ok());
}

#[test]
fn values_are_options_and_types() {
    assert!(detail(&region(), "mars").unwrap().contains("mars"));
    let word =
        Parameter { validation_regex: "^[a-z]+$".into(), validation_error: "lower case only".into(), ..text("word") };
    assert_eq!(
        detail(&word, "UPPER").as_deref(),
        Some("lower case only (value \"UPPER\" does not match \"^[a-z]+$\")")
    );
    let once = Parameter { kind: "bool".into(), ..text("once") };
    assert!(detail(&once, "maybe").is_some() && detail(&once, "T").is_none());
    let list = Parameter { kind: "list(string)".into(), ..text("list") };
    for (value, fits) in [("[\"a\"]", true), ("null", true), ("", false), ("[1]", false)] {
        assert_eq!(detail(&list, value).is_none(), fits, "{value}");
    }
    let choice = Parameter { kind: "list(string)".into(), form_type: "multi-select".into(), ..region() };
    assert!(detail(&choice, "[\"eu\",\"us\"]").is_none() && detail(&choice, "[\"mars\"]").is_some());
}

#[test]
fn dynamic_values_come_from_preset_request_previous_default() {
    let parameters = [region(), size(), text("greeting")];
    let requested = [ParameterValue::new("size", "4"), ParameterValue::new("unknown", "x")];
    let preset = [ParameterValue::new("size", "5")];
    let previous = [ParameterValue::new("greeting", "hi"), ParameterValue::new("region", "us")];
    let sources = Sources { requested: &requested, preset: &preset, previous: Some(&previous) };
    let values = resolve_dynamic(&parameters, sources).unwrap();
    let expected =
        [ParameterValue::new("region", "us"), ParameterValue::new("size", "5"), ParameterValue::new("greeting", "hi")];
    assert_eq!(values, expected);
}

#[test]
fn dynamic_problems_are_reported_together() {
    let needed = Parameter { required: true, ..text("needed") };
    let previous = [ParameterValue::new("region", "eu")];
    let requested = [ParameterValue::new("region", "us"), ParameterValue::new("size", "99")];
    let sources = Sources { requested: &requested, previous: Some(&previous), ..Default::default() };
    let problems = resolve_dynamic(&[region(), size(), needed], sources).unwrap_err();
    assert_eq!(problems.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["region", "size", "needed"]);
    assert_eq!(problems[2].problem.code, "required");
}

#[test]
fn ephemeral_values_are_not_carried_over() {
    let once = Parameter { ephemeral: true, default_value: "no".into(), ..text("once") };
    let previous = [ParameterValue::new("once", "yes")];
    let sources = Sources { previous: Some(&previous), ..Default::default() };
    assert_eq!(resolve_dynamic(&[once.clone()], sources).unwrap(), [ParameterValue::new("once", "no")]);
    assert_eq!(resolve_classic(&[once], sources).unwrap(), [ParameterValue::new("once", "no")]);
}

#[test]
fn classic_reports_the_first_problem_only() {
    let requested = [ParameterValue::new("region", "mars"), ParameterValue::new("size", "99")];
    let sources = Sources { requested: &requested, ..Default::default() };
    assert_eq!(resolve_classic(&[region(), size()], sources).unwrap_err().name, "region");
}

#[test]
fn forms_show_inputs_defaults_and_what_is_missing() {
    let parameters = [region(), Parameter { required: true, ..text("needed") }];
    let inputs = BTreeMap::from([("region".to_owned(), "mars".to_owned())]);
    let rendered = render(&parameters, &inputs);
    assert_eq!((rendered[0].value.as_deref(), rendered[0].problems.len()), (Some("mars"), 1));
    assert_eq!((rendered[1].value.as_deref(), rendered[1].problems[0].code), (None, "required"));
}
