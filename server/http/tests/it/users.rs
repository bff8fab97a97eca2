use serde_json::{Value, json};

use crate::harness::{TestServer, json_of};

#[tokio::test]
async fn member_sees_only_themselves() {
    let (server, owner) = TestServer::with_owner().await;
    let bob = server.member(&owner, "bob").await;
    let list = json_of(server.get("/api/v2/users", &bob).await).await;
    assert_eq!(list["count"], 1);
    assert_eq!(server.get("/api/v2/users/admin", &bob).await.status(), 404);
    let unreadable = server.get("/api/v2/users/admin", &bob).await.text().await.unwrap();
    let absent = server.get("/api/v2/users/nobody", &bob).await.text().await.unwrap();
    assert_eq!(unreadable, absent);
    let create = json!({ "email": "z@example.com", "username": "zed", "password": "Placeh0lder-pass!", "organization_ids": ["00000000-0000-0000-0000-000000000000"] });
    assert_eq!(server.post("/api/v2/users", &bob, &create).await.status(), 403);
}

#[tokio::test]
async fn owner_lists_searches_and_pages_users() {
    let (server, owner) = TestServer::with_owner().await;
    for name in ["bob", "carol", "dave"] {
        server.member(&owner, name).await;
    }
    let names = |list: &Value| -> Vec<String> {
        list["users"].as_array().unwrap().iter().map(|user| user["username"].as_str().unwrap().to_owned()).collect()
    };
    let page = json_of(server.get("/api/v2/users?limit=2&offset=1", &owner).await).await;
    assert_eq!(names(&page), ["bob", "carol"]);
    assert_eq!(page["count"], 4);
    let found = json_of(server.get("/api/v2/users?q=car", &owner).await).await;
    assert_eq!(names(&found), ["carol"]);
    let owners = json_of(server.get("/api/v2/users?q=role:owner%20status:active", &owner).await).await;
    assert_eq!(names(&owners), ["admin"]);
    assert_eq!(server.get("/api/v2/users?q=foo:bar", &owner).await.status(), 400);
    assert_eq!(server.get("/api/v2/users?limit=-1", &owner).await.status(), 400);
}

#[tokio::test]
async fn user_life() {
    let (server, owner) = TestServer::with_owner().await;
    server.member(&owner, "bob").await;
    let profile = json!({ "username": "robert", "name": "Robert" });
    let changed = json_of(server.put("/api/v2/users/bob/profile", &owner, &profile).await).await;
    assert_eq!((changed["username"].as_str(), changed["name"].as_str()), (Some("robert"), Some("Robert")));
    let taken = json!({ "username": "ADMIN", "name": "" });
    assert_eq!(server.put("/api/v2/users/robert/profile", &owner, &taken).await.status(), 409);
    let roles = json_of(server.put("/api/v2/users/robert/roles", &owner, &json!({ "roles": ["auditor"] })).await).await;
    assert_eq!(roles["roles"], json!([{ "name": "auditor", "display_name": "Auditor" }]));
    assert_eq!(server.put("/api/v2/users/robert/roles", &owner, &json!({ "roles": ["zzz"] })).await.status(), 400);
    assert_eq!(server.put("/api/v2/users/me/roles", &owner, &json!({ "roles": [] })).await.status(), 400);
    let key = json_of(server.get("/api/v2/users/robert/gitsshkey", &owner).await).await;
    assert!(key["public_key"].as_str().unwrap().starts_with("ssh-ed25519 "));
    assert_eq!(server.delete("/api/v2/users/me", &owner).await.status(), 403);
    assert_eq!(server.delete("/api/v2/users/robert", &owner).await.status(), 200);
    assert_eq!(server.get("/api/v2/users/robert", &owner).await.status(), 404);
    server.member(&owner, "robert").await;
}

