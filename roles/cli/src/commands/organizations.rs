//! `organizations`.

mod members;
mod roles;
mod settings;

use anyhow::{Context, Result, bail};
use warren_api::{CreateOrganizationRequest, Organization};

use crate::commands::{ORG, OUTPUT, YES, columns, print_list};
use crate::frame::{Args, Command, Cx, Opt};
use crate::output::human;
use crate::output::table::{Column, render};

const NAMES: &[&str] = &[
    "id",
    "name",
    "display name",
    "icon",
    "description",
    "created at",
    "updated at",
    "default",
    "default org member roles",
];

pub static COMMAND: Command = Command::new("organizations", "Organization related commands.")
    .aliases(&["organization", "org", "orgs"])
    .usage("[subcommand]", Args::Any)
    .options(&[&[ORG]])
    .children(&[&CREATE, &DELETE, &LIST, &members::COMMAND, &roles::COMMAND, &settings::COMMAND, &SHOW]);

static CREATE: Command = Command::new("create", "Create an organization.")
    .usage("<organization name>", Args::Exactly(1))
    .options(&[&[YES]])
    .run(crate::action!(create));

static DELETE: Command = Command::new("delete", "Delete an organization.")
    .aliases(&["rm"])
    .usage("<organization_name_or_id>", Args::Exactly(1))
    .options(&[&[YES]])
    .run(crate::action!(delete));

static LIST: Command = Command::new("list", "List organizations.")
    .aliases(&["ls"])
    .options(&[&[columns(NAMES, "name,display name,id,default"), OUTPUT]])
    .run(crate::action!(list));

static SHOW: Command = Command::new("show", "Show the organization in use, or another.")
    .usage("[\"selected\"|\"me\"|uuid|org_name]", Args::Between(0, 1))
    .options(&[&[
        Opt::flag("only-id", "Print ids only."),
        columns(NAMES, "id,name,default"),
        Opt::choice("output", &["text", "table", "json"], "Output format.").short('o').default("text"),
    ]])
    .run(crate::action!(show));

const COLUMNS: &[Column<Organization>] = &[
    Column::new("id", |o| o.id.to_string()),
    Column::new("name", |o| o.name.clone()),
    Column::new("display name", |o| o.display_name.clone()),
    Column::new("icon", |o| o.icon.clone()),
    Column::new("description", |o| o.description.clone()),
    Column::new("created at", |o| human::time_utc(o.created_at)),
    Column::new("updated at", |o| human::time_utc(o.updated_at)),
    Column::new("default", |o| o.is_default.to_string()),
    Column::new("default org member roles", |o| format!("[{}]", o.default_org_member_roles.join(", "))),
];

async fn list(cx: &Cx) -> Result<()> {
    let found = cx.client()?.organizations().await.context("get organizations")?;
    print_list(cx, COLUMNS, &found, &found, "No organizations found.")
}

async fn show(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let which = cx.args.first().map_or("selected", String::as_str);
    let found = match which {
        "selected" => vec![cx.organization().await?],
        "me" => client.user_organizations("me").await.context("failed to get organizations")?,
        other => {
            vec![client.organization(other).await.with_context(|| format!("failed to get organization {other:?}"))?]
        }
    };
    if cx.opts.flag("only-id") {
        found.iter().for_each(|organization| outln!("{}", organization.id));
        return Ok(());
    }
    match cx.opts.text("output").unwrap_or("text") {
        "json" => out!("{}", crate::output::json(&found)?),
        "table" => out!("{}", render(COLUMNS, &cx.opts.columns(), &found)?),
        _ if which == "selected" => {
            found.iter().for_each(|o| outln!("Current CLI Organization: {} ({})", o.name, o.id));
        }
        _ => found.iter().for_each(|o| outln!("Organization: {} ({})", o.name, o.id)),
    }
    Ok(())
}

async fn create(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let name = cx.arg(0);
    if client.organization(name).await.is_ok() {
        bail!("organization {name:?} already exists");
    }
    cx.confirm(&format!("Are you sure you want to create an organization with the name {name}?"), false).await?;
    let request = CreateOrganizationRequest { name: name.to_owned(), ..Default::default() };
    let made = client.create_organization(&request).await.context("failed to create organization")?;
    outln!("Organization {} ({}) created.", made.name, made.id);
    Ok(())
}

async fn delete(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let found = client.organization(cx.arg(0)).await.context("get organization")?;
    cx.confirm(&format!("Delete organization {}?", found.name), false).await?;
    client.delete_organization(&found.id.to_string()).await.context("delete organization")?;
    outln!("Deleted organization {} at {}", found.name, human::stamp(jiff::Timestamp::now()));
    Ok(())
}
