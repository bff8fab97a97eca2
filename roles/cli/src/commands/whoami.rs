//! `whoami`.

use std::collections::BTreeMap;

use anyhow::Result;
use warren_api::User;

use crate::commands::columns;
use crate::frame::{Command, Cx, Opt};
use crate::output::table::{Column, render};

pub static COMMAND: Command = Command::new("whoami", "Show who is signed in to which deployment.")
    .options(&[&[
        columns(&["URL", "Username", "ID", "Orgs", "Roles"], "url,username,id"),
        Opt::choice("output", &["text", "json", "table"], "Output format.").short('o').default("text"),
    ]])
    .run(crate::action!(run));

struct Row {
    url: String,
    user: User,
}

const COLUMNS: &[Column<Row>] = &[
    Column::new("URL", |row| row.url.clone()),
    Column::new("Username", |row| row.user.username.clone()),
    Column::new("ID", |row| row.user.id.to_string()),
    Column::new("Orgs", |row| {
        format!("[{}]", row.user.organization_ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
    }),
    Column::new("Roles", |row| {
        format!("[{}]", row.user.roles.iter().map(|role| role.display_name.clone()).collect::<Vec<_>>().join(", "))
    }),
];

async fn run(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let user = client.user("me").await?;
    let url = client.url().as_str().trim_end_matches('/').to_owned();
    match cx.opts.text("output").unwrap_or("text") {
        "json" => {
            let mut roles: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for role in &user.roles {
                let org = if role.organization_id.is_empty() { "*".to_owned() } else { role.organization_id.clone() };
                roles.entry(org).or_default().push(role.display_name.clone());
            }
            let value = serde_json::json!([{
                "url": url,
                "username": user.username,
                "user_id": user.id,
                "organization_ids": user.organization_ids,
                "roles": roles,
            }]);
            out!("{}", crate::output::json(&value)?);
        }
        "table" => out!("{}", render(COLUMNS, &cx.opts.columns(), &[Row { url, user }])?),
        _ => outln!("Coder is running at {url}, You're authenticated as {} !", user.username),
    }
    Ok(())
}
