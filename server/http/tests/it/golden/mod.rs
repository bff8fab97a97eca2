//! Every recorded exchange of the REST API, replayed in the order of the recording: same status, same shape.

mod dashboard;
mod dynamic;
mod health;
mod jobs;
mod metrics;
mod reasons;
pub(crate) mod shape;
mod steps;
mod stream;
mod world;

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::Value;

use self::reasons::{Expected, expected};
use self::world::World;

/// The first line that was recorded with another configuration.
const SECOND_STAGE: &str = "rate_limited_headers";

/// The contract's folder: `WARREN_SPEC`, or `shared/spec` beside the repository.
pub(crate) fn spec() -> Option<PathBuf> {
    let explicit = std::env::var_os("WARREN_SPEC").map(PathBuf::from);
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    explicit.or_else(|| here.ancestors().map(|folder| folder.join("shared/spec")).find(|folder| folder.is_dir()))
}

/// The lines of a recording.
pub(crate) fn recording(file: &str) -> Option<Vec<Value>> {
    let Some(folder) = spec() else {
        eprintln!("SKIPPED {file}: the contract's folder is not there");
        return None;
    };
    let text = std::fs::read_to_string(folder.join("golden").join(file)).unwrap();
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

#[tokio::test]
async fn every_recorded_exchange_is_replayed_or_has_a_reason() {
    let Some(lines) = recording("rest.jsonl") else { return };
    let name = |line: &Value| line["name"].as_str().unwrap().to_owned();
    let second = lines.iter().position(|line| line["name"] == SECOND_STAGE).unwrap();
    let (mut replayed, mut elsewhere, mut left_out, mut wrong) = (0, Vec::new(), Vec::new(), Vec::new());
    let mut world = World::start(|_| {}).await;
    for (index, line) in lines.iter().enumerate() {
        if index == second {
            world = World::start(|config| {
                config.rate_limits = true;
                config.allow_workspace_renames = true;
                config.wildcard_access_url = "*.apps.example.com:7310".into();
                config.experiments = ["workspace-sharing", "workspace-usage", "oauth2"].map(str::to_owned).to_vec();
            })
            .await;
            world.set_second_stage().await;
        }
        if let Some(Expected::LeftOut(why)) = expected(&name(line)) {
            left_out.push(format!("{}: {why}", name(line)));
            continue;
        }
        if let Some(Expected::Elsewhere(place)) = expected(&name(line)) {
            elsewhere.push(format!("{}: {place}", name(line)));
            continue;
        }
        let problems = world.exchange(line).await;
        wrong.extend(problems.into_iter().map(|problem| format!("{}: {problem}", name(line))));
        replayed += 1;
    }
    let known: BTreeSet<String> = lines.iter().map(name).collect();
    wrong.extend(reasons::names().filter(|name| !known.contains(*name)).map(|name| format!("{name} is not recorded")));
    eprintln!(
        "replayed {} of {} lines of rest.jsonl, of these elsewhere:\n{}\nnot:\n{}",
        replayed + elsewhere.len(),
        lines.len(),
        elsewhere.join("\n"),
        left_out.join("\n")
    );
    assert_eq!(replayed + elsewhere.len() + left_out.len(), lines.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
