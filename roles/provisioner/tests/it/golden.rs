//! The recorded jobs of the official program: reading, normalizing, comparing.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;
use warren_proto::provisioner::{Resource, RichParameter};
use warren_proto::provisionerd::{CompletedJob, completed_job};

use crate::bench::{End, Outcome};

/// Rows of one stage and source that a recording keeps.
const KEPT: usize = 40;

/// The directory with the recordings.
pub fn directory() -> Option<PathBuf> {
    let named = std::env::var_os("WARREN_SPEC").map(PathBuf::from);
    let above = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|dir| dir.join("shared/spec"));
    named.into_iter().chain(above).map(|dir| dir.join("golden")).find(|dir| dir.is_dir())
}

/// Lines of a file by case name, and how many lines it has.
pub fn cases(file: &str) -> Option<(BTreeMap<String, Value>, usize)> {
    let Some(dir) = directory() else {
        eprintln!("SKIPPED: no recordings ({file})");
        return None;
    };
    let text = std::fs::read_to_string(dir.join(file)).unwrap();
    let cases: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let count = cases.len();
    Some((cases.into_iter().map(|case| (case["case"].as_str().unwrap().to_owned(), case)).collect(), count))
}

/// The template of a case, if it was recorded whole.
pub fn files(case: &Value) -> Option<Vec<(String, String)>> {
    let files = case["files"].as_object()?;
    let text = |value: &Value| value.as_str().filter(|text| !text.contains('…')).map(str::to_owned);
    files.iter().map(|(name, value)| Some((name.clone(), text(value)?))).collect()
}

/// Differences between a recording and what our daemon did; empty if there are none.
pub fn differences(case: &Value, outcome: &Outcome) -> Vec<String> {
    let mut found = Vec::new();
    let job = [&case["final_version"]["job"], &case["final_build"]["job"], &case["final_job"]]
        .into_iter()
        .find(|job| !job.is_null())
        .unwrap_or(&Value::Null);
    let error = job["error"].as_str().unwrap_or_default();
    // Ours adds Terraform's reason.
    if !outcome.error().starts_with(error) || error.is_empty() != outcome.error().is_empty() {
        found.push(format!("error {:?}, recorded {error:?}", outcome.error()));
    }
    found.extend(log_differences(case, outcome));
    if let End::Completed(completed) = &outcome.end {
        found.extend(result_differences(case, completed));
    }
    found
}

fn log_differences(case: &Value, outcome: &Outcome) -> Vec<String> {
    let mut found = Vec::new();
    let recorded = rows(case);
    let mut ours: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for [stage, source, level, output] in outcome.rows() {
        if let Some(line) = line(&stage, &level, &output).and_then(|line| own_words(case, line)) {
            ours.entry((stage, source)).or_default().push(line);
        }
    }
    for (key, expected) in &recorded {
        let mut got = ours.remove(key).unwrap_or_default();
        let cut = expected.len() >= KEPT - 2;
        let mut expected = expected.clone();
        if cut {
            // Only the head was kept; debug lines differ from run to run.
            expected.retain(|line| !line.starts_with("debug "));
        }
        expected.sort();
        got.sort();
        let matches = |(expected, got): (&String, &String)| match expected.strip_suffix('…') {
            Some(head) => got.starts_with(head),
            None => expected == got,
        };
        let same = if cut {
            expected.iter().all(|expected| got.iter().any(|got| matches((expected, got))))
        } else {
            expected.len() == got.len() && expected.iter().zip(&got).all(matches)
        };
        if !same {
            let missing: Vec<_> =
                expected.iter().filter(|expected| !got.iter().any(|got| matches((expected, got)))).collect();
            let extra: Vec<_> =
                got.iter().filter(|got| !expected.iter().any(|expected| matches((expected, got)))).collect();
            found.push(format!(
                "{key:?}: {} lines, recorded {}; missing {missing:#?}, extra {extra:#?}",
                got.len(),
                expected.len()
            ));
        }
    }
    // Lines of the first stage were kept in few cases only.
    ours.retain(|(stage, _), _| stage != "Initializing Terraform Directory");
    found.extend(ours.into_iter().map(|(key, lines)| format!("{key:?} was not recorded: {lines:#?}")));
    let order = |rows: &mut dyn Iterator<Item = String>| {
        let mut order: Vec<String> = Vec::new();
        for stage in rows {
            if order.last() != Some(&stage) {
                order.push(stage);
            }
        }
        order
    };
    let opened = |row: &[String; 4]| row[1] == "provisioner_daemon";
    let recorded = case["logs"].as_array().into_iter().flatten().filter(|row| row[1] == "provisioner_daemon");
    let recorded = order(&mut recorded.map(|row| row[0].as_str().unwrap().to_owned()));
    let ours = order(&mut outcome.rows().into_iter().filter(opened).map(|row| row[0].clone()));
    if recorded != ours {
        found.push(format!("stages {ours:?}, recorded {recorded:?}"));
    }
    found
}

fn rows(case: &Value) -> BTreeMap<(String, String), Vec<String>> {
    let mut rows: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    let logs = case["logs"].as_array().cloned().unwrap_or_default();
    let init_is_whole = logs.iter().any(|row| row[3] == "Initializing the backend...");
    for row in logs {
        let text = |at: usize| row[at].as_str().unwrap().to_owned();
        let (stage, source) = (text(0), text(1));
        if stage == "Initializing Terraform Directory" && !init_is_whole && text(2) != "error" {
            continue;
        }
        if let Some(line) = line(&stage, &text(2), &text(3)).and_then(|line| own_words(case, line)) {
            rows.entry((stage, source)).or_default().push(line);
        }
    }
    rows.retain(|(stage, _), _| stage != "Initializing Terraform Directory" || init_is_whole);
    rows
}

