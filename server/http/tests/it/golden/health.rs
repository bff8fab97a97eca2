//! The recorded health report: same keys, same types.

use serde_json::{Value, json};

use super::shape::compare;
use super::world::World;

#[tokio::test]
async fn health_report_has_the_recorded_shape() {
    let Some(folder) = super::spec() else {
        eprintln!("SKIPPED health.json: the contract's folder is not there");
        return;
    };
    let recorded: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("golden/health.json")).unwrap()).unwrap();
    let mut world = World::start(|_| {}).await;
    world.owner = world.server.first_user().await;
    let dismissed = json!({ "dismissed_healthchecks": ["DERP"] });
    let answer = world.server.put("/api/v2/debug/health/settings", &world.owner, &dismissed).await;
    assert_eq!(answer.status(), 200);
    let own = world.get("/api/v2/debug/health?force=true").await;
    let mut problems = Vec::new();
    compare(&recorded, &own, "", &mut problems);
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    let told = |report: &Value| json!([report["healthy"], report["severity"], report["derp"]["dismissed"]]);
    assert_eq!(told(&own), told(&recorded), "{own}");
    assert_eq!(own["derp"]["netcheck"]["PreferredDERP"], 999);
    eprintln!("replayed 1 of 1 report of health.json");
}
