//! The quick way to one's own workspaces answers what the general one does.

use uuid::Uuid;
use warren_db::testing::database;
use warren_db::workspaces::{WorkspaceSearch, list_workspaces};
use warren_db::{Db, Querier, Statement, execute, scalar};
use warren_rbac::Filter;

async fn run(db: &Db, sql: &'static str, params: &[&(dyn postgres_types::ToSql + Sync)]) {
    let conn = db.conn().await.unwrap();
    execute(&conn.conn(), &Statement { name: "test", sql }, params).await.unwrap();
}

async fn add_user(db: &Db, name: &str) -> Uuid {
    let id = Uuid::new_v4();
    let sql = "INSERT INTO users (id, username, email, login_type, status, created_at, updated_at)
               VALUES ($1, $2, $2 || '@example.com', 'none', 'active', now(), now())";
    run(db, sql, &[&id, &name]).await;
    id
}

async fn add_job(db: &Db, kind: &str) -> Uuid {
    let id = Uuid::new_v4();
    let sql = "INSERT INTO provisioner_jobs (id, created_at, updated_at, organization_id, initiator_id, provisioner,
                   file_id, type, input, tags)
               SELECT $1, now(), now(), id, $1, 'terraform', $1, $2, '{}', '{}' FROM organizations WHERE is_default";
    run(db, sql, &[&id, &kind]).await;
    id
}

async fn add_template(db: &Db, creator: Uuid) {
    let job = add_job(db, "template_version_import").await;
    let id = Uuid::new_v4();
    let sql = "INSERT INTO templates (id, created_at, updated_at, organization_id, created_by, name, provisioner,
                   active_version_id)
               SELECT $1, now(), now(), id, $2, 't', 'terraform', $1 FROM organizations WHERE is_default";
    run(db, sql, &[&id, &creator]).await;
    let sql = "INSERT INTO template_versions (id, created_at, updated_at, organization_id, template_id, created_by,
                   job_id, name)
               SELECT id, now(), now(), organization_id, id, created_by, $1, 'v' FROM templates";
    run(db, sql, &[&job]).await;
}

async fn add_build(db: &Db, workspace: Uuid, number: i32, transition: &str) -> Uuid {
    let job = add_job(db, "workspace_build").await;
    let sql = "WITH build AS (
                   INSERT INTO workspace_builds (id, created_at, updated_at, workspace_id, template_version_id,
                       build_number, transition, initiator_id, job_id)
                   SELECT $1, now(), now(), w.id, w.template_id, $2, $3, w.owner_id, $1 FROM workspaces w WHERE w.id = $4
                   RETURNING id
               ) UPDATE workspaces SET latest_build_id = build.id FROM build WHERE workspaces.id = $4";
    run(db, sql, &[&job, &number, &transition, &workspace]).await;
    job
}

async fn finish(db: &Db, job: Uuid, error: &str) {
    run(db, "UPDATE provisioner_jobs SET completed_at = now(), error = $2 WHERE id = $1", &[&job, &error]).await;
}

async fn add_workspace(db: &Db, owner: Uuid, name: &str) -> Uuid {
    let id = Uuid::new_v4();
    let sql = "INSERT INTO workspaces (id, created_at, updated_at, owner_id, organization_id, template_id, name,
                   last_used_at)
               SELECT $1, now(), now(), $2, organization_id, id, $3, now() FROM templates";
    run(db, sql, &[&id, &owner, &name]).await;
    id
}

fn filter(user: Uuid) -> Filter {
    Filter {
        all: true,
        orgs: Vec::new(),
        member_orgs: Vec::new(),
        own: None,
        user,
        acl_orgs: Vec::new(),
        acl_groups: Vec::new(),
        acl_action: "read",
        ids: None,
    }
}

/// The names on the page and the total, the same by both ways.
async fn page(db: &Db, filter: &Filter, offset: i64, limit: Option<i64>) -> (Vec<String>, i64) {
    let conn = db.conn().await.unwrap();
    let quick = WorkspaceSearch { owner_id: Some(filter.user), ..Default::default() };
    let general = WorkspaceSearch { name_pattern: Some("%".into()), ..quick.clone() };
    let mut pages = Vec::new();
    for search in [quick, general] {
        let (rows, total) = list_workspaces(&conn, filter, &search, offset, limit).await.unwrap();
        pages.push((rows.into_iter().map(|row| row.name).collect::<Vec<_>>(), total));
    }
    assert_eq!(pages[0], pages[1]);
    pages.remove(0)
}

