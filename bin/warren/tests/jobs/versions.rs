//! Daemons that speak an older protocol, or one that the server does not know.

use serde_json::json;

use crate::daemons::{Transport, Wanted};
use crate::over_both;
use crate::templates::PLAIN;
use crate::world::World;

over_both!(an_older_daemon_does_its_work);

async fn an_older_daemon_does_its_work(transport: Transport) {
    let Some(world) = World::start(transport).await else { return };
    let _daemon = world.daemon_with(Wanted { api_version: Some("1.4"), ..Wanted::default() }).await;
    let version = world.imported(&[("main.tf", PLAIN)]).await;
    assert_eq!(version["job"]["status"], "succeeded", "{version}");
    let daemons = world.get(&format!("/organizations/{}/provisionerdaemons", world.organization)).await;
    assert_eq!((daemons[0]["api_version"].clone(), daemons.as_array().unwrap().len()), (json!("1.4"), 1));
}

/// Built-in daemons come with their server and cannot differ.
#[tokio::test]
async fn a_daemon_with_an_unknown_version_is_refused() {
    let Some(world) = World::start(Transport::WebSocket).await else { return };
    for version in ["1.99", "2.0", "0.9", "x"] {
        let daemon = world.daemon_with(Wanted { api_version: Some(version), ..Wanted::default() }).await;
        let refused = daemon.ended().await.unwrap_err().to_string();
        assert!(refused.contains("400"), "{version:?}: {refused}");
    }
    let daemons = world.get(&format!("/organizations/{}/provisionerdaemons?offline=true", world.organization)).await;
    assert_eq!(daemons, json!([]));
}
