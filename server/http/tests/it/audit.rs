//! The audit log: what is in it, who reads it, how it is searched.

use serde_json::{Value, json};

use crate::harness::{TestServer, json_of};

async fn search(server: &TestServer, token: &str, q: &str) -> Value {
    let path = format!("/api/v2/audit?q={q}");
    let response = server.get(&path, token).await;
    assert_eq!(response.status(), 200, "{path}");
    json_of(response).await
}

#[tokio::test]
async fn changes_are_found_by_who_made_them_and_to_what() {
    let (server, owner) = TestServer::with_owner().await;
    let member = server.member(&owner, "bob").await;
    let body = json!({ "username": "bob", "name": "Bob B" });
    assert_eq!(server.put("/api/v2/users/bob/profile", &owner, &body).await.status(), 200);

    let changes = search(&server, &owner, "resource_type:user%20action:write").await;
    assert_eq!(changes["count"], 1, "{changes}");
    let entry = &changes["audit_logs"][0];
    assert_eq!((&entry["resource_target"], &entry["user"]["username"]), (&json!("bob"), &json!("admin")));
    assert_eq!(entry["diff"]["name"], json!({ "old": "", "new": "Bob B", "secret": false }));
    assert_eq!((&entry["is_deleted"], &entry["description"]), (&json!(false), &json!("{user} changed user {target}")));
    assert_eq!(search(&server, &owner, "username:bob%20resource_type:user%20action:write").await["count"], 0);
    assert_eq!(search(&server, &owner, "resource_target:bob%20action:create").await["count"], 1);
    assert_eq!(search(&server, &owner, "date_to:2020-01-01").await["audit_logs"], json!([]));
    let page = json_of(server.get("/api/v2/audit?limit=1&offset=1", &owner).await).await;
    assert_eq!(page["audit_logs"].as_array().unwrap().len(), 1);
    assert!(page["count"].as_i64().unwrap() > 2);

    assert_eq!(server.get("/api/v2/audit", &member).await.status(), 403);
    for bad in ["resource_type:cat", "date_from:yesterday", "colour:red"] {
        assert_eq!(server.get(&format!("/api/v2/audit?q={bad}"), &owner).await.status(), 400, "{bad}");
    }
    assert_eq!(server.delete("/api/v2/users/bob", &owner).await.status(), 200);
    let deleted = search(&server, &owner, "resource_type:user%20action:delete").await;
    assert_eq!(deleted["audit_logs"][0]["is_deleted"], true);
}