/// Level and text without what differs between machines and runs; `None` for lines that are the machine's.
fn line(stage: &str, level: &str, output: &str) -> Option<String> {
    if output.starts_with("terraform environment variable: ") || output.starts_with("Checkpoint error") {
        return None;
    }
    // Which providers there are and how they are installed is the site's.
    if stage == "Initializing Terraform Directory"
        && (level == "warn"
            || output.contains("coder/coder")
            || output.contains("for g...")
            || output.starts_with("- g"))
    {
        return None;
    }
    let output = without_ids(output);
    // How a sensitive value came to Terraform.
    let output = output.replace("set using -var=\"sec=...\"", "set using the TF_VAR_sec environment variable");
    let output = output
        .split(" after ")
        .map(|part| part.trim_start_matches(|c: char| c.is_ascii_digit()))
        .collect::<Vec<_>>()
        .join(" after ");
    Some(format!("{level} {output}"))
}

/// Our provider warns in words of its own; the start of the headline is the same.
fn own_words(case: &Value, line: String) -> Option<String> {
    if case["case"] != "push-good" || !line.starts_with("warn ") {
        return Some(line);
    }
    line.strip_prefix("warn Warning: ").map(|headline| headline.chars().take(60).collect())
}

/// Every UUID becomes `<id>`.
pub fn without_ids(text: &str) -> String {
    let pattern = regex::Regex::new("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").unwrap();
    pattern.replace_all(text, "<id>").into_owned()
}

fn result_differences(case: &Value, completed: &CompletedJob) -> Vec<String> {
    let mut found = Vec::new();
    let mut check = |what: &str, ours: Value, recorded: &Value| {
        if !recorded.is_null() && ours != *recorded {
            found.push(format!("{what} {ours}, recorded {recorded}"));
        }
    };
    match &completed.r#type {
        Some(completed_job::Type::TemplateImport(import)) => {
            let mut ours: Vec<Value> = Vec::new();
            for (transition, resources) in [("start", &import.start_resources), ("stop", &import.stop_resources)] {
                ours.extend(
                    resources.iter().map(|one| serde_json::json!([transition, one.r#type, one.name, agents(one)])),
                );
            }
            let mut recorded = case["reads"]["resources"][1].as_array().cloned();
            recorded.iter_mut().for_each(|rows| rows.sort_by_key(Value::to_string));
            ours.sort_by_key(Value::to_string);
            check("resources", ours.into(), &recorded.into());
            let parameters = &case["reads"]["rich-parameters"][1];
            let ours =
                import.rich_parameters.iter().map(|one| (one.name.clone(), parameter(one))).collect::<BTreeMap<_, _>>();
            for recorded in parameters.as_array().into_iter().flatten() {
                let mut recorded = recorded.clone();
                let map = recorded.as_object_mut().unwrap();
                map.remove("description_plaintext");
                let ours = ours.get(map["name"].as_str().unwrap()).cloned();
                check("parameter", ours.into(), &recorded);
            }
            let presets = case["reads"]["presets"][1].as_array().map_or(0, Vec::len);
            check("presets", import.presets.len().into(), &presets.into());
        }
        Some(completed_job::Type::TemplateDryRun(dry_run)) => {
            let ours: Vec<Value> = dry_run
                .resources
                .iter()
                .map(|one| serde_json::json!([one.r#type, one.name, "start", agents(one)]))
                .collect();
            check("resources", ours.into(), &case["resources"]);
        }
        Some(completed_job::Type::WorkspaceBuild(build)) => {
            let row = |timing: &warren_proto::provisioner::Timing| {
                serde_json::json!([timing.stage, timing.source, timing.action, timing.resource])
            };
            // The prepared directory has no steps of `init`, and a workspace without state no stages at all.
            let without_init = |mut rows: Vec<Value>| {
                rows.retain(|row| row[0] != "init" || row[3] == "coder_stage_init");
                rows.sort_by_key(Value::to_string);
                rows
            };
            if let Some(recorded) =
                case["timings"].as_array().filter(|rows| !rows.is_empty() && !build.timings.is_empty())
            {
                let ours = without_init(build.timings.iter().map(row).collect());
                check("timings", ours.into(), &without_init(recorded.clone()).into());
            }
        }
        None => {}
    }
    found
}

fn agents(resource: &Resource) -> Vec<String> {
    resource.agents.iter().map(|agent| agent.name.clone()).collect()
}

fn parameter(one: &RichParameter) -> Value {
    let mut value = serde_json::json!({
        "name": one.name, "description": one.description, "type": one.r#type,
        "form_type": one.form_type().as_str_name().to_lowercase().replace("default", "").replace("select", "-select"), "mutable": one.mutable,
        "default_value": one.default_value, "icon": one.icon, "required": one.required, "ephemeral": one.ephemeral,
        "options": one.options.iter().map(|option| serde_json::json!({
            "name": option.name, "description": option.description, "value": option.value, "icon": option.icon
        })).collect::<Vec<_>>(),
    });
    let map = value.as_object_mut().unwrap();
    for (key, text) in [
        ("display_name", &one.display_name),
        ("validation_regex", &one.validation_regex),
        ("validation_error", &one.validation_error),
        ("validation_monotonic", &one.validation_monotonic),
    ] {
        if !text.is_empty() {
            map.insert(key.to_owned(), text.clone().into());
        }
    }
    for (key, bound) in [("validation_min", one.validation_min), ("validation_max", one.validation_max)] {
        if let Some(bound) = bound {
            map.insert(key.to_owned(), bound.into());
        }
    }
    value
}
