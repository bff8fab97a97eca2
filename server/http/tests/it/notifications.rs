//! Notifications: sent, paused, refused by their reader.

use http::StatusCode;
use serde_json::{Value, json};

use crate::harness::{TestServer, json_of};

const TEST: &str = "c425f63e-716a-4bf4-ae24-78348f706c3f";

async fn inbox(server: &TestServer, token: &str) -> Value {
    json_of(server.get("/api/v2/notifications/inbox", token).await).await
}

async fn send_test(server: &TestServer, token: &str) -> StatusCode {
    server.post("/api/v2/notifications/test", token, &json!({})).await.status()
}

#[tokio::test]
async fn sent_notifications_are_in_the_inbox_of_their_reader_alone() {
    let (server, owner) = TestServer::with_owner().await;
    let member = server.member(&owner, "bob").await;
    assert_eq!(send_test(&server, &owner).await, 204);
    assert_eq!(send_test(&server, &member).await, 403);
    let custom = json!({ "content": { "title": "Done", "message": "The long job is done." } });
    assert_eq!(server.post("/api/v2/notifications/custom", &member, &custom).await.status(), 204);
    let (own, theirs) = (inbox(&server, &owner).await, inbox(&server, &member).await);
    assert_eq!((&own["unread_count"], &own["notifications"][0]["template_id"]), (&json!(1), &json!(TEST)));
    assert_eq!((&theirs["unread_count"], &theirs["notifications"][0]["title"]), (&json!(1), &json!("Done")));
    for bad in [
        json!({}),
        json!({ "content": { "title": "T" } }),
        json!({ "content": { "title": "T".repeat(121), "message": "M" } }),
    ] {
        assert_eq!(server.post("/api/v2/notifications/custom", &member, &bad).await.status(), 400, "{bad}");
    }
}

#[tokio::test]
async fn paused_notifications_wait_and_come_when_they_go_on() {
    let (server, owner) = TestServer::with_owner().await;
    let switch = async |paused: bool| {
        let body = json!({ "notifier_paused": paused });
        server.put("/api/v2/notifications/settings", &owner, &body).await.status()
    };
    assert_eq!(switch(true).await, 200);
    assert_eq!(switch(true).await, 304);
    assert_eq!(send_test(&server, &owner).await, 204);
    assert_eq!(inbox(&server, &owner).await, json!({ "notifications": [], "unread_count": 0 }));
    assert_eq!(switch(false).await, 200);
    assert_eq!(inbox(&server, &owner).await["unread_count"], 1);
}

#[tokio::test]
async fn who_does_not_want_a_kind_does_not_get_it() {
    let (server, owner) = TestServer::with_owner().await;
    let path = "/api/v2/users/me/notifications/preferences";
    let answer = server.put(path, &owner, &json!({ "template_disabled_map": { TEST: true } })).await;
    assert_eq!(json_of(answer).await[0]["disabled"], true);
    assert_eq!(send_test(&server, &owner).await, 204);
    assert_eq!(inbox(&server, &owner).await["unread_count"], 0);
    let member = server.member(&owner, "bob").await;
    assert_eq!(server.get("/api/v2/users/admin/notifications/preferences", &member).await.status(), 404);
}
