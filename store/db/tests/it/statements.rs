//! Every statement fits the schema.

use std::path::{Path, PathBuf};

fn sql_files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sql_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "sql") {
            found.push(path);
        }
    }
}

#[tokio::test]
async fn every_statement_can_be_prepared() {
    let database = warren_db::testing::database().await;
    let (client, connection) = database.db.dedicated().await.unwrap();
    let driver = tokio::spawn(connection);
    let mut files = Vec::new();
    sql_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    files.sort();
    assert!(!files.is_empty());
    let mut problems = Vec::new();
    for file in &files {
        let sql = std::fs::read_to_string(file).unwrap();
        if let Err(error) = client.prepare(&sql).await {
            problems.push(format!(
                "{}: {}",
                file.display(),
                error.as_db_error().map_or_else(|| error.to_string(), |e| format!("{e}"))
            ));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    drop(client);
    driver.await.unwrap().unwrap();
}

/// Three queries of the workspace list have the same conditions.
#[test]
fn conditions_of_the_workspace_list_are_the_same_everywhere() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/workspaces");
    let conditions = |name: &str| {
        let sql = std::fs::read_to_string(folder.join(name)).unwrap();
        let start = sql.find("WHERE NOT w.deleted").expect("the first condition");
        let end = sql.find("), page AS").unwrap_or(sql.len());
        let owner = "($10::uuid IS NULL OR w.owner_id = $10)";
        sql[start..end].lines().map(|line| line.trim().replace(owner, "w.owner_id = $10")).collect::<Vec<_>>()
    };
    assert_eq!(conditions("list_workspaces_of_owner.sql"), conditions("list_workspaces.sql"));
    assert_eq!(conditions("count_workspaces.sql"), conditions("list_workspaces.sql"));
}
