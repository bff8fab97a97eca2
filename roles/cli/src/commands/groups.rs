//! `groups`.

use anyhow::{Context, Result, bail};
use warren_api::{CreateGroupRequest, Group, PatchGroupRequest};
use warren_client::Client;

use crate::commands::{ORG, OUTPUT, columns, print_list};
use crate::frame::{Args, Command, Cx, Opt};
use crate::output::human;
use crate::output::table::Column;

const DISPLAY: Opt = Opt::text("display-name", "Name that people see.").env("CODER_DISPLAY_NAME");

pub static COMMAND: Command =
    Command::new("groups", "Manage groups.").aliases(&["group"]).children(&[&CREATE, &DELETE, &EDIT, &LIST]);

static CREATE: Command = Command::new("create", "Create a group.")
    .usage("<name>", Args::Exactly(1))
    .options(&[&[Opt::text("avatar-url", "URL of a picture.").short('u').env("CODER_AVATAR_URL"), DISPLAY, ORG]])
    .run(crate::action!(create));

static DELETE: Command = Command::new("delete", "Delete a group.")
    .aliases(&["rm"])
    .usage("<name>", Args::Exactly(1))
    .options(&[&[ORG]])
    .run(crate::action!(delete));

static EDIT: Command = Command::new("edit", "Edit a group.")
    .usage("<name>", Args::Exactly(1))
    .options(&[&[
        Opt::text("name", "New name.").short('n'),
        Opt::text("avatar-url", "URL of a picture.").short('u'),
        DISPLAY,
        Opt::list("add-users", "Users to add: e-mail addresses or ids.").short('a'),
        Opt::list("rm-users", "Users to remove: e-mail addresses or ids.").short('r'),
        ORG,
    ]])
    .run(crate::action!(edit));

static LIST: Command = Command::new("list", "List groups.")
    .options(&[&[
        columns(
            &["name", "display name", "organization id", "members", "avatar url"],
            "name,display name,organization id,members,avatar url",
        ),
        ORG,
        OUTPUT,
    ]])
    .run(crate::action!(list));

const COLUMNS: &[Column<Group>] = &[
    Column::new("name", |g| g.name.clone()),
    Column::new("display name", |g| g.display_name.clone()),
    Column::new("organization id", |g| g.organization_id.to_string()),
    Column::new("members", |g| {
        format!("[{}]", g.members.iter().map(|m| m.email.clone()).collect::<Vec<_>>().join(", "))
    }),
    Column::new("avatar url", |g| g.avatar_url.clone()),
];

async fn list(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let organization = cx.organization().await?;
    let groups = client.groups(&organization.id.to_string()).await.context("get groups")?;
    let empty = format!(
        "No groups found in {}! Create one:\n\n  {} groups create <name>\n",
        organization.name, cx.program.name
    );
    print_list(cx, COLUMNS, &groups, &groups, &empty)
}

async fn create(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let organization = cx.organization().await?;
    let request = CreateGroupRequest {
        name: cx.arg(0).to_owned(),
        display_name: cx.opts.text("display-name").unwrap_or_default().to_owned(),
        avatar_url: cx.opts.text("avatar-url").unwrap_or_default().to_owned(),
        ..Default::default()
    };
    let group = client.create_group(organization.id, &request).await.context("create group")?;
    outln!("Successfully created group {}!", group.name);
    Ok(())
}

async fn delete(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let organization = cx.organization().await?;
    let group = client.group_by_name(organization.id, cx.arg(0)).await.context("group by org and name")?;
    client.delete_group(group.id).await.context("delete group")?;
    outln!("Successfully deleted group {}!", group.name);
    Ok(())
}

async fn edit(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let organization = cx.organization().await?;
    let group = client.group_by_name(organization.id, cx.arg(0)).await.context("group by org and name")?;
    let text = |name: &str| cx.opts.given(name).then(|| cx.opts.text(name).unwrap_or_default().to_owned());
    let request = PatchGroupRequest {
        name: cx.opts.text("name").unwrap_or_default().to_owned(),
        display_name: text("display-name"),
        avatar_url: text("avatar-url"),
        add_users: ids(&client, cx.opts.list("add-users")).await?,
        remove_users: ids(&client, cx.opts.list("rm-users")).await?,
        ..Default::default()
    };
    let group = client.patch_group(group.id, &request).await.context("patch group")?;
    outln!("Successfully patched group {} at {}!", group.name, human::stamp(jiff::Timestamp::now()));
    Ok(())
}

async fn ids(client: &Client, users: &[String]) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for user in users {
        if user.parse::<uuid::Uuid>().is_ok() {
            found.push(user.clone());
            continue;
        }
        let matches = client.users(user).await.context("get users")?.users;
        match matches.iter().find(|candidate| candidate.email.eq_ignore_ascii_case(user) || candidate.username == *user)
        {
            Some(user) => found.push(user.id.to_string()),
            None => bail!("user {user:?} not found"),
        }
    }
    Ok(found)
}
