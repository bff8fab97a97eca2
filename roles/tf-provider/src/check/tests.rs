use super::*;
use crate::schema::{find_data_source, find_resource};

fn object(entries: &[(&str, Value)]) -> Object {
    entries.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

fn summaries(schema: &str, entries: &[(&str, Value)]) -> Vec<String> {
    let schema = find_resource(schema).or_else(|| find_data_source(schema)).unwrap();
    check(&schema.block, &object(entries)).into_iter().map(|f| f.summary).collect()
}

fn block(entries: &[(&str, Value)]) -> Value {
    Value::List(vec![Value::Object(object(entries))])
}

#[test]
fn an_enumeration_names_attribute_choices_and_value() {
    let found = summaries("coder_agent", &[("os", "plan9".into())]);
    assert_eq!(found, [r#"expected os to be one of ["linux" "darwin" "windows"], got plan9"#]);
}

#[test]
fn numbers_are_whole_and_in_range() {
    let found = summaries("coder_agent", &[("connection_timeout", Value::Number(Number::Float(1.5)))]);
    assert_eq!(found, ["Attribute must be a whole number, got 1.5"]);
    let found = summaries("coder_script", &[("timeout", Value::int(0))]);
    assert_eq!(found, ["expected timeout to be at least (1), got 0"]);
}

#[test]
fn unknown_values_are_not_judged() {
    let unknown = [("os", Value::Unknown), ("dir", Value::Null)];
    assert_eq!(summaries("coder_agent", &unknown), [""; 0]);
    let conflict = [("url", "x".into()), ("command", Value::Unknown)];
    assert_eq!(summaries("coder_app", &conflict), [""; 0]);
}

#[test]
fn a_check_inside_a_set_points_at_the_set_and_inside_a_list_at_the_attribute() {
    let schema = find_resource("coder_agent").unwrap();
    let memory = block(&[("threshold", Value::int(101))]);
    let config = object(&[("resources_monitoring", block(&[("memory", memory)]))]);
    let found = check(&schema.block, &config);
    assert_eq!(found[0].path, Path::name("resources_monitoring"));
    assert_eq!(
        found[0].summary,
        "expected resources_monitoring.0.memory.0.threshold to be in the range (0 - 100), got 101"
    );

    let schema = find_data_source("coder_parameter").unwrap();
    let min = Value::Number(Number::Float(1.5));
    let config = object(&[("validation", block(&[("min", min)]))]);
    let place = Path::name("validation").then(Step::Index(0)).then(Step::Name("min".into()));
    assert_eq!(check(&schema.block, &config)[0].path, place);
}

#[test]
fn conflicts_count_once_for_each_attribute_that_declares_them() {
    let both = [("url", "http://x".into()), ("command", "ls".into()), ("subdomain", true.into())];
    assert_eq!(summaries("coder_app", &both).len(), 2);
    let healthcheck = [("command", "ls".into()), ("healthcheck", block(&[("url", "u".into())]))];
    assert_eq!(summaries("coder_app", &healthcheck).len(), 1);
    // Even "external = false" conflicts with a written share.
    let external = [("external", false.into()), ("share", "public".into())];
    assert_eq!(summaries("coder_app", &external), ["Conflicting configuration arguments"]);
    let empty = [("command", "ls".into()), ("healthcheck", Value::List(vec![]))];
    assert_eq!(summaries("coder_app", &empty), [""; 0]);
}

#[test]
fn lengths_are_counted_in_bytes() {
    assert_eq!(summaries("coder_app", &[("display_name", "x".repeat(64).into())]), [""; 0]);
    let found = summaries("coder_app", &[("display_name", "é".repeat(33).into())]);
    assert_eq!(found, ["display name is too long (max 64 characters)"]);
}

#[test]
fn slugs_and_names_follow_their_patterns() {
    for (slug, fits) in [("web", true), ("a-b1", true), ("Web", false), ("a--b", false), ("-a", false), ("", false)] {
        assert_eq!(text::app_slug(slug).is_ok(), fits, "{slug}");
    }
    for (name, fits) in [("A_1", true), ("_", true), ("1A", false), ("", false), ("A-B", false)] {
        assert_eq!(text::env_name(name).is_ok(), fits, "{name}");
    }
}

#[test]
fn deprecated_arguments_warn() {
    let found = summaries("coder_agent", &[("dir", "/work".into())]);
    assert_eq!(found.len(), 3, "{found:?}");
    assert_eq!(summaries("coder_agent", &[("dir", "$HOME".into())]), ["Argument is deprecated"]);
    assert_eq!(summaries("coder_agent", &[("dir", Value::Unknown)]), [""; 0], "asked again when it is known");
}

#[test]
fn a_preset_ttl_is_zero_or_between_an_hour_and_a_year() {
    let ttl = |ttl| {
        let policy = block(&[("ttl", Value::int(ttl))]);
        summaries("coder_workspace_preset", &[("prebuilds", block(&[("expiration_policy", policy)]))])
    };
    assert_eq!(ttl(0), [""; 0]);
    assert_eq!(ttl(3600), [""; 0]);
    assert_eq!(ttl(60), ["\"prebuilds.0.expiration_policy.0.ttl\" must be 0 or between 3600 and 31536000, got 60"]);
}

#[test]
fn preset_schedules_have_five_fields_and_no_minute() {
    assert_eq!(text::preset_cron("* 8-18 * * 1-5"), Ok(()));
    assert!(text::preset_cron("0 8 * * *").unwrap_err().ends_with("minute field should be *"));
    assert!(text::preset_cron("* * 8 * * *").unwrap_err().contains("should consist of 5 fields"));
    assert!(text::preset_cron("* 24 * * *").is_err());
}

#[test]
fn time_zones_must_exist() {
    assert_eq!(text::timezone("Europe/Paris"), Ok(()));
    assert!(text::timezone("Mars/X").is_err() || jiff::tz::db().is_definitively_empty());
}