#[tokio::test]
async fn own_workspaces_are_listed_as_any_others() {
    let database = database().await;
    let db = &database.db;
    let (owner, other) = (add_user(db, "owner").await, add_user(db, "other").await);
    add_template(db, owner).await;
    let mut jobs = Vec::new();
    for name in ["delta", "Alpha", "echo", "bravo", "charlie"] {
        let workspace = add_workspace(db, owner, name).await;
        jobs.push((workspace, add_build(db, workspace, 1, "start").await));
    }
    let foreign = add_workspace(db, other, "foreign").await;
    add_build(db, foreign, 1, "start").await;
    let mine = filter(owner);
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(page(db, &mine, 0, None).await, (names(&["Alpha", "bravo", "charlie", "delta", "echo"]), 5));

    // Running ones come first, before them those that the owner marked.
    finish(db, jobs[0].1, "").await;
    finish(db, jobs[1].1, "it failed").await;
    finish(db, jobs[2].1, "").await;
    assert_eq!(page(db, &mine, 0, Some(3)).await, (names(&["delta", "echo", "Alpha"]), 5));
    run(db, "UPDATE workspaces SET favorite = true WHERE id = $1", &[&jobs[4].0]).await;
    assert_eq!(page(db, &mine, 0, Some(2)).await, (names(&["charlie", "delta"]), 5));
    assert_eq!(page(db, &mine, 2, Some(2)).await, (names(&["echo", "Alpha"]), 5));
    assert_eq!(page(db, &mine, 9, Some(2)).await, (names(&[]), 5));

    // A new build ends "running", whatever becomes of the one before it; so does a stop that succeeds.
    let stop = add_build(db, jobs[0].0, 2, "stop").await;
    assert_eq!(page(db, &mine, 0, Some(2)).await, (names(&["charlie", "echo"]), 5));
    finish(db, stop, "").await;
    assert_eq!(page(db, &mine, 0, Some(2)).await, (names(&["charlie", "echo"]), 5));

    // Deleted and given away.
    run(db, "UPDATE workspaces SET deleted = true WHERE id = $1", &[&jobs[2].0]).await;
    run(db, "UPDATE workspaces SET owner_id = $2 WHERE id = $1", &[&jobs[1].0, &other]).await;
    assert_eq!(page(db, &mine, 0, None).await, (names(&["charlie", "bravo", "delta"]), 3));
    assert_eq!(page(db, &filter(other), 0, None).await, (names(&["Alpha", "foreign"]), 2));
    run(db, "DELETE FROM workspaces WHERE id = $1", &[&jobs[3].0]).await;
    assert_eq!(page(db, &mine, 0, None).await, (names(&["charlie", "delta"]), 2));
}

#[tokio::test]
async fn membership_decides_which_own_workspaces_are_seen() {
    let database = database().await;
    let db = &database.db;
    let owner = add_user(db, "owner").await;
    add_template(db, owner).await;
    let workspace = add_workspace(db, owner, "one").await;
    add_build(db, workspace, 1, "start").await;
    const ORG: Statement = Statement { name: "org", sql: "SELECT id FROM organizations WHERE is_default" };
    let org: Uuid = scalar(&db.conn().await.unwrap().conn(), &ORG, &[]).await.unwrap().unwrap();
    let nobody = Filter { all: false, ..filter(owner) };
    assert_eq!(page(db, &nobody, 0, None).await, (vec![], 0));
    let member = Filter { member_orgs: vec![org], acl_orgs: vec![org], ..nobody.clone() };
    assert_eq!(page(db, &member, 0, None).await, (vec!["one".to_owned()], 1));
    // Without a right from membership, only access lists count.
    let listed = Filter { acl_orgs: vec![org], ..nobody };
    assert_eq!(page(db, &listed, 0, None).await, (vec![], 0));
    run(db, "UPDATE workspaces SET user_acl = jsonb_build_object($1::text, '[\"read\"]'::jsonb)", &[&owner.to_string()])
        .await;
    assert_eq!(page(db, &listed, 0, None).await, (vec!["one".to_owned()], 1));
}