/// GHSA-29xf-69gq-m9jx: who administers users must not reach owners.
#[tokio::test]
async fn ghsa_29xf_69gq_m9jx_user_admin_cannot_take_over_an_owner() {
    let (server, owner) = TestServer::with_owner().await;
    let eve = server.member(&owner, "eve").await;
    let roles = server.put("/api/v2/users/eve/roles", &owner, &json!({ "roles": ["user-admin"] })).await;
    assert_eq!(roles.status(), 200);
    let password = json!({ "password": "An0ther-Placeholder!" });
    assert_eq!(server.put("/api/v2/users/admin/password", &eve, &password).await.status(), 403);
    assert_eq!(server.put("/api/v2/users/admin/status/suspend", &eve, &json!(null)).await.status(), 400);
    assert_eq!(server.delete("/api/v2/users/admin", &eve).await.status(), 403);
    server.member(&owner, "mallory").await;
    let promote = json!({ "roles": ["owner"] });
    assert_eq!(server.put("/api/v2/users/mallory/roles", &eve, &promote).await.status(), 403);
}

#[tokio::test]
async fn organizations_members_and_roles() {
    let (server, owner) = TestServer::with_owner().await;
    let bob = server.member(&owner, "bob").await;
    let default = json_of(server.get("/api/v2/organizations/default", &bob).await).await;
    assert_eq!(default["name"], "coder");
    let id = default["id"].as_str().unwrap();
    let made = server.post("/api/v2/organizations", &owner, &json!({ "name": "lab" })).await;
    assert_eq!(made.status(), 201);
    assert_eq!(server.get("/api/v2/organizations/lab", &bob).await.status(), 404);
    assert_eq!(server.post("/api/v2/organizations/lab/members/bob", &owner, &json!(null)).await.status(), 200);
    assert_eq!(server.get("/api/v2/organizations/lab", &bob).await.status(), 200);
    assert_eq!(server.post("/api/v2/organizations/lab/members/bob", &owner, &json!(null)).await.status(), 400);
    let member = json_of(server.get(&format!("/api/v2/organizations/{id}/members/me"), &bob).await).await;
    assert_eq!(member["username"], "bob");
    let roles = json!({ "roles": ["organization-auditor"] });
    let path = format!("/api/v2/organizations/{id}/members/bob/roles");
    assert_eq!(server.put(&path, &owner, &roles).await.status(), 200);
    assert_eq!(server.put(&path, &bob, &roles).await.status(), 400);
    let custom = json!({ "name": "viewer", "organization_permissions": [{ "negate": false, "resource_type": "workspace", "action": "read" }] });
    assert_eq!(server.post("/api/v2/organizations/lab/members/roles", &owner, &custom).await.status(), 200);
    assert_eq!(server.post("/api/v2/organizations/lab/members/roles", &bob, &custom).await.status(), 403);
    assert_eq!(server.delete("/api/v2/organizations/lab/members/bob", &owner).await.status(), 204);
    assert_eq!(server.get("/api/v2/organizations/lab", &bob).await.status(), 404);
    assert_eq!(server.delete(&format!("/api/v2/organizations/{id}"), &owner).await.status(), 400);
    assert_eq!(server.delete("/api/v2/organizations/lab", &owner).await.status(), 200);
}

#[tokio::test]
async fn authcheck_answers_many_questions() {
    let (server, owner) = TestServer::with_owner().await;
    let bob = server.member(&owner, "bob").await;
    let checks = json!({ "checks": {
        "read_own": { "object": { "resource_type": "user", "owner_id": "me" }, "action": "read" },
        "read_all": { "object": { "resource_type": "user" }, "action": "read" },
        "create_template": { "object": { "resource_type": "template", "any_org": true }, "action": "create" },
        "unknown": { "object": { "resource_type": "zzz" }, "action": "read" },
        "bad_action": { "object": { "resource_type": "workspace" }, "action": "fly" },
    } });
    let owner = json_of(server.post("/api/v2/authcheck", &owner, &checks).await).await;
    assert_eq!(
        owner,
        json!({ "read_own": true, "read_all": true, "create_template": true, "unknown": false, "bad_action": false })
    );
    let bob = json_of(server.post("/api/v2/authcheck", &bob, &checks).await).await;
    assert_eq!(
        bob,
        json!({ "read_own": true, "read_all": false, "create_template": false, "unknown": false, "bad_action": false })
    );
}
