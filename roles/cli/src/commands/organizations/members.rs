//! `organizations members`.

use anyhow::{Context, Result};
use warren_api::OrganizationMemberWithUserData as Member;

use crate::commands::{OUTPUT, columns, print_list};
use crate::frame::{Args, Command, Cx};
use crate::output::human;
use crate::output::table::Column;

pub static COMMAND: Command = Command::new("members", "Manage members of an organization.")
    .aliases(&["member"])
    .children(&[&ADD, &EDIT_ROLES, &LIST, &REMOVE]);

static ADD: Command = Command::new("add", "Add a member to the organization.")
    .usage("<username | user_id>", Args::Exactly(1))
    .run(crate::action!(add));

static REMOVE: Command = Command::new("remove", "Remove a member from the organization.")
    .aliases(&["rm"])
    .usage("<username | user_id>", Args::Exactly(1))
    .run(crate::action!(remove));

static EDIT_ROLES: Command = Command::new("edit-roles", "Replace the organization roles of a member.")
    .aliases(&["edit-role"])
    .usage("<username | user_id> [roles...]", Args::AtLeast(1))
    .run(crate::action!(edit_roles));

static LIST: Command = Command::new("list", "List the members of the organization.")
    .options(&[&[
        columns(
            &[
                "username",
                "name",
                "last seen at",
                "user created at",
                "user updated at",
                "user id",
                "organization id",
                "created at",
                "updated at",
                "organization roles",
            ],
            "username,organization roles",
        ),
        OUTPUT,
    ]])
    .run(crate::action!(list));

const COLUMNS: &[Column<Member>] = &[
    Column::new("username", |m| m.username.clone()),
    Column::new("name", |m| m.name.clone()),
    Column::new("last seen at", |m| human::time_utc(m.last_seen_at)),
    Column::new("user created at", |m| human::time_utc(m.user_created_at)),
    Column::new("user updated at", |m| human::time_utc(m.user_updated_at)),
    Column::new("user id", |m| m.user_id.to_string()),
    Column::new("organization id", |m| m.organization_id.to_string()),
    Column::new("created at", |m| human::time_utc(m.created_at)),
    Column::new("updated at", |m| human::time_utc(m.updated_at)),
    Column::new("organization roles", |m| {
        let names: Vec<_> = m
            .roles
            .iter()
            .map(|role| if role.display_name.is_empty() { role.name.clone() } else { role.display_name.clone() })
            .collect();
        format!("[{}]", names.join(", "))
    }),
];

async fn list(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let organization = cx.organization().await?;
    let members = client.members(organization.id).await.context("fetch members")?;
    print_list(cx, COLUMNS, &members, &members, "No members found.")
}

async fn add(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let organization = cx.organization().await?;
    let user = cx.arg(0);
    client
        .add_member(organization.id, user)
        .await
        .with_context(|| format!("could not add member to organization {:?}", organization.name))?;
    outln!("Organization member added to {:?}", organization.name);
    Ok(())
}

async fn remove(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let organization = cx.organization().await?;
    client.remove_member(organization.id, cx.arg(0)).await.context("could not remove member from organization")?;
    outln!("Organization member removed from {:?}", organization.name);
    Ok(())
}

async fn edit_roles(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let organization = cx.organization().await?;
    let roles = cx.args[1..].to_vec();
    let member = client.update_member_roles(organization.id, cx.arg(0), roles).await.context("update member roles")?;
    let names: Vec<_> = member.roles.iter().map(|role| role.name.clone()).collect();
    outln!("Member roles updated: {}", if names.is_empty() { "none".to_owned() } else { names.join(", ") });
    Ok(())
}
